"""The ICBM 2009a head: a crisp brain from the template maps that come inside the nilearn package.

The maps (Fonov et al., NeuroImage 2011;54:313-327; nonlinear symmetric 2009a, 1 mm) are group averages: cortex is
blurred into the sulci and fluid is missing there. Here sulci come back from two signs, a dark line in the sharpened
T1 template and a large distance from white matter, so that the cortex becomes a ribbon of natural thickness. The
template is larger than a brain (intracranial volume 1.9 l) and is scaled by 0.9 along each axis.

Deep nuclei, brainstem, cerebellum and ventricles are told apart in
:mod:`gliomamri.phantom.anatomy.icbm_regions`.

Tested by Testing/unit/phantom/anatomy/test_icbm.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.phantom.anatomy.anatomy import Anatomy
from gliomamri.phantom.anatomy.distances import signed_distance
from gliomamri.phantom.anatomy.draft import Draft
from gliomamri.phantom.anatomy.finish import finish
from gliomamri.phantom.anatomy.icbm_regions import FLUID_OF, GRAY_OF, WHITE_OF, Kind, find_regions
from gliomamri.phantom.anatomy.sampling import by_slabs, centered_grid, interpolate, nearest, symmetric_crop
from gliomamri.phantom.grid import FloatArray

NAME = "ICBM 2009a"
STEP = 0.5
"""mm, voxel edge of the tissue."""

SCALE = 0.9
"""mm of the head per mm of the template."""

_CENTER = (82, 116, 98)
"""Voxel (z, y, x) of the LPS template next to the middle of the brain: the centroid of its gray and white matter."""

_HALF = (88, 100, 82)
"""Half edges (z, y, x) in template voxels of the part that is kept."""

_WHITE_LEVEL = 0.455
"""Sharpened white-matter probability at the border of cortex and white matter."""

_FAINT_WHITE = 0.16
_SHARE_OF_RIDGE = 0.55
_RIDGE_REACH = 9
"""Thin gyri (orbitofrontal, occipital, cerebellar) are averaged away in a group: there white matter begins at this
share of the largest probability within 4 voxels, at the faintest at 0.16."""

_SMALLEST_WHITE = 60
"""Voxels; smaller islands of white matter are specks in the cortex."""

_FLUID_LEVEL = {Kind.CEREBRUM: 106.0, Kind.CEREBELLUM: 106.0, Kind.HIPPOCAMPUS: 95.0, Kind.BRAINSTEM: 120.0}
"""Sharpened T1 (0..255, white matter 220, gray 167, fluid 70) below which a voxel is fluid, per region."""

_VENTRICLE_LEVEL = 132.0
"""The same in the other regions, where fluid is ventricle."""

_RIBBON = {Kind.CEREBRUM: 13.0, Kind.CEREBELLUM: 3.0}
"""What each mm farther than 1.5 mm from white matter takes off the sharpened T1."""

_THINNEST = 1.3
"""mm, cortex between white matter and fluid is nowhere thinner in the template."""


@dataclass(frozen=True)
class Maps:
    """The template maps in LPS, cropped around the brain: T1 (0..255), gray and white matter (0..1), float32.

    Attributes
    ----------
    x, y, z : 1-D arrays
        MNI coordinates in mm along the axes (x to the right, y to the front, z to the top).
    """

    T1: FloatArray
    gray: FloatArray
    white: FloatArray
    z: FloatArray
    y: FloatArray
    x: FloatArray


def template_files() -> dict[str, Path]:
    """Return the files of the template maps (keys t1, gm, wm) inside the installed nilearn, without importing it.

    Raises
    ------
    UserError
        If nilearn is missing or does not hold the maps.
    """
    spec = find_spec("nilearn")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "The built-in head comes from the Python package nilearn, which is not installed: install it with "
            '"pip install nilearn", or name a folder of label maps instead.'
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "datasets" / "data"
    files = {}
    for key in ("t1", "gm", "wm"):
        found = sorted(folder.glob(f"*icbm152_{key}_*.nii*"))
        if not found:
            raise UserError(
                "The installed nilearn does not hold the ICBM 2009a maps that the built-in head is made of: install "
                'it anew with "pip install --force-reinstall nilearn", or name a folder of label maps instead.',
                f"no {key} map in {folder}",
            )
        files[key] = found[0]
    return files


def read_maps() -> Maps:
    """Read and crop the template maps.

    Raises
    ------
    UserError
        If they are missing or cannot be read.
    """
    arrays = {}
    for key, path in template_files().items():
        try:
            image = sitk.DICOMOrient(sitk.ReadImage(str(path), sitk.sitkFloat32), "LPS")
        except RuntimeError as error:
            raise UserError(
                "The ICBM 2009a maps inside the installed nilearn cannot be read: install nilearn anew with "
                '"pip install --force-reinstall nilearn".',
                str(error),
            ) from error
        arrays[key] = symmetric_crop(sitk.GetArrayFromImage(image), _CENTER, _HALF)
    origin, spacing = image.GetOrigin()[::-1], image.GetSpacing()[::-1]
    z, y, x = (
        start + step * (np.arange(2 * half, dtype=np.float32) - half + middle)
        for start, step, half, middle in zip(origin, spacing, _HALF, _CENTER, strict=True)
    )
    # An odd number of voxels puts the template's plane of symmetry into the head's middle.
    arrays, x = {key: array[:, :, 1:] for key, array in arrays.items()}, x[1:]
    whole = np.float32(255)
    return Maps(arrays["t1"], arrays["gm"] / whole, arrays["wm"] / whole, z, -y, -x)


def icbm_head() -> Anatomy:
    """Return the ICBM 2009a head at 0.5 mm, brain and dura without skull; about 3 s.

    Its middle (the head frame's origin) is the centroid of gray and white matter.

    Raises
    ------
    UserError
        If nilearn, which holds the maps, is not installed.
    """
    maps = read_maps()
    scores = score(maps)
    counts = tuple(4 * round(2 * half * SCALE / STEP / 4) for half in _HALF)
    tissue = np.empty(counts, np.uint8)
    grid = centered_grid(counts, STEP)

    def label(first: int, last: int) -> None:
        slab = grid.slab(first, last)
        kind = nearest(scores.kind, SCALE, slab)
        part = np.where(interpolate(scores.white, SCALE, slab) > 0, WHITE_OF[kind], GRAY_OF[kind])
        np.copyto(part, FLUID_OF[kind], where=interpolate(scores.fluid, SCALE, slab) > 0)
        tissue[first:last] = part

    by_slabs(label, 0, counts[0])
    return finish(_draft(maps, scores, tissue))


@dataclass(frozen=True)
class Scores:
    """Where white matter and fluid are, on the template's grid.

    Attributes
    ----------
    white, fluid : float32 arrays
        Positive inside white matter and fluid; fluid wins, and what is neither is gray matter.
    kind : uint8 array
        The :class:`~gliomamri.phantom.anatomy.icbm_regions.Kind` per voxel.
    """

    white: FloatArray
    fluid: FloatArray
    kind: NDArray[np.uint8]


def score(maps: Maps) -> Scores:
    """Return the sharpened scores of white matter and fluid, and the regions."""
    white = _white_score(maps.white)
    from_white = signed_distance(white > 0, 1.0)
    bright = _sharpened(maps.T1, 2.5, 1.5)
    kind = find_regions(maps.T1, maps.gray, maps.white, maps.z, maps.y, maps.x)
    ribbon = np.array([_RIBBON.get(k, 0.0) for k in Kind], np.float32)[kind]
    bright -= ribbon * np.clip(from_white - np.float32(1.5), 0, 8)
    fluid = np.array([_FLUID_LEVEL.get(k, _VENTRICLE_LEVEL) for k in Kind], np.float32)[kind] - bright
    # Cortex stays on white matter wherever the two are cerebral: no white matter bare in a sulcus.
    cortical = (kind == Kind.CEREBRUM) | (kind == Kind.CEREBELLUM)
    np.minimum(fluid, 30 * (from_white - np.float32(_THINNEST)), out=fluid, where=cortical)
    return Scores(white, fluid, kind)


def _white_score(probability: FloatArray) -> FloatArray:
    """Sharpened white-matter probability less the local level of the border, without specks in the cortex."""
    ridge = ndimage.gaussian_filter(ndimage.maximum_filter(probability, _RIDGE_REACH), 2.0)
    level = np.clip(_SHARE_OF_RIDGE * ridge, _FAINT_WHITE, _WHITE_LEVEL).astype(np.float32)
    white = _sharpened(probability, 2.5, 1.0) - level
    pieces, _ = ndimage.label(white > 0)
    small = np.bincount(pieces.ravel()) < _SMALLEST_WHITE
    white[small[pieces] & (white > 0)] = -0.05
    return white


def _sharpened(values: FloatArray, width: float, amount: float) -> FloatArray:
    """Unsharp mask: ``values`` plus ``amount`` of what a Gaussian of ``width`` voxels takes away."""
    blurred = ndimage.gaussian_filter(values, width, truncate=2.5)
    return values + np.float32(amount) * (values - blurred)


def _draft(maps: Maps, scores: Scores, tissue: NDArray[np.uint8]) -> Draft:
    solid = (scores.fluid <= 0) & (maps.T1 > 0)
    kind = scores.kind
    hindbrain = solid & (kind == Kind.CEREBELLUM)
    cerebrum = solid & (kind != Kind.CEREBELLUM) & (kind != Kind.BRAINSTEM)
    ventricles = (kind >= Kind.VENTRICLE) & (scores.fluid > 0)
    middle = [(axis[0] + axis[-1]) / 2 for axis in (maps.x, maps.y, maps.z)]
    turn = np.diag([-SCALE, -SCALE, SCALE])
    lateral = ventricles & (np.abs(maps.x) > 3)[None, None, :] & (maps.z > -25)[:, None, None]
    return Draft(
        name=NAME,
        tissue=tissue,
        step=STEP,
        brain=solid | ventricles,
        left=cerebrum & (maps.x < 0)[None, None, :],
        right=cerebrum & (maps.x > 0)[None, None, :],
        hindbrain=hindbrain,
        lateral=lateral & (maps.y > -80)[None, :, None],
        source_step=SCALE,
        from_mni=np.column_stack([turn, -turn @ middle]),
        has_head=False,
    )
