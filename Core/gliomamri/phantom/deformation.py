"""From a healthy head to this patient's: pose, size, random smooth warp, and the push of a growing lesion.

A point ``p`` of the patient (mm, head frame) shows what the anatomy has at

    q(p) = A p' + s + u(p'),    p' = p + d(p),                                                             (1)

where ``d`` is the displacement by mass effect: ``p'`` is where the tissue at ``p`` was before the lesion grew. ``A`` is
pose and size, ``s`` a shift and ``u`` a random warp at several scales. The map is kept invertible: ``u`` is scaled down
until the Jacobian of (1) without ``d`` stays above :data:`SMALLEST_JACOBIAN` everywhere; ``d`` is invertible by its own
construction, and one follows the other.

Tested by Testing/unit/phantom/test_deformation.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from gliomamri.phantom.fields import HEAD_HALF_SIZE, LatticeField, determinant, random_field
from gliomamri.phantom.grid import FloatArray, Grid

VectorField = tuple[LatticeField, LatticeField, LatticeField]
"""Displacement along z, y, x in mm."""

SMALLEST_JACOBIAN = 0.25
_LATTICE_STEP = 4.0
_UNMOVED = 1e-3
"""mm of displacement that count as none."""


@dataclass(frozen=True)
class WarpPriors:
    """How far heads differ.

    Attributes
    ----------
    rotation : (z, y, x)
        Standard deviation in degrees of the rotation about each axis.
    mean_scale : float
        Mean of the logarithm of the size, relative to the anatomy.
    log_scale : float
        Standard deviation of the logarithm of the size, common to all axes; each axis has half of it besides.
    widths, amplitudes : tuples of float
        mm; each pair is one scale of the warp: width of the autocorrelation and standard deviation per axis.
    """

    rotation: tuple[float, float, float] = (2.0, 1.5, 4.0)
    mean_scale: float = -0.025
    log_scale: float = 0.045
    widths: tuple[float, ...] = (90.0, 40.0, 18.0)
    amplitudes: tuple[float, ...] = (2.2, 1.3, 0.7)


@dataclass(frozen=True)
class Deformation:
    """The map of equation (1).

    Attributes
    ----------
    matrix : array (3, 3)
        ``A``, acting on (z, y, x).
    warp : VectorField
        ``u`` in mm, as a function of ``p``: with a push, ``u(p + d(p))``.
    push : VectorField or None
        ``d`` in mm.
    shift : (z, y, x)
        ``s`` in mm.
    """

    matrix: NDArray[np.float64]
    warp: VectorField
    push: VectorField | None = None
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def with_push(self, push: VectorField) -> Deformation:
        """Return the deformation after a mass effect.

        Raises
        ------
        ValueError
            If there is one already.
        """
        if self.push is not None:
            raise ValueError("the head has been pushed already")
        lattice = lattice_grid()
        displacement = np.stack([field.at(lattice) for field in push])
        moved = np.abs(displacement).max(0) > _UNMOVED
        points = np.stack(np.broadcast_arrays(*np.meshgrid(*lattice.axes, indexing="ij", sparse=True)))
        there = (points + displacement)[:, moved]
        warp = []
        for field in self.warp:
            values = field.at(lattice)
            values[moved] = field.at_points(there)
            warp.append(LatticeField.through(values, lattice))
        return replace(self, warp=(warp[0], warp[1], warp[2]), push=push)

    def pushed(self, grid: Grid) -> NDArray[np.bool_]:
        """Return where on ``grid`` mass effect moves anything."""
        if self.push is None:
            return np.zeros(grid.shape, bool)
        return np.max([np.abs(field.at(grid)) for field in self.push], axis=0) > _UNMOVED

    def at(self, grid: Grid) -> FloatArray:
        """Return ``q`` in mm, shape (3, z, y, x), for every point of ``grid``."""
        points = list(np.meshgrid(*grid.axes, indexing="ij", sparse=True))
        if self.push is not None:
            points = [axis + field.at(grid) for axis, field in zip(points, self.push, strict=True)]
        q = np.empty((3, *grid.shape), np.float32)
        rows = self.matrix.astype(np.float32)
        for row, warp, shift, out in zip(rows, self.warp, self.shift, q, strict=True):
            np.add(warp.at(grid), np.float32(shift), out=out)
            for factor, axis in zip(row, points, strict=True):
                out += factor * axis
        return q


def draw_deformation(
    generator: np.random.Generator,
    priors: WarpPriors | None = None,
    turn: NDArray[np.float64] | None = None,
    shift: NDArray[np.float64] | None = None,
) -> Deformation:
    """Draw pose, size, mirror image and warp of one patient.

    ``turn`` (3, 3) and ``shift`` (mm) are how the anatomy itself lies, from upright, acting on (z, y, x).
    """
    priors = priors or WarpPriors()
    angles = generator.normal(0, priors.rotation)
    common, each = generator.standard_normal(), generator.standard_normal(3)
    scale = np.exp(priors.mean_scale + priors.log_scale * (common + 0.5 * each).clip(-2.5, 2.5))
    mirror = generator.choice((-1.0, 1.0))
    # Rotation acts on (x, y, z); the arrays are (z, y, x).
    tilt = Rotation.from_euler("zyx", angles, degrees=True).as_matrix()[::-1, ::-1]
    matrix = np.diag((1.0, 1.0, mirror)) @ tilt @ np.diag(1 / scale)
    if turn is not None:
        matrix = turn @ matrix
    warp = _draw_warp(generator, priors)
    z, y, x = (0.0, 0.0, 0.0) if shift is None else map(float, shift)
    deformation = Deformation(matrix, warp, shift=(z, y, x))
    while smallest_jacobian(deformation) < SMALLEST_JACOBIAN:
        deformation = replace(deformation, warp=tuple(field.times(0.85) for field in deformation.warp))
    return deformation


def _draw_warp(generator: np.random.Generator, priors: WarpPriors) -> VectorField:
    lattice = lattice_grid()
    axes = []
    for _ in range(3):
        values = np.zeros(lattice.shape, np.float32)
        for width, amplitude in zip(priors.widths, priors.amplitudes, strict=True):
            values += amplitude * random_field(generator, width).at(lattice)
        axes.append(LatticeField.through(values, lattice))
    return axes[0], axes[1], axes[2]


def lattice_grid(step: float = _LATTICE_STEP) -> Grid:
    """Return the coarse lattice, ``step`` mm, that covers any head."""
    shape = tuple(2 * int(np.ceil(half / step)) + 1 for half in HEAD_HALF_SIZE)
    return Grid.centered(shape, (step,) * 3)


def smallest_jacobian(deformation: Deformation) -> float:
    """Return the smallest ratio |det dq/dp| / |det A| on the coarse lattice; negative where space folds."""
    grid = lattice_grid()
    q = deformation.at(grid)
    rows = [np.gradient(component, *grid.axes) for component in q]
    return float((determinant(rows) / np.linalg.det(deformation.matrix)).min())
