"""How far apart the surfaces of two masks lie, in mm on any grid: HD95, mean distance, surface Dice.

The surface is made of elements with a place and an area (:mod:`gliomamri.metrics.surface_elements`), so that neither
long voxels nor slanted parts count for more than they are. Called by :mod:`gliomamri.metrics.segmentation` and
:mod:`gliomamri.metrics.lesions`; tested by Testing/unit/metrics/test_surface.py against all pairs and spheres.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gliomamri.metrics.overlap import Spacing, check_masks, joint_box
from gliomamri.metrics.surface_elements import surface_elements


@dataclass(frozen=True)
class SurfaceDistances:
    """Distance of every element of one surface from the nearest element of the other.

    Attributes
    ----------
    from_truth, from_prediction : ndarray of float64, shape (n,), (m,)
        mm; empty when either mask is empty.
    truth_areas, prediction_areas : ndarray of float64, shape (n,), (m,)
        mm2.
    """

    from_truth: NDArray[np.float64]
    from_prediction: NDArray[np.float64]
    truth_areas: NDArray[np.float64]
    prediction_areas: NDArray[np.float64]

    def hausdorff(self, percent: float = 95.0) -> float:
        """Return the robust Hausdorff distance, mm; NaN when a mask is empty.

        The larger of both directions' percentiles, where the percentile is the smallest distance within which at least
        that share of the area lies; 100 gives the Hausdorff distance (Huttenlocher et al., IEEE Trans Pattern Anal Mach
        Intell 15:850, 1993).
        """
        if not self._known:
            return math.nan
        return max(
            _weighted_percentile(self.from_truth, self.truth_areas, percent),
            _weighted_percentile(self.from_prediction, self.prediction_areas, percent),
        )

    @property
    def mean(self) -> float:
        """Mean surface distance, mm: the mean of both directions' area-weighted means; NaN when a mask is empty.

        MASD of Maier-Hein et al., Nat Methods 21:195 (2024): a large false surface does not outweigh a small true
        one, as it does where all distances are pooled (ASSD).
        """
        if not self._known:
            return math.nan
        there = np.average(self.from_truth, weights=self.truth_areas)
        return 0.5 * float(there + np.average(self.from_prediction, weights=self.prediction_areas))

    def surface_dice(self, tolerance: float) -> float:
        """Return the share of both surfaces that lies within ``tolerance`` mm of the other (Nikolov et al. 2021).

        0 when one mask is empty, NaN when both are.
        """
        whole = self.truth_areas.sum() + self.prediction_areas.sum()
        if whole == 0:
            return math.nan
        if not self._known:
            return 0.0
        close = self.truth_areas[self.from_truth <= tolerance].sum()
        close += self.prediction_areas[self.from_prediction <= tolerance].sum()
        return float(close / whole)

    @property
    def _known(self) -> bool:
        return bool(self.from_truth.size and self.from_prediction.size)


def surface_distances(truth: NDArray, prediction: NDArray, spacing: Spacing) -> SurfaceDistances:
    """Measure the distances between the surfaces of two masks.

    Parameters
    ----------
    truth, prediction : ndarray of bool, shape (z, y, x)
        A mask ends at the border of the grid.
    spacing : (z, y, x)
        mm.

    Returns
    -------
    SurfaceDistances

    Raises
    ------
    ValueError
        If the shapes differ or a mask is not boolean.

    Notes
    -----
    Definitions of Nikolov et al., J Med Internet Res 23:e26151 (2021), on the surface elements of
    :mod:`gliomamri.metrics.surface_elements`. HD95 of other programs, which measure between centers or corners of
    voxels, may differ by half a voxel. Instead of a distance map of the whole box, the nearest element is found in a
    k-d tree: as fast as the surfaces are small.
    """
    check_masks(truth, prediction)
    box = joint_box(truth, prediction)
    if box is None:
        nothing = np.zeros(0)
        return SurfaceDistances(nothing, nothing, nothing, nothing)
    points, areas = zip(*(surface_elements(mask[box], spacing) for mask in (truth, prediction)), strict=True)
    if not (len(points[0]) and len(points[1])):
        nothing = np.zeros(0)
        return SurfaceDistances(nothing, nothing, *areas)
    return SurfaceDistances(*_nearest(points), *areas)


def _nearest(points: Sequence[NDArray]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = (cKDTree(own, balanced_tree=False, compact_nodes=False) for own in points)
    return second.query(points[0])[0], first.query(points[1])[0]


def _weighted_percentile(values: NDArray, weights: NDArray, percent: float) -> float:
    """Smallest value such that values up to it hold at least the share ``percent`` of the weight."""
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    # a sum of areas in another order may miss the whole by rounding
    wanted = percent / 100.0 * share[-1] * (1 - 1e-12)
    return float(values[order[np.searchsorted(share, wanted)]])
