"""What a task gives back: maps, label maps, tables, charts, transforms, points and numbers, each with its unit.

The same :class:`Result` is written to a folder (:mod:`gliomamri.io.results`), shown in the report
(:mod:`gliomamri.report`) and turned into MRML nodes (``gliomamri_slicer``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gliomamri.study import Segments

if TYPE_CHECKING:
    import SimpleITK as sitk


def with_unit(name: str, unit: str) -> str:
    """Words for an axis, a legend or a column: ``R1 (1/s)``; the name alone where there is no unit."""
    return f"{name} ({unit})" if unit else name


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
    role : str
        Role of :data:`gliomamri.roles.ROLES` that the image can fill in a later task; empty for none.
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
    role: str = ""


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
        return with_unit(column, self.units.get(column, ""))


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
class Outline:
    """One closed curve of a :class:`Violins` chart: two columns of its table, and its looks.

    Attributes
    ----------
    label : str
        Legend; outlines of one label share color and legend entry.
    x, y : str
        Columns of the table: horizontal position (no unit) and value, going round the curve once.
    color : (red, green, blue)
        In [0, 1].
    filled : bool
        Filled where the drawer can fill; a line otherwise.
    dashed : bool
    """

    label: str
    x: str
    y: str
    color: tuple[float, float, float]
    filled: bool = True
    dashed: bool = False


@dataclass(frozen=True)
class Violins:
    """Distributions side by side as outlines whose width is the probability density.

    Attributes
    ----------
    table : str
        Name of the :class:`Table` with two columns per outline, all of one length.
    outlines : sequence of Outline
    ticks : mapping of float to str
        Words below the horizontal positions.
    y_label : str
        Quantity with unit, ``R1 (1/s)``.
    """

    name: str
    title: str
    table: str
    outlines: Sequence[Outline]
    ticks: Mapping[float, str]
    y_label: str


@dataclass(frozen=True)
class Transform:
    """Where one image lies relative to another.

    Attributes
    ----------
    name : str
        File and node name, such as ``ceT1map_to_ceT1w``.
    matrix : 4 x 4 tuples of float
        In mm, LPS: the point ``p`` of the fixed image lies at ``matrix @ p`` of the moving image, ITK's direction.
    moving, fixed : str
        Roles, or ``template``.
    description : str
        One sentence.
    """

    name: str
    matrix: tuple[tuple[float, ...], ...]
    moving: str
    fixed: str
    description: str


@dataclass(frozen=True)
class Points:
    """Marked positions with values, such as candidates for a biopsy.

    Attributes
    ----------
    name, title : str
    labels : sequence of str
        One per point.
    positions : sequence of (x, y, z)
        In mm, LPS as in SimpleITK; files and scene have RAS.
    values : mapping of str to sequence of float
        Per quantity one value per point.
    units : mapping of str to str
    description : str
    """

    name: str
    title: str
    labels: Sequence[str]
    positions: Sequence[tuple[float, float, float]]
    values: Mapping[str, Sequence[float]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class Number:
    """One number of the result, with unit and the words to show."""

    value: float
    unit: str
    label: str


@dataclass(frozen=True)
class Result:
    """Everything a task gives back.

    ``warnings`` are sentences on what the user should check; ``notes`` say what was done, and need no action.
    """

    maps: tuple[Map, ...] = ()
    labels: tuple[LabelMap, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    violins: tuple[Violins, ...] = ()
    transforms: tuple[Transform, ...] = ()
    points: tuple[Points, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def joined(parts: Iterable[Result]) -> Result:
    """Put several results into one, in their order; a sentence that several give comes once.

    Of numbers of one name the last one counts.
    """
    parts = list(parts)

    def all_of(kind: str) -> tuple:
        return tuple(one for part in parts for one in getattr(part, kind))

    kinds = ("maps", "labels", "tables", "charts", "violins", "transforms", "points")
    return Result(
        **{kind: all_of(kind) for kind in kinds},
        numbers={name: number for part in parts for name, number in part.numbers.items()},
        warnings=tuple(dict.fromkeys(all_of("warnings"))),
        notes=tuple(dict.fromkeys(all_of("notes"))),
    )
