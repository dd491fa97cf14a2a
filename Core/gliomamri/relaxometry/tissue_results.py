"""Tissue fractions as results: a map of each, a table of volumes and of what pure tissue was taken to measure.

Called by the relaxometry task; tested by Testing/unit/relaxometry/test_tissue_fractions.py.
"""

from __future__ import annotations

from gliomamri.relaxometry.tissue_fractions import NAMES, TissueFractions
from gliomamri.relaxometry.tissue_references import TITLES
from gliomamri.result import Map, Result, Table

_ABOUT = {
    "WM": "Share of the voxel that is white matter, by a lookup in (R1, R2, PD) with published ranges.",
    "GM": "Share of the voxel that is gray matter, by a lookup in (R1, R2, PD) with published ranges.",
    "CSF": "Share of the voxel that is CSF, by a lookup in (R1, R2, PD) with published ranges.",
    "myelin": "Share of the voxel that is myelin, relative to 0.30 in healthy white matter; part of WM and GM.",
    "other": "Share of the voxel that no mixture of healthy tissue explains, and excess water.",
}


def tissue_result(fractions: TissueFractions, reference: str = "T1map") -> Result:
    """Make maps, tables and warnings.

    Parameters
    ----------
    fractions : TissueFractions
    reference : str
        Role of the input whose grid they have.

    Returns
    -------
    Result
        Maps ``WM_fraction`` and so on (no unit, 0 to 1), the tables ``tissue_volumes`` (ml) and ``tissue_centers``
        (ms, percent), and the notes.
    """
    maps = tuple(
        Map(
            f"{name}_fraction",
            fractions.images[name],
            f"{name} fraction",
            "",
            _ABOUT[name],
            "gray",
            (0.0, 0.35 if name == "myelin" else 1.0),
            reference,
        )
        for name in NAMES
    )
    titles = [TITLES.get(name, name) for name in NAMES]
    volumes = Table(
        "tissue_volumes",
        "Volume of each tissue; that of myelin is part of white and gray matter",
        {"tissue": titles, "volume": [fractions.volumes[name] for name in NAMES]},
        {"volume": "ml"},
    )
    centers = fractions.centers
    columns = {name: [getattr(center, name) for center in centers.values()] for name in ("T1", "T2", "PD")}
    pure = Table(
        "tissue_centers",
        "What pure tissue was taken to measure",
        {"tissue": [TITLES[name] for name in centers], **columns},
        {"T1": "ms", "T2": "ms", "PD": "%"},
    )
    return Result(maps=maps, tables=(volumes, pure), notes=fractions.notes)
