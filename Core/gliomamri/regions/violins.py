"""Violins of a rate before and after contrast agent, and of its change, by region.

As Figures 7, 8, 11 and 12 of Tampu et al. show it: before and after side by side for regions inside and outside the
annotation, and the voxelwise change apart, solid inside and dashed outside. The halves of one violin stand for before
(left) and after (right) [our choice].

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_violins.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gliomamri.regions.catalog import ANNOTATION, FEWEST_VOXELS, Region
from gliomamri.regions.comparison import Quantity
from gliomamri.result import Outline, Table, Violins
from gliomamri.statistics.density import kernel_density

BEFORE_COLOR, AFTER_COLOR = (0.337, 0.706, 0.914), (0.835, 0.369, 0.0)
_HALF_WIDTH = 0.42
_POINTS = 64
_ENDS = (0.5, 99.5)
"""Percentiles at which violins are cut off [our choice]."""


def before_and_after(
    before: Quantity,
    after: Quantity | None,
    regions: Sequence[Region],
    annotation: NDArray[np.bool_],
    name: str,
) -> tuple[Table, Violins] | None:
    """Draw a quantity before and, where known, after contrast agent in each region.

    Parameters
    ----------
    before, after : Quantity
        Such as R1 and ceR1, in one unit; rates or percents, not negative.
    regions : sequence of Region
        In this order; the user's segments are split into their parts inside and outside the annotation.
    annotation : ndarray of bool, shape (z, y, x)
    name : str
        Of the chart and its table.

    Returns
    -------
    tuple or None
        Table of the curves (two columns each) and the chart; None when no part has 20 values.
    """
    drawer = _Drawer(before.unit, lower=0.0)
    for region in regions:
        for words, mask, _ in _parts(region, annotation):
            if after is None:
                drawer.add(_inside(before, mask), words, "", region.color)
            else:
                drawer.add(_inside(before, mask), words, "before contrast agent", BEFORE_COLOR, side=-1)
                drawer.add(_inside(after, mask), words, "after contrast agent", AFTER_COLOR, side=1)
            drawer.move_on()
    title = before.title if after is None else f"{before.title} before and after contrast agent"
    return drawer.finish(name, title, _axis(before))


def change_by_region(
    change: Quantity, regions: Sequence[Region], annotation: NDArray[np.bool_], name: str
) -> tuple[Table, Violins] | None:
    """Draw the voxelwise change in each region: solid inside the annotation, dashed outside.

    Parameters and returns as :func:`before_and_after`; ``change`` is a quantity such as dR1 and may be negative.
    """
    drawer = _Drawer(change.unit, lower=None)
    for region in regions:
        for words, mask, is_inside in _parts(region, annotation):
            values = _inside(change, mask)
            drawer.add(values, words, "", region.color, filled=False, dashed=not is_inside)
            drawer.move_on()
    title = f"{change.title} (solid inside the annotation, dashed outside)"
    return drawer.finish(name, title if annotation.any() else change.title, _axis(change))


def _parts(region: Region, annotation: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray[np.bool_], bool]]:
    """Words, mask and whether it lies inside the annotation, of each part of a region."""
    if region.kind != "segment" or not annotation.any():
        yield region.name, region.mask, region.kind == ANNOTATION
        return
    for words, mask, is_inside in (("inside", annotation, True), ("outside", ~annotation, False)):
        yield f"{region.name}, {words}", region.mask & mask, is_inside


def _inside(quantity: Quantity, mask: NDArray) -> NDArray[np.float64]:
    return quantity.values[mask & quantity.usable].astype(np.float64)


def _axis(quantity: Quantity) -> str:
    return f"{quantity.name} ({quantity.unit})" if quantity.unit else quantity.name


@dataclass
class _Drawer:
    """Collects outlines side by side."""

    unit: str
    lower: float | None
    position: int = 1
    columns: dict[str, list[float]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    outlines: list[Outline] = field(default_factory=list)
    ticks: dict[float, str] = field(default_factory=dict)

    def add(
        self,
        values: NDArray,
        words: str,
        legend: str,
        color: tuple[float, ...],
        *,
        side: int = 0,
        filled: bool = True,
        dashed: bool = False,
    ) -> None:
        """Draw a violin here, or its left (-1) or right (1) half; nothing for fewer than 20 values."""
        if values.size < FEWEST_VOXELS:
            return
        x, y = self._curve(values, side)
        across, along = (f"{words}, {legend} {axis}" if side else f"{words} {axis}" for axis in "xy")
        self.columns |= {across: x.tolist(), along: y.tolist()}
        self.units[along] = self.unit
        self.outlines.append(Outline(legend, across, along, color, filled=filled, dashed=dashed))
        self.ticks[float(self.position)] = words

    def move_on(self) -> None:
        """Go to the next place, if something was drawn here."""
        if float(self.position) in self.ticks:
            self.position += 1

    def finish(self, name: str, title: str, y_label: str) -> tuple[Table, Violins] | None:
        """Give the table and the chart."""
        if not self.outlines:
            return None
        table = Table(name, f"Outlines of the violins: {title}", self.columns, self.units)
        return table, Violins(name, title, name, tuple(self.outlines), self.ticks, y_label)

    def _curve(self, values: NDArray, side: int) -> tuple[NDArray, NDArray]:
        """Go round a violin, up on the right and down on the left; as wide as its density, the widest place alike."""
        low, high = np.percentile(values, _ENDS)
        if high <= low:
            thin = 1e-3 * max(abs(low), 1.0)
            low, high = low - thin, low + thin
        y = np.linspace(low, high, _POINTS)
        found = kernel_density(values, lower=self.lower if self.lower is None or low >= self.lower else None)
        width = np.interp(y, found.at, found.density)
        width *= _HALF_WIDTH / max(width.max(), np.finfo(float).tiny)
        right = self.position + (width if side >= 0 else 0 * width)
        left = self.position - (width if side <= 0 else 0 * width)
        return np.concatenate([right, left[::-1], right[:1]]), np.concatenate([y, y[::-1], y[:1]])
