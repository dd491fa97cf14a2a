"""Skull stripping and its errors: a margin that wavers, remnants of dura and eyes, a rim cut away.

Tested by Testing/unit/phantom/artifacts/test_brain_mask.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.artifacts.severity import MaskPriors, happens
from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.grid import FloatArray, Grid

_MARGIN_WIDTH = 25.0
_TRUE_MARGIN = 1.0
"""mm beyond the brain's hull that the true mask includes: the thin fluid around the gyri."""


@dataclass(frozen=True)
class MaskErrors:
    """Errors of one patient's brain mask.

    Attributes
    ----------
    margin : float
        mm that the mask reaches beyond the hull.
    wavering : LatticeField
        mm, added to the margin.
    patch : LatticeField or None
        Where it exceeds ``patch_threshold`` there is a strong error.
    patch_threshold : float
        Of the unit Gaussian field.
    patch_margin : float
        mm added there: positive keeps dura and eyes, negative cuts the rim.
    """

    margin: float
    wavering: LatticeField
    patch: LatticeField | None
    patch_threshold: float
    patch_margin: float

    def apply(self, hull_distance: FloatArray, grid: Grid) -> NDArray[np.bool_]:
        """Return the mask that the tool found.

        Parameters
        ----------
        hull_distance
            mm to the brain's hull on ``grid``, negative inside.
        grid
            Where.
        """
        margin = self.margin + self.wavering.at(grid)
        if self.patch is not None:
            excess = self.patch.at(grid) - np.float32(self.patch_threshold)
            margin += np.float32(self.patch_margin) / (1 + np.exp(-4 * excess))
        return hull_distance < margin


def true_mask(hull_distance: FloatArray) -> NDArray[np.bool_]:
    """Return the brain with the fluid between its gyri, from mm to its hull (negative inside)."""
    return hull_distance < _TRUE_MARGIN


def given_mask(hull_distance: FloatArray, grid: Grid, errors: MaskErrors | None) -> NDArray[np.bool_]:
    """Return the mask that a skull-stripping tool gives; without ``errors`` the true one."""
    return true_mask(hull_distance) if errors is None else errors.apply(hull_distance, grid)


def draw_mask_errors(generator: np.random.Generator, priors: MaskPriors) -> MaskErrors | None:
    """Draw the errors of one patient; strong ones keep 4-9 mm of surroundings or cut up to 6 mm away."""
    if not happens(generator, priors.probability):
        return None
    margin = float(generator.uniform(*priors.margin))
    wavering = random_field(generator, _MARGIN_WIDTH).times(priors.margin_sd)
    if not happens(generator, priors.strong):
        return MaskErrors(margin, wavering, None, 0.0, 0.0)
    patch = random_field(generator, generator.uniform(20, 45))
    threshold = float(generator.uniform(0.6, 1.6))
    size = generator.choice((-6.0, 4.0, 9.0), p=(0.35, 0.4, 0.25)) * generator.uniform(0.5, 1)
    return MaskErrors(margin, wavering, patch, threshold, float(size))
