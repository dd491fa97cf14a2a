"""How much of two masks is common: Dice, Jaccard, sensitivity, precision and volumes, per region of a label map.

Called by :mod:`gliomamri.metrics.segmentation`; tested by Testing/unit/metrics/test_overlap.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gliomamri.metrics.classification import ratio

Spacing = tuple[float, float, float]

REGIONS: Mapping[str, tuple[int, ...]] = {
    "whole": (1, 2, 4),
    "core": (1, 4),
    "enhancing": (4,),
    "non_enhancing": (1,),
    "edema": (2,),
}
"""Labels of each region, after BraTS (Menze et al., IEEE Trans Med Imaging 34:1993, 2015): 1 necrosis and non-enhancing
core, 2 edema, 4 enhancing tumor. The first three are the challenge's regions, the last two complete the single
labels."""


@dataclass(frozen=True)
class Overlap:
    """What two masks have in common.

    Attributes
    ----------
    truth, prediction, common : int
        Voxels of each mask and of both.
    voxel_volume : float
        mm3.

    Notes
    -----
    Two empty masks have no Dice: NaN, so that means run over the cases with something to find; an empty prediction for
    a truth that is not empty, or the reverse, scores 0. The published convention (1 for two empty masks) is apart, in
    :mod:`gliomamri.metrics.published`. Sensitivity is NaN without truth, precision is NaN without prediction.
    """

    truth: int
    prediction: int
    common: int
    voxel_volume: float

    @property
    def dice(self) -> float:
        """2 |A and B| / (|A| + |B|) (Dice, Ecology 26:297, 1945)."""
        return ratio(2 * self.common, self.truth + self.prediction)

    @property
    def jaccard(self) -> float:
        """|A and B| / |A or B|."""
        return ratio(self.common, self.truth + self.prediction - self.common)

    @property
    def sensitivity(self) -> float:
        """Share of the truth that is predicted."""
        return ratio(self.common, self.truth)

    @property
    def precision(self) -> float:
        """Share of the prediction that is true."""
        return ratio(self.common, self.prediction)

    @property
    def truth_volume(self) -> float:
        """In ml."""
        return self._ml(self.truth)

    @property
    def prediction_volume(self) -> float:
        """In ml."""
        return self._ml(self.prediction)

    @property
    def false_positive_volume(self) -> float:
        """In ml."""
        return self._ml(self.prediction - self.common)

    @property
    def false_negative_volume(self) -> float:
        """In ml."""
        return self._ml(self.truth - self.common)

    def _ml(self, voxels: int) -> float:
        return voxels * self.voxel_volume / 1000.0


def overlap(truth: NDArray, prediction: NDArray, spacing: Spacing) -> Overlap:
    """Count the voxels of two masks and of both.

    Parameters
    ----------
    truth, prediction : ndarray of bool, shape (z, y, x)
    spacing : (z, y, x)
        mm.

    Raises
    ------
    ValueError
        If the shapes differ or a mask is not boolean.
    """
    check_masks(truth, prediction)
    counts = (np.count_nonzero(mask) for mask in (truth, prediction, truth & prediction))
    return Overlap(*(int(count) for count in counts), float(np.prod(spacing)))


def region_mask(labels: ArrayLike, values: Iterable[int]) -> NDArray[np.bool_]:
    """Return where a label map has one of some labels."""
    labels, values = np.asarray(labels), list(values)
    if len(values) == 1:
        return labels == values[0]
    return np.isin(labels, values)


def check_masks(truth: NDArray, prediction: NDArray) -> None:
    """Refuse what are not two masks of one grid.

    Raises
    ------
    ValueError
        If the shapes differ or a mask is not boolean.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    for mask in (truth, prediction):
        if mask.dtype != bool:
            raise ValueError(f"expected a mask of bool, got {mask.dtype}")


def joint_box(first: NDArray, second: NDArray) -> tuple[slice, ...] | None:
    """Return slices of the smallest box that holds what is not 0 in either array; None when both are all 0."""
    any_of = _projections(first), _projections(second)
    box = []
    for one, other in zip(*any_of, strict=True):
        at = np.flatnonzero(one | other)
        if not at.size:
            return None
        box.append(slice(int(at[0]), int(at[-1]) + 1))
    return tuple(box)


def _projections(array: NDArray) -> list[NDArray[np.bool_]]:
    """Per axis, which indices hold something; the large array is read once or twice, not once per axis."""
    if array.ndim != 3:
        return [
            array.any(axis=tuple(other for other in range(array.ndim) if other != axis))
            for axis in range(array.ndim)
        ]
    along_z = array.any(axis=0)
    return [array.any(axis=(1, 2)), along_z.any(axis=1), along_z.any(axis=0)]
