"""A label map from probabilities of regions that lie within each other, without what is too small.

    tumor       where P(whole) >= threshold, in the brain
    core        where P(core) >= threshold x P(whole) there   (of a sigmoid: P(core) >= threshold)
    enhancing   where P(enhancing) >= threshold x P(core) there   (of a sigmoid: P(enhancing) >= threshold)
    parts       of the tumor smaller than a volume, or than a share of the largest, are no tumor
    enhancing   less than a volume in all is called non-enhancing core

What is decided within the tumor is decided by the probability given that there is tumor, so that a faint tumor has its
core too [our choice].

Called by the task ``segment``; tested by Testing/unit/tumor/test_postprocess.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.modelstore.parts import Inference
from gliomamri.tumor.regions import CORE, EDEMA, ENHANCING, ENHANCING_TUMOR, NECROSIS, WHOLE_TUMOR

_TOUCHING = np.ones((3, 3, 3), bool)
"""Voxels that share a corner belong to one part."""


@dataclass(frozen=True)
class Rules:
    """What counts as found.

    Attributes
    ----------
    whole, core, enhancing : float
        Thresholds, probabilities.
    smallest : float
        ml, of a part of the tumor.
    share : float
        Of the largest part's volume.
    least_enhancing : float
        ml, of all enhancing tumor.
    """

    whole: float = 0.5
    core: float = 0.5
    enhancing: float = 0.5
    smallest: float = 1.0
    share: float = 0.1
    least_enhancing: float = 0.2

    def of_model(self, inference: Inference) -> Rules:
        """Return the rules with the numbers that a model's metadata give: its threshold, and those of our names."""
        given = {
            name: value for name, value in inference.postprocessing.items() if name in self.__annotations__
        }
        thresholds = {"whole": inference.threshold}
        if inference.activation == "sigmoid":
            thresholds |= {"core": inference.threshold, "enhancing": inference.threshold}
        return replace(self, **{**thresholds, **given})


def label_map(
    probabilities: Mapping[str, NDArray[np.float32]],
    brain: NDArray[np.bool_],
    voxel_volume: float,
    rules: Rules,
    labels: tuple[int, ...],
    *,
    are_nested: bool,
) -> NDArray[np.uint8]:
    """Decide.

    Parameters
    ----------
    probabilities : mapping of str to float array (z, y, x)
        Per region of :data:`gliomamri.tumor.regions.REGIONS`; the whole tumor at least.
    brain : bool array (z, y, x)
    voxel_volume : float
        mm3.
    rules : Rules
    labels : tuple of int
        That the model knows; the whole tumor gets the first where it is not divided.
    are_nested : bool
        True for probabilities that add up (softmax): what lies within is judged relative to what is around it.

    Returns
    -------
    uint8 array (z, y, x)
    """
    whole = probabilities[WHOLE_TUMOR]
    tumor = _large_parts((whole >= rules.whole) & brain, voxel_volume, rules)
    if CORE not in probabilities:
        return np.where(tumor, np.uint8(labels[0]), np.uint8(0))
    core = tumor & (probabilities[CORE] >= rules.core * (whole if are_nested else 1))
    if EDEMA not in labels:
        core = tumor
    enhancing = np.zeros_like(core)
    if ENHANCING_TUMOR in probabilities:
        around = probabilities[CORE] if are_nested else 1
        enhancing = core & (probabilities[ENHANCING_TUMOR] >= rules.enhancing * around)
    if NECROSIS not in labels:
        enhancing = core
    elif np.count_nonzero(enhancing) * voxel_volume / 1000 < rules.least_enhancing:
        enhancing = np.zeros_like(core)
    made = np.where(tumor, np.uint8(EDEMA), np.uint8(0))
    made[core] = NECROSIS
    made[enhancing] = ENHANCING
    return made


def _large_parts(mask: NDArray[np.bool_], voxel_volume: float, rules: Rules) -> NDArray[np.bool_]:
    parts, count = ndimage.label(mask, _TOUCHING)
    if not count:
        return mask
    volumes = np.bincount(parts.ravel()) * voxel_volume / 1000
    keeps = (volumes >= rules.smallest) & (volumes >= rules.share * volumes[1:].max())
    keeps[0] = False
    return keeps[parts]
