"""Series that a patient lacks.

Tested by Testing/unit/phantom/artifacts/test_missing.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.artifacts.severity import MissingPriors, happens


def draw_missing(
    generator: np.random.Generator, priors: MissingPriors, roles: tuple[str, ...]
) -> tuple[str, ...]:
    """Return which of ``roles`` are missing, in their order; at least one stays."""
    if not happens(generator, priors.probability):
        return ()
    lost = generator.random(len(roles)) < priors.each
    if lost.all():
        lost[generator.integers(len(roles))] = False
    return tuple(role for role, is_lost in zip(roles, lost, strict=True) if is_lost)
