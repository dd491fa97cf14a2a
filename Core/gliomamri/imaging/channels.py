"""What a network is given of an image: one channel per role, scaled so that patients and scanners compare.

    weighted images   z-score over the brain: their scale means nothing
    T1 map            ln(T1 / 1200 ms) / 0.5
    T2 map            ln(T2 / 100 ms) / 0.6
    PD map            (PD - 80 %) / 12 %

Quantitative maps are never scaled by a patient's own values: what they measure would be lost. Logarithms, because
relaxation times of tissue and fluid span a factor of twenty. Constants are round numbers near gray matter and tumor at
3 T [our choice].

Called by training and by networks at use; tested by Testing/unit/imaging/test_channels.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError

NORMALIZATION = "by role"
"""What a model package calls this scaling."""

RANGE = (-5.0, 10.0)
"""Channels are clipped to this: sinuses and fat would else outweigh everything."""

_LOGARITHMIC = {"T1map": (1200.0, 0.5), "T2map": (100.0, 0.6)}
_LINEAR = {"PDmap": (80.0, 12.0)}
_FEWEST = 100


def channel(role: str, values: NDArray, brain: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Scale an image for a network.

    Parameters
    ----------
    role : str
        A name of :data:`gliomamri.roles.ROLES`.
    values : array (z, y, x)
        The image in scanner units, or the map in ms or percent. Not changed.
    brain : bool array of the same shape
        Brain mask.

    Returns
    -------
    float32 array
        Within :data:`RANGE`; 0 outside the brain and where a map has no value.

    Raises
    ------
    UserError
        If the brain is empty, or the image is the same everywhere in it.
    """
    values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    inside = brain & (values > 0) if is_quantitative(role) else brain
    if np.count_nonzero(inside) < _FEWEST:
        raise UserError(f"There is no brain in the image {role}; check the image and the brain mask.")
    return np.where(inside, np.clip(_scaled(role, values, inside), *RANGE), np.float32(0)).astype(np.float32)


def is_quantitative(role: str) -> bool:
    """Tell whether a role's values have a unit and are scaled by constants."""
    kind = role.removeprefix("ce")
    return kind in _LOGARITHMIC or kind in _LINEAR


def _scaled(role: str, values: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    kind = role.removeprefix("ce")
    if kind in _LOGARITHMIC:
        center, width = _LOGARITHMIC[kind]
        return np.log(np.where(inside, values, center) / np.float32(center)) / np.float32(width)
    if kind in _LINEAR:
        center, width = _LINEAR[kind]
        return (values - np.float32(center)) / np.float32(width)
    mean, deviation = values[inside].mean(dtype=float), values[inside].std(dtype=float)
    if not deviation > 0:
        raise UserError(f"The image {role} is the same everywhere in the brain; choose another image.")
    return (values - np.float32(mean)) / np.float32(deviation)
