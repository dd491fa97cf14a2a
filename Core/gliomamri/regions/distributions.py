"""Distributions of a quantity inside regions: summary rows and histograms, quick enough to be live.

Called by :mod:`gliomamri.relaxometry.by_region`, :mod:`gliomamri.regions.curves` and the panel's live table; tested by
Testing/unit/regions/test_distributions.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gliomamri.result import Chart, Table, with_unit

_PERCENTILES = (5, 25, 50, 75, 95)


def rates(times: np.ndarray, valid: np.ndarray, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """Turn relaxation times into rates.

    Parameters
    ----------
    times : ndarray
        T1 or T2 in ms.
    valid : ndarray of bool
        Where the times can be trusted.
    longest : float
        Times at or beyond this cap (ms) are left out (T <= 0 and T >= cap are masked).

    Returns
    -------
    rates : ndarray of float32
        R = 1000 / T in 1/s; 0 where not usable.
    usable : ndarray of bool
    """
    usable = valid & (times > 0) & (times < longest)
    return np.divide(
        1000.0, times, out=np.zeros(times.shape, np.float32), where=usable, dtype=np.float32
    ), usable


def summary_table(
    quantity: str, unit: str, values: np.ndarray, usable: np.ndarray, regions: Mapping[str, np.ndarray]
) -> Table:
    """Describe the values in each region: count, mean, standard deviation and percentiles.

    Parameters
    ----------
    quantity, unit : str
        Such as ``R1`` and ``1/s``.
    values : ndarray, shape (z, y, x)
        The map.
    usable : ndarray of bool, shape (z, y, x)
        Voxels that count.
    regions : mapping of str to ndarray of bool, shape (z, y, x)
        Regions by name; one without usable voxels gets a row with count 0 and zeros.
    """
    rows: dict[str, list] = {"region": [], "voxels": [], "mean": [], "sd": []}
    rows |= {_percentile_name(p): [] for p in _PERCENTILES}
    for name, mask in regions.items():
        inside = values[mask & usable].astype(float)
        empty = inside.size == 0
        rows["region"].append(name)
        rows["voxels"].append(int(inside.size))
        rows["mean"].append(0.0 if empty else float(inside.mean()))
        rows["sd"].append(float(inside.std(ddof=1)) if inside.size > 1 else 0.0)
        percentiles = np.zeros(len(_PERCENTILES)) if empty else np.percentile(inside, _PERCENTILES)
        for p, value in zip(_PERCENTILES, percentiles, strict=True):
            rows[_percentile_name(p)].append(float(value))
    units = {column: unit for column in rows if column not in ("region", "voxels")}
    return Table(f"{quantity}_regions", f"{quantity} by region", rows, units)


def histogram(
    quantity: str,
    unit: str,
    values: np.ndarray,
    usable: np.ndarray,
    regions: Mapping[str, np.ndarray],
    bins: int = 100,
) -> tuple[Table, Chart]:
    """Count the values of each region in common bins, as densities of area 1.

    The range reaches from 0 to a fifth beyond the 99th percentile of all values inside the regions; what lies
    outside is left out of the drawing but not of the normalization.

    Parameters
    ----------
    quantity, unit, values, usable, regions
        As in :func:`summary_table`.
    bins : int
        Number of bins.

    Returns
    -------
    table : Table
        Bin centers and one column of densities per region that has usable voxels, in 1/unit.
    chart : Chart
        The lines to draw from it.
    """
    inside = {_column(name, quantity): values[mask & usable] for name, mask in regions.items()}
    inside = {name: found for name, found in inside.items() if found.size}
    pooled = np.concatenate([*inside.values(), np.zeros(0, np.float32)])
    top = 1.2 * float(np.percentile(pooled, 99)) if pooled.size else 1.0
    edges = np.linspace(0.0, top if top > 0 else 1.0, bins + 1)
    densities = {
        name: np.histogram(found, edges)[0] / (found.size * np.diff(edges)) for name, found in inside.items()
    }
    name, words = f"{quantity}_histogram", (f"Histogram of {quantity}", f"Distribution of {quantity}")
    return density_curves(name, words, quantity, unit, 0.5 * (edges[1:] + edges[:-1]), densities)


def density_curves(
    name: str,
    titles: tuple[str, str],
    quantity: str,
    unit: str,
    at: np.ndarray,
    densities: Mapping[str, np.ndarray],
    colors: Mapping[str, tuple[float, float, float]] | None = None,
) -> tuple[Table, Chart]:
    """Put densities of regions into a table and a chart, both called ``name``.

    Parameters
    ----------
    name : str
    titles : (str, str)
        Of the table and of the chart.
    quantity, unit : str
        Of the horizontal axis; densities are per unit.
    at : ndarray of float, shape (n,)
        Where the densities are.
    densities : mapping of str to ndarray of float, shape (n,)
        By region.
    colors : mapping of str to (red, green, blue), optional
        By region, in [0, 1].
    """
    per_unit = f"per {unit}" if unit else ""
    columns = {quantity: at.tolist()} | {region: density.tolist() for region, density in densities.items()}
    table = Table(name, titles[0], columns, {quantity: unit} | dict.fromkeys(densities, per_unit))
    chart = Chart(
        name=name,
        title=titles[1],
        table=name,
        x=quantity,
        y=tuple(densities),
        x_label=with_unit(quantity, unit),
        y_label=with_unit("density", per_unit),
        colors=colors or {},
    )
    return table, chart


def _percentile_name(percentile: int) -> str:
    return "median" if percentile == 50 else f"p{percentile}"


def _column(region: str, quantity: str) -> str:
    """Column of a region; a region that is called like the quantity keeps apart from the bin centers."""
    return f"{region} (region)" if region == quantity else region
