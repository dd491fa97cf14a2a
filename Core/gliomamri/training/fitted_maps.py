"""True maps with the flaws that fitted ones have, for training without fitting: thick slices, noise, smooth errors.

A fit of simulated MAGIC images takes ten times longer than the simulation. What it adds to the truth is known from the
fits (:mod:`gliomamri.relaxometry`, Docs/QuantitativeMethods.md): errors of 1 to 4 % from voxel to voxel, smooth ones of
a few percent where transmit and receive fields are not found exactly, and slices of 4 to 6 mm. Rates, not times, are
averaged over a slice. Cohorts that measure a trained network fit their maps.

Called by :mod:`gliomamri.training.simulated`; tested by Testing/unit/training/test_fitted_maps.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.artifacts.acquisition import (
    interpolation_matrix,
    multiply_axes,
    profile_matrix,
    slice_positions,
)
from gliomamri.phantom.fields import random_field
from gliomamri.phantom.grid import Grid

Maps = Mapping[str, NDArray[np.float32]]

THIN_SHARE = 0.3
"""Share of patients whose maps come in voxels of about 1 mm; the rest have thick slices."""
_THICKNESS = (3.0, 6.0)
_NOISE = {"T1map": (0.005, 0.04), "T2map": (0.008, 0.05), "PDmap": (0.005, 0.03)}
_SMOOTH = {"T1map": (0.0, 0.04), "T2map": (0.0, 0.03), "PDmap": (0.0, 0.05)}
_SMOOTH_WIDTH = 60.0
"""mm, full width at half maximum of the autocorrelation of smooth errors."""
_SHIFT = 0.4


@dataclass(frozen=True)
class MapFlaws:
    """What is wrong with the maps of one acquisition.

    Attributes
    ----------
    thickness : float
        mm along z; 0 for none.
    noise, smooth : dict of str to float
        Relative standard deviations by map.
    shift : array (3,)
        mm along z, y, x: what registration left.
    """

    thickness: float
    noise: dict[str, float]
    smooth: dict[str, float]
    shift: NDArray[np.float64]


def draw_flaws(generator: np.random.Generator) -> MapFlaws:
    """Draw the flaws of one acquisition."""
    thick = generator.random() >= THIN_SHARE
    thickness = float(generator.uniform(*_THICKNESS)) if thick else 0.0
    noise = {name: float(generator.uniform(*low_high)) for name, low_high in _NOISE.items()}
    smooth = {name: float(generator.uniform(*low_high)) for name, low_high in _SMOOTH.items()}
    return MapFlaws(thickness, noise, smooth, generator.normal(0, _SHIFT, 3))


def as_fitted(truth: Maps, flaws: MapFlaws, voxel_size: float, generator: np.random.Generator) -> Maps:
    """Return maps as a fit would give them.

    Parameters
    ----------
    truth : mapping of str to array (z, y, x)
        ``T1map``, ``T2map`` in ms, ``PDmap`` in percent, with or without ``ce``; 0 where nothing is.
    flaws
        Of this acquisition.
    voxel_size
        mm.
    generator
        Of noise and smooth errors.

    Returns
    -------
    mapping of str to float32 array
    """
    shape = next(iter(truth.values())).shape
    grid = Grid.centered(shape, (voxel_size,) * 3)
    sampling = _sampling(grid, flaws)
    made = {}
    for name, values in truth.items():
        kind = name.removeprefix("ce")
        rates = values if kind == "PDmap" else _inverse(values)
        rates = multiply_axes(rates, sampling)
        relative = flaws.smooth[kind] * _smooth_field(generator, grid)
        relative += flaws.noise[kind] * generator.standard_normal(shape, np.float32)
        rates = rates * np.exp(relative)
        made[name] = (rates if kind == "PDmap" else _inverse(rates)).astype(np.float32)
    return made


def _inverse(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(np.float32(1), values, out=np.zeros_like(values), where=values > 0)


def _sampling(grid: Grid, flaws: MapFlaws) -> tuple[NDArray[np.float32], ...]:
    """Return the matrix of each axis (z, y, x): misplaced, averaged over slices, interpolated to the grid again."""
    places = [axis - np.float32(shift) for axis, shift in zip(grid.axes, flaws.shift, strict=True)]
    along = [interpolation_matrix(axis, place) for axis, place in zip(grid.axes, places, strict=True)]
    if flaws.thickness:
        slices = slice_positions(places[0], flaws.thickness, float(places[0][0]))
        averaged = profile_matrix(grid.z, slices, flaws.thickness)
        along[0] = interpolation_matrix(slices, places[0]) @ averaged
    return tuple(along)


def _smooth_field(generator: np.random.Generator, grid: Grid) -> NDArray[np.float32]:
    """Return a smooth random field of mean 0 and standard deviation 1 over the grid."""
    half_size = tuple(float(axis[-1]) + 1 for axis in grid.axes)
    field = random_field(generator, _SMOOTH_WIDTH, half_size).at(grid)
    return (field - field.mean()) / max(float(field.std()), 1e-6)
