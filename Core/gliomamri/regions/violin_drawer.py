"""Draws violins side by side: closed curves as wide as a density, and the table that holds them.

Called by :mod:`gliomamri.regions.violins` for one patient and by :mod:`gliomamri.quantitative.pooled_density` for
many; tested by Testing/unit/regions/test_violins.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gliomamri.regions.catalog import FEWEST_VOXELS
from gliomamri.result import Outline, Table, Violins
from gliomamri.statistics.density import kernel_density

_HALF_WIDTH = 0.42
_POINTS = 64
_ENDS = (0.5, 99.5)
"""Percentiles at which violins are cut off [our choice]."""


@dataclass(frozen=True)
class Looks:
    """Legend, color and stroke of a violin; ``side`` -1 draws its left half, 1 its right half, 0 the whole."""

    legend: str
    color: tuple[float, float, float]
    side: int = 0
    filled: bool = True
    dashed: bool = False


@dataclass
class ViolinDrawer:
    """Collects outlines side by side.

    Attributes
    ----------
    unit : str
        Of the values.
    lower : float or None
        Limit that values cannot pass (0 for a rate), where the density of samples is reflected.
    """

    unit: str
    lower: float | None
    position: int = 1
    columns: dict[str, list[float]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    outlines: list[Outline] = field(default_factory=list)
    ticks: dict[float, str] = field(default_factory=dict)

    def add(self, values: NDArray, words: str, looks: Looks) -> None:
        """Draw the violin of a sample (n,) here, below it ``words``; nothing for fewer than 20 values."""
        if values.size < FEWEST_VOXELS:
            return
        low, high = np.percentile(values, _ENDS)
        if high <= low:
            thin = 1e-3 * max(abs(low), 1.0)
            low, high = low - thin, low + thin
        found = kernel_density(values, lower=self.lower if self.lower is None or low >= self.lower else None)
        self._draw(found.at, found.density, (low, high), words, looks)

    def add_density(self, at: NDArray, density: NDArray, words: str, looks: Looks) -> None:
        """Draw the violin of a density (n,) at equidistant values ``at`` (n,); nothing where it is 0."""
        total = np.cumsum(density)
        if total[-1] <= 0:
            return
        ends = np.interp(np.array(_ENDS) / 100 * total[-1], total, at)
        self._draw(at, density, (float(ends[0]), float(ends[1])), words, looks)

    def move_on(self) -> None:
        """Go to the next place, if something was drawn here."""
        if float(self.position) in self.ticks:
            self.position += 1

    def finish(self, name: str, title: str, y_label: str) -> tuple[Table, Violins] | None:
        """Give the table and the chart; None when nothing was drawn."""
        if not self.outlines:
            return None
        table = Table(name, f"Outlines of the violins: {title}", self.columns, self.units)
        return table, Violins(name, title, name, tuple(self.outlines), self.ticks, y_label)

    def _draw(
        self, at: NDArray, density: NDArray, ends: tuple[float, float], words: str, looks: Looks
    ) -> None:
        """Go round a violin, up on the right and down on the left; as wide as its density, the widest place alike."""
        y = np.linspace(*ends, _POINTS)
        width = np.interp(y, at, density)
        width *= _HALF_WIDTH / max(width.max(), np.finfo(float).tiny)
        right = self.position + (width if looks.side >= 0 else 0 * width)
        left = self.position - (width if looks.side <= 0 else 0 * width)
        own = f"{words}, {looks.legend}" if looks.side else words
        self.columns[f"{own} x"] = np.concatenate([right, left[::-1], right[:1]]).tolist()
        self.columns[f"{own} y"] = np.concatenate([y, y[::-1], y[:1]]).tolist()
        self.units[f"{own} y"] = self.unit
        self.outlines.append(
            Outline(
                looks.legend, f"{own} x", f"{own} y", looks.color, filled=looks.filled, dashed=looks.dashed
            )
        )
        self.ticks[float(self.position)] = words
