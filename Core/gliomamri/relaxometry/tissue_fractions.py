"""White matter, gray matter, CSF, myelin and what is none of them, as shares of every voxel, from maps.

A lookup in (R1, R2, PD) after West, Warntjes, Lundberg, Eur Radiol 22:998 (2012), with published ranges: a voxel is
the mixture of healthy tissues that explains it best (:mod:`~gliomamri.relaxometry.mixtures`). What no mixture
explains is "other", as far as its misfit ``d`` exceeds that of healthy tissue:

    other = (d - 2) / 2 between d = 2 and d = 4 standard deviations                         [our choice]    (1)

Free water inside tissue is not CSF either but edema, and counts as other
(:mod:`~gliomamri.relaxometry.excess_water`). The shares and "other" sum to 1 in every measured voxel.

What it cannot do: tumor whose R1, R2 and PD are those of a mixture, such as gray matter with CSF, is taken for that
mixture; cyst fluid is CSF; iron-rich nuclei are in part "other". Exclude the annotation where healthy tissue is
wanted.

Called by the relaxometry task and, for normal-appearing white matter, by the regions; tested by
Testing/unit/relaxometry/test_tissue_fractions.py.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import describe_difference, image_on
from gliomamri.relaxometry.excess_water import move_excess_water
from gliomamri.relaxometry.mixtures import Axis, LookupTable, best_mixture, volume_shares
from gliomamri.relaxometry.myelin import plausible_myelin_corners
from gliomamri.relaxometry.rates import rates_of
from gliomamri.relaxometry.tissue_centers import patient_centers
from gliomamri.relaxometry.tissue_references import PRESETS, SPREAD, TISSUES, Center, corners

FROM_PATIENT = "from the patient within published ranges"
CHOICES = (FROM_PATIENT, *PRESETS)
"""Where the centers of the tissues come from."""

NAMES = (*TISSUES, "myelin", "other")
"""Names of the fractions, in the order of all arrays."""

_AXES = (Axis(0.0, 2.4, 121), Axis(0.0, 30.0, 76), Axis(0.8, 2.0, 25))
"""Nodes of the table: R1 and R2 in 1/s, 1/PD."""

_EXPLAINED, _UNEXPLAINED = 2.0, 4.0


@dataclass(frozen=True)
class TissueFractions:
    """Shares of the volume of every voxel.

    Attributes
    ----------
    images : mapping of str to SimpleITK.Image
        Per name of :data:`NAMES`, float32 in [0, 1] on the grid of the T1 map; 0 where nothing was measured. WM, GM,
        CSF and other sum to 1; myelin is a part of WM and GM.
    volumes : mapping of str to float
        Per name, in ml.
    centers : mapping of str to Center
        What pure WM, GM and CSF were taken to measure.
    notes : tuple of str
        Sentences for the user.
    """

    images: Mapping[str, sitk.Image]
    volumes: Mapping[str, float]
    centers: Mapping[str, Center]
    notes: tuple[str, ...]


def tissue_fractions(
    T1map: sitk.Image,
    T2map: sitk.Image | None = None,
    PDmap: sitk.Image | None = None,
    mask: sitk.Image | None = None,
    *,
    values: str = FROM_PATIENT,
    post_contrast: bool = False,
) -> TissueFractions:
    """Split every voxel of the brain into tissues.

    Parameters
    ----------
    T1map, T2map : SimpleITK.Image
        In ms; values that are not positive are no measurements. Without T2 fewer mixtures are told apart.
    PDmap : SimpleITK.Image
        In percent of water; left out, with a note, where its values cannot be that.
    mask : SimpleITK.Image
        The brain; without it all measured voxels, so that scalp and skull are split too.
    values : str
        One of :data:`CHOICES`.
    post_contrast : bool
        Whether the maps were measured after contrast agent, which is refused.

    Raises
    ------
    UserError
        If the maps are post-contrast, lie on different grids, hold nothing, or ``values`` is unknown.
    """
    _refuse(values, post_contrast)
    arrays, brain = _arrays(T1map, T2map, PDmap, mask)
    R1, R2, PD = (None if array is None else array[brain] for array in arrays)
    of_patient = patient_centers(R1, R2, PD)
    adapts = values == FROM_PATIENT
    centers = of_patient.centers if adapts else PRESETS[values]
    if of_patient.PD_problem:
        PD = None
    notes = [
        *(of_patient.notes if adapts else ()),
        of_patient.PD_problem,
        *_notes_on_missing(T2map, PDmap, mask),
    ]
    shares = fraction_arrays(centers, R1, R2, PD)
    volume = np.zeros((len(NAMES), *brain.shape), np.float32)
    volume[:, brain] = shares
    fluid, other = volume[NAMES.index("CSF")], volume[NAMES.index("other")]
    move_excess_water(fluid, other, tuple(reversed(T1map.GetSpacing())))
    milliliters = float(np.prod(T1map.GetSpacing())) / 1000
    volumes = {
        name: float(part.sum(dtype=float) * milliliters) for name, part in zip(NAMES, volume, strict=True)
    }
    images = {name: image_on(part, T1map) for name, part in zip(NAMES, volume, strict=True)}
    return TissueFractions(images, volumes, dict(centers), tuple(filter(None, notes)))


def fraction_arrays(
    centers: Mapping[str, Center],
    R1: NDArray[np.float32],
    R2: NDArray[np.float32] | None = None,
    PD: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Look voxels up; excess water is not told from CSF here.

    Parameters
    ----------
    centers
        Per tissue, as in :class:`TissueFractions`.
    R1, R2 : arrays, shape (n,)
        In 1/s; R1 positive. Where R2 or PD is not positive, R1 alone decides.
    PD : array, shape (n,)
        In percent of water.

    Returns
    -------
    array of float32, shape (5, n)
        In the order of :data:`NAMES`.
    """
    features = [R1.astype(np.float32, copy=False)]
    complete = np.ones(len(R1), bool)
    kept = [0]
    for number, values in ((1, R2), (2, PD)):
        if values is not None:
            complete &= values > 0
            kept.append(number)
            features.append(values.astype(np.float32, copy=False))
    if kept[-1] == 2:
        features[-1] = np.divide(np.float32(100), features[-1], out=np.ones_like(R1), where=features[-1] > 0)
    pure = tuple(centers[tissue] for tissue in TISSUES)
    table = fraction_table(pure, tuple(kept))
    if complete.all():
        return _with_fluid(table(*features))
    out = np.empty((len(NAMES), len(R1)), np.float32)
    out[:, complete] = _with_fluid(table(*(feature[complete] for feature in features)))
    out[:, ~complete] = _with_fluid(fraction_table(pure, (0,))(features[0][~complete]))
    return out


@functools.lru_cache(maxsize=8)
def fraction_table(centers: tuple[Center, ...], features: tuple[int, ...]) -> LookupTable:
    """Solve the mixtures on a grid.

    Parameters
    ----------
    centers
        Of white matter, gray matter and CSF.
    features
        Some of 0 (R1), 1 (R2), 2 (1/PD), in this order: the axes of the grid.

    Returns
    -------
    LookupTable
        Channels: WM, GM, myelin, other. CSF is what is left.
    """
    pure = corners(dict(zip(TISSUES, centers, strict=True)))
    materials = plausible_myelin_corners(pure)
    columns = list(features)
    spread = np.array(SPREAD)[columns]

    def solve(nodes: NDArray[np.float64]) -> NDArray[np.float64]:
        water, distance = best_mixture(nodes, pure[:, columns], spread)
        other = np.clip((distance - _EXPLAINED) / (_UNEXPLAINED - _EXPLAINED), 0, 1)
        shares = volume_shares(water, pure[:, 2])[:, :2]
        myelin = volume_shares(best_mixture(nodes, materials[:, columns], spread)[0], materials[:, 2])[:, :1]
        return np.column_stack([(1 - other)[:, None] * np.column_stack([shares, myelin]), other])

    return LookupTable.of(tuple(_AXES[number] for number in columns), solve)


def _with_fluid(looked_up: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put CSF, what is left, between the channels of a table: (4, n) to (5, n)."""
    white, gray, myelin, other = looked_up
    fluid = np.maximum(1 - white - gray - other, 0)
    return np.stack([white, gray, fluid, myelin, other])


def _refuse(values: str, post_contrast: bool) -> None:
    if post_contrast:
        raise UserError(
            "Tissue fractions need maps from before contrast agent, which shortens T1; select the maps without it."
        )
    if values not in CHOICES:
        raise UserError(f"There are no tissue values called '{values}'; choose one of: {', '.join(CHOICES)}.")


def _arrays(
    T1map: sitk.Image, T2map: sitk.Image | None, PDmap: sitk.Image | None, mask: sitk.Image | None
) -> tuple[list[NDArray[np.float32] | None], NDArray[np.bool_]]:
    """Return R1, R2 (1/s), PD (percent) as (z, y, x), 0 where not measured, and the brain."""
    for name, image in (("T2 map", T2map), ("proton density map", PDmap), ("brain mask", mask)):
        difference = "" if image is None else describe_difference(image, T1map)
        if difference:
            raise UserError(
                f"The {name} does not lie on the grid of the T1 map; prepare the images first. {difference}"
            )
    R1 = rates_of(sitk.GetArrayViewFromImage(T1map)).values
    R2 = None if T2map is None else rates_of(sitk.GetArrayViewFromImage(T2map)).values
    PD = None if PDmap is None else np.nan_to_num(sitk.GetArrayFromImage(PDmap).astype(np.float32), posinf=0)
    brain = R1 > 0
    if mask is not None:
        brain &= sitk.GetArrayViewFromImage(mask) > 0
    if not brain.any():
        raise UserError("The T1 map holds no values in the brain, so there is nothing to split into tissues.")
    return [R1, R2, PD], brain


def _notes_on_missing(
    T2map: sitk.Image | None, PDmap: sitk.Image | None, mask: sitk.Image | None
) -> list[str]:
    notes = []
    if T2map is None:
        notes.append("Without a T2 map tissue fractions rest on T1 alone: only neighbors in T1 can be mixed.")
    if PDmap is None:
        notes.append("Without a proton density map tissue fractions rest on relaxation times alone.")
    if mask is None:
        notes.append("Without a brain mask scalp and skull are split into tissues too.")
    return notes
