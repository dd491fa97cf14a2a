"""Mixing tissues and lesions into the amounts a voxel holds.

Amounts are water and water times property, so that they add: ``w = sum_i s_i PD_i``, ``w R1 = sum_i s_i PD_i R1_i``.
A table has one column per tissue; a row is one amount.

Tested by Testing/unit/phantom/test_head.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.grid import FloatArray
from gliomamri.phantom.tissues import FLUIDS

_LEAST_WATER = np.float32(1e-4)


def amount_table(PD: FloatArray, properties: Sequence[FloatArray]) -> FloatArray:
    """Return the rows (1 + properties, tissues): water, then water times each property.

    Columns of fluids are 0: they are compartments of their own.
    """
    water = np.array(PD, np.float32)
    water[list(FLUIDS)] = 0
    return np.stack([water, *(water * np.asarray(row, np.float32) for row in properties)])


def mix_tissues(
    tissues: Iterable[NDArray[np.uint8]], table: FloatArray, shape: tuple[int, int, int]
) -> tuple[FloatArray, FloatArray]:
    """Average amounts over the sub-voxel samples.

    Parameters
    ----------
    tissues
        Arrays of ``shape`` with tissue numbers.
    table
        From :func:`amount_table`.

    Returns
    -------
    amounts : array (rows, z, y, x)
    fluid : array (z, y, x)
        Share of the voxel that is CSF.
    """
    amounts = np.zeros((len(table), *shape), np.float32)
    fluid = np.zeros(shape, np.float32)
    is_fluid = np.zeros(table.shape[1], np.float32)
    is_fluid[list(FLUIDS)] = 1
    buffer = np.empty(shape, np.float32)
    samples = 0
    for tissue in tissues:
        for row, out in zip((*table, is_fluid), (*amounts, fluid), strict=True):
            # "clip" skips the bounds check; tissue numbers are always in the table.
            out += np.take(row, tissue, out=buffer, mode="clip")
        samples += 1
    amounts /= samples
    fluid /= samples
    return amounts, fluid


def add_part(
    amounts: FloatArray, weight: FloatArray, ends: tuple[FloatArray, FloatArray], mix: FloatArray
) -> None:
    """Add a lesion part to ``amounts`` in place.

    Parameters
    ----------
    weight : array (z, y, x)
        Share of the voxel that is this part.
    ends : two arrays (rows,)
        Amounts per volume of the part at either end of its heterogeneity.
    mix : array (z, y, x)
        0 to 1, where between the ends.
    """
    mixed = weight * mix
    for out, first, second in zip(amounts, *ends, strict=True):
        out += weight * first
        out += mixed * (second - first)


def water_and_properties(amounts: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
    """Return water and each property, dividing in place; a property is 0 where there is no water."""
    water = amounts[0]
    inverse = np.where(water > _LEAST_WATER, 1, 0).astype(np.float32)
    np.divide(inverse, water, out=inverse, where=water > _LEAST_WATER)
    properties = list(amounts[1:])
    for values in properties:
        values *= inverse
    return water, properties
