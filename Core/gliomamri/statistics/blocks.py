"""Blocks of a region, and histograms of its values per block: what a spatial bootstrap resamples.

Called by :mod:`gliomamri.regions.comparison`; tested by Testing/unit/statistics/test_intervals.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def block_numbers(
    mask: NDArray, spacing: tuple[float, float, float], length: float, generator: np.random.Generator
) -> NDArray[np.intp]:
    """Number the cubic block that each voxel of a region lies in.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x)
        The region.
    spacing : (z, y, x)
        mm.
    length : float
        Edge of the blocks, mm. Along an axis whose voxels are longer, every voxel is a block of its own.
    generator : numpy.random.Generator
        Shifts the lattice of blocks at random, so that no anatomy lies on its planes by design.

    Returns
    -------
    ndarray of int, shape (voxels of the mask,)
        From 0 without gaps, in the order of ``values[mask]``.
    """
    shift = generator.random(3)
    cells = [
        np.floor(index * step / max(length, step) + offset).astype(np.int64)
        for index, step, offset in zip(np.nonzero(mask), spacing, shift, strict=True)
    ]
    wide = [int(cell.max()) + 1 if cell.size else 1 for cell in cells]
    combined = (cells[0] * wide[1] + cells[1]) * wide[2] + cells[2]
    return np.unique(combined, return_inverse=True)[1].ravel()


def quantile_edges(values: NDArray, bins: int = 256) -> NDArray[np.float64]:
    """Return edges of bins that hold equally many values each; fewer where values repeat.

    The first edge is the smallest value, the last the largest. A constant sample gets one bin around its value.
    """
    edges = np.unique(np.quantile(values.astype(np.float64), np.linspace(0, 1, bins + 1)))
    if edges.size > 1:
        return edges
    width = max(abs(float(edges[0])), 1.0) * 1e-6
    return np.array([edges[0] - width, edges[0] + width])


def counts_per_block(values: NDArray, blocks: NDArray, edges: NDArray) -> NDArray[np.float32]:
    """Count the values of each block in bins; shape (blocks, bins).

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Values beyond the edges count in the first and last bin.
    blocks : ndarray of int, shape (n,)
        Number of each value's block.
    edges : ndarray of float, shape (bins + 1,)
    """
    bins = edges.size - 1
    found = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    number = int(blocks.max()) + 1
    counts = np.bincount(blocks * bins + found, minlength=number * bins)
    return counts.reshape(number, bins).astype(np.float32)


def effective_number(sizes: NDArray) -> float:
    """Return how many equally large blocks would be worth the same: (sum n)^2 / sum n^2 (Kish 1965)."""
    sizes = np.asarray(sizes, dtype=np.float64)
    return float(sizes.sum() ** 2 / np.square(sizes).sum())


def medians_of_counts(counts: NDArray, edges: NDArray) -> NDArray[np.float64]:
    """Return the median of each histogram, interpolated inside its bin; shape (rows,)."""
    below = np.cumsum(counts, axis=-1, dtype=np.float64)
    half = 0.5 * below[..., -1:]
    last = np.minimum((below < half).sum(axis=-1), counts.shape[-1] - 1)
    here = np.take_along_axis(counts, last[..., None], -1)[..., 0].astype(np.float64)
    before = np.take_along_axis(below, last[..., None], -1)[..., 0] - here
    share = np.divide(half[..., 0] - before, here, out=np.full(here.shape, 0.5), where=here > 0)
    return edges[last] + share * (edges[last + 1] - edges[last])
