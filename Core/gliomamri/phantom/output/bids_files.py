"""The files of one simulated patient in a BIDS data set: what is named how, and what stands in its sidecar.

::

    sub-0001/anat/sub-0001_T1w.nii.gz, _ce-gad_T1w, _ce-gadlow_T1w, _T2w, _FLAIR
    sub-0001/anat/sub-0001_inv-1_echo-2_part-real_MAGIC.nii.gz      no BIDS suffix: listed in .bidsignore
    sub-0001/dwi/sub-0001_ADC.nii.gz, sub-0001_acq-TE93_dwi.nii.gz  with .bval and .bvec
    derivatives/truth/sub-0001/anat/...                             see :func:`truth_files`

Every image has a json file beside it, times in seconds.
Source: BIDS specification 1.10: file names, MRI metadata, quantitative maps, segmentations.

Tested by Testing/unit/phantom/output/test_patient_folder.py.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any, Literal

import gliomamri
from gliomamri.io import sidecars
from gliomamri.io.diffusion_tables import diffusion_tables
from gliomamri.io.quantities import to_bids_unit
from gliomamri.phantom.output.lesion_table import Columns, about_columns, lesion_columns, plain
from gliomamri.phantom.output.products import HONESTY, TUMOR_COLORS, TUMOR_LABELS, truth_map, tumor_volumes
from gliomamri.phantom.sequence_problems import KINDS as SEQUENCE_KINDS
from gliomamri.roles import ROLES

if TYPE_CHECKING:
    from pathlib import Path

    import SimpleITK as sitk

    from gliomamri.phantom.patient import SimulatedPatient, SimulatedSeries
    from gliomamri.phantom.settings import Settings

Kind = Literal["signal", "quantity", "labels", "vectors"]

_DIFFUSION = ("ADC", "dwi")
_DOSES = {"ceT1w": "dose", "ceMAGIC": "dose", "lowdose_ceT1w": "low_dose"}
"""Setting that holds the dose behind a role's contrast."""


@dataclass(frozen=True)
class ImageFile:
    """An image file to be written.

    Attributes
    ----------
    path : str
        Without ``.nii.gz``, relative to the subject's folder.
    images : tuple of SimpleITK.Image
        One, or the volumes of a 4-D file.
    kind : str
        How its numbers are kept; see :mod:`gliomamri.io.nifti_writer`.
    sidecar : mapping
        Fields of the json file beside it.
    texts : mapping of str to str
        Further files of the same name, by extension.
    """

    path: str
    images: tuple[sitk.Image, ...]
    kind: Kind
    sidecar: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SubjectFiles:
    """All files of one patient on one side of the data set; ``texts`` by path relative to the subject's folder."""

    images: tuple[ImageFile, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, Any] = field(default_factory=dict)
    """Values of further json files, by path."""


def raw_files(patient: SimulatedPatient, subject: str) -> SubjectFiles:
    """What a scanner would have given; ``subject`` is such as ``sub-0001``."""
    images = []
    for series in patient.series:
        about = _acquisition(series, patient)
        if series.role == "dwi":
            images += _diffusion_files(series, about, subject)
        else:
            images += _plain_files(series, about, subject)
    return SubjectFiles(tuple(images))


def truth_files(patient: SimulatedPatient, subject: str) -> SubjectFiles:
    """What is true of the patient.

    ``_dseg`` (BraTS labels), ``_seg-parts_dseg``, ``_seg-tissue_dseg`` with tables of names, ``_desc-annotation_mask``,
    ``_label-brain_mask``, ``_desc-skullstrip_mask`` and, where truth maps are wanted, the maps of
    :data:`~gliomamri.phantom.output.products.TRUTH_MAPS` and ``_desc-masseffect_displacement``; ``_lesions.tsv``,
    ``_transforms.json`` and ``_simulation.json``, the provenance.
    """
    truth, stem = patient.truth, f"anat/{subject}"
    images = [
        _labels(f"{stem}_dseg", truth.labels, "Tumor, BraTS labels.", TUMOR_LABELS),
        _labels(f"{stem}_seg-parts_dseg", truth.parts, "Parts of all lesions.", truth.part_names),
        _labels(f"{stem}_seg-tissue_dseg", truth.tissue, "Tissue without lesions.", truth.tissue_names),
        _mask(f"{stem}_desc-annotation_mask", truth.annotation, "Tumor core as an expert outlines it."),
        _mask(f"{stem}_label-brain_mask", truth.brain_mask, "True brain."),
        _mask(f"{stem}_desc-skullstrip_mask", truth.given_mask, "Brain as a skull-stripping tool gives it."),
    ]
    if patient.settings.truth_maps:
        images += [_quantity(stem, key, image) for key, image in truth.maps.items()]
        about = {
            "Units": "mm",
            "Description": "Mass effect: from a point of the patient to the same point of the healthy head.",
            "Components": "x, y, z in LPS, as ITK and Slicer read them",
        }
        images.append(
            ImageFile(f"{stem}_desc-masseffect_displacement", (truth.displacement,), "vectors", about)
        )
    columns, units = lesion_columns(truth.lesions)
    return SubjectFiles(
        tuple(images),
        {f"{stem}_lesions.tsv": to_tsv(columns)},
        {
            f"{stem}_lesions.json": about_columns(columns, units),
            f"{stem}_transforms.json": {
                "Description": "Motion between series, 4 x 4, LPS, mm: what the truth shows at p lies at M p in the "
                "series; one that is not listed did not move.",
                "Transforms": plain(truth.transforms),
            },
            f"{stem}_simulation.json": provenance(patient),
        },
    )


def provenance(patient: SimulatedPatient) -> dict[str, Any]:
    """Everything needed to make the patient again, and everything that was drawn; no time, so that bytes repeat."""
    return {
        "Note": HONESTY,
        "GeneratedBy": {"Name": "GliomaMRI", "Version": gliomamri.__version__},
        "Seed": patient.seed,
        "FieldStrength": field_strength(patient),
        "Settings": settings_to_share(patient.settings),
        "Volumes": {"Units": "ml", **plain(tumor_volumes(patient))},
        "Drawn": plain(patient.truth.drawn),
    }


def field_strength(patient: SimulatedPatient) -> float:
    """Field strength in T, as set or else as drawn; 0 when nobody says it."""
    return float(patient.settings.field_strength or patient.truth.drawn.get("field_strength", 0.0))


def settings_to_share(settings: Settings) -> dict[str, Any]:
    """Give the settings as plain values; of the anatomy's folder only the name, since data sets are handed on."""
    return settings.to_dict() | {"anatomy": PureWindowsPath(settings.anatomy).name}


def to_tsv(columns: Columns) -> str:
    """Give a table as BIDS wants it: tabs, ``n/a`` where a value is missing."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow("n/a" if value is None else _cell(value) for value in row)
    return text.getvalue()


def write_one(file: ImageFile, path: Path) -> None:
    """Write an image file; ``path`` ends in ``.nii.gz``.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    from gliomamri.io import nifti_writer

    if file.kind == "signal":
        nifti_writer.write_signals(file.images, path)
    else:
        write = {
            "quantity": nifti_writer.write_quantity,
            "labels": nifti_writer.write_labels,
            "vectors": nifti_writer.write_vectors,
        }[file.kind]
        write(file.images[0], path)


def _plain_files(series: SimulatedSeries, about: Mapping[str, Any], subject: str) -> list[ImageFile]:
    """One 3-D file per image, numbered by what varies (``inv-1_echo-2``)."""
    role = ROLES[series.role]
    folder = "dwi" if series.role in _DIFFUSION else "anat"
    entities = [f"{key}-{value}" for key, value in role.entities.items()]
    files = []
    for index, image in enumerate(series.images):
        parameters = {name: values[index] for name, values in series.parameters.items()}
        numbered = [*entities, *_numbers(series, index)] if role.is_series else entities
        signed = series.signed if role.is_series else None
        sidecar = dict(about) | sidecars.to_fields(parameters, signed)
        if role.unit:
            image, sidecar["Units"] = to_bids_unit(image, series.role)
        path = f"{folder}/" + "_".join([subject, *numbered, role.suffix])
        files.append(ImageFile(path, (image,), "quantity" if role.unit else "signal", sidecar))
    return files


def _numbers(series: SimulatedSeries, index: int) -> list[str]:
    """Entities that tell one image of a series apart: the ranks of its times, and the part if it keeps its sign."""
    found = []
    for name, entity in (("inversion_time", "inv"), ("echo_time", "echo")):
        values = series.parameters.get(name, ())
        if name in ROLES[series.role].varying and values:
            found.append(f"{entity}-{sorted(set(values)).index(values[index]) + 1}")
    return [*found, *(["part-real"] if series.signed else [])]


def _diffusion_files(series: SimulatedSeries, about: Mapping[str, Any], subject: str) -> list[ImageFile]:
    """One 4-D file per echo time, in the order of the series."""
    by_echo: dict[float, list[int]] = defaultdict(list)
    echo_times = series.parameters.get("echo_time", (0.0,) * len(series.images))
    for index, time in enumerate(echo_times):
        by_echo[time].append(index)
    files = []
    for time, indices in sorted(by_echo.items()):
        b_values = [series.parameters["b_value"][index] for index in indices]
        first = {name: values[indices[0]] for name, values in series.parameters.items()}
        sidecar = dict(about) | sidecars.to_fields(first)
        sidecar["Description"] = "Simulated mean over all diffusion directions; the directions are formal."
        files.append(
            ImageFile(
                f"dwi/{subject}_acq-TE{round(time)}_dwi",
                tuple(series.images[index] for index in indices),
                "signal",
                sidecar,
                diffusion_tables(b_values),
            )
        )
    return files


def _acquisition(series: SimulatedSeries, patient: SimulatedPatient) -> dict[str, Any]:
    """Fields that all images of a series share."""
    settings, field = patient.settings, field_strength(patient)
    about: dict[str, Any] = {
        "Modality": "MR",
        "Manufacturer": "GliomaMRI (simulated)",
    }
    if field:
        about["MagneticFieldStrength"] = field
    if kind := patient.truth.drawn.get("sequences", {}).get(series.role, {}).get("kind"):
        about["PulseSequenceType"] = SEQUENCE_KINDS.get(kind, kind)
    if settings.geometry == "acquired" and (thickness := _slice_thickness(patient, series.role)):
        about["SliceThickness"] = thickness
    if settings.skull_stripped:
        about["SkullStripped"] = True
    if series.role in _DOSES:
        about["ContrastBolusIngredient"] = "GADOLINIUM"
        about["ContrastBolusAgent"] = settings.agent
        about["ContrastDose"] = getattr(settings, _DOSES[series.role])
        about["ContrastDoseUnits"] = "mmol/kg"
    return about


def _slice_thickness(patient: SimulatedPatient, role: str) -> float:
    """Thickness in mm that was drawn for a series, without the gap; 0 when none was."""
    flaws = patient.truth.drawn.get("artifacts", {}).get(role) or {}
    return float((flaws.get("acquisition") or {}).get("thickness") or 0.0)


def _quantity(stem: str, key: str, image: sitk.Image) -> ImageFile:
    about = truth_map(key)
    unit = about.unit
    if about.role:
        image, unit = to_bids_unit(image, about.role)
    sidecar = {"Quantity": about.quantity, "Units": unit, "Description": about.description}
    return ImageFile(f"{stem}_{about.file}", (image,), "quantity", sidecar)


def _labels(path: str, image: sitk.Image, description: str, names: Mapping[int, str]) -> ImageFile:
    colors = TUMOR_COLORS if names is TUMOR_LABELS else {}
    rows = sorted((label, name) for label, name in names.items() if label)
    columns: Columns = {"index": [label for label, _ in rows], "name": [str(name) for _, name in rows]}
    if colors:
        columns["color"] = [_hexadecimal(colors[label]) for label, _ in rows]
    return ImageFile(path, (image,), "labels", {"Description": description}, {".tsv": to_tsv(columns)})


def _mask(path: str, image: sitk.Image, description: str) -> ImageFile:
    return ImageFile(path, (image,), "labels", {"Type": "Brain", "Description": description})


def _hexadecimal(color: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in color)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
