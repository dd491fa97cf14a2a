"""What resampling does to the noise of a map: standard errors on the common grid, and how alike neighbors' noise is.

Interpolation is linear in the voxels, y_i = sum_k w_i(k) n_k, so independent noise of standard deviation s becomes

    var y_i = s^2 sum_k w_i(k)^2,    cov(y_i, y_j) = s^2 sum_k w_i(k) w_j(k)                                       (1)

The weights are those of :mod:`gliomamri.imaging.resampling`. With the point x_i of the voxel on the source's grid (in
voxels), and the points x_i + e_m that its value is the mean of where it is larger than a source's voxel (else e = 0),

    w_i(k) = mean over m of the product over the axes a of h((x_i + e_m - k)_a)                                    (2)

h(u) is 1 - |u| for linear interpolation, and for the cubic spline the cardinal spline, sum_k sqrt(3) z^|k| beta(u - k)
with the cubic B-spline beta and z = sqrt(3) - 2 (Unser et al., IEEE Trans Signal Process 41:834, 1993). An affine map
relates the grids, so that (1) depends on nothing but the fractional part of x_i; it is tabulated over that.

Two things are left out. Clamping the spline makes noise of even tissue up to 3 % smaller. Noise that is not white on
the acquired voxels already (a window on k-space) keeps more of itself than (1) says.

Called by :mod:`gliomamri.quantitative.task`; tested by Testing/unit/quantitative/test_noise_gain.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage, sparse

from gliomamri.imaging.geometry import image_on
from gliomamri.imaging.prepare import Prepared, to_template_chain
from gliomamri.imaging.resampling import interpolation_of
from gliomamri.imaging.rigid import Matrix, index_to_physical, inverse
from gliomamri.regions.analysis_inputs import ERROR_ROLES

_TAPS = {True: 5, False: 1}
"""Source voxels on each side that a cubic and a linear weight reach; what the spline has beyond is below 1e-3."""

_ENTRIES = 3_000_000
"""Weights that are held at a time."""

_MOST_NODES, _FEWEST_NODES = 16, 4
"""Of the table along each axis."""

_POLE = np.sqrt(3) - 2


@dataclass(frozen=True)
class ResampledNoise:
    """Noise of unit standard deviation after resampling, by the place of a voxel between those of the source.

    Attributes
    ----------
    table : ndarray, shape (4, n, n, n)
        Variance of a voxel, and its correlation with the next one along the target's x, y, z, at fractional parts
        0, 1/n, ... of the point's index (x, y, z) on the source.
    to_source : 4 x 4 array
        From index (x, y, z) on the target to index on the source.
    shape : (z, y, x)
        Of the target.
    """

    table: NDArray[np.float64]
    to_source: Matrix
    shape: tuple[int, int, int]

    def gain(self) -> NDArray[np.float32]:
        """Return the factor on standard errors of each voxel, shape (z, y, x)."""
        return np.sqrt(self._at(0, [np.arange(size) for size in self.shape]))

    def correlation(self, box: tuple[slice, ...]) -> tuple[NDArray[np.float32], ...]:
        """Return the noise's correlation with that of the next voxel along z, y, x in a box (slices z, y, x)."""
        axes = [np.arange(size)[part] for part, size in zip(box, self.shape, strict=True)]
        return tuple(self._at(entry, axes) for entry in (3, 2, 1))

    def _at(self, entry: int, axes: Sequence[NDArray[np.intp]]) -> NDArray[np.float32]:
        """Return an entry of the table at the voxels whose indices along z, y, x are given."""
        nodes = self.table.shape[-1]
        z, y, x = np.ix_(*(indices.astype(np.float32) for indices in axes))
        rows = (nodes * self.to_source[:3]).astype(np.float32)
        result = np.empty([len(indices) for indices in axes], np.float32)
        for place, height in enumerate(z):
            point = [row[0] * x[0] + row[1] * y[0] + row[2] * height[0] + row[3] for row in rows]
            ndimage.map_coordinates(self.table[entry], point, result[place], order=1, mode="grid-wrap")
        return result


def resampled_noise(image: sitk.Image, grid: sitk.Image, matrix: Matrix) -> ResampledNoise:
    """Tell what :func:`gliomamri.imaging.resampling.resample` makes of white noise, equation (1).

    Parameters
    ----------
    image : SimpleITK.Image
        Gives the source's geometry.
    grid : SimpleITK.Image
        Gives the target's.
    matrix : 4 x 4 array
        In mm, LPS: the point p of the grid lies at ``matrix @ p`` of the image.
    """
    to_source = inverse(index_to_physical(image)) @ matrix @ index_to_physical(grid)
    to_source[:3][np.array(image.GetSize()) == 1] = 0  # a single slice has nothing to interpolate between
    is_spline, parts = interpolation_of(image, grid, matrix)
    steps = to_source[:3, :3]
    inside = [(np.arange(n) + 0.5) / n - 0.5 for n in parts]
    within = np.stack(np.meshgrid(*inside, indexing="ij"), axis=-1).reshape(-1, 3) @ steps.T
    taps = _TAPS[is_spline]
    entries = 4 * len(within) * (2 * taps) ** 3
    nodes = int(np.clip((_ENTRIES / entries) ** (1 / 3), _FEWEST_NODES, _MOST_NODES))
    fractions = np.indices((nodes,) * 3).reshape(3, -1).T / nodes
    beside = np.concatenate([np.zeros((1, 3)), steps.T])
    points = beside[:, None, None] + fractions[None, :, None] + within
    weights = _weights(points, taps, _cardinal_spline if is_spline else _hat)
    own, *following = (weights[i * len(fractions) : (i + 1) * len(fractions)] for i in range(4))
    variance = _row_products(own, own)
    table = [
        variance,
        *(_row_products(own, w) / np.sqrt(variance * _row_products(w, w)) for w in following),
    ]
    return ResampledNoise(np.reshape(table, (4, nodes, nodes, nodes)), to_source, grid.GetSize()[::-1])


def _row_products(first: sparse.csr_matrix, second: sparse.csr_matrix) -> NDArray[np.float64]:
    return np.asarray(first.multiply(second).sum(axis=1)).ravel()


def _weights(
    points: NDArray[np.float64], taps: int, kernel: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> sparse.csr_matrix:
    """Return equation (2) for points of shape (a, b, m, 3) as a matrix (a b, source voxels)."""
    points = points.reshape(-1, *points.shape[2:])
    first = np.floor(points).astype(int) - taps + 1
    index = first[..., None] + np.arange(2 * taps)
    along = kernel(points[..., None] - index)
    index -= index.min(axis=(0, 1, 3))[:, None]
    width = index.max(axis=(0, 1, 3)) + 1
    x, y, z = (along[:, :, axis] for axis in range(3))
    values = x[..., :, None, None] * y[..., None, :, None] * z[..., None, None, :] / points.shape[1]
    x, y, z = (index[:, :, axis] for axis in range(3))
    columns = (x[..., :, None, None] * width[1] + y[..., None, :, None]) * width[2] + z[..., None, None, :]
    rows = np.broadcast_to(np.arange(len(points))[:, None, None, None, None], values.shape)
    shape = (len(points), int(np.prod(width)))
    return sparse.csr_matrix((values.ravel(), (rows.ravel(), columns.ravel())), shape)


def _hat(u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(1 - np.abs(u), 0)


def _cardinal_spline(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic spline that is 1 at 0 and 0 at all other whole numbers."""
    near = np.floor(u)
    return sum(
        np.sqrt(3) * _POLE ** np.abs(near + step) * _cubic(u - near - step) for step in (-1.0, 0.0, 1.0, 2.0)
    )


def _cubic(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic B-spline."""
    u = np.abs(u)
    return np.where(u < 1, 2 / 3 - u**2 + u**3 / 2, np.maximum(2 - u, 0) ** 3 / 6)


def noise_on_grid(
    prepared: Prepared, before: Mapping[str, sitk.Image], *, on_template: bool = False
) -> dict[str, ResampledNoise]:
    """Tell what resampling made of the noise of each map whose standard error is known; those left alone are absent.

    Parameters
    ----------
    prepared : Prepared
    before : mapping of str to SimpleITK.Image
        Images by role as they were before; the grids of the standard errors are read.
    on_template : bool
        Whether the grid is the template's.
    """
    found: dict[str, ResampledNoise] = {}
    by_leader: dict[str, ResampledNoise] = {}
    for role in ERROR_ROLES:
        if role not in prepared.study.images or prepared.interpolation.get(role, "none") == "none":
            continue
        move = prepared.move_of(role)
        leader = move.acquisition.leader
        if leader not in by_leader:
            chain = to_template_chain(prepared, role)[1] if on_template else move.matrix
            by_leader[leader] = resampled_noise(before[role], prepared.study.images[role], chain)
        found[role] = by_leader[leader]
    return found


def with_propagated_errors(
    images: Mapping[str, sitk.Image], noise: Mapping[str, ResampledNoise]
) -> dict[str, sitk.Image]:
    """Give the images with standard errors that hold on their grid; ``noise`` is by role of the standard errors."""
    found = dict(images)
    gains: dict[int, NDArray[np.float32]] = {}
    for role, one in noise.items():
        if id(one) not in gains:
            gains[id(one)] = one.gain()
        found[role] = image_on(sitk.GetArrayViewFromImage(images[role]) * gains[id(one)], images[role])
    return found
