"""Geometry and masks of images."""
