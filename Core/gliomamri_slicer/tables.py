"""Result tables as table nodes, with the unit in every header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import slicer
import vtk

from gliomamri.result import Number, Table
from gliomamri_slicer.nodes import addNode


def addTable(table: Table, name: str = "") -> slicer.vtkMRMLTableNode:
    """Add a table: columns of whole numbers, numbers or texts, headed ``R1 (1/s)``.

    Raises
    ------
    ValueError
        If columns differ in length.
    """
    _refuseUneven(table)
    node = addNode("vtkMRMLTableNode", name or table.name)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetLocked(True)  # a result is read, not edited
    fillTable(node, table)
    return node


def fillTable(node: slicer.vtkMRMLTableNode, table: Table) -> None:
    """Replace the columns and the description of a table node; errors as :func:`addTable`."""
    _refuseUneven(table)
    wasModifying = node.StartModify()
    node.RemoveAllColumns()
    node.SetDescription(table.title)
    for column, values in table.columns.items():
        header = table.header(column)
        array = _columnArray(values)
        array.SetName(header)
        node.AddColumn(array)
        node.SetColumnTitle(header, header)
        if table.units.get(column):
            node.SetColumnUnitLabel(header, table.units[column])
    node.EndModify(wasModifying)


def _refuseUneven(table: Table) -> None:
    lengths = {len(column) for column in table.columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of table {table.name!r} differ in length: {sorted(lengths)}")


def readTable(node: slicer.vtkMRMLTableNode) -> Table:
    """Read a table that :func:`addTable` has added: columns by name without their unit, units beside them."""
    table = node.GetTable()
    columns: dict[str, list[float | str]] = {}
    units: dict[str, str] = {}
    for index in range(table.GetNumberOfColumns()):
        array = table.GetColumn(index)
        header, unit = array.GetName(), node.GetColumnUnitLabel(array.GetName())
        name = header.removesuffix(f" ({unit})") if unit else header
        columns[name] = [array.GetValue(row) for row in range(array.GetNumberOfValues())]
        if unit:
            units[name] = unit
    return Table(node.GetName(), node.GetDescription(), columns, units)


def addNumbers(numbers: Mapping[str, Number], name: str, title: str = "") -> slicer.vtkMRMLTableNode:
    """Add single numbers as a table of quantity, value and unit, one row each."""
    columns = {
        "Quantity": [number.label for number in numbers.values()],
        "Value": [float(number.value) for number in numbers.values()],
        "Unit": [number.unit for number in numbers.values()],
    }
    return addTable(Table(name, title or name, columns))


def isText(values: Sequence[float | int | str]) -> bool:
    """Tell whether a column holds texts."""
    return any(isinstance(value, str) for value in values)


def _columnArray(values: Sequence[float | int | str]) -> vtk.vtkAbstractArray:
    if isText(values):
        array = vtk.vtkStringArray()
        for value in values:
            array.InsertNextValue(str(value))
        return array
    import numpy as np

    numbers = np.asarray(values)
    whole = numbers.dtype.kind in "iub" and (numbers.size == 0 or np.abs(numbers.astype(float)).max() < 2**31)
    array = vtk.vtkIntArray() if whole else vtk.vtkDoubleArray()
    for value in numbers:
        array.InsertNextValue(int(value) if whole else float(value))
    return array
