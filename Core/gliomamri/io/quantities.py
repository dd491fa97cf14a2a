"""Units of quantitative maps: BIDS and others on disk, :data:`gliomamri.roles.ROLES` with us.

BIDS keeps T1map and T2map in seconds; we keep ms everywhere. This is the one converter, both ways.
Source: BIDS specification 1.10, quantitative MRI maps.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.roles import ROLES

_FACTORS: dict[str, dict[str, float]] = {
    "ms": {"ms": 1.0, "s": 1000.0, "us": 1e-3},
    "1/s": {"1/s": 1.0, "1/ms": 1000.0},
    "%": {"%": 1.0, "percent": 1.0, "fraction": 100.0},
    "um2/ms": {"um2/ms": 1.0, "mm2/s": 1000.0, "um2/s": 1e-3},
}
"""Factor from a unit on disk to our unit."""

_BIDS_UNITS = {"ms": "s"}
"""Our unit: the unit BIDS wants."""

_LONGEST_IN_SECONDS = 30.0
"""A relaxation-time map whose upper values exceed this cannot be in seconds."""


def to_our_unit(image: sitk.Image, role: str, unit: str = "") -> tuple[sitk.Image, tuple[str, ...]]:
    """Convert a map as found on disk to the unit of its role.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D map.
    role : str
        A role of :data:`gliomamri.roles.ROLES`; images of roles without a unit come back as they are.
    unit : str
        Unit that the sidecar names; empty when it does not. Then relaxation times are seconds, as BIDS says,
        unless the values are too large for that.

    Returns
    -------
    image : SimpleITK.Image
        In our unit; float32 when converted.
    notes : tuple of str
        One sentence when something was converted or assumed.

    Raises
    ------
    UserError
        If the unit is unknown.
    """
    ours, title = ROLES[role].unit, ROLES[role].title
    if not ours:
        return image, ()
    if not unit:
        return _assume(image, ours, title)
    factor = _FACTORS[ours].get(_plain(unit))
    if factor is None:
        known = ", ".join(_FACTORS[ours])
        raise UserError(f"The {title} is in the unknown unit '{unit}'; known are {known}.")
    if factor == 1.0:
        return image, ()
    return _scaled(image, factor), (f"The {title} was converted from {unit} to {ours}.",)


def to_bids_unit(image: sitk.Image, role: str) -> tuple[sitk.Image, str]:
    """Convert a map in our unit to the unit BIDS wants; give the image and that unit (for ``Units``)."""
    ours = ROLES[role].unit
    unit = _BIDS_UNITS.get(ours, ours)
    return (image if unit == ours else _scaled(image, 1 / _FACTORS[ours][unit])), unit


def _assume(image: sitk.Image, ours: str, title: str) -> tuple[sitk.Image, tuple[str, ...]]:
    if ours != "ms":
        return image, (f"The {title} does not say its unit; {ours} was assumed.",)
    values = sitk.GetArrayViewFromImage(image)
    positive = values[values > 0]
    if positive.size and np.percentile(positive, 99) > _LONGEST_IN_SECONDS:
        return image, (f"The {title} does not say its unit; ms was assumed from its values.",)
    return _scaled(image, 1000.0), (f"The {title} does not say its unit; it was converted from s to ms.",)


def _scaled(image: sitk.Image, factor: float) -> sitk.Image:
    return sitk.Cast(sitk.Cast(image, sitk.sitkFloat64) * factor, sitk.sitkFloat32)


def _plain(unit: str) -> str:
    """Spell units alike: mm^2/s, mm²/s and mm2/s; µm and um; msec and ms."""
    text = unit.strip().replace("^", "").replace("\N{SUPERSCRIPT TWO}", "2")
    text = text.replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u")
    words = {
        "sec": "s",
        "seconds": "s",
        "second": "s",
        "msec": "ms",
        "milliseconds": "ms",
        "millisecond": "ms",
    }
    return words.get(text.lower(), text)
