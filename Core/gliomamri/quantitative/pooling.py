"""What the patients of a cohort have in common: region by region, quantity by quantity.

Two views of the same results:

- patients: the median of every patient counts once. Mean of the medians with its interval from a bootstrap of
  patients, difference from the mirror with Wilcoxon's signed-rank test over patients, adjusted for the number of
  regions. This is the view to draw conclusions from.
- voxels: the densities of all patients' voxels together, as Figure 7 of Tampu et al. shows them. A patient with a large
  tumor counts more, and voxels of one patient are no independent measurements, so no test belongs to it.

Called by the command ``cohort``; tested by Testing/unit/quantitative/test_pooling.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gliomamri.errors import UserError
from gliomamri.quantitative.pooled_density import PooledDensities
from gliomamri.quantitative.settings import Settings
from gliomamri.regions.catalog import MIRROR_OF
from gliomamri.result import Number, Result, Table
from gliomamri.statistics.intervals import FEWEST_UNITS, Interval, patient_interval
from gliomamri.statistics.multiple import benjamini_hochberg
from gliomamri.tasks import Context

QUANTITIES = ("R1", "R2", "PD", "ceR1", "ceR2", "cePD", "dR1", "dR2", "dPD")
"""Quantities of a patient's result, whose tables are called ``{quantity}_regions``."""

_NOTHING = math.nan
_ON_VOXELS = (
    "Densities and violins show the voxels of all patients together, so that large tumors count more; voxels of one "
    "patient are not independent, and conclusions belong to the tables over patients."
)
_FEWEST_RANKED = 6
"""Patients of a signed-rank test: five reach p = 0.0625 at best."""


@dataclass
class _Row:
    """What the patients say of one region: one value per patient that has it."""

    voxels: int = 0
    medians: list[float] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)
    deltas: list[float] = field(default_factory=list)


def pool(results: Iterable[tuple[str, Result]], settings: Settings, context: Context) -> Result:
    """Pool the results of the task ``quantitative``.

    Parameters
    ----------
    results : iterable of (str, Result)
        Name and result of each patient; each is read once and let go.
    settings : Settings
        Confidence and number of bootstrap samples.
    context : Context
        Its seed draws the patients of the bootstrap.

    Returns
    -------
    Result
        Per quantity a table by region over patients, one long table with every patient's median in every region, and
        charts and violins of the voxels of all patients.

    Raises
    ------
    UserError
        If no result holds a table by region.
    """
    rows: dict[str, dict[str, _Row]] = {}
    each: dict[str, list[str | float]] = {
        "patient": [],
        "quantity": [],
        "region": [],
        "median": [],
        "unit": [],
    }
    units: dict[str, str] = {}
    densities = PooledDensities()
    names = []
    for name, result in results:
        context.progress(0.0, f"Reading {name}")
        names.append(name)
        for quantity, table in _tables(result):
            units[quantity] = table.units.get("median", "")
            _add(rows.setdefault(quantity, {}), table)
            _list(each, name, quantity, table)
        densities.add(result)
    if not rows:
        raise UserError("None of the results holds a table by region, so there is nothing to pool.")
    tables = [
        _pooled_table(quantity, units[quantity], rows[quantity], settings, context.seed)
        for quantity in QUANTITIES
        if quantity in rows
    ]
    drawn = densities.result()
    return Result(
        tables=(*tables, *drawn.tables, Table("patients", "Every patient's medians", each)),
        charts=drawn.charts,
        violins=drawn.violins,
        numbers={"patients": Number(len(names), "", "Patients")},
        warnings=tuple(_warnings(names)),
        notes=(_who(names), _ON_VOXELS),
    )


def _tables(result: Result) -> Iterator[tuple[str, Table]]:
    by_name = {table.name: table for table in result.tables}
    for quantity in QUANTITIES:
        table = by_name.get(f"{quantity}_regions")
        if table is not None and "median" in table.columns:
            yield quantity, table


def _lines(table: Table) -> Iterator[Mapping[str, float | int | str]]:
    for cells in zip(*table.columns.values(), strict=True):
        yield dict(zip(table.columns, cells, strict=True))


def _add(rows: dict[str, _Row], table: Table) -> None:
    """Add one patient's table; the mirror's median stands in a row of its own."""
    lines = {str(line["region"]): line for line in _lines(table)}
    for region, line in lines.items():
        if not line["voxels"]:
            continue
        row = rows.setdefault(region, _Row())
        row.voxels += int(line["voxels"])
        row.medians.append(float(line["median"]))
        mirror = lines.get(MIRROR_OF + region)
        if mirror is not None and mirror["voxels"]:
            row.differences.append(float(line["median"]) - float(mirror["median"]))
        delta = float(line.get("mirror delta", _NOTHING))
        if math.isfinite(delta):
            row.deltas.append(delta)


def _list(each: dict[str, list], patient: str, quantity: str, table: Table) -> None:
    for line in _lines(table):
        if line["voxels"]:
            cells = (patient, quantity, line["region"], float(line["median"]), table.units.get("median", ""))
            for column, cell in zip(each, cells, strict=True):
                each[column].append(cell)


def _pooled_table(quantity: str, unit: str, rows: Mapping[str, _Row], settings: Settings, seed: int) -> Table:
    """Describe each region over patients; the signed-rank tests are adjusted over the regions of this table."""
    generator = np.random.default_rng(seed)
    columns: dict[str, list] = {"region": list(rows)}
    described = [_described(row, settings, generator) for row in rows.values()]
    for name in described[0]:
        columns[name] = [one[name] for one in described]
    columns["adjusted p"] = _adjusted(np.array(columns["p"]))
    own = ("mean", "mean low", "mean high", "sd", "mirror difference", "difference low", "difference high")
    return Table(
        f"{quantity}_pooled", f"{quantity} by region over patients", columns, dict.fromkeys(own, unit)
    )


def _described(row: _Row, settings: Settings, generator: np.random.Generator) -> dict[str, float | int]:
    medians, differences = np.array(row.medians), np.array(row.differences)
    options = {"samples": settings.bootstrap_samples, "confidence": settings.confidence}
    low, high = _ends(patient_interval(medians, generator, **options))
    difference_low, difference_high = _ends(patient_interval(differences, generator, **options))
    delta = patient_interval(row.deltas, generator, **options)
    delta_low, delta_high = _ends(delta)
    return {
        "patients": medians.size,
        "voxels": row.voxels,
        "mean": float(medians.mean()),
        "mean low": low,
        "mean high": high,
        "sd": float(medians.std(ddof=1)) if medians.size > 1 else _NOTHING,
        "mirrored patients": differences.size,
        "mirror difference": float(differences.mean()) if differences.size else _NOTHING,
        "difference low": difference_low,
        "difference high": difference_high,
        "mirror delta": float(np.mean(row.deltas)) if row.deltas else _NOTHING,
        "delta low": max(delta_low, -1.0) if delta else _NOTHING,
        "delta high": min(delta_high, 1.0) if delta else _NOTHING,
        "p": signed_rank_p(differences),
    }


def _ends(interval: Interval | None) -> tuple[float, float]:
    return (interval.low, interval.high) if interval else (_NOTHING, _NOTHING)


def signed_rank_p(differences: NDArray[np.float64]) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test over patients.

    Exact for up to 50 patients without ties; NaN for fewer than six, whose smallest possible p is above 0.05.
    """
    if differences.size < _FEWEST_RANKED:
        return _NOTHING
    if not differences.any():
        return 1.0
    return float(stats.wilcoxon(differences, zero_method="wilcox").pvalue)


def _adjusted(p: NDArray[np.float64]) -> list[float]:
    tested = np.isfinite(p)
    adjusted = np.full(p.size, _NOTHING)
    adjusted[tested] = benjamini_hochberg(p[tested])
    return adjusted.tolist()


def _who(names: list[str]) -> str:
    if len(names) == 1:
        return f"Pooled from one patient: {names[0]}."
    return f"Pooled from {len(names)} patients: {names[0]} to {names[-1]}."


def _warnings(names: list[str]) -> Iterator[str]:
    if len(names) < FEWEST_UNITS:
        yield (
            f"With {len(names)} patient{'s' if len(names) > 1 else ''} there are neither intervals nor tests over "
            f"patients; at least {FEWEST_UNITS} are needed."
        )
