"""Are two images on the same grid? In mm, on oblique, anisotropic and left-handed grids alike.

NIfTI stores geometry in float32, so an image that went through a file comes back a few 1e-5 mm beside itself.
Such images count as the same grid and take the reference's geometry exactly.
"""

from __future__ import annotations

import itertools

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError

TOLERANCE_MM = 1e-4
"""Distance below which two voxel positions are the same."""


def corner_positions(image: sitk.Image) -> np.ndarray:
    """Give the positions of the eight corner voxels' centers, shape (8, 3), in mm, LPS."""
    corners = itertools.product(*((0, size - 1) for size in image.GetSize()))
    return np.array([image.TransformContinuousIndexToPhysicalPoint([float(i) for i in c]) for c in corners])


def largest_distance(a: sitk.Image, b: sitk.Image) -> float:
    """Give the largest distance in mm between equal voxels of two images of equal size.

    Voxel positions are affine in the index, so the largest distance lies at a corner. Along an axis of one voxel
    corners say nothing, therefore the steps from voxel to voxel are compared too.
    """
    corners = np.linalg.norm(corner_positions(a) - corner_positions(b), axis=1).max()
    steps = np.linalg.norm(_steps(a) - _steps(b), axis=0).max()
    return float(max(corners, steps))


def same_grid(a: sitk.Image, b: sitk.Image, tolerance_mm: float = TOLERANCE_MM) -> bool:
    """Tell whether equal voxel indices of two 3-D images lie at the same place.

    Parameters
    ----------
    a, b : SimpleITK.Image
        3-D images.
    tolerance_mm : float
        Largest distance in mm between equal voxels that still counts as the same place.
    """
    return a.GetSize() == b.GetSize() and largest_distance(a, b) <= tolerance_mm


def describe_difference(a: sitk.Image, b: sitk.Image, tolerance_mm: float = TOLERANCE_MM) -> str:
    """Say in one sentence how the grids of two images differ; empty when they are the same.

    Examples
    --------
    >>> describe_difference(sitk.Image(4, 5, 6, sitk.sitkUInt8), sitk.Image(4, 5, 7, sitk.sitkUInt8))
    'The grids differ in size (4 x 5 x 6 against 4 x 5 x 7 voxels).'
    """
    if same_grid(a, b, tolerance_mm):
        return ""
    found = []
    if a.GetSize() != b.GetSize():
        found.append(f"size ({_join(a.GetSize(), 'd')} against {_join(b.GetSize(), 'd')} voxels)")
    extent = np.maximum(np.maximum(a.GetSize(), b.GetSize()) - 1, 1)
    if np.any(np.abs(np.subtract(a.GetSpacing(), b.GetSpacing())) * extent > tolerance_mm):
        found.append(f"spacing ({_join(a.GetSpacing(), '.6g')} against {_join(b.GetSpacing(), '.6g')} mm)")
    shift = float(np.linalg.norm(np.subtract(a.GetOrigin(), b.GetOrigin())))
    if shift > tolerance_mm:
        found.append(f"position of the first voxel ({shift:.4g} mm apart)")
    angle = _largest_axis_angle(a, b)
    if np.radians(angle) * float(np.max(extent * np.asarray(a.GetSpacing()))) > tolerance_mm:
        found.append(f"orientation (axes up to {angle:.3g} degrees apart)")
    if not found:  # several differences, each within the tolerance, that add up beyond it
        found.append(f"position (voxels up to {largest_distance(a, b):.3g} mm apart)")
    return f"The grids differ in {_and(found)}."


def image_on(values: np.ndarray, grid: sitk.Image) -> sitk.Image:
    """Make an image of an array (z, y, x) with the geometry of ``grid``, which has the same size."""
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(grid)
    return image


def take_geometry(image: sitk.Image, reference: sitk.Image, tolerance_mm: float = TOLERANCE_MM) -> sitk.Image:
    """Return ``image`` with exactly the reference's geometry; the voxels are shared, nothing is resampled.

    Raises
    ------
    UserError
        If the grids differ by more than the tolerance, with the sentence of :func:`describe_difference`.
    """
    difference = describe_difference(image, reference, tolerance_mm)
    if difference:
        raise UserError(f"Two images that belong together do not lie on one grid. {difference}")
    result = sitk.Image(image)
    result.CopyInformation(reference)
    return result


def _steps(image: sitk.Image) -> np.ndarray:
    """Give the steps in mm from voxel to voxel, one column per axis."""
    return np.reshape(image.GetDirection(), (3, 3)) * np.asarray(image.GetSpacing())


def _largest_axis_angle(a: sitk.Image, b: sitk.Image) -> float:
    """Largest angle in degrees between equal axes; from the chord, which stays precise near zero."""
    chords = np.linalg.norm(
        np.reshape(a.GetDirection(), (3, 3)) - np.reshape(b.GetDirection(), (3, 3)), axis=0
    )
    return float(np.degrees(2 * np.arcsin(np.clip(chords / 2, 0, 1))).max())


def _join(values: tuple[float, ...], form: str) -> str:
    return " x ".join(format(value, form) for value in values)


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
