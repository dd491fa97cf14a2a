"""What the relaxometry task reads from a study: times, sign, mask and signals; a sentence for each that is wrong."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.foreground import foreground_mask
from gliomamri.imaging.geometry import describe_difference, same_grid
from gliomamri.imaging.sign import holds_negative_signal
from gliomamri.relaxometry.settings import Settings
from gliomamri.series import Series
from gliomamri.study import Study

_EXAMPLES = {"inversion_time": "inversion_times=50,100,500,2000", "echo_time": "echo_times=10,25,50,100"}


def times_of(series: Series, name: str, typed: tuple[float, ...]) -> np.ndarray:
    """Inversion or echo times in ms, typed ones first, shape (n_images,).

    Raises
    ------
    UserError
        If nobody says them.
    """
    if typed:
        series = series.with_parameter(name, typed)
    if name not in series.parameters:
        raise UserError(
            f"The images do not say their {name.replace('_', ' ')}s; type them, one per image in ms "
            f"(command line: --set {_EXAMPLES[name]})."
        )
    return np.asarray(series.parameters[name], dtype=float)


def repetition_time_of(series: Series, typed: float) -> tuple[float | None, list[str]]:
    """One repetition time in ms for the whole series, None when unknown, and what to warn of.

    Raises
    ------
    UserError
        If the images have different ones.
    """
    if typed > 0:
        return typed, []
    known = series.parameters.get("repetition_time")
    if not known:
        return None, [
            "The repetition time is unknown and was taken as infinitely long; type it if it is below 5 T1."
        ]
    if max(known) - min(known) > 1e-3 * max(known):
        raise UserError(
            f"The inversion-recovery images have different repetition times ({min(known):g} to {max(known):g} ms); "
            "they must come from one protocol."
        )
    return known[0], []


def fitted_mask(study: Study, series: Series, settings: Settings) -> tuple[np.ndarray, list[str]]:
    """Voxels to fit, ndarray of bool (z, y, x) on the grid of the series, and what to warn of.

    Raises
    ------
    UserError
        If the images of the series lie on different grids, or the brain mask is empty there.
    """
    grid = series.images[0]
    for image in series.images[1:]:
        if not same_grid(grid, image):
            raise UserError(
                "The images of a series do not lie on one grid: " + describe_difference(grid, image)
            )
    if settings.fit_background:
        return np.ones(grid.GetSize()[::-1], bool), []
    given = study.images.get("brain_mask")
    if given is None:
        return foreground_mask(series.images), []
    warnings = []
    if not same_grid(given, grid):
        given = sitk.Resample(given, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
        warnings.append("The brain mask was resampled (nearest neighbor) to the grid of the images.")
    mask = sitk.GetArrayFromImage(given) > 0
    if not mask.any():
        raise UserError("The brain mask holds no voxel of these images; choose another mask or none.")
    return mask, warnings


def is_signed(series: Series, polarity: str) -> bool:
    """Tell whether a series keeps the sign of the signal: as set, as the source says, or as the values show."""
    if polarity != "auto":
        return polarity == "signed"
    if series.signed is not None:
        return series.signed
    return any(holds_negative_signal(image) for image in series.images)


def signals_of(series: Series, mask: np.ndarray, *, signed: bool) -> np.ndarray:
    """Signals of the masked voxels, shape (n_voxels, n_images); magnitudes where the sign plays no part.

    Raises
    ------
    UserError
        If images that are taken as magnitudes hold negative signal.
    """
    if not signed and any(holds_negative_signal(image) for image in series.images):
        raise UserError(
            "The images hold negative signal but are taken as magnitude images; "
            "set the sign of the signal to signed, or select magnitude images."
        )
    voxels = [sitk.GetArrayViewFromImage(image)[mask].astype(np.float64) for image in series.images]
    signals = np.stack(voxels, axis=1)
    return signals if signed else np.abs(signals)
