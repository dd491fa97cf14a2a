"""Table of a quantity by region: what it measures there, how surely, and how it differs from the other side.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_comparison.py against numpy and all
pairs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.regions.catalog import FEWEST_VOXELS, Region
from gliomamri.regions.settings import Settings
from gliomamri.regions.shells import box_around
from gliomamri.result import Table
from gliomamri.statistics.blocks import (
    block_numbers,
    counts_per_block,
    effective_number,
    medians_of_counts,
    quantile_edges,
)
from gliomamri.statistics.correlation_length import block_length, mean_lags
from gliomamri.statistics.effect_sizes import cliffs_delta, cliffs_delta_of_counts, wasserstein_distance
from gliomamri.statistics.intervals import Interval, block_interval, multiplicities

_MOST_BLOCKS = 5000
"""Blocks of a region: smaller ones than that take memory and change nothing."""
PERCENTILES = (5, 25, 75, 95)
_COMPARED = ("mirror delta", "mirror delta low", "mirror delta high", "mirror distance")
_NOTHING = math.nan
_HALF_SAMPLES = 500
"""Draws that know a standard deviation to 3 % [our choice]."""


@dataclass(frozen=True)
class Quantity:
    """A map to describe.

    Attributes
    ----------
    name, unit, title : str
        ``dR1``, ``1/s``, ``change of R1``; the title as in the middle of a sentence.
    values : ndarray of float, shape (z, y, x)
    usable : ndarray of bool, shape (z, y, x)
        Voxels that count.
    """

    name: str
    unit: str
    title: str
    values: NDArray
    usable: NDArray[np.bool_]

    @property
    def heading(self) -> str:
        """The title as a sentence begins with it, ``Proton density``."""
        return self.title[:1].upper() + self.title[1:]


@dataclass(frozen=True)
class Sample:
    """The usable values of a region, in blocks of edge L and of edge L / 2 (both empty when too few)."""

    values: NDArray[np.float32]
    length: float
    blocks: NDArray[np.intp] | None = None
    half_blocks: NDArray[np.intp] | None = None


def sample_region(
    quantity: Quantity,
    mask: NDArray,
    spacing: tuple[float, float, float],
    settings: Settings,
    generator: np.random.Generator,
) -> Sample:
    """Take a region's usable values and number their blocks; the block size is set or follows from the values."""
    box = box_around(mask, spacing, 0.0)
    if box is None:
        return Sample(np.zeros(0, np.float32), 0.0)
    inside = mask[box] & quantity.usable[box]
    values = quantity.values[box][inside].astype(np.float32)
    if values.size < FEWEST_VOXELS:
        return Sample(values, 0.0)
    volume = values.size * float(np.prod(spacing))
    length = max(settings.block_size, (volume / _MOST_BLOCKS) ** (1 / 3)) if settings.block_size > 0 else 0.0
    if length <= 0:
        length = block_length(mean_lags(quantity.values[box], inside, spacing), volume, min(spacing))
    blocks, half = (block_numbers(inside, spacing, edge, generator) for edge in (length, length / 2))
    return Sample(values, length, blocks, half)


def median_interval(sample: Sample, settings: Settings, generator: np.random.Generator) -> Interval | None:
    """Return the block-bootstrap interval of the median; None where the region is too small for one."""
    if sample.blocks is None:
        return None
    edges = quantile_edges(sample.values)
    draws = []
    for blocks, samples in _resampled(sample, settings):
        drawn, units = _drawn(sample.values, blocks, edges, samples, generator)
        draws += [medians_of_counts(drawn, edges), units]
    return block_interval(float(np.median(sample.values)), *draws, settings.confidence)


def _resampled(sample: Sample, settings: Settings) -> tuple[tuple[NDArray, int], tuple[NDArray, int]]:
    """Blocks of edge L with the draws of the settings, and of L / 2, of which a standard deviation is enough."""
    samples = settings.bootstrap_samples
    return (sample.blocks, samples), (sample.half_blocks, min(samples, _HALF_SAMPLES))


def _drawn(
    values: NDArray, blocks: NDArray, edges: NDArray, samples: int, generator: np.random.Generator
) -> tuple[NDArray, float]:
    """Bootstrap histograms (samples, bins) of a region, and its effective number of blocks."""
    counts = counts_per_block(values, blocks, edges)
    return multiplicities(len(counts), samples, generator) @ counts, effective_number(counts.sum(axis=1))


def delta_interval(
    sample: Sample, other: Sample, settings: Settings, generator: np.random.Generator
) -> Interval | None:
    """Return the block-bootstrap interval of Cliff's delta against another region, drawn independently."""
    if sample.blocks is None or other.blocks is None:
        return None
    edges = quantile_edges(np.concatenate([sample.values, other.values]))
    draws = []
    both = zip(_resampled(sample, settings), _resampled(other, settings), strict=True)
    for (own, samples), (theirs, _) in both:
        first, units = _drawn(sample.values, own, edges, samples, generator)
        second, other_units = _drawn(other.values, theirs, edges, samples, generator)
        draws += [cliffs_delta_of_counts(first, second), min(units, other_units)]
    found = block_interval(cliffs_delta(sample.values, other.values), *draws, settings.confidence)
    if found is None:
        return None
    return Interval(found.estimate, max(found.low, -1.0), min(found.high, 1.0), found.units)


def comparison_table(
    quantity: Quantity,
    regions: Sequence[Region],
    spacing: tuple[float, float, float],
    settings: Settings,
    seed: int = 0,
) -> Table:
    """Describe a quantity in every region and compare it with the region's mirror.

    Parameters
    ----------
    quantity : Quantity
    regions : sequence of Region
        Those with a ``mirror`` are compared with the region of that name.
    spacing : (z, y, x)
        mm.
    settings : Settings
        Bootstrap samples, block size, confidence.
    seed : int

    Returns
    -------
    Table
        Named ``{quantity}_regions``: one row per region with voxels, volume (ml), median with its interval, Cliff's
        delta against the mirror with its interval, Wasserstein distance from it, mean, sd, percentiles, block edge (mm)
        and effective number of blocks. Undefined cells are NaN, which files show as empty: intervals of regions of
        fewer than 20 voxels or 5 blocks, comparisons without a mirror.
    """
    generator = np.random.default_rng(seed)
    samples = {one.name: sample_region(quantity, one.mask, spacing, settings, generator) for one in regions}
    voxel = float(np.prod(spacing)) / 1000
    rows = []
    for region in regions:
        sample = samples[region.name]
        row = {"region": region.name, "voxels": sample.values.size, "volume": sample.values.size * voxel}
        row |= _description(sample.values)
        row |= _median_columns(median_interval(sample, settings, generator), sample)
        row |= _comparison(sample, samples.get(region.mirror), settings, generator)
        rows.append(row)
    columns = {name: [row[name] for row in rows] for name in _columns()} if rows else {}
    own = ("mean", "sd", "median", "median low", "median high", "mirror distance", *_percentile_names())
    units = dict.fromkeys(own, quantity.unit) | {"volume": "ml", "block": "mm"}
    return Table(
        f"{quantity.name}_regions",
        f"{quantity.heading} by region",
        columns,
        units,
    )


def _description(values: NDArray) -> dict[str, float]:
    if values.size == 0:
        return dict.fromkeys(("mean", "sd", "median", *_percentile_names()), _NOTHING)
    found = np.percentile(values, (50, *PERCENTILES)).astype(float)
    return {
        "mean": float(values.mean(dtype=np.float64)),
        "sd": float(values.std(ddof=1, dtype=np.float64)) if values.size > 1 else _NOTHING,
        "median": float(found[0]),
        **dict(zip(_percentile_names(), map(float, found[1:]), strict=True)),
    }


def _median_columns(interval: Interval | None, sample: Sample) -> dict[str, float]:
    return {
        "median low": interval.low if interval else _NOTHING,
        "median high": interval.high if interval else _NOTHING,
        "block": sample.length if interval else _NOTHING,
        "blocks": interval.units if interval else _NOTHING,
    }


def _comparison(
    sample: Sample, other: Sample | None, settings: Settings, generator: np.random.Generator
) -> Mapping[str, float]:
    if other is None or sample.values.size == 0 or other.values.size == 0:
        return dict.fromkeys(_COMPARED, _NOTHING)
    interval = delta_interval(sample, other, settings, generator)
    ends = (interval.low, interval.high) if interval else (_NOTHING, _NOTHING)
    delta, distance = (
        cliffs_delta(sample.values, other.values),
        wasserstein_distance(sample.values, other.values),
    )
    return dict(zip(_COMPARED, (delta, *ends, distance), strict=True))


def _columns() -> tuple[str, ...]:
    """Columns in their order: what a reader looks for first stands where a page shows it without scrolling."""
    first = ("region", "voxels", "volume", "median", "median low", "median high", *_COMPARED)
    return (*first, "mean", "sd", *_percentile_names(), "block", "blocks")


def _percentile_names() -> tuple[str, ...]:
    return tuple(f"p{p}" for p in PERCENTILES)
