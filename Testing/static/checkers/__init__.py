"""Checkers: each takes the root of a source tree and returns its problems as sentences."""
