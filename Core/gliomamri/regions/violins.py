"""Violins of a rate before and after contrast agent, and of its change, by region.

As Figures 7, 8, 11 and 12 of Tampu et al. show it: before and after side by side for regions inside and outside the
annotation, and the voxelwise change apart, solid inside and dashed outside. The halves of one violin stand for before
(left) and after (right) [our choice].

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_violins.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gliomamri.regions.catalog import ANNOTATION, Region
from gliomamri.regions.comparison import Quantity
from gliomamri.regions.violin_drawer import Looks, ViolinDrawer
from gliomamri.result import Table, Violins, with_unit

BEFORE = Looks("before contrast agent", (0.337, 0.706, 0.914), side=-1)
AFTER = Looks("after contrast agent", (0.835, 0.369, 0.0), side=1)


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
    drawer = ViolinDrawer(before.unit, lower=0.0)
    for region in regions:
        for words, mask, _ in _parts(region, annotation):
            if after is None:
                drawer.add(_inside(before, mask), words, Looks("", region.color))
            else:
                drawer.add(_inside(before, mask), words, BEFORE)
                drawer.add(_inside(after, mask), words, AFTER)
            drawer.move_on()
    title = before.heading
    if after is not None:
        title += " before and after contrast agent"
    return drawer.finish(name, title, with_unit(before.name, before.unit))


def change_by_region(
    change: Quantity, regions: Sequence[Region], annotation: NDArray[np.bool_], name: str
) -> tuple[Table, Violins] | None:
    """Draw the voxelwise change in each region: solid inside the annotation, dashed outside.

    Parameters and returns as :func:`before_and_after`; ``change`` is a quantity such as dR1 and may be negative.
    """
    drawer = ViolinDrawer(change.unit, lower=None)
    for region in regions:
        for words, mask, is_inside in _parts(region, annotation):
            values = _inside(change, mask)
            drawer.add(values, words, Looks("", region.color, filled=False, dashed=not is_inside))
            drawer.move_on()
    title = change.heading
    if annotation.any():
        title += " (solid: inside the annotation; dashed: outside)"
    return drawer.finish(name, title, with_unit(change.name, change.unit))


def _parts(region: Region, annotation: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray[np.bool_], bool]]:
    """Words, mask and whether it lies inside the annotation, of each part of a region."""
    if region.kind != "segment" or not annotation.any():
        yield region.name, region.mask, region.kind == ANNOTATION
        return
    for words, mask, is_inside in (("inside", annotation, True), ("outside", ~annotation, False)):
        yield f"{region.name}, {words}", region.mask & mask, is_inside


def _inside(quantity: Quantity, mask: NDArray) -> NDArray[np.float64]:
    return quantity.values[mask & quantity.usable].astype(np.float64)
