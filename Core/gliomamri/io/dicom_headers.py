"""What DICOM headers say of an MR slice: place, acquisition parameters, kind of signal.

Source: DICOM PS3.3, C.7.6.2 (image plane), C.8.3 (MR image), C.8.13 (enhanced MR), C.7.6.16 (functional
groups); private b-values as the vendors' conformance statements give them. Times are in ms in DICOM as with us.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gliomamri.io.dicom_fields import floats, item, number, private
from gliomamri.io.dicom_signal import after_contrast, component_of, signed_of
from gliomamri.io.patients import Patient
from gliomamri.series import PARAMETERS

if TYPE_CHECKING:
    from pydicom import Dataset

_MR_IMAGES = ("1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1")
"""Storage classes of classic and enhanced MR images."""
_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class Frame:
    """One slice: a classic file, or one frame of an enhanced multi-frame file.

    Attributes
    ----------
    path : pathlib.Path
        Its file.
    index : int or None
        Frame number in an enhanced file, from 0.
    series : str
        SeriesInstanceUID.
    shape : (rows, columns)
        Its size.
    position : (x, y, z)
        Center of the first voxel, mm, LPS.
    orientation : six floats
        Direction along a row, then down a column.
    spacing : (between rows, between columns)
        In mm.
    thickness : float
        Distance between slices where the header gives one, else their thickness, mm; 0 when unknown.
    parameters : mapping of str to float
        Keyed by :data:`gliomamri.series.PARAMETERS`.
    component : str
        "magnitude", "phase", "real", "imaginary", or empty when the header does not say.
    signed : bool or None
        Whether the values keep the sign of the signal; None when the header does not say.
    is_gradient_echo : bool
        True when the header says so.
    after_contrast : bool
        True when the header names a contrast agent, or the description an image after one.
    repeat : tuple
        Temporal position, acquisition number, gradient direction: tells repeated slices apart.
    patient : (str, str)
        PatientID and PatientName, empty when the header has none. Only to be compared, never shown.
    voxel_bytes : int
        Size of a voxel in memory.
    """

    path: Path
    index: int | None
    series: str
    shape: tuple[int, int]
    position: tuple[float, float, float]
    orientation: tuple[float, ...]
    spacing: tuple[float, float]
    thickness: float
    parameters: Mapping[str, float] = field(default_factory=dict)
    component: str = ""
    signed: bool | None = None
    is_gradient_echo: bool = False
    after_contrast: bool = False
    repeat: tuple = ()
    patient: Patient = field(default=("", ""), repr=False)
    voxel_bytes: int = 2


def header_parameters(sources: Iterable[Path | str | Dataset]) -> dict[str, float]:
    """Give the acquisition parameters that the slices of one volume share.

    Parameters
    ----------
    sources : iterable of paths or pydicom datasets
        All files (or headers) of one volume.

    Returns
    -------
    dict of str to float
        Keyed by :data:`gliomamri.series.PARAMETERS`, in its unit. A parameter that is absent from a header,
        or that varies among the slices, is left out.
    """
    found = [parameters for source in sources for parameters in _parameters_of_all_frames(_dataset(source))]
    return shared_parameters(found)


def shared_parameters(found: list[Mapping[str, float]]) -> dict[str, float]:
    """Keep the parameters that all of several slices give, with equal values (to 1e-3 of their unit)."""
    return {
        name: found[0][name]
        for name in PARAMETERS
        if found and all(name in one and abs(one[name] - found[0][name]) < 1e-3 for one in found)
    }


def header_signed(sources: Iterable[Path | str | Dataset]) -> bool | None:
    """Tell whether the voxels of one volume keep the signal's sign; None when the headers do not say or differ."""
    answers = {signed_of(dataset, component_of(dataset)) for dataset in map(_dataset, sources)}
    return answers.pop() if len(answers) == 1 else None


def read_frames(path: Path) -> list[Frame]:
    """Read the headers of one DICOM file.

    Returns
    -------
    list of Frame
        Empty when the file holds no image with a place in space (reports, presentation states, raw data).

    Raises
    ------
    ValueError
        If the file is damaged or cut off within its header.
    OSError
        If it cannot be opened.
    """
    import pydicom

    try:
        return _frames(path, _dataset(path))
    except (
        pydicom.errors.BytesLengthException,
        pydicom.errors.InvalidDicomError,
        EOFError,
        struct.error,
    ) as error:
        raise ValueError(str(error)) from error


def _frames(path: Path, dataset: Dataset) -> list[Frame]:
    if _is_cut_off(dataset):
        raise ValueError("the header ends too early")
    if "Rows" not in dataset or "SeriesInstanceUID" not in dataset:
        return []
    if "PerFrameFunctionalGroupsSequence" in dataset:
        return [frame for frame in _enhanced_frames(path, dataset) if frame is not None]
    frame = _classic_frame(path, dataset)
    return [] if frame is None else [frame]


def _is_cut_off(dataset: Dataset) -> bool:
    """Tell whether the header lacks what every object, or what every MR image, has towards its end."""
    declared = str(dataset.file_meta.get("MediaStorageSOPClassUID", ""))
    if declared == _DIRECTORY:
        return False
    kind = str(dataset.get("SOPClassUID", ""))
    return not kind or kind != declared or (kind in _MR_IMAGES and "BitsAllocated" not in dataset)


def _dataset(source: Path | str | Dataset) -> Dataset:
    import pydicom

    if isinstance(source, str | Path):
        return pydicom.dcmread(source, stop_before_pixels=True)
    return source


def _classic_frame(path: Path, dataset: Dataset) -> Frame | None:
    return _frame(
        path, None, dataset, dataset, dataset, dataset, _classic_parameters(dataset), _repeat(dataset)
    )


def _enhanced_frames(path: Path, dataset: Dataset) -> Iterator[Frame | None]:
    for index, groups in enumerate(_frame_groups(dataset)):
        position = item(groups, "PlanePositionSequence")
        plane = item(groups, "PlaneOrientationSequence")
        measures = item(groups, "PixelMeasuresSequence")
        if position is None or plane is None or measures is None:
            continue
        content = item(groups, "FrameContentSequence")
        repeat = (
            number(content, "TemporalPositionIndex"),
            None,
            _direction(item(item(groups, "MRDiffusionSequence"), "DiffusionGradientDirectionSequence")),
        )
        kind = item(groups, "MRImageFrameTypeSequence")
        yield _frame(path, index, dataset, position, plane, measures, _group_parameters(groups), repeat, kind)


def _frame(
    path: Path,
    index: int | None,
    dataset: Dataset,
    position: Dataset,
    plane: Dataset,
    measures: Dataset,
    parameters: Mapping[str, float],
    repeat: tuple,
    kind: Dataset | None = None,
) -> Frame | None:
    """Put a frame together; None when it has no place in space."""
    where, orientation, spacing = (
        floats(position, "ImagePositionPatient", 3),
        floats(plane, "ImageOrientationPatient", 6),
        floats(measures, "PixelSpacing", 2),
    )
    if where is None or orientation is None or spacing is None:
        return None
    component = component_of(dataset, kind)
    sequence = dataset.get("ScanningSequence") or ""
    return Frame(
        path=path,
        index=index,
        series=str(dataset.SeriesInstanceUID),
        shape=(int(dataset.Rows), int(dataset.Columns)),
        position=where,
        orientation=orientation,
        spacing=spacing,
        thickness=number(measures, "SpacingBetweenSlices") or number(measures, "SliceThickness") or 0.0,
        parameters=parameters,
        component=component,
        signed=signed_of(dataset, component),
        is_gradient_echo="GR" in ([sequence] if isinstance(sequence, str) else list(sequence))
        or dataset.get("EchoPulseSequence") == "GRADIENT",
        after_contrast=after_contrast(dataset),
        repeat=repeat,
        patient=_patient(dataset),
        voxel_bytes=_voxel_bytes(dataset),
    )


def _patient(dataset: Dataset) -> Patient:
    return (
        str(dataset.get("PatientID") or "").strip(),
        str(dataset.get("PatientName") or "").strip(" ^").casefold(),
    )


def _voxel_bytes(dataset: Dataset) -> int:
    """Size of a voxel as it is read: a scaled one becomes a float."""
    scaled = (number(dataset, "RescaleSlope") or 1.0) != 1.0
    return 4 if scaled else max(1, int(number(dataset, "BitsAllocated") or 16) // 8)


def _parameters_of_all_frames(dataset: Dataset) -> list[dict[str, float]]:
    if "PerFrameFunctionalGroupsSequence" in dataset:
        return [_group_parameters(groups) for groups in _frame_groups(dataset)]
    return [_classic_parameters(dataset)]


def _frame_groups(dataset: Dataset) -> Iterator[tuple[Dataset, ...]]:
    """Functional groups of each frame, its own before the shared ones."""
    shared = tuple(dataset.get("SharedFunctionalGroupsSequence") or ())
    for own in dataset.PerFrameFunctionalGroupsSequence:
        yield (own, *shared)


def _classic_parameters(dataset: Dataset) -> dict[str, float]:
    values = {
        "inversion_time": number(dataset, "InversionTime") or None,  # 0 stands for "no inversion"
        "echo_time": number(dataset, "EchoTime"),
        "repetition_time": number(dataset, "RepetitionTime"),
        "flip_angle": number(dataset, "FlipAngle"),
        "b_value": _b_value(dataset),
    }
    return {name: value for name, value in values.items() if value is not None}


def _group_parameters(groups: tuple[Dataset, ...]) -> dict[str, float]:
    timing = item(groups, "MRTimingAndRelatedParametersSequence")
    inversions = (item(groups, "MRModifierSequence") or {}).get("InversionTimes")
    first = inversions[0] if isinstance(inversions, Iterable) and len(inversions) else inversions
    values = {
        "inversion_time": float(first) if first else None,
        "echo_time": number(item(groups, "MREchoSequence"), "EffectiveEchoTime"),
        "repetition_time": number(timing, "RepetitionTime"),
        "flip_angle": number(timing, "FlipAngle"),
        "b_value": number(item(groups, "MRDiffusionSequence"), "DiffusionBValue"),
    }
    return {name: value for name, value in values.items() if value is not None}


def _b_value(dataset: Dataset) -> float | None:
    """b-value in s/mm2: the standard's field, else Siemens', GE's or Philips' private one."""
    value = number(dataset, "DiffusionBValue")
    if value is None:
        value = private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C)
    if value is None:
        value = private(dataset, 0x2001, "Philips Imaging DD 001", 0x03)
    if value is None:
        value = private(dataset, 0x0043, "GEMS_PARM_01", 0x39)
        # GE adds 1e9 to tell a processed b-value.
        value = None if value is None else value % 1e9
    return value


def _repeat(dataset: Dataset) -> tuple:
    return (
        number(dataset, "TemporalPositionIdentifier"),
        number(dataset, "AcquisitionNumber"),
        _direction(dataset),
    )


def _direction(dataset: Dataset | None) -> tuple[float, ...] | None:
    return None if dataset is None else floats(dataset, "DiffusionGradientOrientation", 3)
