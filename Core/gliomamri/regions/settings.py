"""Settings of the analysis by region.

Tested by Testing/unit/regions/test_analysis.py.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from gliomamri.settings import Settings as TaskSettings
from gliomamri.settings import setting

_REGIONS, _STATISTICS = "Regions", "Statistics"


@dataclass(frozen=True)
class Settings(TaskSettings):
    """What regions are built, and how they are described and compared."""

    annotation_name: str = setting(
        "",
        label="Annotation",
        section=_REGIONS,
        help="Name of the segment that outlines the lesion; empty takes those named as tumor core, or the first.",
    )
    shell_edges: tuple[float, ...] = setting(
        (0.0, 5.0, 10.0, 20.0), label="Edges of the shells", unit="mm", minimum=0.0, maximum=60.0,
        section=_REGIONS, help="Distances from the annotation's surface between which the brain is described.",
    )  # fmt: skip
    erode: bool = setting(
        True,
        label="Take off rims",
        section=_REGIONS,
        help="Take one voxel off annotation, segments and normal-appearing tissue, where tissues mix.",
    )
    mirror: bool = setting(
        True,
        label="Compare with the other side",
        section=_REGIONS,
        help="Reflect regions at the brain's symmetry plane and compare with what lies there.",
    )
    longest_T1: float = setting(
        6000.0, label="Longest T1", unit="ms", minimum=500.0, maximum=20000.0, section=_REGIONS,
        help="Voxels whose T1 reaches this cap are not used.",
    )  # fmt: skip
    longest_T2: float = setting(
        2000.0, label="Longest T2", unit="ms", minimum=100.0, maximum=10000.0, section=_REGIONS,
        help="Voxels whose T2 reaches this cap are not used.",
    )  # fmt: skip
    candidates: int = setting(
        8, label="Points for biopsy", minimum=0, maximum=50, section=_REGIONS,
        help="Number of points that are proposed outside of the annotation.",
    )  # fmt: skip
    candidate_distance: float = setting(
        8.0, label="Distance between points", unit="mm", minimum=1.0, maximum=100.0, section=_REGIONS,
        help="Points lie at least this far apart.",
    )  # fmt: skip
    candidate_margin: float = setting(
        3.0, label="Distance from the annotation", unit="mm", minimum=0.0, maximum=40.0, section=_REGIONS,
        help="Points lie at least this far and half a voxel from the annotation, so that its rim does not mix in.",
    )  # fmt: skip
    candidate_depth: float = setting(
        5.0, label="Distance from the surface", unit="mm", minimum=0.0, maximum=40.0, section=_REGIONS,
        help="Points lie at least this far from the brain's surface and from ventricles.",
    )  # fmt: skip
    bootstrap_samples: int = setting(
        2000, label="Bootstrap samples", minimum=200, maximum=20000, section=_STATISTICS,
        help="Draws behind each interval.",
    )  # fmt: skip
    block_size: float = setting(
        0.0, label="Block size", unit="mm", minimum=0.0, maximum=60.0, section=_STATISTICS,
        help="Edge of the blocks that are drawn; 0 finds it from the correlation between neighboring voxels.",
    )  # fmt: skip
    confidence: float = setting(
        0.95, label="Confidence", minimum=0.5, maximum=0.999, section=_STATISTICS,
        help="Nominal coverage of the intervals.",
    )  # fmt: skip
    false_discovery_rate: float = setting(
        0.05, label="False discovery rate", minimum=0.001, maximum=0.5, section=_STATISTICS,
        help="Expected share of healthy voxels among those marked as changed.",
    )  # fmt: skip
    registration_error: float = setting(
        0.0, label="Registration error", unit="mm", minimum=0.0, maximum=10.0, section=_STATISTICS,
        help="Root mean square distance between equal places before and after contrast agent; "
        "0 takes what registration measured.",
    )  # fmt: skip

    def problems(self) -> list[str]:
        """Ranges, and rising edges."""
        found = super().problems()
        edges = self.shell_edges
        if any(high <= low for low, high in itertools.pairwise(edges)) or len(edges) == 1:
            given = ", ".join(f"{edge:g}" for edge in edges)
            found.append(f"Edges of the shells are {given} mm; give two or more rising distances, or none.")
        return found
