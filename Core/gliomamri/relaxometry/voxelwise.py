"""Building blocks of the signal equations: they keep float32 and reuse memory on arrays of millions of voxels.

Plain numbers work as well as arrays, and shapes that broadcast are allowed: memory is reused only where the
result fits. Called by the sequences' signal equations in :mod:`~gliomamri.relaxometry.gradient_echo`,
:mod:`~gliomamri.relaxometry.spin_echo`, :mod:`~gliomamri.relaxometry.magic` and by
:mod:`gliomamri.diffusion.signals`.

Tested by Testing/unit/relaxometry/test_gradient_echo.py.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = float | NDArray[np.floating]
"""A number or an array; signals take the arrays' precision."""


def decay(rate: ArrayLike, time: float) -> Values:
    """Return exp(-time rate) in new memory.

    Parameters
    ----------
    rate
        In 1/s.
    time
        In ms.
    """
    exponent = np.multiply(rate, -0.001 * float(time))
    return np.exp(exponent, out=_memory(exponent))


def into(operation: np.ufunc, own: Values, other: ArrayLike) -> Values:
    """Return ``operation(own, other)`` in the memory of ``own`` where the result fits there.

    ``own`` is lost. ``operation`` is a ufunc of two arguments, such as ``np.multiply``.
    """
    fits = (
        isinstance(own, np.ndarray)
        and np.broadcast_shapes(own.shape, np.shape(other)) == own.shape
        and np.result_type(own, other) == own.dtype
    )
    return operation(own, other, out=own if fits else None)


def one_minus(own: Values) -> Values:
    """Return ``1 - own`` in the memory of ``own``, which is lost."""
    return np.subtract(1, own, out=_memory(own))


def whole_power(base: Values, exponent: int) -> Values:
    """Return ``base**exponent`` for a whole exponent of at least 0, by squaring: many times faster on arrays."""
    power: Values = 1.0
    while exponent:
        if exponent & 1:
            power = np.multiply(power, base) if isinstance(base, np.ndarray) else power * base
        exponent >>= 1
        if exponent:
            base = base * base
    return power


def cosine_and_sine(flip_angle: float, B1: ArrayLike = 1.0) -> tuple[Values, Values]:
    """Return cosine and sine of the flip angle that a pulse really has.

    Parameters
    ----------
    flip_angle
        Nominal angle in degrees.
    B1
        Transmit field as a fraction of the nominal one.
    """
    angle = math.radians(float(flip_angle))
    if np.ndim(B1) == 0:
        return math.cos(angle * float(B1)), math.sin(angle * float(B1))
    turned = np.multiply(B1, angle)
    return np.cos(turned), np.sin(turned)


def _memory(values: Values) -> NDArray[np.floating] | None:
    return values if isinstance(values, np.ndarray) else None
