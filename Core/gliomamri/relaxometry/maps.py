"""From fitted voxels to maps: every map of a fit has its grid, its unit and its display range."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.geometry import image_on
from gliomamri.relaxometry.rates import rates_of
from gliomamri.result import Map
from gliomamri.roles import ROLES

LARGEST_RELATIVE_ERROR = 0.5
"""A time whose standard error exceeds this share of it is no measurement [our choice]."""

_COLORMAPS = {"T1": "lipari", "T2": "navia"}
_ROLES = frozenset(ROLES)
_WINDOWS = {"T1": (0.0, 3000.0), "R1": (0.0, 2.5), "T2": (0.0, 200.0), "R2": (0.0, 25.0)}
"""Display ranges in ms and 1/s that show brain and tumor at 1.5 and 3 T."""


@dataclass(frozen=True)
class FittedVoxels:
    """One fit on its grid, ready to become maps.

    Attributes
    ----------
    role : str
        The series that was fitted.
    symbol : {"T1", "T2", "PD", "B1"}
    times, standard_errors : ndarray, shape (n_voxels,)
        Fitted relaxation times and their standard errors, in ms (percent for PD, none for B1).
    valid : ndarray of bool, shape (n_voxels,)
        Where the fit holds.
    mask : ndarray of bool, shape (z, y, x)
        Where the voxels lie, in the order of the arrays.
    grid : SimpleITK.Image
        An image of the series.
    prefix : str
        Put before every name: ``ce`` for images after contrast agent.
    """

    role: str
    symbol: str
    times: np.ndarray
    standard_errors: np.ndarray
    valid: np.ndarray
    mask: np.ndarray
    grid: sitk.Image
    prefix: str = ""

    @property
    def rate(self) -> str:
        """``R1`` or ``R2``."""
        return f"R{self.symbol[1]}"

    def named(self, name: str) -> str:
        """Name of a map, table or number of this fit."""
        return f"{self.prefix}{name}"

    def role_for(self, name: str) -> str:
        """Role that a map of this fit can fill later, empty where there is none of that name."""
        return self.named(name) if self.named(name) in _ROLES else ""

    @functools.cached_property
    def measured(self) -> np.ndarray:
        """Where the time is a measurement, ndarray of bool (n_voxels,): valid, with an error below half of it."""
        return self.valid & (self.standard_errors < LARGEST_RELATIVE_ERROR * self.times)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Put values (n_voxels,) of the measured voxels back on the grid, float32 (z, y, x); 0 elsewhere."""
        volume = np.zeros(self.mask.shape, np.float32)
        volume[self.mask] = np.where(self.measured, values, 0.0)
        return volume


def map_of(
    fitted: FittedVoxels,
    name: str,
    values: np.ndarray,
    quantity: str,
    unit: str,
    description: str,
    window: tuple[float, float] | None = None,
    *,
    main: bool = False,
    role: str = "",
) -> Map:
    """Make a gray map of values (n_voxels,); without a window it shows 0 to the 99th percentile."""
    volume = fitted.spread(values)
    if window is None:
        shown = volume[volume > 0]
        window = (0.0, float(np.percentile(shown, 99)) if shown.size else 1.0)
    image = image_on(volume, fitted.grid)
    return Map(
        *(fitted.named(name), image, quantity, unit, description, "gray", window, fitted.role), main, role
    )


def time_and_rate_maps(fitted: FittedVoxels) -> list[Map]:
    """Make the maps of the time (ms), its rate R = 1000 / T (1/s), and the standard errors of both."""
    rates = rates_of(fitted.times).values
    of_time, of_rate = fitted.standard_errors, fitted.standard_errors * rates**2 / 1000
    return [
        _main_map(fitted, fitted.symbol, fitted.times, "ms", "Relaxation time"),
        _main_map(fitted, fitted.rate, rates, "1/s", "Relaxation rate"),
        error_map(fitted, fitted.symbol, of_time, "ms"),
        error_map(fitted, fitted.rate, of_rate, "1/s"),
    ]


def validity_map(fitted: FittedVoxels) -> Map:
    """Make the map that tells measured voxels from all others."""
    about = f"1 where {fitted.symbol} was measured; every other map is 0 elsewhere."
    return map_of(
        fitted, f"{fitted.symbol}_valid", np.ones_like(fitted.times), "validity", "", about, (0.0, 1.0)
    )


def _main_map(fitted: FittedVoxels, symbol: str, values: np.ndarray, unit: str, words: str) -> Map:
    image = image_on(fitted.spread(values), fitted.grid)
    about = f"{words} {symbol}; black where it could not be measured."
    colormap, window = _COLORMAPS[fitted.symbol], _WINDOWS[symbol]
    name, role = fitted.named(f"{symbol}map"), fitted.role_for(f"{symbol}map")
    return Map(name, image, symbol, unit, about, colormap, window, fitted.role, main=True, role=role)


def error_map(fitted: FittedVoxels, symbol: str, values: np.ndarray, unit: str) -> Map:
    """Make the map of one standard error (n_voxels,) of the quantity ``symbol``."""
    shown = values[fitted.measured]
    window = (0.0, 4 * float(np.median(shown)) if shown.size else 1.0)
    about = "One standard error of the fit, from the noise and the curvature at the optimum."
    return map_of(
        *(fitted, f"{symbol}_standard_error", values, f"{symbol} standard error", unit, about, window),
        role=fitted.role_for(f"{symbol}error"),
    )
