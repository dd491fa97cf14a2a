"""R = 1000 / T: relaxation times in ms become rates in 1/s, and what is no time becomes no rate.

Called wherever this package needs rates of a map or of a fit, and by :mod:`gliomamri.quantitative.maps`; tested by
Testing/unit/relaxometry/test_rates.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rates:
    """Rates of an array of times.

    Attributes
    ----------
    values : ndarray of float32
        1/s; 0 where not valid.
    valid : ndarray of bool
        Where the time is a finite number above 0 and below the cap.
    """

    values: np.ndarray
    valid: np.ndarray


def rates_of(times: np.ndarray, cap: float = np.inf, where: np.ndarray | None = None) -> Rates:
    """Turn T1 or T2 into R1 or R2.

    Parameters
    ----------
    times : ndarray
        In ms.
    cap : float
        Times at or beyond it (ms) are no measurement.
    where : ndarray of bool, optional
        Where the times can be trusted; everywhere without it.
    """
    valid = np.isfinite(times) & (times > 0) & (times < cap)
    if where is not None:
        valid &= where
    values = np.divide(1000.0, times, out=np.zeros(times.shape, np.float32), where=valid, dtype=np.float32)
    return Rates(values, valid)
