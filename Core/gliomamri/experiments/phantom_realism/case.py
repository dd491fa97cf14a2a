"""A patient as the measures see it: four sequences on one grid, brain mask, tumor labels.

Tested by Testing/unit/experiments/test_loading.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SEQUENCES = ("T1w", "ceT1w", "T2w", "FLAIR")

NECROSIS_OR_NON_ENHANCING, EDEMA, ENHANCING = 1, 2, 4

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """One patient. Arrays are (z, y, x): z to the top, y to the back, x to the patient's left.

    Attributes
    ----------
    name : str
        Name in tables.
    images : dict of str to float32 array
        Images by role, of :data:`SEQUENCES`; any of them may be missing. Arbitrary units.
    spacing : (z, y, x)
        Voxel size in mm.
    brain : bool array
        Brain mask; images are 0 outside.
    labels : uint8 array
        BraTS labels: 0 none, 1 necrosis or non-enhancing core, 2 edema, 4 enhancing.
    lesions : bool array
        Lesions that are no tumor (multiple sclerosis), where they are known.
    """

    name: str
    images: Mapping[str, FloatArray]
    spacing: tuple[float, float, float]
    brain: BoolArray
    labels: NDArray[np.uint8]
    lesions: BoolArray

    @classmethod
    def from_arrays(
        cls,
        name: str,
        images: Mapping[str, NDArray],
        spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
        *,
        brain: NDArray | None = None,
        labels: NDArray | None = None,
        lesions: NDArray | None = None,
    ) -> Case:
        """Return a case cut to its brain's box.

        Without ``brain``, the brain is where any image is not exactly 0 (skull-stripped images). Label 3 of newer
        BraTS files becomes 4. Images are set to 0 outside the brain.
        """
        shape = next(iter(images.values())).shape
        inside = np.any([image != 0 for image in images.values()], axis=0) if brain is None else brain > 0
        box = tuple(
            slice(max(0, extent.start - 3), extent.stop + 3)
            for extent in ndimage.find_objects(inside.astype(np.uint8))[0]
        )
        label = np.zeros(shape, np.uint8) if labels is None else np.rint(labels).astype(np.uint8)
        lesion = np.zeros(shape, bool) if lesions is None else lesions > 0
        return cls(
            name,
            {
                role: np.where(inside, images[role], 0)[box].astype(np.float32)
                for role in SEQUENCES
                if role in images
            },
            spacing,
            inside[box],
            np.where(label == 3, ENHANCING, label)[box].astype(np.uint8),
            lesion[box],
        )

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel in ml."""
        return float(np.prod(self.spacing)) / 1000

    @property
    def healthy(self) -> BoolArray:
        """The brain at least 5 mm from tumor and lesions."""
        ill = (self.labels > 0) | self.lesions
        if not ill.any():
            return self.brain
        return self.brain & (ndimage.distance_transform_edt(~ill, self.spacing) > 5)
