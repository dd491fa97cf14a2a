"""False positives of the z-score of dR1 in healthy tissue, and dR1 in the shells and their mirror, of one patient.

Called by the command ``python -m gliomamri.experiments.change_map``; tested by
Testing/unit/experiments/test_change_map.py.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np
import SimpleITK as sitk
from scipy import stats

from gliomamri.experiments.change_map.patients import Case
from gliomamri.quantitative.settings import Settings
from gliomamri.quantitative.task import run
from gliomamri.result import Result
from gliomamri.tasks import Context

NOMINAL = (0.05, 0.01)
SHELLS = ("0-5", "5-10", "10-20")
"""Of the settings, mm."""

Row = Mapping[str, str | float]


def analyze(case: Case, bootstrap_samples: int = 400) -> Result:
    """Run the task ``quantitative`` as a user would."""
    return run(case.study, Settings(bootstrap_samples=bootstrap_samples), Context(seed=1))


def false_positives(case: Case, result: Result) -> list[Row]:
    """Return the share of healthy voxels above each nominal level, with edges and without; one row per selection."""
    maps = {one.name: one.image for one in result.maps if one.name.startswith("dR1")}
    z, edge, valid = (sitk.GetArrayViewFromImage(maps[f"dR1_{name}"]) for name in ("z", "edge", "valid"))
    rows = []
    for words, mask in (("without vessels", case.without_vessels), ("by label", case.by_label)):
        healthy = (valid > 0) & case.on(mask, maps["dR1_z"])
        for edges, chosen in (("with", healthy), ("without", healthy & (edge == 0))):
            found = z[chosen]
            shares = {
                f"above {100 * level:g} %": 100 * float(np.mean(found > stats.norm.isf(level)))
                for level in NOMINAL
            }
            row = {"patient": case.name, "healthy tissue": words, "edges": edges, "voxels": float(found.size)}
            rows.append({**row, **shares, "mean z": float(found.mean()), "sd of z": float(found.std())})
    return rows


def shells(case: Case, result: Result) -> list[Row]:
    """Return dR1 (1/s) and its z-score in each shell and in its mirror, Cliff's delta, and what is true."""
    rates, scores = (_by_region(result, name) for name in ("dR1_regions", "dR1_z_regions"))
    true = _true_medians(case, result)
    rows = []
    for edges in SHELLS:
        name = f"shell {edges} mm"
        mirror = f"mirror of {name}"
        if name not in rates or mirror not in rates:
            continue
        rows.append(
            {
                "patient": case.name,
                "shell": f"{edges} mm",
                "dR1": rates[name]["median"],
                "dR1 low": rates[name]["median low"],
                "dR1 high": rates[name]["median high"],
                "true dR1": true[name],
                "dR1 of mirror": rates[mirror]["median"],
                "true dR1 of mirror": true[mirror],
                "delta": rates[name]["mirror delta"],
                "delta low": rates[name]["mirror delta low"],
                "delta high": rates[name]["mirror delta high"],
                "z": scores[name]["median"],
                "z of mirror": scores[mirror]["median"],
            }
        )
    return rows


def to_csv(rows: Sequence[Row]) -> str:
    """Write rows as comma-separated values."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def to_markdown(rows: Sequence[Row]) -> str:
    """Write rows as a table of Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    lines += [[_cell(value) for value in row.values()] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


def _true_medians(case: Case, result: Result) -> dict[str, float]:
    """Median of the true dR1 in each region that the result shows."""
    found = {}
    for one in result.labels:
        if one.name not in ("lesion_regions", "mirror_regions"):
            continue
        labels = sitk.GetArrayViewFromImage(one.segments.image)
        change = case.true_change_on(one.segments.image)
        found |= {
            name: float(np.median(change[labels == label])) for label, name in one.segments.names.items()
        }
    return found


def _by_region(result: Result, name: str) -> dict[str, dict[str, float]]:
    table = next(one for one in result.tables if one.name == name)
    columns = {key: values for key, values in table.columns.items() if key != "region"}
    return {
        region: {key: values[row] for key, values in columns.items()}
        for row, region in enumerate(table.columns["region"])
    }
