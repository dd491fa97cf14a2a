"""From fitted voxels to maps: every map of a fit has its grid, its unit and its display range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.result import Map


@dataclass(frozen=True)
class FittedVoxels:
    """One fit on its grid, ready to become maps.

    Attributes
    ----------
    role : str
        The series that was fitted; its grid is ``grid``.
    symbol : {"T1", "T2"}
    times : ndarray, shape (n_voxels,)
        Fitted relaxation times in ms.
    valid : ndarray of bool, shape (n_voxels,)
    mask : ndarray of bool, shape (z, y, x)
        Where the voxels lie, in the order of the arrays.
    grid : SimpleITK.Image
    """

    role: str
    symbol: str
    times: np.ndarray
    valid: np.ndarray
    mask: np.ndarray
    grid: sitk.Image

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Put values of the fitted voxels back on the grid; 0 elsewhere."""
        volume = np.zeros(self.mask.shape, np.float32)
        volume[self.mask] = np.where(self.valid, values, 0.0)
        return volume


def map_of(
    fitted: FittedVoxels,
    name: str,
    values: np.ndarray,
    quantity: str,
    unit: str,
    description: str,
    window: tuple[float, float] | None = None,
    colormap: str = "gray",
) -> Map:
    """Make a map of values given for the fitted voxels; without a window it shows 0 to four times the median."""
    volume = fitted.spread(values)
    if window is None:
        shown = volume[volume > 0]
        window = (0.0, 4 * float(np.median(shown)) if shown.size else 1.0)
    return Map(name, _image(volume, fitted.grid), quantity, unit, description, colormap, window, fitted.role)


def time_and_rate_maps(
    fitted: FittedVoxels,
    standard_error: np.ndarray,
    colormap: str,
    time_window: tuple[float, float],
    rate_window: tuple[float, float],
) -> list[Map]:
    """Make the maps of the time, its rate R = 1000 / T, and the standard errors of both."""
    time, rate = fitted.symbol, f"R{fitted.symbol[1]}"
    inverse = np.divide(1.0, fitted.times, out=np.zeros_like(fitted.times), where=fitted.times > 0)
    return [
        map_of(
            fitted, f"{time}map", fitted.times, time, "ms", f"Relaxation time {time}.", time_window, colormap
        ),
        map_of(
            fitted,
            f"{rate}map",
            1000 * inverse,
            rate,
            "1/s",
            f"Relaxation rate {rate}.",
            rate_window,
            colormap,
        ),
        map_of(
            fitted, f"{time}_standard_error", standard_error, f"{time} standard error", "ms", _STANDARD_ERROR
        ),
        map_of(
            fitted,
            f"{rate}_standard_error",
            1000 * standard_error * inverse**2,
            f"{rate} standard error",
            "1/s",
            _STANDARD_ERROR,
        ),
    ]


_STANDARD_ERROR = "One standard error of the fit, from the noise and the curvature at the optimum."


def validity_map(fitted: FittedVoxels) -> Map:
    """Make the map that tells measured voxels from all others."""
    about = f"1 where {fitted.symbol} was fitted and lies inside its bounds; every other map is 0 elsewhere."
    return map_of(
        fitted, f"{fitted.symbol}_valid", np.ones_like(fitted.times), "validity", "", about, (0.0, 1.0)
    )


def _image(volume: np.ndarray, grid: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(volume)
    image.CopyInformation(grid)
    return image
