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

_EXAMPLES = {
    "inversion_time": "inversion_times=50,100,500,2000",
    "echo_time": "echo_times=10,25,50,100",
    "flip_angle": "flip_angles=3,8,15,25",
}
_UNITS = {"flip_angle": "degrees"}
_MAGIC_EXAMPLES = {
    "inversion_time": "magic_inversion_times=170,670,1840,3840,170,670,1840,3840",
    "echo_time": "magic_echo_times=22,22,22,22,95,95,95,95",
}
_SEQUENCES = {
    "IRT1": "inversion-recovery", "MAGIC": "MAGIC", "ceMAGIC": "MAGIC", "VFA": "variable flip angle",
}  # fmt: skip
_MISSING_B1 = 0.5
_PERCENT_B1 = (20.0, 300.0)


def times_of(series: Series, name: str, typed: tuple[float, ...], role: str = "") -> np.ndarray:
    """Inversion or echo times in ms, or flip angles in degrees, typed ones first, shape (n_images,).

    Raises
    ------
    UserError
        If nobody says them.
    """
    if typed:
        series = series.with_parameter(name, typed)
    if name not in series.parameters:
        examples = _MAGIC_EXAMPLES if role.endswith("MAGIC") else _EXAMPLES
        raise UserError(
            f"The images do not say their {name.replace('_', ' ')}s; type them, one per image in "
            f"{_UNITS.get(name, 'ms')} (command line: --set {examples[name]})."
        )
    return np.asarray(series.parameters[name], dtype=float)


def repetition_time_of(series: Series, typed: float, role: str = "IRT1") -> tuple[float | None, list[str]]:
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
            f"The {_SEQUENCES[role]} images have different repetition times ({min(known):g} to {max(known):g} ms); "
            "they must come from one protocol."
        )
    return known[0], []


def needed_repetition_time(series: Series, typed: float, role: str, setting: str) -> float:
    """One repetition time in ms where the fit cannot do without; ``setting`` is the name to type it by.

    Raises
    ------
    UserError
        If nobody says it, or the images have different ones.
    """
    known, _ = repetition_time_of(series, typed, role)
    if known is None:
        raise UserError(
            f"The {_SEQUENCES[role]} images do not say their repetition time; type it in ms "
            f"(command line: --set {setting}=4000)."
        )
    return known


def fitted_mask(study: Study, series: Series, settings: Settings) -> tuple[np.ndarray, list[str]]:
    """Voxels to fit, ndarray of bool (z, y, x) on the grid of the series, and what to warn of.

    Raises
    ------
    UserError
        If the images of the series lie on different grids or are no volumes, or the brain mask is empty there.
    """
    grid = series.images[0]
    for image in series.images:
        if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
            raise UserError(
                "An image of the series is not three-dimensional with one value per voxel; "
                "select single volumes, one per time."
            )
    for image in series.images[1:]:
        if not same_grid(grid, image):
            raise UserError(
                "The images of a series do not lie on one grid; select those of one scan. "
                + describe_difference(grid, image)
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


def compact_signals_of(series: Series, mask: np.ndarray, *, signed: bool) -> np.ndarray:
    """Like :func:`signals_of` in float32, for series whose double precision would fill the memory."""
    if not signed and any(holds_negative_signal(image) for image in series.images):
        return signals_of(series, mask, signed=signed)  # which says what is wrong
    signals = np.empty((int(mask.sum()), len(series)), np.float32)
    for column, image in zip(signals.T, series.images, strict=True):
        column[:] = sitk.GetArrayViewFromImage(image)[mask]
    return signals if signed else np.abs(signals, out=signals)


def given_field(study: Study, grid: sitk.Image, mask: np.ndarray) -> tuple[np.ndarray, list[str]] | None:
    """Given B1 of the masked voxels (n,), 0 where the map holds none, and what to warn of; None without a map.

    Raises
    ------
    UserError
        If the map's values are no ratio near 1 and no percentage, or it holds too few of the voxels.
    """
    image = study.images.get("B1map")
    if image is None:
        return None
    warnings = []
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise UserError(
            "The B1 map is not three-dimensional with one value per voxel; select a single volume."
        )
    if not same_grid(image, grid):
        image = sitk.Resample(
            sitk.Cast(image, sitk.sitkFloat32), grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32
        )
        warnings.append("The B1 map was resampled (linear) to the grid of the images.")
    B1 = sitk.GetArrayViewFromImage(image)[mask].astype(float)
    B1[~np.isfinite(B1) | (B1 <= 0)] = 0
    held = B1 > 0
    if held.mean() < _MISSING_B1:
        raise UserError(
            f"The B1 map holds values in {held.mean():.0%} of the voxels to fit only; select the map of this "
            "patient and scan, or none."
        )
    typical = float(np.median(B1[held]))
    if _PERCENT_B1[0] < typical < _PERCENT_B1[1]:
        B1 /= 100
        warnings.append("The B1 map was taken as percent of the nominal angle.")
    elif not 0.2 < typical < 1.8:
        raise UserError(
            f"The B1 map has a median of {typical:.3g}; it must be the actual over the nominal flip angle, near 1. "
            "Select another map, or none."
        )
    B1[(B1 < 0.2) | (B1 > 1.8)] = 0
    if not (B1 > 0).all():
        warnings.append(
            f"The B1 map holds no usable value in {1 - (B1 > 0).mean():.1%} of the voxels; no map holds them."
        )
    return B1, warnings
