"""The simulated patients of ``make demo``, written as a hospital would have them: BIDS files and an annotation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gliomamri.cli import main as gliomamri
from gliomamri.io.images import write_image
from gliomamri.phantom.output.patient_folder import write_patient as write_images
from gliomamri.phantom.output.study import annotation_on
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings

SEED = 7
COHORT = 6

_PATIENT = {
    "kind": "high-grade-glioma",
    "core_volume": 30.0,
    "field_strength": 3.0,
    "magic": True,
    "matrix": (96.0, 112.0, 96.0),
    "spacing": (1.8, 1.8, 1.8),
    "geometry": "acquired",
    "truth_maps": False,
}
_SMALL = {
    "core_volume": 25.0,
    "field_strength": 3.0,
    "magic": True,
    "matrix": (64.0, 76.0, 58.0),
    "spacing": (2.6, 2.6, 2.6),
}


@dataclass(frozen=True)
class DemoPatient:
    """Where a patient's images and annotation are."""

    subject: Path
    annotation: Path


def write_patient(folder: Path) -> DemoPatient:
    """Simulate a patient whose series have grids of their own; annotate the tumor on the ceT1w."""
    patient = simulate_patient(Settings.from_dict(_PATIENT), SEED)
    folder.mkdir(parents=True)
    write_images(patient, folder, "sub-0001")
    annotation = folder / "annotation.nii.gz"
    write_image(annotation_on(patient, "ceT1w").image, annotation)
    return DemoPatient(folder / "sub-0001", annotation)


def write_cohort(folder: Path) -> tuple[Path, str]:
    """Simulate a cohort of small patients; give the data set and where each patient's annotation is."""
    settings = [f"--set={name}={_text(value)}" for name, value in _SMALL.items()]
    code = gliomamri(
        [
            *(
                "simulate-cohort",
                "--patients",
                str(COHORT),
                "--seed",
                str(SEED),
                "--kind",
                "high-grade-glioma",
            ),
            *settings,
            *("--out", str(folder)),
        ]
    )
    if code != 0:
        raise RuntimeError(f"the cohort could not be simulated ({code})")
    truth = folder / "derivatives" / "truth" / "{subject}" / "anat"
    return folder, str(truth / "{subject}_desc-annotation_mask.nii.gz")


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(f"{part:g}" for part in value)
    return "yes" if value is True else str(value)
