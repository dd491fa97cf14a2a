"""The regions of a patient: annotation, shells, their mirrors, normal-appearing tissue, and the user's own.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_catalog.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.regions.erosion import eroded
from gliomamri.regions.mirror import share_across
from gliomamri.regions.normal_appearing import normal_appearing
from gliomamri.regions.reflection import Plane, reflected
from gliomamri.regions.region_colors import ANNOTATION, BRAIN, MIRROR_OF, NORMAL_NAMES, SHELL, region_colors
from gliomamri.regions.segments import unused_name
from gliomamri.regions.settings import Settings
from gliomamri.regions.shells import shells

FEWEST_VOXELS = 20
"""Voxels below which a region gets numbers but no interval, and is not eroded [our choice]."""
CROSSING = 0.05
"""Share of the annotation beyond the mid-sagittal plane that is told [our choice]."""


@dataclass(frozen=True)
class Region:
    """A region.

    Attributes
    ----------
    name : str
    mask : ndarray of bool, shape (z, y, x)
    kind : {"annotation", "shell", "mirror", "normal", "segment", "brain"}
    description : str
        One sentence.
    color : (red, green, blue)
        In [0, 1], by name; :func:`build_regions` gives it.
    mirror : str
        Name of the region it is compared with; empty for none.
    """

    name: str
    mask: NDArray[np.bool_]
    kind: str
    description: str
    color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mirror: str = ""


@dataclass(frozen=True)
class Ground:
    """What regions are built on; arrays of shape (z, y, x) on one grid.

    Attributes
    ----------
    grid : SimpleITK.Image
        Geometry.
    brain, annotation : ndarray of bool
        The annotation is empty where there is none.
    distance : ndarray of float
        From the annotation's surface in mm; infinite beyond reach and without annotation.
    segments : mapping of str to ndarray of bool
        The user's other regions.
    tissue : mapping of str to ndarray of float
        Fractions ``WM``, ``GM``, ``CSF`` in [0, 1]; may be empty.
    rates : mapping of str to (values, usable)
        R1 and R2 before contrast agent, 1/s.
    plane : Plane or None
        Mid-sagittal plane.
    """

    grid: sitk.Image
    brain: NDArray[np.bool_]
    annotation: NDArray[np.bool_]
    distance: NDArray[np.float32]
    segments: Mapping[str, NDArray[np.bool_]]
    tissue: Mapping[str, NDArray[np.float32]]
    rates: Mapping[str, tuple[NDArray, NDArray]]
    plane: Plane | None

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size (z, y, x) in mm."""
        return self.grid.GetSpacing()[::-1]


def build_regions(ground: Ground, settings: Settings) -> tuple[list[Region], list[str]]:
    """Build all regions.

    Parameters
    ----------
    ground : Ground
    settings : Settings
        Shell edges, erosion, mirror on or off.

    Returns
    -------
    regions : list of Region
        Those that hold a voxel: annotation, shells, their mirrors, normal-appearing tissue, segments; the brain where
        there is nothing else.
    warnings : list of str
        What is missing or doubtful, one sentence each.
    """
    warnings: list[str] = []
    lesion = _lesion_regions(ground, settings, warnings)
    segments = _segments(ground, lesion)
    found = []
    for region in [*lesion, *segments]:
        thinner = _thinned(region, ground, settings, warnings) if region.kind != "shell" else region
        mirror = _mirror(thinner, ground, settings, warnings)
        found.append(replace(thinner, mirror=mirror.name if mirror else ""))
        found += [mirror] if mirror else []
    found += _normal_regions(ground, settings, warnings)
    if not found:
        found = [Region(BRAIN, ground.brain, "brain", "The whole brain.")]
    colors = region_colors(region.name for region in found)
    return [replace(region, color=colors[region.name]) for region in found], warnings


def _lesion_regions(ground: Ground, settings: Settings, warnings: list[str]) -> list[Region]:
    inside = ground.annotation & ground.brain
    if not inside.any():
        return []
    about = "What was annotated, without its rim of one voxel." if settings.erode else "What was annotated."
    found = [Region(ANNOTATION, inside, ANNOTATION, about)]
    for name, mask in shells(ground.distance, ground.brain, settings.shell_edges).items():
        about = f"Brain at {name} from the annotation's surface."
        if mask.any():
            found.append(Region(f"{SHELL}{name}", mask, "shell", about))
        else:
            warnings.append(f"No brain lies at {name} from the annotation, so this shell is left out.")
    return found


def _segments(ground: Ground, taken: list[Region]) -> list[Region]:
    found: list[Region] = []
    for name, mask in ground.segments.items():
        own = unused_name(name, [region.name for region in (*taken, *found)])
        inside = mask & ground.brain
        if inside.any():
            found.append(Region(own, inside, "segment", f"Segment '{name}' inside the brain."))
    return found


def _thinned(region: Region, ground: Ground, settings: Settings, warnings: list[str]) -> Region:
    """Take the rim off a region that was drawn by hand; shells have no rim of their own to lose."""
    if not settings.erode:
        return region
    mask, done = eroded(region.mask, ground.spacing, FEWEST_VOXELS)
    if not done:
        warnings.append(
            f"'{region.name}' is too thin to take off its rim of one voxel, which may mix tissues."
        )
    return replace(region, mask=mask)


def mirrored_mask(mask: NDArray, plane: Plane, ground: Ground, keep_off: float) -> NDArray[np.bool_]:
    """Reflect a region to the other side of the brain.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x)
    plane : Plane
    ground : Ground
        Clips the mirror image to the brain.
    keep_off : float
        Voxels closer than this many mm to the annotation are left out, so that no lesion is its own control.
    """
    return reflected(mask, plane, ground.grid) & ground.brain & (ground.distance > keep_off) & ~mask


def _mirror(region: Region, ground: Ground, settings: Settings, warnings: list[str]) -> Region | None:
    if ground.plane is None or not settings.mirror:
        return None
    keep_off = settings.shell_edges[-1] if settings.shell_edges else 0.0
    full = int(np.count_nonzero(region.mask))
    mask = mirrored_mask(region.mask, ground.plane, ground, keep_off)
    left = np.count_nonzero(mask) / full
    if region.kind == ANNOTATION:
        across = share_across(region.mask, ground.plane, ground.grid)
        if across > CROSSING:
            warnings.append(
                f"{across:.0%} of the annotation lies beyond the brain's middle, so the other side is not healthy "
                "everywhere; compare with normal-appearing white matter too."
            )
    if left < 0.25:
        warnings.append(
            f"Only {left:.0%} of '{region.name}' has a mirror image in the brain that is far from the annotation."
        )
    if not mask.any():
        return None
    about = f"'{region.name}' reflected to the other side, in the brain and far from the annotation."
    return Region(MIRROR_OF + region.name, mask, "mirror", about)


def _normal_regions(ground: Ground, settings: Settings, warnings: list[str]) -> list[Region]:
    found = []
    for tissue, name in NORMAL_NAMES.items():
        if tissue not in ground.tissue:
            continue
        mask, notes = normal_appearing(
            ground.tissue[tissue],
            ground.brain,
            ground.distance,
            ground.rates,
            ground.spacing,
            erode=settings.erode and tissue == "WM",
        )
        warnings += [f"{name.capitalize()}: {note}" for note in notes]
        if mask.any():
            about = f"Voxels of almost pure tissue ({tissue}), more than 20 mm from the annotation."
            found.append(Region(name, mask, "normal", about))
    return found
