"""Affine registration to the ICBM 2009a template, which comes inside the nilearn package.

    maximize over A (3 x 3), t      MI( reference(p), template(A (p - c) + c + t) ),    p inside the brain

started from the template's brain laid over the reference's by center and size. The chain image -> reference ->
template is a product of 4 x 4 matrices and inverted exactly.

Source of the template: Fonov et al., NeuroImage 2011;54:313-327. Used by :mod:`gliomamri.imaging.prepare`; tested by
Testing/unit/imaging/test_template.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.imaging.alignable import Alignable, alignable
from gliomamri.imaging.mattes import Comparison
from gliomamri.imaging.registration import align
from gliomamri.imaging.rigid import Matrix, affine_of, inverse, matrix_of

NAME = "ICBM 2009a"

_SCALES = ((8.0, 6_000, 40), (4.0, 15_000, 40), (2.0, 40_000, 30))
"""Scale in mm, samples, steps."""


@dataclass(frozen=True)
class TemplateAlignment:
    """Where the template lies.

    Attributes
    ----------
    matrix : 4 x 4 array
        In mm, LPS: the point p of the reference lies at ``matrix @ p`` of the template.
    similarity_before, similarity_after : float
        Mutual information in nats of the rigid start and of the result.
    """

    matrix: Matrix
    similarity_before: float
    similarity_after: float

    @property
    def inverse(self) -> Matrix:
        """The point p of the template lies at ``inverse @ p`` of the reference."""
        return inverse(self.matrix)


def load_template() -> sitk.Image:
    """Return the skull-stripped T1 template at 1 mm, float32, LPS.

    Raises
    ------
    UserError
        If nilearn is not installed.
    """
    try:
        from nilearn.datasets import load_mni152_template
    except ImportError as error:
        raise UserError(
            "The brain template comes with the package nilearn, which is not installed; install it or switch the "
            "template off.",
            str(error),
        ) from error
    found = load_mni152_template(resolution=1)
    return _from_nibabel(np.asarray(found.get_fdata(dtype=np.float32)), np.asarray(found.affine))


def align_to_template(reference: Alignable, template: sitk.Image) -> TemplateAlignment:
    """Lay the reference on the template.

    Parameters
    ----------
    reference : Alignable
        Its support should be the brain: the template has no skull.
    template : SimpleITK.Image
        Of :func:`load_template`.
    """
    fixed = reference
    moving = alignable(template, title="template")
    matrix = align(moving, fixed, search="30").matrix
    start: sitk.Transform = affine_of(matrix, fixed.center)
    found = start
    for scale, most, steps in _SCALES:
        pair = Comparison.at(fixed, moving, scale, most)
        found, _ = pair.climb(found, scale / 2, steps)
    result = matrix_of(found)
    return TemplateAlignment(result, pair.similarity(matrix), pair.similarity(result))


def _from_nibabel(values: NDArray[np.float32], affine: NDArray[np.float64]) -> sitk.Image:
    """Make an image of an array (x, y, z) with an RAS affine."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(values.T))
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    edges = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(edges.tolist())
    image.SetDirection((lps[:3, :3] / edges).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image
