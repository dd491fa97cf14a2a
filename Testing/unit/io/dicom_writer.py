"""Write small DICOM series whose voxels and places are known."""

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

SPACING = (0.8, 1.25, 3.5)
"""Between columns, between rows, between slices, mm."""
ORIGIN = np.array((-51.5, 22.25, -87.125))


def write_series(folder, axes, volume, *, series=None, names=None, keep=None, **fields):
    """Write ``volume`` (z, y, x), one file per slice; columns of ``axes`` are the x, y, z directions (LPS).

    ``names`` gives file names in slice order, ``keep`` the slices that are written, ``fields`` further
    elements; those named with a trailing ``_of`` are functions of the slice number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    series = series or generate_uid()
    for z, values in enumerate(volume):
        if keep is not None and z not in keep:
            continue
        dataset = _dataset(MRImageStorage, series, values)
        dataset.ImageOrientationPatient = [*map(float, axes[:, 0]), *map(float, axes[:, 1])]
        dataset.ImagePositionPatient = list(map(float, ORIGIN + z * SPACING[2] * axes[:, 2]))
        dataset.PixelSpacing = [SPACING[1], SPACING[0]]
        dataset.SliceThickness = 3.0
        for name, value in fields.items():
            setattr(dataset, name.removesuffix("_of"), value(z) if name.endswith("_of") else value)
        path = folder / (names[z] if names else f"{dataset.SOPInstanceUID}.dcm")
        dataset.save_as(path, enforce_file_format=True)
    return series


def write_enhanced(path, axes, volumes, echo_times, slope=1.0):
    """Write one enhanced multi-frame file: frames in order slice by slice, echoes innermost."""
    dataset = _dataset(EnhancedMRImageStorage, generate_uid(), volumes[0][0])
    shared, per_frame, pixels = Dataset(), [], []
    shared.PlaneOrientationSequence = _one(
        ImageOrientationPatient=[*map(float, axes[:, 0]), *map(float, axes[:, 1])]
    )
    shared.PixelMeasuresSequence = _one(PixelSpacing=[SPACING[1], SPACING[0]], SliceThickness=SPACING[2])
    shared.MRTimingAndRelatedParametersSequence = _one(RepetitionTime=3000.0, FlipAngle=90.0)
    shared.PixelValueTransformationSequence = _one(RescaleSlope=slope, RescaleIntercept=0.0, RescaleType="US")
    for z in range(len(volumes[0])):
        for volume, echo_time in zip(volumes, echo_times, strict=True):
            frame = Dataset()
            position = ORIGIN + z * SPACING[2] * axes[:, 2]
            frame.PlanePositionSequence = _one(ImagePositionPatient=list(map(float, position)))
            frame.MREchoSequence = _one(EffectiveEchoTime=float(echo_time))
            per_frame.append(frame)
            pixels.append(volume[z])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(per_frame)
    dataset.NumberOfFrames = len(pixels)
    dataset.ComplexImageComponent = "MAGNITUDE"
    dataset.PixelData = np.stack(pixels).astype(np.int16).tobytes()
    dataset.save_as(path, enforce_file_format=True)


def _one(**fields):
    item = Dataset()
    for name, value in fields.items():
        setattr(item, name, value)
    return Sequence([item])


def _dataset(kind, series, values):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = kind
    dataset.SOPClassUID = kind
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = series
    dataset.PatientName = "Doe^Jane"
    dataset.Modality = "MR"
    dataset.Rows, dataset.Columns = values.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 1
    dataset.PixelData = np.ascontiguousarray(values.astype(np.int16)).tobytes()
    return dataset
