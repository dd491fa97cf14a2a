"""Results of patients as the analysis by region writes them, with known numbers: for the tests of pooling."""

from __future__ import annotations

import numpy as np

from gliomamri.result import Result, Table

AT = np.linspace(0.0, 3.0, 301)


def normal(mean: float, sd: float) -> np.ndarray:
    return np.exp(-0.5 * ((AT - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))


def patient(
    median: float, mirror: float, voxels: int = 1000, quantity: str = "R1", delta: float = 0.5
) -> Result:
    """One quantity in the annotation and its mirror; the annotation's density is normal about its median."""
    regions = Table(
        f"{quantity}_regions",
        quantity,
        {
            "region": ("annotation", "mirror of annotation", "shell 0-5 mm"),
            "voxels": (voxels, voxels // 2, 0),
            "median": (median, mirror, np.nan),
            "mirror delta": (delta, np.nan, np.nan),
        },
        {"median": "1/s"},
    )
    density = Table(
        f"{quantity}_density",
        quantity,
        {quantity: AT.tolist(), "annotation": normal(median, 0.1).tolist()},
        {quantity: "1/s", "annotation": "per 1/s"},
    )
    return Result(tables=(regions, density))


def merged(*results: Result) -> Result:
    return Result(tables=tuple(table for result in results for table in result.tables))
