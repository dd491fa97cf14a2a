"""How well two images lie on each other, place by place: block matching with any pair of contrasts.

    1. both images are sampled every 2 mm; g(m) = E[f | m] over the whole head turns the moving image's values m into
       the fixed image's f, whatever the contrasts; both lose what is smooth (Gaussian of 6 mm): coil profiles
    2. the head is cut into blocks of 24 mm; for each block and each shift s of up to 6 mm, r^2(s) is the squared
       correlation of f with g(m(s)), over the points that lie on both heads
    3. a block's residual shift is the peak of its likelihood (:mod:`gliomamri.imaging.block_peaks`); points whose
       residuals are correlated count less (Bartlett's formula)
    4. a block counts whose standard error is small and whose peak is alone. Where too few do, likelihoods of 2 x 2 x 2
       blocks are added and the same is asked of these cubes of 48 mm; where too few of them do, nothing is known

A curve of values fitted in each block, instead of one for the head, follows noise: it found better matches 4 mm off in
every flat block of a T1-weighted and a FLAIR image that lay right.

The median of the shifts says how far the images are off as a whole, the 95th percentile how far at the worst places;
both contain the method's own scatter, nothing is subtracted.

Our choice; block matching after Ourselin et al., Image Vis Comput 2001;19:25-31, the curve of values after Roche et
al., MICCAI 1998 (correlation ratio).

Measured on simulated heads at their true position, 1 mm voxels: scatter (median) 0.15 to 0.2 mm for the T1 map before
and after contrast agent, 0.3 with slices of 4 mm; 0.2 to 0.5 mm for other pairs, T1-weighted with a noisy FLAIR 0.9 mm;
T2-weighted with a noisy FLAIR is not known. A shift of 2.63 mm added gave 2.5 to 2.8 mm (that FLAIR: 1.8 mm).

Used by :mod:`gliomamri.imaging.moves` and :mod:`gliomamri.quantitative.alignment`; tested by
Testing/unit/imaging/test_alignment_quality.py.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.imaging.alignable import Alignable
from gliomamri.imaging.block_peaks import lead, peaks
from gliomamri.imaging.rigid import Matrix, apply, inverse

STEP = 2.0
"""mm between points that are compared."""

REACH = 3
"""Largest shift in steps."""

_BLOCK = 12
_SMOOTH = 6.0
"""mm, standard deviation of what counts as smooth [our choice]."""

_FILLED = 0.5
"""Share of a block that must lie on both heads, and of a cube's blocks that must be filled."""

_BINS, _FEWEST_IN_BIN = 48, 20
"""Of the curve of values."""

_LARGEST_ERROR, _LEAD = 0.5, 6.0
"""Standard error in mm up to which a block counts, and the log likelihood by which its peak leads [our choice]."""

_CUBES = ((1, 0.3), (2, 0.0))
"""Blocks along an edge of what is matched, and the share of them that must count for this size to be used: few sure
blocks among many doubtful ones are no fair sample."""

FEWEST_BLOCKS = 8

Floats = NDArray[np.float32]
_Shape = tuple[int, int, int]


@dataclass(frozen=True)
class LocalShifts:
    """Residual shifts of blocks.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        Middles of the blocks in mm, LPS, on the fixed image.
    shifts : ndarray, shape (n, 3)
        In mm, LPS: what the block lacks to lie on the moving image, after the transform.
    errors : ndarray, shape (n,)
        Standard error of the shift in mm along its worst direction.
    """

    points: NDArray[np.float64]
    shifts: NDArray[np.float64]
    errors: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def known(self) -> bool:
        """Whether enough blocks have structure that both images show."""
        return len(self.points) >= FEWEST_BLOCKS

    @property
    def median(self) -> float:
        """Median length in mm; 0 where nothing is known."""
        return float(np.median(np.linalg.norm(self.shifts, axis=1))) if self.known else 0.0

    @property
    def percentile_95(self) -> float:
        """95th percentile of the lengths in mm; 0 where nothing is known."""
        return float(np.percentile(np.linalg.norm(self.shifts, axis=1), 95)) if self.known else 0.0


def local_shifts(moving: Alignable, fixed: Alignable, matrix: Matrix) -> LocalShifts:
    """Measure the residual shift of each block after a transform from fixed to moving points (4 x 4, mm, LPS).

    The result is not ``known`` where too few blocks have structure that both images show.
    """
    frame, shape = _frame(fixed)
    points = apply(frame, np.indices(shape[::-1], dtype=np.float32).reshape(3, -1).T)
    f, on_fixed = _sampled(fixed, points, shape)
    m, on_moving = _sampled(moving, apply(matrix, points), shape)
    g = _high_pass(_explained(f, m, on_fixed & on_moving), on_moving)
    inner = (slice(REACH, -REACH),) * 3
    target, weight = _blocks(_high_pass(f, on_fixed)[inner]), _blocks(on_fixed[inner].astype(np.float32))
    likelihood = _likelihood(target, weight, g, on_moving)
    return _trusted(likelihood, tuple((n - 2 * REACH) // _BLOCK for n in shape), frame)


def _frame(fixed: Alignable) -> tuple[Matrix, _Shape]:
    """Return a lattice of 2 mm along the fixed image's axes around its head: index (x, y, z) to mm, and its size."""
    axes = fixed.to_physical[:3, :3] / fixed.spacing
    along = fixed.points(20_000) @ axes
    low, high = along.min(axis=0), along.max(axis=0)
    size = np.maximum(1, np.ceil((high - low) / STEP / _BLOCK).astype(int)) * _BLOCK + 2 * REACH
    matrix = np.eye(4)
    matrix[:3, :3] = axes * STEP
    matrix[:3, 3] = axes @ ((low + high) / 2 - (size - 1) / 2 * STEP)
    return matrix, tuple(int(n) for n in size[::-1])


def _sampled(one: Alignable, points: NDArray[np.float64], shape: _Shape) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the image at points in the order x, y, z, blurred to the step, and which are on its head; (z, y, x)."""
    small = one.at_scale(STEP)
    index = apply(inverse(small.to_physical), points)
    values = ndimage.map_coordinates(small.values, index.T[::-1], order=1, mode="nearest", output=np.float32)
    # At the rim voxels are part air, differently in each image.
    return values.reshape(shape[::-1]).T, ndimage.binary_erosion(
        one.on_support(points).reshape(shape[::-1]).T
    )


def _explained(f: Floats, m: Floats, on_both: NDArray[np.bool_]) -> Floats:
    """Return g(m) = E[f | m] over both heads, linear between bins of equal numbers of points."""
    values, target = m[on_both], f[on_both]
    if not values.size:
        return np.zeros_like(m)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)))
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))
    counts = np.bincount(bins)
    filled = counts >= _FEWEST_IN_BIN
    if not filled.any():
        return np.zeros_like(m)
    middles = np.bincount(bins, values)[filled] / counts[filled]
    means = np.bincount(bins, target)[filled] / counts[filled]
    return np.interp(m, middles, means).astype(np.float32)


def _high_pass(values: Floats, on: NDArray[np.bool_]) -> Floats:
    """Take away what is smooth over the head; 0 outside."""
    inside = on.astype(np.float32)
    share = ndimage.gaussian_filter(inside, _SMOOTH / STEP, truncate=3)
    smooth = ndimage.gaussian_filter(values * inside, _SMOOTH / STEP, truncate=3)
    return (values - smooth / np.maximum(share, np.float32(1e-3))) * inside


def _blocks(values: NDArray) -> NDArray:
    """Cut an array (z, y, x) into blocks, shape (n, voxels of a block)."""
    z, y, x = (n // _BLOCK for n in values.shape)
    cut = values.reshape(z, _BLOCK, y, _BLOCK, x, _BLOCK).transpose(0, 2, 4, 1, 3, 5)
    return cut.reshape(z * y * x, -1)


def _likelihood(target: Floats, weight: Floats, g: Floats, on: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log likelihood of each block's shifts (z, y, x), not a number for blocks that are not filled."""
    width = 2 * REACH + 1
    result = np.full((len(target), width, width, width), np.nan)
    known = np.flatnonzero(weight.mean(axis=1) >= _FILLED)
    if not known.size:
        return result
    f, w = target[known], weight[known]
    fixed = np.stack([w, f, f * f], axis=1)
    around = _surroundings(np.stack([on.astype(np.float32), g, g * g], axis=-1), known)
    r2 = np.zeros((len(known), width, width, width))
    filled = np.ones(len(known), bool)
    for shift in itertools.product(range(width), repeat=3):
        sums = np.matmul(fixed, _shifted(around, shift).reshape(len(f), -1, 3)).astype(float)
        r2[(slice(None), *shift)] = _squared_correlation(sums)
        filled &= sums[:, 0, 0] >= _FILLED * f.shape[1]
    known, r2 = known[filled], r2[filled]
    if len(known):
        counts = _independent(f[filled], w[filled], _best_moved(around[filled, ..., 1], r2))
        height = r2.reshape(len(r2), -1).max(axis=1)
        result[known] = (counts / 2 / (1 - height))[:, None, None, None] * r2
    return result


def _surroundings(values: Floats, blocks: NDArray[np.intp]) -> Floats:
    """Return each block of an array (z, y, x, c) with what is within the reach around it."""
    grid = [(n - 2 * REACH) // _BLOCK for n in values.shape[:3]]
    corners = np.stack(np.unravel_index(blocks, grid), axis=1) * _BLOCK
    edge = _BLOCK + 2 * REACH
    cut = [values[z : z + edge, y : y + edge, x : x + edge] for z, y, x in corners]
    return np.stack(cut) if cut else np.zeros((0, edge, edge, edge, values.shape[3]), np.float32)


def _shifted(around: Floats, shift: tuple[int, ...]) -> Floats:
    """Return blocks ``shift`` (z, y, x) steps from the lower corner of their surroundings."""
    z, y, x = (slice(d, d + _BLOCK) for d in shift)
    return around[:, z, y, x]


def _best_moved(around: Floats, r2: NDArray[np.float64]) -> Floats:
    """Return the moving blocks at each block's best shift, shape (n, voxels of a block)."""
    place = np.argmax(r2.reshape(len(r2), -1), axis=1)
    shifts = np.stack(np.unravel_index(place, r2.shape[1:]), axis=1)
    moved = [_shifted(one[None], tuple(shift)) for one, shift in zip(around, shifts, strict=True)]
    return np.concatenate(moved).reshape(len(moved), -1)


def _squared_correlation(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared correlation from the sums of (1, f, f^2) times (1, g, g^2), shape (n, 3, 3); 0 if against each other."""
    total = np.maximum(sums[:, 0, 0], 1.0)
    f, g = sums[:, 1, 0] / total, sums[:, 0, 1] / total
    ff, gg, fg = sums[:, 2, 0] / total - f * f, sums[:, 0, 2] / total - g * g, sums[:, 1, 1] / total - f * g
    structured = (ff > 1e-8) & (gg > 1e-8) & (fg > 0)
    share = np.divide(fg**2, ff * gg, out=np.zeros_like(fg), where=structured)
    return np.minimum(share, 1 - 1e-4)


def _independent(f: Floats, weight: Floats, g: Floats) -> NDArray[np.float64]:
    """Count each block's independent points by Bartlett's formula: residuals' correlations times the slopes'."""
    gain = np.einsum("ij,ij->i", f, g) / np.maximum(np.einsum("ij,ij->i", g, g), 1e-9)
    cube = (-1, _BLOCK, _BLOCK, _BLOCK)
    residual = (weight * (f - gain[:, None] * g)).reshape(cube)
    slopes = np.gradient((weight * g).reshape(cube), axis=(1, 2, 3))
    counts = weight.sum(axis=1).astype(float)
    for axis in (1, 2, 3):
        of_slopes = np.mean([_lag(slope, axis) for slope in slopes], axis=0)
        together = np.clip(_lag(residual, axis), 0, 0.99) * np.clip(of_slopes, 0, 0.99)
        counts *= (1 - together) / (1 + together)
    return counts


def _lag(values: Floats, axis: int) -> NDArray[np.float64]:
    """Correlation of each block's values with their neighbors along an axis, shape (n,)."""
    below, above = np.take(values, range(_BLOCK - 1), axis), np.take(values, range(1, _BLOCK), axis)
    power = np.einsum("izyx,izyx->i", values, values)
    return np.einsum("izyx,izyx->i", below, above) / np.maximum(power, 1e-12)


def _trusted(likelihood: NDArray[np.float64], grid: _Shape, frame: Matrix) -> LocalShifts:
    """Return the shifts of the blocks, or of cubes of blocks, that can be trusted."""
    found = LocalShifts(np.zeros((0, 3)), np.zeros((0, 3)))
    for edge, share in _CUBES:
        if min(grid) < edge:
            break
        added, middles = _added(likelihood, grid, edge)
        if not len(added):
            break
        shifts, errors = peaks(added)
        sure = (errors * STEP <= _LARGEST_ERROR) & (lead(added) >= _LEAD)
        found = LocalShifts(apply(frame, middles[sure]), shifts[sure] @ frame[:3, :3].T, errors[sure] * STEP)
        if found.known and sure.mean() >= share:
            break
    return found


def _added(
    likelihood: NDArray[np.float64], grid: _Shape, edge: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add the likelihoods of cubes of blocks that overlap; also return the index (x, y, z) of the middles."""
    filled = np.isfinite(likelihood[:, 0, 0, 0]).reshape(grid)
    by_place = np.where(filled[..., None], likelihood.reshape(*grid, -1), 0.0)
    window = (edge,) * 3
    view = np.lib.stride_tricks.sliding_window_view
    total, counts = (view(a, window, axis=(0, 1, 2)).sum(axis=(-3, -2, -1)) for a in (by_place, filled))
    chosen = np.argwhere(counts >= max(1, _FILLED * edge**3))
    middles = (chosen[:, ::-1] + edge / 2) * _BLOCK + REACH - 0.5
    return total[tuple(chosen.T)].reshape(-1, *likelihood.shape[1:]), middles
