"""Points as a table in RAS, and each point's values in words: what files, report and scene show alike.

Called by :mod:`gliomamri.io.result_points`, :mod:`gliomamri.report` and ``gliomamri_slicer.points``; tested by
Testing/unit/io/test_result_kinds.py.
"""

from __future__ import annotations

import math

import numpy as np

from gliomamri.result import Points, Table

_OWN_COLUMNS = ("label", "R", "A", "S")


def check_points(points: Points) -> None:
    """Make sure that every point has a finite place and one value, finite or undefined, per quantity.

    Raises
    ------
    ValueError
        If not, or if a quantity is called like a column of the position: an error in the task.
    """
    count = len(points.labels)
    lengths = {len(points.positions), *(len(values) for values in points.values.values())}
    if lengths - {count}:
        raise ValueError(f"points {points.name!r}: {count} labels, but {sorted(lengths)} positions or values")
    if any(len(place) != 3 or not all(map(math.isfinite, place)) for place in points.positions):
        raise ValueError(f"points {points.name!r} need three finite numbers per position")
    if any(math.isinf(value) for values in points.values.values() for value in values):
        raise ValueError(f"points {points.name!r} hold an infinite value")
    clash = set(_OWN_COLUMNS) & set(points.values)
    if clash:
        raise ValueError(f"points {points.name!r} give values called like a column: {sorted(clash)}")


def ras(points: Points) -> np.ndarray:
    """Positions in mm, RAS; shape (n, 3). R = -L and A = -P (the axes of LPS are turned by 180 degrees about S)."""
    positions = np.asarray(points.positions, dtype=float).reshape(-1, 3)
    return positions * (-1.0, -1.0, 1.0) + 0.0  # no negative zero


def points_table(points: Points) -> Table:
    """Table with one row per point: label, R, A, S in mm, then its values with their units."""
    places = ras(points).T
    columns = {"label": [str(label) for label in points.labels]}
    columns |= {axis: row.tolist() for axis, row in zip("RAS", places, strict=True)}
    columns |= {name: [float(value) for value in values] for name, values in points.values.items()}
    return Table(points.name, points.title, columns, {"R": "mm", "A": "mm", "S": "mm"} | dict(points.units))


def value_words(points: Points, index: int) -> str:
    """Values of one point in words, ``R1 0.82 1/s, dR1 0.11 1/s``; undefined ones are left out."""
    words = [
        f"{name} {values[index]:.4g} {points.units.get(name, '')}".strip()
        for name, values in points.values.items()
        if not math.isnan(values[index])
    ]
    return ", ".join(words)
