"""Points of a result: a table in RAS for everybody, markups that Slicer opens, exact numbers in ``result.json``.

The markups follow Slicer's markups schema 1.0.3 (``NAME.mrk.json``); their description carries the values.

Called by :mod:`gliomamri.io.results`; tested by Testing/unit/io/test_result_kinds.py and, read by Slicer, by
Testing/scene/test_points_and_transforms.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gliomamri.io.new_files import write_json
from gliomamri.io.result_tables import write_table
from gliomamri.point_table import points_table, ras, value_words
from gliomamri.result import Points

_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
"""The name by which Slicer knows the format; nothing is fetched."""


def write_points(points: Points, folder: Path) -> dict[str, Any]:
    """Write ``NAME.csv`` and ``NAME.mrk.json`` into a folder and give the entry for ``result.json``.

    Raises
    ------
    UserError
        If a file cannot be written.
    """
    write_table(points_table(points), folder / f"{points.name}.csv")
    write_json(_markups(points), folder / f"{points.name}.mrk.json")
    return {
        "name": points.name,
        "title": points.title,
        "file": f"points/{points.name}.csv",
        "markups": f"points/{points.name}.mrk.json",
        "labels": [str(label) for label in points.labels],
        "positions": [[float(part) for part in place] for place in points.positions],
        "positions_are": "mm, LPS",
        "values": {name: [_or_none(value) for value in values] for name, values in points.values.items()},
        "units": dict(points.units),
        "description": points.description,
    }


def read_points(entry: Mapping[str, Any]) -> Points:
    """Give the points of an entry, with all digits; an undefined value is NaN."""
    return Points(
        name=entry["name"],
        title=entry["title"],
        labels=tuple(entry["labels"]),
        positions=tuple(tuple(place) for place in entry["positions"]),
        values={
            name: tuple(math.nan if value is None else value for value in values)
            for name, values in entry["values"].items()
        },
        units=dict(entry["units"]),
        description=entry["description"],
    )


def _or_none(value: float) -> float | None:
    """JSON has no word for an undefined number."""
    return None if math.isnan(value) else float(value)


def _markups(points: Points) -> dict[str, Any]:
    markup = {
        "type": "Fiducial",
        "coordinateSystem": "RAS",
        "coordinateUnits": "mm",
        "locked": True,
        "labelFormat": "%N-%d",
        "controlPoints": [
            {
                "id": str(index + 1),
                "label": str(label),
                "description": value_words(points, index),
                "position": place,
                "orientation": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
                "selected": True,
                "locked": True,
                "visibility": True,
                "positionStatus": "defined",
            }
            for index, (label, place) in enumerate(zip(points.labels, ras(points).tolist(), strict=True))
        ],
    }
    return {"@schema": _SCHEMA, "markups": [markup]}
