"""What the analysis by region starts from: checked, on one grid, cut to the brain's box, as rates with what is usable.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_analysis.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import describe_difference, image_on, same_grid
from gliomamri.regions.change import Measured
from gliomamri.regions.comparison import Quantity
from gliomamri.regions.distributions import rates
from gliomamri.regions.segments import segment_masks
from gliomamri.regions.settings import Settings
from gliomamri.regions.shells import box_around
from gliomamri.roles import ROLES
from gliomamri.study import Segments

MAP_ROLES = ("T1map", "T2map", "PDmap", "ceT1map", "ceT2map", "cePDmap")
ERROR_ROLES = ("R1error", "R2error", "ceR1error", "ceR2error")
RATES = ("R1", "R2")
_BOX_MARGIN = 10.0
"""mm kept around the brain, so that a mirror image knows the field of view from the box's end."""
_TITLES = {"R1": "R1", "R2": "R2", "PD": "proton density"}
"""As in a sentence."""


@dataclass(frozen=True)
class Inputs:
    """Everything on one grid, cut to the brain's box; arrays (z, y, x).

    Attributes
    ----------
    full : SimpleITK.Image
        An image of the whole grid, whose geometry results take.
    box : tuple of slices
        Where the box lies in it.
    grid : SimpleITK.Image
        Geometry of the box.
    brain : ndarray of bool
    quantities : mapping of str to Quantity
        R1, R2, PD, and ceR1, ceR2, cePD, as far as given.
    errors : mapping of str to ndarray
        Standard errors of R1, R2, ceR1, ceR2, 1/s, as far as given.
    tissue : mapping of str to ndarray
        Fractions WM, GM, CSF in [0, 1].
    segments : mapping of str to ndarray of bool
    reference : str
        Role whose grid it is.
    warnings : tuple of str
    """

    full: sitk.Image
    box: tuple[slice, ...]
    grid: sitk.Image
    brain: NDArray[np.bool_]
    quantities: Mapping[str, Quantity]
    errors: Mapping[str, NDArray]
    tissue: Mapping[str, NDArray]
    segments: Mapping[str, NDArray[np.bool_]]
    reference: str
    warnings: tuple[str, ...]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size (z, y, x) in mm."""
        return self.grid.GetSpacing()[::-1]

    def image(self, values: NDArray) -> sitk.Image:
        """Put an array of the box back into the whole grid, 0 elsewhere."""
        kind = np.uint8 if values.dtype == bool else values.dtype
        whole = np.zeros(self.full.GetSize()[::-1], kind)
        whole[self.box] = values
        return image_on(whole, self.full)


def gather(
    maps: Mapping[str, sitk.Image],
    layers: Sequence[Segments],
    brain_mask: sitk.Image | None,
    tissue: Mapping[str, sitk.Image] | None,
    settings: Settings,
) -> Inputs:
    """Check the inputs and cut them to the brain.

    Raises
    ------
    UserError
        If no map is given, grids differ, or no voxel of the brain is measured.
    """
    tissue = tissue or {}
    known = [role for role in MAP_ROLES if role in maps]
    if not known:
        raise UserError("Select a T1 map, T2 map or proton density map; there is none to measure regions in.")
    full = maps[known[0]]
    others = {role: maps[role] for role in (*known, *ERROR_ROLES) if role in maps}
    others |= {f"fraction of {name}": image for name, image in tissue.items()}
    others |= {"brain_mask": brain_mask} if brain_mask is not None else {}
    for name, image in others.items():
        _check_grid(image, full, name)
    whole = sitk.GetArrayViewFromImage(brain_mask) > 0 if brain_mask is not None else _support(full)
    box = box_around(whole, full.GetSpacing()[::-1], _BOX_MARGIN)
    if box is None:
        raise UserError("The brain mask is empty; select another.")
    grid = full[tuple(slice(s.start, s.stop) for s in reversed(box))]
    brain = whole[box]
    quantities, warnings = _quantities({role: maps[role] for role in known}, box, brain, settings)
    if not any(quantity.usable.any() for quantity in quantities.values()):
        raise UserError(
            "The maps hold no usable value inside the brain mask; check that they belong together."
        )
    masks, resampled = segment_masks([_cut(layer, full, box) for layer in layers], grid)
    if resampled:
        warnings.append("The segmentation was resampled (nearest neighbor) to the grid of the maps.")
    return Inputs(
        full,
        box,
        grid,
        brain,
        quantities,
        {role.removesuffix("error"): _finite(others[role], box) for role in ERROR_ROLES if role in others},
        {name: np.clip(_finite(image, box), 0, 1) for name, image in tissue.items()},
        masks,
        known[0],
        tuple(warnings),
    )


def measured(inputs: Inputs, name: str) -> Measured | None:
    """Join a quantity before and after contrast agent with its errors; None where one is missing or nothing is left."""
    before, after = inputs.quantities.get(name), inputs.quantities.get(f"ce{name}")
    if before is None or after is None:
        return None
    usable = before.usable & after.usable
    if not usable.any():
        return None
    pair = (inputs.errors.get(name), inputs.errors.get(f"ce{name}"))
    return Measured(before.values, after.values, usable, *pair)


def _quantities(
    maps: Mapping[str, sitk.Image], box: tuple[slice, ...], brain: NDArray, settings: Settings
) -> tuple[dict[str, Quantity], list[str]]:
    found, warnings = {}, []
    longest = {"T1": settings.longest_T1, "T2": settings.longest_T2}
    for role, image in maps.items():
        values = sitk.GetArrayViewFromImage(image)[box].astype(np.float32)
        finite = np.isfinite(values)
        if not finite[brain].all():
            warnings.append(
                f"The {ROLES[role].title} holds undefined values in the brain; they are left out."
            )
        values = np.where(finite, values, 0)
        own = role.removesuffix("map").removeprefix("ce")
        after = role.startswith("ce")
        if own == "PD":
            name, unit, usable = "PD", "%", brain & finite & (values > 0)
        else:
            name, unit = own.replace("T", "R"), "1/s"
            values, usable = rates(values, brain & finite, longest[own])
        title = _TITLES[name] + (" after contrast agent" if after else "")
        key = f"ce{name}" if after else name
        found[key] = Quantity(key, unit, title, np.where(usable, values, 0).astype(np.float32), usable)
        if not usable.any():
            warnings.append(f"The {ROLES[role].title} holds no usable value in the brain.")
    return found, warnings


def _check_grid(image: sitk.Image, reference: sitk.Image, name: str) -> None:
    if image.GetDimension() != 3:
        raise UserError(f"The image '{name}' has {image.GetDimension()} dimensions; it must have 3.")
    difference = describe_difference(image, reference)
    if difference:
        words = ROLES[name].title if name in ROLES else name
        raise UserError(
            f"The {words} lies on another grid than the maps; lay all images on one with Prepare images.",
            difference,
        )


def _cut(layer: Segments, full: sitk.Image, box: tuple[slice, ...]) -> Segments:
    """Cut a segmentation of the maps' grid to the box; others are resampled later."""
    if not same_grid(layer.image, full):
        return layer
    return replace(layer, image=layer.image[tuple(slice(s.start, s.stop) for s in reversed(box))])


def _support(image: sitk.Image) -> NDArray[np.bool_]:
    values = sitk.GetArrayViewFromImage(image)
    return np.isfinite(values) & (values > 0)


def _finite(image: sitk.Image, box: tuple[slice, ...]) -> NDArray[np.float32]:
    return np.nan_to_num(
        sitk.GetArrayViewFromImage(image)[box].astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0
    )
