"""Lists of what is true of a patient as plain tables: lesions, and the parameters of each image.

Tested by Testing/unit/phantom/output/test_lesion_table.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gliomamri.series import PARAMETERS, image_names

if TYPE_CHECKING:
    from gliomamri.phantom.patient import SimulatedSeries

Columns = dict[str, list[Any]]

_AXES = {"center": ("x", "y", "z"), "axes": ("1", "2", "3")}
_UNITS = {"center": "mm", "axes": "mm", "volumes": "ml", "volume": "ml", "radius": "mm", "diameter": "mm"}


LESION_COLUMNS: dict[str, str] = {
    "lesion": "Number of the lesion",
    "kind": "Kind of lesion",
    "center": "Center of mass of the core, LPS",
    "axes": "Full axes of the ellipsoid with the same second moments, longest first",
    "volumes": "Volume by part, sums of shares; the core includes the enhancing part",
    "enhancing": "Whether any of it takes up contrast agent",
    "voxels": "Voxels of which the core is more than half",
}
"""What the columns of the list of lesions mean, by the start of their names."""


def lesion_columns(lesions: Sequence[Mapping[str, Any]]) -> tuple[Columns, dict[str, str]]:
    """Spread the lesions' facts over columns of one value each.

    Parameters
    ----------
    lesions : sequence of mapping
        Such as ``kind``, ``center`` (mm, LPS), ``axes`` (mm), ``volumes`` (ml, by part), ``enhancing``.

    Returns
    -------
    columns : dict of str to list
        ``lesion`` (1, 2, ...) first; lists and mappings become one column per entry (``center_x``,
        ``volumes_edema``). What a lesion does not have is None. White matter hyperintensities come last.
    units : dict of str to str
        Of the columns that have one.
    """
    rows = [_flat(lesion) for lesion in sorted(lesions, key=_is_incidental)]
    names = dict.fromkeys(name for row in rows for name in row)
    columns: Columns = {"lesion": list(range(1, len(rows) + 1))}
    columns |= {name: [row.get(name) for row in rows] for name in names}
    units = {name: unit for name in names if (unit := _UNITS.get(name.split("_")[0], ""))}
    return columns, units


def about_columns(columns: Columns, units: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Describe the columns of :func:`lesion_columns` as the sidecar of a BIDS table does."""
    return {
        name: {
            "Description": LESION_COLUMNS.get(name.split("_")[0], name),
            **({"Units": units[name]} if name in units else {}),
        }
        for name in columns
    }


def parameter_columns(series: Sequence[SimulatedSeries]) -> tuple[Columns, dict[str, str]]:
    """Acquisition parameters of every image, one row each; None where an image has no such parameter."""
    names = [name for name in PARAMETERS if any(name in one.parameters for one in series)]
    columns: Columns = {"image": [], **{name: [] for name in names}}
    for one in series:
        columns["image"] += image_names(one.role, one.parameters, len(one.images))
        for name in names:
            values = one.parameters.get(name, (None,) * len(one.images))
            columns[name] += [None if value is None else float(value) for value in values]
    return columns, {name: PARAMETERS[name] for name in names}


def plain(value: Any) -> Any:
    """Turn a value into what JSON knows: numpy's numbers and arrays too; a number that is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str(value)  # of an enum its text
    if value is None or isinstance(value, bool | int | float):
        return None if isinstance(value, float) and not math.isfinite(value) else value
    return str(value)


def _is_incidental(lesion: Mapping[str, Any]) -> bool:
    """Tell whether it is one of the many small spots that would hide the tumor in the list."""
    return "white matter" in str(lesion.get("kind", ""))


def _flat(lesion: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, value in plain(lesion).items():
        if isinstance(value, Mapping):
            row |= {f"{key}_{str(part).replace(' ', '_')}": item for part, item in value.items()}
        elif isinstance(value, list):
            ends = _AXES.get(key, ())
            ends = ends if len(ends) == len(value) else tuple(map(str, range(1, len(value) + 1)))
            row |= {f"{key}_{end}": item for end, item in zip(ends, value, strict=True)}
        else:
            row[key] = value
    return row
