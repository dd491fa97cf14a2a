"""Consistency of the repository with itself: nothing here runs the product."""
