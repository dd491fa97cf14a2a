"""What scanners and pipelines do to an ideal image: one file per imperfection.

Each has a draw step (a small frozen dataclass of parameters, or None where it does not happen) and an apply step
that is determined by them. :mod:`~gliomamri.phantom.artifacts.severity` holds every range in one table,
:mod:`~gliomamri.phantom.artifacts.pipeline` puts them in the order of physics.
"""
