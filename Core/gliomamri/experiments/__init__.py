"""Experiments: one room per table or figure."""
