"""From frames and the parameter table to the core's Series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gliomamri.errors import UserError
from gliomamri.series import PARAMETERS, Series
from gliomamri_slicer.frames import Frame
from gliomamri_slicer.geometry import sameGridSentence


def knownParameters(frames: Sequence[Frame]) -> dict[str, tuple[float, ...]]:
    """Parameters that every frame knows, in the units of :data:`gliomamri.series.PARAMETERS`, one value per frame."""
    return {
        name: tuple(frame.parameters[name].value for frame in frames)
        for name in PARAMETERS
        if frames and all(name in frame.parameters for frame in frames)
    }


def seriesFromFrames(
    frames: Sequence[Frame],
    parameters: Mapping[str, Sequence[float]] | None = None,
    signed: bool | None = None,
) -> Series:
    """Make the series that a task fits.

    Parameters
    ----------
    frames : sequence of Frame
        As :func:`~gliomamri_slicer.frames.listFrames` gives them.
    parameters : mapping of str to sequence of float, optional
        What the user typed, one value per frame; goes before what the frames know.
    signed : bool, optional
        Whether the signal keeps its sign; by default what the frames' headers say, if they agree.

    Raises
    ------
    UserError
        If there is no frame, the frames lie on different grids, or values are missing.
    """
    if not frames:
        raise UserError("The series holds no image; select at least one.")
    for frame in frames[1:]:
        if frame.volumeNode is not frames[0].volumeNode:
            sentence = sameGridSentence(frames[0].volumeNode, frame.volumeNode)
            if sentence:
                raise UserError(sentence)
    values = knownParameters(frames) | {
        name: tuple(map(float, row)) for name, row in (parameters or {}).items()
    }
    if signed is None and len({frame.signed for frame in frames}) == 1:
        signed = frames[0].signed
    return Series(tuple(frame.image() for frame in frames), values, signed)
