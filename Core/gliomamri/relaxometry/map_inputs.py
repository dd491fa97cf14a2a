"""Finished T1, T2 and PD maps as inputs (SyMRI and others): units recognized, values checked.

Maps come in ms, s or us, as fraction, percent or per mille, and as whole numbers scaled by ten or a hundred. Where a
sidecar names the unit, :mod:`gliomamri.io.quantities` has converted it already; what the values say comes on top, as
sidecars are often wrong. The unit is the one in which the median over the brain is plausible:

    T1 200-4000 ms, T2 20-500 ms, PD 40-120 % [our choice].

SyMRI saturates its maps at T1 4300 ms and T2 2000 ms; voxels at or beyond that are no measurement.

Called by tasks that take maps; tested by Testing/unit/relaxometry/test_map_inputs.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import image_on, same_grid
from gliomamri.roles import ROLES
from gliomamri.study import Study

T1_CAP, T2_CAP = 4300.0, 2000.0
"""ms; values at or beyond are saturated in SyMRI's maps."""

PLAUSIBLE = {"T1map": (200.0, 4000.0), "T2map": (20.0, 500.0), "PDmap": (40.0, 120.0)}
"""Medians over the brain in ms and percent."""

_FACTORS = {
    "T1map": {"ms": 1.0, "s": 1000.0, "us": 1e-3},
    "T2map": {"ms": 1.0, "s": 1000.0, "us": 1e-3},
    "PDmap": {"percent": 1.0, "fraction": 100.0, "per mille": 0.1},
}
_WHOLE_NUMBERS = {
    "T1map": {"tenths of ms": 0.1},
    "T2map": {"tenths of ms": 0.1, "hundredths of ms": 0.01},
    "PDmap": {"hundredths of percent": 0.01},
}
"""Scales that only images of whole numbers have."""
CAPS = {"T1map": T1_CAP, "T2map": T2_CAP}
"""Largest time of each map in ms, at which it is saturated."""
_FEWEST = 50


def checked_maps(study: Study) -> tuple[Study, tuple[str, ...]]:
    """Bring the T1, T2 and PD maps of a study to ms and percent and check them.

    Parameters
    ----------
    study : Study
        Any of ``T1map``, ``T2map``, ``PDmap`` and those with ``ce``; ``brain_mask`` limits what is looked at where it
        lies on the map's grid.

    Returns
    -------
    study : Study
        With float32 maps in ms and percent; NaN, inf and negative values became 0.
    notes : tuple of str
        One sentence for each map that was converted or cleaned.

    Raises
    ------
    UserError
        If a map is no volume, is empty, is in no unit that would make it plausible, or T1 and T2 are swapped.
    """
    images, notes = dict(study.images), []
    for role in study.images:
        kind = role.removeprefix("ce")
        if kind not in PLAUSIBLE:
            continue
        values, cleaned = _values(study, role)
        inside = _inside(study, role, values)
        factors = _FACTORS[kind]
        if study.images[role].GetPixelID() not in (sitk.sitkFloat32, sitk.sitkFloat64):
            factors = factors | _WHOLE_NUMBERS[kind]
        unit = _unit(kind, role, float(np.median(values[inside])), factors)
        factor = factors[unit]
        title = ROLES[role].title
        if cleaned:
            notes.append(
                f"The {title} held {cleaned:,} voxels that are no positive number; they are left out."
            )
        if factor != 1.0:
            ours = "ms" if kind != "PDmap" else "percent"
            notes.append(f"The {title} was taken as {unit} from its values and converted to {ours}.")
        images[role] = image_on(values * np.float32(factor), study.images[role])
    checked = replace(study, images=images)
    for prefix in ("", "ce"):
        _check_not_swapped(checked, prefix)
    return checked, tuple(notes)


def _values(study: Study, role: str) -> tuple[np.ndarray, int]:
    """Return a map as float32 with 0 for what is no positive number, and how many voxels that were not 0 before."""
    image = study.images[role]
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise UserError(
            f"The {ROLES[role].title} is not three-dimensional with one value per voxel; select a single map."
        )
    values = sitk.GetArrayFromImage(image).astype(np.float32)
    wrong = ~np.isfinite(values) | (values < 0)
    values[wrong] = 0
    return values, int(wrong.sum())


def _inside(study: Study, role: str, values: np.ndarray) -> np.ndarray:
    """Return which voxels to look at: those of the brain mask that hold a value, or all that do.

    Raises
    ------
    UserError
        If there are hardly any.
    """
    mask, inside = study.images.get("brain_mask"), values > 0
    if mask is not None and same_grid(mask, study.images[role]):
        inside &= sitk.GetArrayViewFromImage(mask) > 0
    if inside.sum() < _FEWEST:
        raise UserError(
            f"The {ROLES[role].title} holds hardly any value above 0 in the brain; select another image."
        )
    return inside


def _unit(kind: str, role: str, median: float, factors: dict[str, float]) -> str:
    """Return the first unit in which ``median`` is plausible; the usual ones go first.

    Raises
    ------
    UserError
        If there is none.
    """
    low, high = PLAUSIBLE[kind]
    fitting = [unit for unit, factor in factors.items() if low <= factor * median <= high]
    if fitting:
        return fitting[0]
    unit = "%" if kind == "PDmap" else "ms"
    swapped = _looks_like_the_other(kind, median)
    found = f"{float(f'{median:.4g}'):,g}"
    raise UserError(
        f"The {ROLES[role].title} has a median of {found} in the brain, which is no {kind.removesuffix('map')} in any "
        f"known unit (expected {low:g} to {high:g} {unit}); check that the image is what it was given as{swapped}."
    )


def _looks_like_the_other(kind: str, median: float) -> str:
    """Return a hint where a T1 map holds values of T2, or the other way round."""
    other = {"T1map": "T2map", "T2map": "T1map"}.get(kind)
    if other is None or not PLAUSIBLE[other][0] <= median <= PLAUSIBLE[other][1]:
        return ""
    return ", and that the T1 and the T2 map are not swapped"


def _check_not_swapped(study: Study, prefix: str) -> None:
    """Refuse a T1 map that is mostly below the T2 map, which no tissue allows (T2 <= T1)."""
    pair = [study.images.get(f"{prefix}{kind}") for kind in ("T1map", "T2map")]
    if None in pair:
        return
    T1, T2 = (sitk.GetArrayViewFromImage(image) for image in pair)
    if same_grid(*pair):
        both = (T1 > 0) & (T2 > 0)
        wrong = bool(both.any()) and float(np.mean(T1[both] < T2[both])) > 0.5
    else:
        wrong = float(np.median(T1[T1 > 0])) < float(np.median(T2[T2 > 0]))
    if wrong:
        raise UserError(
            f"The {ROLES[f'{prefix}T1map'].title} is shorter than the {ROLES[f'{prefix}T2map'].title}, which no tissue "
            "is; they seem to be swapped."
        )
