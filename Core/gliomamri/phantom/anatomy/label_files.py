"""Find and read label maps of heads.

Tested by Testing/unit/phantom/anatomy/test_label_maps.py.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from gliomamri.errors import UserError
from gliomamri.io.images import EXTENSIONS, load, natural_order
from gliomamri.phantom.anatomy.label_table import TABLE_SIZE, tissue_table
from gliomamri.phantom.tissues import Tissue

SOURCE_STEP = 1.0
"""mm, voxel edge at which label maps are worked on; others are resampled to it."""

_MGH = (".mgz", ".mgh")


def find_heads(folder: Path) -> list[Path]:
    """Return the image files in ``folder``, in natural order; whether they are label maps is seen when read.

    Raises
    ------
    UserError
        If the folder is missing, empty, or holds no file of a format that label maps come in.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError("The folder of head label maps does not exist; check its name.", str(folder))
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    if not files:
        raise UserError(
            "The folder of head label maps is empty; put one label map per head into it.", str(folder)
        )
    found = [path for path in files if path.name.lower().endswith((*EXTENSIONS, *_MGH))]
    if not found:
        raise UserError(
            "The folder of head label maps holds no label map; it should hold one NIfTI or mgz file with FreeSurfer "
            "labels per head.",
            f"{folder}: {', '.join(sorted(path.name for path in files)[:10])}",
        )
    return natural_order(found)


def read_labels(path: Path) -> NDArray[np.uint16]:
    """Return the labels of ``path`` as (z, y, x) in LPS at 1 mm.

    Raises
    ------
    UserError
        If the file cannot be read, is no label map, or has no cortex.
    """
    path = Path(path)
    image = _load_mgh(path) if path.name.lower().endswith(_MGH) else load(path, "head label map")[0]
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise UserError("A head label map must be one three-dimensional image.", str(path))
    whole = _whole_numbers(image, path)
    labels = _upright(whole)
    tissue = tissue_table()[np.unique(labels)]
    if Tissue.CORTEX not in tissue or Tissue.WHITE_MATTER not in tissue:
        raise UserError(
            f"{path.name} is no label map of a head: it has no FreeSurfer labels of cerebral cortex and white matter "
            "(such as 2, 3, 41, 42).",
            str(path),
        )
    return labels


def _whole_numbers(image: sitk.Image, path: Path) -> sitk.Image:
    """Return the image as uint16, or say that it holds no labels."""
    values = sitk.GetArrayViewFromImage(image)
    is_real = values.dtype.kind == "f"
    low, high = float(values.min()), float(values.max())
    if not (is_real and np.any(values != np.rint(values))) and low >= 0 and high < TABLE_SIZE:
        return sitk.Cast(image, sitk.sitkUInt16)
    raise UserError(
        f"{path.name} is an image, not a label map: its values are no whole label numbers. Name a folder of label "
        "maps with FreeSurfer labels, such as SynthSeg or FreeSurfer write.",
        f"{path}: values from {low:g} to {high:g}",
    )


def _upright(image: sitk.Image) -> NDArray[np.uint16]:
    """Return the voxels (z, y, x) at 1 mm with axes along LPS as nearly as the image's axes are."""
    spacing = np.array(image.GetSpacing())
    if np.any(np.abs(spacing - SOURCE_STEP) > 0.005):
        size = np.maximum(1, np.rint(np.array(image.GetSize()) * spacing / SOURCE_STEP)).astype(int)
        corner = image.TransformContinuousIndexToPhysicalPoint([0.5 * SOURCE_STEP / s - 0.5 for s in spacing])
        image = sitk.Resample(
            image,
            [int(n) for n in size],
            sitk.Transform(),
            sitk.sitkNearestNeighbor,
            corner,
            [SOURCE_STEP] * 3,
            image.GetDirection(),
            0,
            image.GetPixelID(),
        )
    toward = np.array(image.GetDirection()).reshape(3, 3)  # row: x, y, z of the patient; column: i, j, k
    rows, columns = linear_sum_assignment(-np.abs(toward))
    array = np.transpose(sitk.GetArrayFromImage(image), [2 - columns[2 - axis] for axis in range(3)])
    falling = [toward[row, column] < 0 for row, column in zip(rows, columns, strict=True)]
    return array[tuple(slice(None, None, -1 if falling[2 - axis] else 1) for axis in range(3))]


def _load_mgh(path: Path) -> sitk.Image:
    """Read FreeSurfer's own format, which SimpleITK lacks, by nibabel."""
    if find_spec("nibabel") is None:
        raise UserError(
            'Reading mgz files needs the Python package nibabel: install it with "pip install nibabel", or convert '
            "the label maps to NIfTI.",
            str(path),
        )
    import nibabel

    try:
        source = nibabel.load(path)
        values = np.asarray(source.dataobj)
    except (OSError, EOFError, ValueError, nibabel.filebasedimages.ImageFileError) as error:
        raise UserError(
            f"{path.name} cannot be read: it is damaged or incomplete; copy it again.", f"{path}: {error}"
        ) from error
    # The format is big-endian; SimpleITK wants the machine's own order.
    values = values.astype(np.int32 if values.dtype.kind in "iu" else np.float32)
    image = sitk.GetImageFromArray(np.ascontiguousarray(values.T))
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ source.affine
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    return image
