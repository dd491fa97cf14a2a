"""Tables as CSV: units in the header row, numbers with all their digits."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from gliomamri.errors import UserError
from gliomamri.io.new_files import write_text
from gliomamri.result import Table

_KINDS = {"whole": int, "number": float, "text": str}


def write_table(table: Table, path: Path) -> dict[str, Any]:
    """Write a table and give its entry for ``result.json``.

    An undefined number (NaN) becomes an empty cell.

    Raises
    ------
    ValueError
        If columns differ in length or hold infinity: an error in the task.
    UserError
        If the file cannot be written.
    """
    columns = {name: [_plain(cell) for cell in cells] for name, cells in table.columns.items()}
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"the columns of table {table.name!r} differ in length: {sorted(lengths)}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([table.header(name) for name in columns])
    writer.writerows([_cell(cell, table.name) for cell in row] for row in zip(*columns.values(), strict=True))
    write_text(text.getvalue(), path)
    described = [
        {"name": name, "unit": table.units.get(name, ""), "kind": _kind(cells)}
        for name, cells in columns.items()
    ]
    return {"name": table.name, "title": table.title, "columns": described}


def read_table(path: Path, entry: Mapping[str, Any]) -> Table:
    """Read what :func:`write_table` wrote; columns come back as tuples.

    Raises
    ------
    UserError
        If the file does not fit its entry.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        cells = list(zip(*rows, strict=True)) or [()] * len(entry["columns"])
        columns = {
            column["name"]: tuple(_read_cell(cell, column["kind"]) for cell in values)
            for column, values in zip(entry["columns"], cells, strict=True)
        }
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            "A table of the result is damaged; run the task again.", f"{path}: {error}"
        ) from error
    units = {column["name"]: column["unit"] for column in entry["columns"] if column["unit"]}
    return Table(entry["name"], entry["title"], columns, units)


def _plain(cell: Any) -> int | float | str:
    """Turn numpy's numbers into Python's."""
    if isinstance(cell, str):
        return str(cell)
    if isinstance(cell, Integral):
        return int(cell)
    if isinstance(cell, Real):
        return float(cell)
    raise ValueError(f"a table cell is neither number nor text: {cell!r}")


def _kind(cells: list[int | float | str]) -> str:
    kinds = {type(cell) for cell in cells}
    if str in kinds:
        return "text"
    return "whole" if kinds == {int} else "number"


def _cell(cell: float | str, table: str) -> str:
    if isinstance(cell, float):
        if math.isinf(cell):
            raise ValueError(f"table {table!r} holds an infinite number")
        return "" if math.isnan(cell) else repr(cell)
    return str(cell)


def _read_cell(text: str, kind: str) -> int | float | str:
    return math.nan if kind == "number" and not text else _KINDS[kind](text)
