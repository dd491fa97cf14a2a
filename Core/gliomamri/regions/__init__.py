"""Regions of a patient's brain and the distributions of values inside them."""
