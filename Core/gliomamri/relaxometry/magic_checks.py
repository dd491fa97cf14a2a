"""What a MAGIC series must look like to be fitted, each failing with one sentence.

Called by magic_fit.py; tested by Testing/unit/relaxometry/test_magic_inputs.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.checks import checked_times
from gliomamri.relaxometry.magic_model import MagicProtocol


def checked_protocol(
    inversion_times: ArrayLike,
    echo_times: ArrayLike,
    repetition_time: float,
    saturation_angle: float,
    flip_angle: float,
    *,
    unknowns: int,
    spare: bool,
) -> MagicProtocol:
    """Return the protocol of a series.

    Parameters
    ----------
    inversion_times, echo_times, repetition_time, saturation_angle, flip_angle
        As for :func:`~gliomamri.relaxometry.magic_fit.fit_magic`.
    unknowns
        What the delays must tell: amplitude and R1, and B1 where it is not given; one delay each.
    spare
        Whether one image more than unknowns is needed, for noise or sign.

    Raises
    ------
    ValueError
        With one sentence.
    """
    inversion_times = checked_times(inversion_times, "inversion times", 1)
    echo_times = checked_times(echo_times, "echo times", 1)
    if inversion_times.size != echo_times.size:
        raise ValueError(
            f"There are {inversion_times.size} inversion times but {echo_times.size} echo times; "
            "each image needs one of both."
        )
    delays = np.unique(inversion_times).size
    if delays < unknowns:
        reason = "T1 and B1" if unknowns > 2 else "T1"
        raise ValueError(
            f"MAGIC needs images of at least {unknowns} different inversion times to tell {reason}; got {delays}."
        )
    fewest = unknowns + (np.unique(echo_times).size > 1) + spare
    if inversion_times.size < fewest:
        raise ValueError(
            f"This fit of MAGIC needs at least {fewest} images; got {inversion_times.size}. Select all of the series."
        )
    if not np.isfinite(repetition_time) or repetition_time <= 0:
        raise ValueError(f"The repetition time must be a positive number in ms; got {repetition_time}.")
    longest = float(np.max(inversion_times + echo_times))
    if repetition_time < np.max(inversion_times) or repetition_time < np.max(echo_times):
        raise ValueError(
            f"The repetition time ({repetition_time:g} ms) must be longer than every inversion and echo time "
            f"(together up to {longest:g} ms)."
        )
    for angle, name in ((saturation_angle, "saturation"), (flip_angle, "flip")):
        if not 0 < angle <= 180:
            raise ValueError(f"The {name} angle must be above 0 and at most 180 degrees; got {angle}.")
    protocol = MagicProtocol.of(inversion_times, echo_times, repetition_time, saturation_angle, flip_angle)
    _check_connected(protocol)
    return protocol


def _check_connected(protocol: MagicProtocol) -> None:
    """Refuse delays and echoes that share no images: their amplitudes could not be compared."""
    linked = protocol.weights > 0
    reached = linked[0].copy()
    for _ in range(len(linked)):
        for row in linked:
            if (row & reached).any():
                reached |= row
    if not reached.all() or not (linked & reached).any(axis=1).all():
        raise ValueError(
            "The echo times have no inversion time in common, so that T1 and T2 cannot be told apart; "
            "select images of one inversion time at several echo times too."
        )


def checked_field(
    mask: ArrayLike | None, spacing: tuple[float, float, float], voxels: int, usable: np.ndarray
) -> tuple[np.ndarray, tuple[float, float, float]]:
    """Return mask and spacing of a fit with a smooth field.

    Raises
    ------
    ValueError
        If the mask does not hold the voxels, no voxel has signal, or the spacing is wrong.
    """
    if mask is None:
        raise ValueError("A smooth B1 needs to know where the voxels lie; give their mask.")
    mask = np.asarray(mask, bool)
    if mask.ndim != 3 or mask.sum() != voxels:
        raise ValueError(
            f"The mask must be three-dimensional and hold the {voxels} voxels; it has shape {mask.shape} "
            f"and {mask.sum()} voxels."
        )
    if not usable.any():
        raise ValueError("The images hold no signal in the mask; select the mask of these images, or none.")
    spacing = tuple(float(step) for step in spacing)
    if len(spacing) != 3 or not all(np.isfinite(step) and step > 0 for step in spacing):
        raise ValueError(f"The spacing must be three positive numbers in mm; got {spacing}.")
    return mask, spacing
