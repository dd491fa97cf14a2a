"""Histograms and kernel densities of a quantity in all regions, as charts with densities per unit.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_violins.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gliomamri.regions.catalog import FEWEST_VOXELS, Region
from gliomamri.regions.comparison import Quantity
from gliomamri.regions.distributions import density_curves, histogram
from gliomamri.result import Chart, Table
from gliomamri.statistics.density import kernel_density

_POINTS = 256
_SHOWN = (0.5, 99.5)
"""Percentiles of all regions together between which curves are drawn."""


def values_in(quantity: Quantity, region: Region) -> np.ndarray:
    """Return the usable values of a quantity in a region; shape (n,)."""
    return quantity.values[region.mask & quantity.usable].astype(np.float64)


def histogram_chart(quantity: Quantity, regions: Sequence[Region]) -> tuple[Table, Chart]:
    """Count the values of each region in common bins; densities per unit, in the regions' colors."""
    masks = {region.name: region.mask for region in regions}
    table, chart = histogram(quantity.name, quantity.unit, quantity.values, quantity.usable, masks)
    colors = {region.name: region.color for region in regions if region.name in chart.y}
    return table, replace(chart, title=f"Histogram of {quantity.title}", colors=colors)


def density_chart(quantity: Quantity, regions: Sequence[Region], lower: float | None) -> tuple[Table, Chart]:
    """Estimate the density of each region of at least 20 values on a common grid.

    Parameters
    ----------
    quantity : Quantity
    regions : sequence of Region
    lower : float or None
        Limit that values cannot pass (0 for a rate), where the density is reflected.
    """
    samples = {region.name: values_in(quantity, region) for region in regions}
    samples = {name: values for name, values in samples.items() if values.size >= FEWEST_VOXELS}
    ends = [np.percentile(values, _SHOWN) for values in samples.values()] or [np.array([0.0, 1.0])]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    margin = 0.1 * (high - low) or 0.5
    start = low - margin if lower is None else max(low - margin, lower)
    at = np.linspace(start, high + margin, _POINTS)
    densities = {}
    for name, values in samples.items():
        found = kernel_density(values, lower=lower)
        densities[name] = np.interp(at, found.at, found.density, right=0.0)
    colors = {region.name: region.color for region in regions if region.name in samples}
    titles = (f"Density of {quantity.title}", f"Distribution of {quantity.title}")
    return density_curves(
        f"{quantity.name}_density", titles, quantity.name, quantity.unit, at, densities, colors
    )
