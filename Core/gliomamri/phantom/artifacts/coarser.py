"""Fewer acquired voxels, for images that end on a coarse grid anyway: training in a fraction of the time.

Only voxels finer than asked for become larger, and zero-filling between such voxels is left out; thick slices, noise
per voxel, window, ghosts, misplacement and everything that was drawn stay as they are. What is lost is detail below
the voxel of the common grid, and the correlation that zero-filling gives noise within it.

Called by :func:`gliomamri.phantom.patient.simulate_patient`; tested by Testing/unit/phantom/artifacts/test_coarser.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gliomamri.phantom.artifacts.pipeline import SeriesArtifacts


def coarser(artifacts: SeriesArtifacts, finest: float) -> SeriesArtifacts:
    """Return the flaws of a series whose voxels have no edge below ``finest`` mm.

    Parameters
    ----------
    artifacts
        As drawn.
    finest
        mm; 0 changes nothing. Slices of 2-D series keep their distance and thickness.
    """
    sampling, truncation = artifacts.acquisition, artifacts.truncation
    if finest <= 0 or sampling is None:
        return artifacts
    spacing = tuple(max(edge, finest) for edge in sampling.spacing)
    if truncation is not None and sampling.in_plane / truncation.zero_fill < finest:
        truncation = replace(truncation, zero_fill=1)
    thickness = max(sampling.thickness, finest) if sampling.is_thin else sampling.thickness
    sampling = replace(sampling, spacing=spacing, thickness=thickness)
    return replace(artifacts, acquisition=sampling, truncation=truncation)
