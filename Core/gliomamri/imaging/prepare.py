"""One patient's images on one grid, and what was done to each.

    reference chosen -> each acquisition registered to it (one transform for all of its images) -> target grid ->
    every image resampled once, through the whole chain -> brain mask

Called by the task ``prepare`` (:mod:`gliomamri.imaging.task`) and by tasks that need a study on one grid; tested by
Testing/unit/imaging/test_prepare.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.acquisitions import MAPS, Acquisition, acquisitions, choose_reference
from gliomamri.imaging.alignable import Alignable, alignable
from gliomamri.imaging.brain_mask import BrainMask, find_brain, mask_doubts, volume_doubts
from gliomamri.imaging.geometry import same_grid
from gliomamri.imaging.moves import Move, find_move
from gliomamri.imaging.registration import FEWEST_SLICES
from gliomamri.imaging.resampling import interpolation_words, label_changes, resample
from gliomamri.imaging.rigid import Matrix, inverse
from gliomamri.imaging.settings import Settings
from gliomamri.imaging.template import TemplateAlignment, align_to_template, load_template
from gliomamri.roles import ROLES
from gliomamri.series import Series
from gliomamri.study import Segments, Study
from gliomamri.tasks import Progress, no_progress

_MOST_VOXELS = 60_000_000
_CLEAREST = (
    ("T1w", "T2w", "ceT1w"),
    ("T1map", "T2map", "PDmap"),
    ("ceT1map", "ceT2map", "cePDmap"),
    ("FLAIR",),
)
"""What a brain is looked for in, the clearest first: all there is of the first set of which there is any."""

_LOST_SHARE = 0.5


@dataclass(frozen=True)
class Prepared:
    """A study on one grid.

    Attributes
    ----------
    study : Study
        Images, series and segments on one grid; ``brain_mask`` among the images where there is one.
    reference : str
        Role that the others were laid on.
    moves : tuple of Move
        One per acquisition; the reference's first, which did not move.
    brain_mask : BrainMask or None
    template : TemplateAlignment or None
    interpolation : mapping of str to str
        By role.
    notes : tuple of str
        What was done to masks and segments, one sentence each.
    warnings : tuple of str
        What looks wrong, one sentence each.
    """

    study: Study
    reference: str
    moves: tuple[Move, ...]
    brain_mask: BrainMask | None
    template: TemplateAlignment | None
    interpolation: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def move_of(self, role: str) -> Move:
        """Return what moved a role's images."""
        return next(move for move in self.moves if role in move.acquisition.roles)

    def residual_of(self, role: str) -> float:
        """Return the median residual shift in mm between a role's images and the reference; 0 for the reference."""
        return self.move_of(role).residual


def prepare_study(
    study: Study, settings: Settings | None = None, progress: Progress = no_progress
) -> Prepared:
    """Put a study on one grid.

    Parameters
    ----------
    study : Study
        Images, series, brain mask and segments on any grids; it stays as it is.
    settings : Settings, optional
    progress : callable
        Told how far it is; what it raises ends the work.

    Raises
    ------
    UserError
        If the reference is missing or shows nothing, an image is not 3-D, the grid would be too large or the template
        is wanted and not installed.
    """
    settings = settings or Settings()
    _check(study)
    role = choose_reference(study, settings.reference)
    if not role:
        wanted = "an image" if settings.reference == "auto" else f"the {ROLES[settings.reference].title}"
        raise UserError(f"There is no reference to lay the images on; select {wanted}.")
    template_image = load_template() if settings.template != "off" else None
    groups = sorted(acquisitions(study), key=lambda group: role not in group.roles)
    reference_image = groups[0].image
    moves = _find_moves(groups, reference_image, settings, progress)
    progress(0.55, "Finding the brain")
    given, to_given, mask_notes = _given_mask(study, moves)
    template = None
    if template_image is not None:
        template = _to_template(reference_image, given, to_given, template_image)
    on_template = template is not None and settings.template == "grid"
    chain = template.inverse if on_template else np.eye(4)
    grid = _target_grid(template_image if on_template else reference_image, settings.spacing)
    made = _Resampler(grid, chain, progress)
    prepared = made.study(study, moves)
    brain = _brain_mask(prepared, given, made, to_given, settings)
    if brain is not None and on_template:
        brain = replace(
            brain, warnings=tuple(w for w in brain.warnings if w not in volume_doubts(brain.image))
        )
    segments, segment_notes = made.segments(study, moves)
    images = dict(prepared.images) if brain is None else {**prepared.images, "brain_mask": brain.image}
    warnings = [w for move in moves for w in move.warnings] + list(brain.warnings if brain else ())
    progress(1.0, "Done")
    return Prepared(
        study=replace(prepared, images=images, segments=segments),
        reference=role,
        moves=tuple(moves),
        brain_mask=brain,
        template=template,
        interpolation=made.words,
        notes=(*mask_notes, *segment_notes),
        warnings=tuple(dict.fromkeys([*warnings, *made.warnings])),
    )


def _check(study: Study) -> None:
    for role, images in (
        *((r, (i,)) for r, i in study.images.items()),
        *((r, s.images) for r, s in study.series.items()),
    ):
        for image in images:
            if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
                raise UserError(
                    f"The {ROLES[role].title} is not a volume of single values; choose another image."
                )


def _find_moves(
    groups: list[Acquisition], reference_image: sitk.Image, settings: Settings, progress: Progress
) -> list[Move]:
    """Register each acquisition to the first."""
    title = ROLES[groups[0].leader].title
    moves = [Move(groups[0], note="reference")]
    if settings.registration == "off":
        return moves + [Move(group, note="registration is off") for group in groups[1:]]
    if len(groups) == 1:
        return moves
    reference = alignable(reference_image, title=title)
    for number, group in enumerate(groups[1:]):
        progress(0.05 + 0.5 * number / (len(groups) - 1), f"Registering the {ROLES[group.leader].title}")
        moves.append(find_move(group, reference, reference_image, settings.search))
    return moves


def _matrix_for(image: sitk.Image, study: Study, moves: list[Move]) -> tuple[Matrix, str]:
    """Return the transform of the image on whose grid a mask lies, and its title; identity and nothing if on none."""
    for move in moves:
        for role in move.acquisition.roles:
            there = study.images.get(role) or study.series[role].images[0]
            if same_grid(image, there):
                return move.matrix, ROLES[role].title
    return np.eye(4), ""


def _given_mask(study: Study, moves: list[Move]) -> tuple[sitk.Image | None, Matrix, list[str]]:
    mask = study.images.get("brain_mask")
    if mask is None:
        return None, np.eye(4), []
    matrix, title = _matrix_for(mask, study, moves)
    return sitk.Cast(mask != 0, sitk.sitkUInt8), matrix, [_followed("brain mask", title)]


def _followed(what: str, title: str) -> str:
    if title:
        return f"The {what} moved with the {title}, on whose grid it lies."
    return f"The {what} lies on no image's grid; it stayed in scanner coordinates."


def _to_template(
    image: sitk.Image, given: sitk.Image | None, to_given: Matrix, template: sitk.Image
) -> TemplateAlignment:
    if min(image.GetSize()) < FEWEST_SLICES:
        raise UserError(
            "The reference has too few slices to lay it on the template; switch the template off."
        )
    mask = (
        resample(given, image, to_given, "labels") if given is not None else find_brain([image], "auto").image
    )
    reference: Alignable = alignable(image, mask, "reference")
    return align_to_template(reference, template)


def _target_grid(image: sitk.Image, spacing: float) -> sitk.Image:
    """Return an empty image with the target's geometry: the given one's, or cubes over the same box."""
    if spacing == 0:
        grid = sitk.Image(image.GetSize(), sitk.sitkUInt8)
        grid.CopyInformation(image)
        return grid
    edges = np.multiply(image.GetSize(), image.GetSpacing())
    size = [max(1, int(np.ceil(edge / spacing - 1e-3))) for edge in edges]
    if np.prod(size, dtype=float) > _MOST_VOXELS:
        raise UserError(
            f"Voxels of {spacing:g} mm make too large an image ({size[0]} x {size[1]} x {size[2]}); use larger ones."
        )
    grid = sitk.Image(size, sitk.sitkUInt8)
    grid.SetSpacing([spacing] * 3)
    grid.SetDirection(image.GetDirection())
    middle = (np.array(image.GetSize()) - 1) / 2
    axes = np.reshape(image.GetDirection(), (3, 3))
    center = np.array(image.TransformContinuousIndexToPhysicalPoint(middle.tolist()))
    grid.SetOrigin((center - axes @ ((np.array(size) - 1) / 2 * spacing)).tolist())
    return grid


class _Resampler:
    """Brings what belongs to a study to the grid and remembers what it did."""

    def __init__(self, grid: sitk.Image, chain: Matrix, progress: Progress) -> None:
        self.grid, self._chain, self._progress = grid, chain, progress
        self.words: dict[str, str] = {}
        self.warnings: list[str] = []

    def study(self, study: Study, moves: list[Move]) -> Study:
        """Return images and series on the grid."""
        images, series = {}, {}
        roles = [(role, move) for move in moves for role in move.acquisition.roles]
        shares: dict = {}
        for number, (role, move) in enumerate(roles):
            matrix = move.matrix @ self._chain
            self._progress(0.6 + 0.3 * number / len(roles), f"Resampling the {ROLES[role].title}")
            kind = "map" if role in MAPS else "image"
            if role in move.acquisition.roles[:1]:
                shares = {}
            if role in study.images:
                images[role] = resample(study.images[role], self.grid, matrix, kind, shares)
                first = study.images[role]
            else:
                one = study.series[role]
                first = one.images[0]
                moved = tuple(resample(image, self.grid, matrix, kind) for image in one.images)
                series[role] = Series(moved, one.parameters, one.signed)
            self.words[role] = interpolation_words(first, self.grid, matrix, kind)
        return Study(images, series, (), study.notes)

    def labels(self, image: sitk.Image, matrix: Matrix) -> sitk.Image:
        """Return a label map on the grid."""
        return resample(image, self.grid, matrix @ self._chain, "labels")

    def segments(self, study: Study, moves: list[Move]) -> tuple[tuple[Segments, ...], list[str]]:
        """Return the segments on the grid, and what they moved with."""
        made, notes = [], []
        for one in study.segments:
            matrix, title = _matrix_for(one.image, study, moves)
            names = ", ".join(one.names.values()) or "unnamed"
            notes.append(_followed(f"segmentation ({names})", title))
            moved = self.labels(one.image, matrix)
            changes = label_changes(one.image, moved)
            if not changes:
                self.warnings.append("The segmentation is empty; draw the lesion or choose another one.")
            for label, share in changes.items():
                if share < _LOST_SHARE:
                    what = "was lost" if share == 0 else f"shrank to {share:.0%} of its volume"
                    self.warnings.append(
                        f"The segment '{one.names.get(label, label)}' {what} on the new grid: it is too thin for its "
                        "voxels or lies outside."
                    )
            made.append(Segments(moved, one.names, one.colors))
        return tuple(made), notes


def _brain_mask(
    prepared: Study,
    given: sitk.Image | None,
    made: _Resampler,
    to_given: Matrix,
    settings: Settings,
) -> BrainMask | None:
    if settings.brain_mask == "off":
        return None
    if given is not None and settings.brain_mask == "auto":
        mask = made.labels(given, to_given)
        return BrainMask(mask, "given", tuple(mask_doubts(mask)))
    return find_brain(_brain_images(prepared), settings.brain_mask)


def _brain_images(prepared: Study) -> list[sitk.Image]:
    """Return what the brain is looked for in; of a series the root mean square: it shows all tissue."""
    for roles in _CLEAREST:
        there = [prepared.images[role] for role in roles if role in prepared.images]
        if there:
            return there
    if prepared.series:
        images = next(iter(prepared.series.values())).images
        total = sum(sitk.GetArrayViewFromImage(image).astype(np.float32) ** 2 for image in images)
        found = sitk.GetImageFromArray(np.sqrt(total / len(images)))
        found.CopyInformation(images[0])
        return [found]
    return list(prepared.images.values())


def to_template_chain(prepared: Prepared, role: str) -> tuple[Matrix, Matrix]:
    """Return the matrix from a role's own image to the template, in mm, LPS, and its inverse.

    Raises
    ------
    ValueError
        If the study was not registered to the template.
    """
    if prepared.template is None:
        raise ValueError("the study was not registered to the template")
    from_reference = prepared.move_of(role).matrix
    return prepared.template.matrix @ inverse(from_reference), from_reference @ prepared.template.inverse
