"""Where one acquisition lies relative to the reference, how that was found, and what looks wrong about it.

Used by :mod:`gliomamri.imaging.prepare`; tested by Testing/unit/imaging/test_moves.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.acquisitions import Acquisition
from gliomamri.imaging.alignable import Alignable, alignable
from gliomamri.imaging.alignment_quality import LocalShifts, local_shifts
from gliomamri.imaging.geometry import same_grid
from gliomamri.imaging.registration import FEWEST_SLICES, RigidAlignment, align, refine
from gliomamri.imaging.rigid import Matrix
from gliomamri.roles import ROLES

AGREES = 0.1
"""Images on one grid agree where the optimum is nearer than this share of a voxel edge (cube root of its volume)."""

SAME_SIMILARITY = 0.005
"""... or where mutual information grows by less than this share: the optimum is flat there [our choice]."""

_LARGEST_SHIFT = 1.5
"""mm, or half a slice where slices are thicker: a median residual shift beyond it is worth a warning [our choice]."""

_LEAST_OVERLAP = 0.5
_LEAST_SIMILARITY = 0.03
"""nats; two images of one head share 0.1 or more, of different things about 0."""


@dataclass(frozen=True)
class Move:
    """What was found out about one acquisition.

    Attributes
    ----------
    acquisition : Acquisition
    matrix : 4 x 4 array
        In mm, LPS: the point p of the reference lies at ``matrix @ p`` of the acquisition's images.
    alignment : RigidAlignment or None
        None where nothing was registered.
    shifts : LocalShifts or None
        Residual shifts of blocks after the transform.
    note : str
        One sentence: why it was not registered, or empty.
    warnings : tuple of str
        Sentences for the user.
    """

    acquisition: Acquisition
    matrix: Matrix = field(default_factory=lambda: np.eye(4))
    alignment: RigidAlignment | None = None
    shifts: LocalShifts | None = None
    note: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def residual(self) -> float:
        """Median residual shift in mm; 0 where it is not known."""
        return self.shifts.median if self.shifts is not None else 0.0


def find_move(
    acquisition: Acquisition, reference: Alignable, reference_image: sitk.Image, search: str
) -> Move:
    """Register an acquisition to the reference and judge the result; what agrees already stays where it is."""
    title = ROLES[acquisition.leader].title
    if min(acquisition.image.GetSize()) < FEWEST_SLICES or min(reference_image.GetSize()) < FEWEST_SLICES:
        return Move(acquisition, note="too few slices to register: left in scanner coordinates")
    try:
        moving = alignable(acquisition.image, title=title)
    except UserError as error:
        return Move(
            acquisition, note="shows nothing: left in scanner coordinates", warnings=(error.sentence,)
        )
    on_grid = same_grid(acquisition.image, reference_image)
    if on_grid:
        near = refine(moving, reference)
        if agrees(near, reference_image):
            return _judged(acquisition, np.eye(4), near, moving, reference, "agreed already")
    found = align(moving, reference, search=search)
    if found.similarity_after * found.overlap < found.similarity_before * found.overlap_before:
        warning = f"Registration did not make the {title} more similar; it was left in scanner coordinates."
        kept = _judged(acquisition, np.eye(4), found, moving, reference, "registration failed")
        return Move(acquisition, kept.matrix, found, kept.shifts, kept.note, (warning, *kept.warnings))
    return _judged(acquisition, found.matrix, found, moving, reference, "")


def agrees(near: RigidAlignment, image: sitk.Image) -> bool:
    """Tell whether an image on the reference's grid need not move, from the optimum next to where it is."""
    edge = float(np.prod(image.GetSpacing())) ** (1 / 3)
    gain = near.similarity_after - near.similarity_before
    return near.displacement < AGREES * edge or gain < SAME_SIMILARITY * near.similarity_after


def _judged(
    acquisition: Acquisition,
    matrix: Matrix,
    alignment: RigidAlignment,
    moving: Alignable,
    reference: Alignable,
    note: str,
) -> Move:
    shifts = local_shifts(moving, reference, matrix)
    title = ROLES[acquisition.leader].title
    thickest = max(moving.spacing.max(), reference.spacing.max())
    warnings = _doubts(title, alignment, shifts, max(_LARGEST_SHIFT, thickest / 2))
    return Move(acquisition, matrix, alignment, shifts, note, tuple(warnings))


def _doubts(title: str, alignment: RigidAlignment, shifts: LocalShifts, largest: float) -> list[str]:
    doubts = []
    if alignment.similarity_after < _LEAST_SIMILARITY:
        doubts.append(f"The {title} hardly resembles the reference; check that it shows the same head.")
    if alignment.overlap < _LEAST_OVERLAP:
        doubts.append(
            f"The {title} covers only {alignment.overlap:.0%} of the reference's head; look at its alignment."
        )
    if alignment.search != "off" and alignment.rotation > float(alignment.search):
        doubts.append(
            f"The {title} was turned by {alignment.rotation:.0f} degrees, as far as was searched; "
            "search farther or check its alignment."
        )
    if shifts.known and shifts.median > largest:
        doubts.append(
            f"Parts of the {title} still lie {shifts.median:.1f} mm off after registration (median); "
            "check its alignment."
        )
    return doubts
