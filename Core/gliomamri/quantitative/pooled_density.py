"""Densities of the voxels of all patients together, from the density table of each.

With n_k voxels of patient k in a region and the patient's density f_k, the pooled density is

    f = sum_k n_k f_k / sum_k n_k,

what a kernel estimate of all voxels would be with each patient's own bandwidth. So no voxel has to be read again.

Called by :mod:`gliomamri.quantitative.pooling`; tested by Testing/unit/quantitative/test_pooling.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gliomamri.regions.distributions import density_curves
from gliomamri.regions.region_colors import ANNOTATION, region_colors
from gliomamri.regions.violin_drawer import Looks, ViolinDrawer
from gliomamri.regions.violins import AFTER, BEFORE
from gliomamri.result import Chart, Result, Table, Violins, with_unit

_POINTS = 256
_PAIRS = (("R1", "ceR1"), ("R2", "ceR2"), ("PD", "cePD"))


@dataclass(frozen=True)
class _Curve:
    """One patient's density in one region, and how many voxels it is of."""

    at: NDArray[np.float64]
    density: NDArray[np.float64]
    voxels: int


@dataclass
class PooledDensities:
    """Collects the densities of patients by quantity and region, then draws them."""

    curves: dict[str, dict[str, list[_Curve]]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Take in the density tables of one patient."""
        by_name = {table.name: table for table in result.tables}
        for name, table in by_name.items():
            quantity = name.removesuffix("_density")
            counts = by_name.get(f"{quantity}_regions")
            if not name.endswith("_density") or counts is None:
                continue
            voxels = dict(zip(counts.columns["region"], counts.columns["voxels"], strict=True))
            at = np.asarray(table.columns[quantity], float)
            self.units[quantity] = table.units.get(quantity, "")
            regions = self.curves.setdefault(quantity, {})
            for region, density in table.columns.items():
                if region != quantity and voxels.get(region, 0):
                    curve = _Curve(at, np.asarray(density, float), int(voxels[region]))
                    regions.setdefault(region, []).append(curve)

    def result(self) -> Result:
        """Draw a chart per quantity, violins of each rate before and after contrast agent and of each change."""
        tables, charts, violins = [], [], []
        for quantity in self.curves:
            table, chart = self._chart(quantity)
            tables.append(table)
            charts.append(chart)
        for drawn in (*map(self._before_and_after, _PAIRS), *map(self._change, ("dR1", "dR2", "dPD"))):
            if drawn is not None:
                tables.append(drawn[0])
                violins.append(drawn[1])
        return Result(tables=tuple(tables), charts=tuple(charts), violins=tuple(violins))

    def pooled(self, quantity: str, region: str, at: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the density of all patients' voxels at ``at``, in 1/unit; None where no patient has any."""
        curves = self.curves.get(quantity, {}).get(region)
        if not curves:
            return None
        total = sum(curve.voxels for curve in curves)
        return sum(
            curve.voxels / total * np.interp(at, curve.at, curve.density, left=0, right=0) for curve in curves
        )

    def _grid(self, quantities: Sequence[str]) -> NDArray[np.float64]:
        curves = [one for q in quantities for region in self.curves.get(q, {}).values() for one in region]
        ends = [curve.at[[0, -1]] for curve in curves]
        return np.linspace(min(end[0] for end in ends), max(end[1] for end in ends), _POINTS)

    def _chart(self, quantity: str) -> tuple[Table, Chart]:
        at = self._grid([quantity])
        densities = {region: self.pooled(quantity, region, at) for region in self.curves[quantity]}
        title = f"{quantity} of the voxels of all patients"
        return density_curves(
            f"{quantity}_density",
            (title, title),
            quantity,
            self.units[quantity],
            at,
            densities,
            region_colors(densities),
        )

    def _before_and_after(self, pair: tuple[str, str]) -> tuple[Table, Violins] | None:
        before, after = pair
        if before not in self.curves:
            return None
        at = self._grid(pair)
        drawer = ViolinDrawer(self.units[before], lower=0.0)
        paired = after in self.curves
        for region in self.curves[before]:
            for quantity, looks in zip(pair, (BEFORE, AFTER), strict=True):
                density = self.pooled(quantity, region, at)
                if density is not None:
                    drawer.add_density(at, density, region, looks if paired else replace(looks, side=0))
            drawer.move_on()
        title = f"{before} of the voxels of all patients"
        return drawer.finish(f"{before}_violins", title, self._axis(before))

    def _change(self, quantity: str) -> tuple[Table, Violins] | None:
        if quantity not in self.curves:
            return None
        at = self._grid([quantity])
        drawer = ViolinDrawer(self.units[quantity], lower=None)
        for region, color in region_colors(self.curves[quantity]).items():
            looks = Looks("", color, filled=False, dashed=region != ANNOTATION)
            drawer.add_density(at, self.pooled(quantity, region, at), region, looks)
            drawer.move_on()
        title = f"{quantity} of the voxels of all patients"
        return drawer.finish(f"{quantity}_violins", title, self._axis(quantity))

    def _axis(self, quantity: str) -> str:
        return with_unit(quantity, self.units[quantity])
