"""What a task gives back: maps, label maps, tables, charts and numbers, each with its unit.

The same :class:`Result` is written to a folder (:mod:`gliomamri.io.results`), shown in the report
(:mod:`gliomamri.report`) and turned into MRML nodes (``gliomamri_slicer``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gliomamri.study import Segments

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True)
class Map:
    """A result image whose voxels mean a quantity.

    Attributes
    ----------
    name : str
        File and node name, such as ``T1map``.
    image : SimpleITK.Image
        3-D, finite everywhere; 0 where ``validity`` of the same fit is 0.
    quantity : str
        What it measures, such as ``T1``.
    unit : str
        ``ms``, ``1/s``, ``%`` ...; empty for a plain ratio.
    description : str
        One sentence.
    colormap : str
        A name of :mod:`gliomamri.report.colormaps`.
    window : (low, high)
        Range of values to display.
    reference : str
        Role of the input whose grid it has, so that its geometry can be taken over exactly.
    main : bool
        True for what the user asked for, shown first; False for errors, residuals and by-products.
    """

    name: str
    image: sitk.Image
    quantity: str
    unit: str
    description: str
    colormap: str
    window: tuple[float, float]
    reference: str = ""
    main: bool = False


@dataclass(frozen=True)
class LabelMap:
    """Named regions a task found; same fields as :class:`gliomamri.study.Segments` plus name and description."""

    name: str
    segments: Segments
    description: str
    reference: str = ""


@dataclass(frozen=True)
class Table:
    """A table: columns of equal length by name, and each column's unit (empty for names and counts)."""

    name: str
    title: str
    columns: Mapping[str, Sequence[float | int | str]]
    units: Mapping[str, str] = field(default_factory=dict)

    def header(self, column: str) -> str:
        """Column title with its unit, ``R1 (1/s)``."""
        unit = self.units.get(column, "")
        return f"{column} ({unit})" if unit else column


@dataclass(frozen=True)
class Chart:
    """A line chart drawn from columns of a table.

    Attributes
    ----------
    table : str
        Name of the :class:`Table`.
    x : str
        Its column on the horizontal axis.
    y : sequence of str
        Its columns drawn as one line each; the column name is the legend.
    colors : mapping of str to (red, green, blue)
        Per column, in [0, 1]; chosen by the drawer where absent.
    """

    name: str
    title: str
    table: str
    x: str
    y: Sequence[str]
    x_label: str
    y_label: str
    colors: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Number:
    """One number of the result, with unit and the words to show."""

    value: float
    unit: str
    label: str


@dataclass(frozen=True)
class Result:
    """Everything a task gives back; ``warnings`` are sentences for the user."""

    maps: tuple[Map, ...] = ()
    labels: tuple[LabelMap, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
