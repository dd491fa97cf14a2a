"""Where lesions of a kind are found, and whether one fits there.

Tested by Testing/unit/phantom/lesions/test_planning.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.phantom.lesions.lesion import Terrain
from gliomamri.phantom.lesions.priors import LesionPriors
from gliomamri.phantom.tissues import BRAIN, Tissue

Point = tuple[float, float, float]

_TRIES = 16
_LIKELY = {
    Tissue.WHITE_MATTER: 1.0,
    Tissue.CORTEX: 0.15,
    Tissue.STRIATUM: 0.3,
    Tissue.THALAMUS: 0.25,
    Tissue.HIPPOCAMPUS: 0.5,
    Tissue.BRAINSTEM: 0.02,
    Tissue.CEREBELLAR_WHITE_MATTER: 0.03,
}
"""How likely a glioma's center lies in a tissue, per volume, relative to white matter."""


def place_glioma(
    generator: np.random.Generator, terrain: Terrain, radius: float, priors: LesionPriors
) -> Point:
    """Draw the center of a glioma (or cavity) of ``radius`` mm where most of it fits in the brain."""
    table = np.zeros(len(Tissue))
    for tissue, weight in _LIKELY.items():
        table[tissue] = weight
    z, y, x = np.meshgrid(*terrain.grid.axes, indexing="ij", sparse=True)
    tendency = -priors.anterior * y / 40 + priors.lateral * (np.abs(x) - 25) / 15 - priors.temporal * z / 25
    chance = table[terrain.tissue] * np.exp(np.clip(tendency, -3, 3))
    # Few tumors start in the midline.
    chance *= np.where(np.abs(x) < 9, 0.15, 1.0)
    # The center of a large tumor is deep.
    chance *= np.clip((-terrain.hull_distance - 0.3 * radius) / 6, 0, 1)
    return best_fit(generator, terrain, chance, radius, wanted=0.8)


def place_metastasis(generator: np.random.Generator, terrain: Terrain, radius: float) -> Point:
    """Draw the center of a metastasis of ``radius`` mm: at the border of gray and white matter."""
    tissue = terrain.tissue
    white = np.isin(tissue, (Tissue.WHITE_MATTER, Tissue.CEREBELLAR_WHITE_MATTER))
    gray = np.isin(tissue, (Tissue.CORTEX, Tissue.CEREBELLAR_CORTEX))
    chance = (white & ndimage.binary_dilation(gray, iterations=2)).astype(float)
    chance *= np.clip((-terrain.hull_distance - 0.5 * radius) / 3, 0.01, 1)
    return best_fit(generator, terrain, chance, radius, wanted=0.7)


def place_meningioma(generator: np.random.Generator, terrain: Terrain, radius: float, on_falx: bool) -> Point:
    """Draw the center of a meningioma: half a radius from the dura, or beside the falx."""
    z, _, x = np.meshgrid(*terrain.grid.axes, indexing="ij", sparse=True)
    depth = -terrain.hull_distance
    if on_falx:
        falx = terrain.tissue == Tissue.FALX
        if falx.any():
            away = ndimage.distance_transform_edt(~falx) * _step(terrain)
            near = (np.abs(away - 0.55 * radius) < 1.5) & (np.abs(x) < radius + 5) & (z > 0)
            chance = (
                near
                & (depth > 0.3 * radius)
                & (depth < 20 + radius)
                & np.isin(terrain.tissue, (*BRAIN, Tissue.CSF))
            )
            if chance.any():
                return best_fit(generator, terrain, chance.astype(float), 0.6 * radius, wanted=0.5)
    chance = (np.abs(depth - 0.45 * radius) < 1.5) & (z > -35)
    chance &= np.isin(terrain.tissue, (*BRAIN, Tissue.CSF))
    return best_fit(generator, terrain, chance.astype(float), 0.5 * radius, wanted=0.5)


def place_beside(
    generator: np.random.Generator, terrain: Terrain, first: Point, radius: float, priors: LesionPriors
) -> Point:
    """Draw the center of a second focus 25 to 60 mm from the first."""
    del priors
    z, y, x = np.meshgrid(*terrain.grid.axes, indexing="ij", sparse=True)
    distance = np.sqrt((z - first[0]) ** 2 + (y - first[1]) ** 2 + (x - first[2]) ** 2)
    chance = (terrain.tissue == Tissue.WHITE_MATTER) & (distance > 25) & (distance < 60)
    chance = chance * np.clip((-terrain.hull_distance - 0.3 * radius) / 6, 0, 1)
    return best_fit(generator, terrain, chance, radius, wanted=0.75)


def best_fit(
    generator: np.random.Generator,
    terrain: Terrain,
    chance: NDArray[np.float64],
    radius: float,
    wanted: float,
) -> Point:
    """Draw points by ``chance`` until a ball around one is brain to the fraction ``wanted``; the best of 16 otherwise.

    Raises
    ------
    UserError
        If there is no possible point.
    """
    flat = np.cumsum(chance.ravel())
    if not flat[-1] > 0:
        raise UserError(
            "The lesion does not fit in this brain; choose a smaller one or another anatomy.",
            f"no place for a radius of {radius:.1f} mm",
        )
    offsets = generator.standard_normal((400, 3))
    offsets *= radius * generator.random((400, 1)) ** (1 / 3) / np.linalg.norm(offsets, axis=1, keepdims=True)
    drawn = np.searchsorted(flat, generator.random(_TRIES) * flat[-1], side="right")
    jitter = generator.uniform(-0.5, 0.5, (_TRIES, 3)) * _step(terrain)
    best, share = None, -1.0
    for number, shift in zip(drawn, jitter, strict=True):
        index = np.unravel_index(min(number, chance.size - 1), chance.shape)
        point = np.array([axis[i] for axis, i in zip(terrain.grid.axes, index, strict=True)]) + shift
        held = _brain_share(terrain, point + offsets)
        if held > share:
            best, share = point, held
        if held >= wanted:
            break
    return tuple(float(value) for value in best)


def _brain_share(terrain: Terrain, points: NDArray[np.float64]) -> float:
    step = _step(terrain)
    index = [
        np.rint((column - axis[0]) / step).astype(int)
        for column, axis in zip(points.T, terrain.grid.axes, strict=True)
    ]
    valid = np.all(
        [(i >= 0) & (i < len(axis)) for i, axis in zip(index, terrain.grid.axes, strict=True)], axis=0
    )
    tissue = terrain.tissue[tuple(np.where(valid, i, 0) for i in index)]
    return float(np.mean(valid & np.isin(tissue, BRAIN)))


def _step(terrain: Terrain) -> float:
    return float(terrain.grid.z[1] - terrain.grid.z[0])
