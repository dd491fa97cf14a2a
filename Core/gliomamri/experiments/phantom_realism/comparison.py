"""Real values against the range of simulated ones: inside or not.

Tested by Testing/unit/experiments/test_comparison.py.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gliomamri.experiments.phantom_realism.measures import Measure

CITATION = (
    "Real values: BraTS 2021 (Baid et al., arXiv:2107.02314; Menze et al., IEEE Trans Med Imaging 2015; Bakas et "
    "al., Sci Data 2017) and the multiple-sclerosis data of Lesjak et al., Neuroinformatics 2018."
)
RANGE = (5.0, 95.0)  # percentiles
_FEWEST = 5  # simulated values, below which there is no range

CaseMeasures = Mapping[str, Measure]


@dataclass(frozen=True)
class Row:
    """One measure: what is real, what is simulated.

    Attributes
    ----------
    name, unit, group : str
        Of the measure.
    real : dict of str to float
        Value by case.
    low, median, high : float
        5th, 50th and 95th percentile of the simulated cases.
    """

    name: str
    unit: str
    group: str
    real: Mapping[str, float]
    low: float
    median: float
    high: float

    @property
    def inside(self) -> dict[str, bool]:
        """Whether each real value lies inside the simulated range, by case."""
        return {case: self.low <= value <= self.high for case, value in self.real.items()}

    @property
    def offset(self) -> float:
        """Distance of the real mean from the simulated median in half ranges; +-1 is the range's end."""
        end = self.high if (mean := float(np.mean(list(self.real.values())))) > self.median else self.low
        return (mean - self.median) / max(abs(end - self.median), 1e-9)


def compare(real: Mapping[str, CaseMeasures], simulated: Mapping[str, CaseMeasures]) -> list[Row]:
    """Compare measures by name; those with fewer than five simulated or no real values are left out."""
    rows = []
    named = {name: measure for case in real.values() for name, measure in case.items()}
    for name, measure in named.items():
        values = [case[name].value for case in simulated.values() if name in case]
        if len(values) < _FEWEST:
            continue
        low, median, high = np.percentile(values, (RANGE[0], 50, RANGE[1]))
        found = {case: measures[name].value for case, measures in real.items() if name in measures}
        rows.append(Row(name, measure.unit, measure.group, found, float(low), float(median), float(high)))
    return rows


def shares_inside(rows: Sequence[Row]) -> dict[str, float]:
    """Return the share of real values inside the simulated range: ``all``, and by group."""
    hits: dict[str, list[bool]] = {"all": []}
    for row in rows:
        hits["all"] += row.inside.values()
        hits.setdefault(row.group, []).extend(row.inside.values())
    return {group: float(np.mean(found)) for group, found in hits.items() if found}


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """Write one line per measure and real case."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["group", "measure", "unit", "case", "real", "low", "median", "high", "inside"])
        for row in rows:
            for case, value in row.real.items():
                numbers = [f"{number:.5g}" for number in (value, row.low, row.median, row.high)]
                writer.writerow([row.group, row.name, row.unit, case, *numbers, int(row.inside[case])])


def to_markdown(rows: Sequence[Row], *, simulated_count: int) -> str:
    """Return shares and values as Markdown tables; a real value outside the simulated range is bold."""
    cases = list(dict.fromkeys(case for row in rows for case in row.real))
    lines = [
        f"Share of real values inside the 5 to 95 % range of {simulated_count} simulated patients:",
        "",
        "| group | share inside |",
        "|---|---|",
        *(f"| {group} | {share:.0%} |" for group, share in shares_inside(rows).items()),
        "",
        "| measure | unit | simulated 5 / 50 / 95 % | " + " | ".join(cases) + " |",
        "|---|---|---|" + "---|" * len(cases),
    ]
    for row in rows:
        cells = [_cell(row, case) for case in cases]
        lines.append(
            f"| {row.name} | {row.unit} | {row.low:.3g} / {row.median:.3g} / {row.high:.3g} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join([*lines, "", CITATION, ""])


def _cell(row: Row, case: str) -> str:
    if case not in row.real:
        return ""
    text = f"{row.real[case]:.3g}"
    return text if row.inside[case] else f"**{text}**"
