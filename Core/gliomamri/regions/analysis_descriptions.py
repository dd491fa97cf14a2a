"""Third step of the analysis: tables, histograms, densities and violins of all quantities by region.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_analysis.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gliomamri.regions.analysis_inputs import Inputs
from gliomamri.regions.analysis_regions import FoundRegions
from gliomamri.regions.catalog import ANNOTATION, FEWEST_VOXELS, MIRROR_OF, Region
from gliomamri.regions.comparison import Quantity, comparison_table
from gliomamri.regions.curves import density_chart, histogram_chart
from gliomamri.regions.settings import Settings
from gliomamri.regions.violins import before_and_after, change_by_region
from gliomamri.result import Chart, Result, Table, Violins


def describe(
    inputs: Inputs,
    found: FoundRegions,
    changes: Mapping[str, Quantity],
    scores: Sequence[Quantity],
    settings: Settings,
    seed: int,
    progress: Callable[[float], None],
) -> Result:
    """Make tables, curves and violins.

    Each quantity gets a table and curves; R1, R2 and PD violins before and after contrast agent, and their changes
    violins. Z-scores get tables only: they compare regions whatever their mixture of tissues.
    """
    quantities = [*inputs.quantities.values(), *changes.values()]
    tables: list[Table] = []
    charts: list[Chart] = []
    shown = [region for region in found.regions if region.kind != "mirror"]
    for number, quantity in enumerate(quantities):
        tables.append(comparison_table(quantity, found.regions, inputs.spacing, settings, seed + number))
        is_change = quantity.name in changes
        table, chart = density_chart(quantity, shown, lower=None if is_change else 0.0)
        tables.append(table)
        charts.append(chart)
        if not is_change:
            table, chart = histogram_chart(quantity, shown)
            tables.append(table)
            charts.append(chart)
        progress((number + 1) / len(quantities))
    for number, score in enumerate(scores, start=len(quantities)):
        tables.append(comparison_table(score, found.regions, inputs.spacing, settings, seed + number))
    drawn = _violins(inputs, found, changes)
    tables += [table for table, _ in drawn]
    violins = tuple(violin for _, violin in drawn)
    warnings = _too_small(found.regions, quantities[0])
    return Result(tables=tuple(tables), charts=tuple(charts), violins=violins, warnings=warnings)


def _violins(
    inputs: Inputs, found: FoundRegions, changes: Mapping[str, Quantity]
) -> list[tuple[Table, Violins]]:
    """Violins of each pair of quantities and of each change; of the mirrors only the annotation's."""
    regions = [r for r in found.regions if r.kind != "mirror" or r.name == MIRROR_OF + ANNOTATION]
    annotation, given = found.annotation, inputs.quantities
    drawn = []
    for name in ("R1", "R2", "PD"):
        if name in given:
            after = given.get(f"ce{name}")
            drawn.append(before_and_after(given[name], after, regions, annotation, f"{name}_violins"))
    for name, change in changes.items():
        drawn.append(change_by_region(change, regions, annotation, f"{name}_violins"))
    return [one for one in drawn if one is not None]


def _too_small(regions: list[Region], quantity: Quantity) -> tuple[str, ...]:
    small = [r.name for r in regions if np.count_nonzero(r.mask & quantity.usable) < FEWEST_VOXELS]
    if not small:
        return ()
    names = ", ".join(small)
    return (f"Too small for an interval (fewer than {FEWEST_VOXELS} voxels), so read with care: {names}.",)
