"""Settings of the task ``simulate``: who is simulated, how imaged, with which flaws, and what is written.

Tested by Testing/unit/phantom/output/test_settings.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from gliomamri.settings import Settings as TaskSettings
from gliomamri.settings import setting

KINDS: dict[str, str] = {
    "glioma": "glioma, high or low grade",
    "high-grade-glioma": "high-grade glioma",
    "low-grade-glioma": "low-grade glioma",
    "meningioma": "meningioma",
    "metastases": "metastases",
    "multiple-sclerosis": "multiple sclerosis",
    "white-matter-hyperintensities": "white matter hyperintensities",
    "resection-cavity": "resection cavity after surgery",
    "healthy": "healthy",
}
"""Kinds of patients and the words for each."""

WITHOUT_CORE = ("multiple-sclerosis", "white-matter-hyperintensities", "healthy")
"""Kinds that have no tumor core whose volume could be set."""

ARTIFACTS: dict[str, str] = {
    "noise": "Noise",
    "receive_field": "Receive field",
    "transmit_field": "Transmit field (B1)",
    "motion_between": "Motion between series",
    "motion_within": "Motion within a series",
    "slice_thickness": "Slice thickness",
    "gibbs": "Gibbs ringing",
    "distortion": "Distortion of echo-planar images",
    "skull_strip_errors": "Errors of skull stripping",
    "missing_series": "Missing series",
    "gain": "Gain of each series",
}
"""Names of the artifacts' settings and their labels."""

STRENGTHS = {"off": "off", "clinical": "as in the clinic", "hard": "harder than usual"}

LARGEST_CORE = 300.0
"""ml; a larger tumor core does not leave room for the brain."""

OUTPUT_ROLES: dict[str, tuple[str, ...]] = {
    "conventional": ("T1w", "ceT1w", "T2w", "FLAIR"),
    "low_dose_image": ("lowdose_ceT1w",),
    "adc": ("ADC",),
    "magic": ("MAGIC", "ceMAGIC"),
    "diffusion_relaxation": ("dwi",),
}
"""Roles that each of the settings under "Images" asks for."""

_TYPED = {"TR": "repetition_time", "TE": "echo_time", "TI": "inversion_time", "FA": "flip_angle"}
_MOST_VOXELS = 40_000_000

_PATIENT, _AGENT, _IMAGES, _GRID, _ARTIFACTS = "Patient", "Contrast agent", "Images", "Grid", "Artifacts"
_SEQUENCES = "Sequences"


def _strength(name: str) -> str:
    return setting(
        "auto",
        label=ARTIFACTS[name],
        section=_ARTIFACTS,
        choices={"auto": "as set for all artifacts", **STRENGTHS},
        help=f"{ARTIFACTS[name]}; auto takes the strength set for all artifacts.",
    )


def _time(role: str, name: str, what: str) -> float:
    return setting(
        0.0, label=f"{role}: {name}", unit="ms", minimum=0.0, maximum=30000.0, section=_SEQUENCES,
        help=f"{what} of the {role} image; 0 draws it from what hospitals use.",
    )  # fmt: skip


def _angle(role: str) -> float:
    return setting(
        0.0, label=f"{role}: flip angle", unit="degree", minimum=0.0, maximum=180.0, section=_SEQUENCES,
        help=f"Excitation angle of the {role} image; 0 draws it from what hospitals use.",
    )  # fmt: skip


def _sequence(role: str) -> str:
    return setting(
        "drawn",
        label=f"{role}: sequence",
        section=_SEQUENCES,
        choices={
            "drawn": "drawn",
            "spgr": "spoiled gradient echo",
            "spin_echo": "spin echo",
            "inversion_recovery": "inversion recovery (T1-FLAIR)",
        },
        help=f"Kind of sequence of the {role} image.",
    )


@dataclass(frozen=True)
class Settings(TaskSettings):
    """Settings of the task; 0, empty and ``drawn`` leave a choice to the seed."""

    kind: str = setting(
        "glioma", label="Kind", section=_PATIENT, choices=KINDS, help="What the patient suffers from."
    )
    preset: str = setting(
        "standard",
        label="Preset",
        section=_PATIENT,
        choices={"standard": "standard", "shifted": "shifted, for honest tests"},
        help="The shifted generator has other anatomy, priors, sequences and flaws; never train on it.",
    )
    anatomy: str = setting(
        "",
        label="Anatomy",
        section=_PATIENT,
        help="Folder of label maps of whole heads (FreeSurfer labels); empty takes the ICBM 2009a template.",
    )
    field_strength: float = setting(
        3.0, label="Field strength", unit="T", minimum=1.5, maximum=3.0, section=_PATIENT,
        help="Sets the relaxation times of all tissues and the relaxivity of the contrast agent.",
    )  # fmt: skip
    core_volume: float = setting(
        0.0, label="Volume of the tumor core", unit="ml", minimum=0.0, section=_PATIENT,
        help="All but edema; 0 draws it, and 300 is the largest that fits into a brain.",
    )  # fmt: skip
    white_matter_lesions: str = setting(
        "auto",
        label="White matter lesions beside the tumor",
        section=_PATIENT,
        choices={"auto": "in some patients, as drawn", "off": "never"},
        help="Bright spots on FLAIR that are no tumor and carry no tumor label.",
    )
    agent: str = setting(
        "gadoterate",
        label="Contrast agent",
        section=_AGENT,
        choices={"gadoterate": "gadoterate", "gadobutrol": "gadobutrol"},
        help="Its relaxivity makes the enhancement.",
    )
    dose: float = setting(
        0.1, label="Dose", unit="mmol/kg", minimum=0.005, maximum=0.3, section=_AGENT,
        help="Full dose; the concentration in tissue is proportional to it.",
    )  # fmt: skip
    low_dose: float = setting(
        0.025, label="Low dose", unit="mmol/kg", minimum=0.001, maximum=0.3, section=_AGENT,
        help="Dose of the low-dose image, injected before the rest.",
    )  # fmt: skip
    minutes_after_injection: float = setting(
        5.0, label="Time after injection", unit="min", minimum=0.5, maximum=60.0, section=_AGENT,
        help="Between the injection and the image after contrast agent.",
    )  # fmt: skip

    conventional: bool = setting(
        True, label="T1w, ceT1w, T2w, FLAIR", section=_IMAGES, help="The conventional images."
    )
    low_dose_image: bool = setting(
        False, label="T1w after the low dose", section=_IMAGES, help="The same patient at the low dose."
    )
    adc: bool = setting(False, label="ADC", section=_IMAGES, help="Apparent diffusion coefficient.")
    magic: bool = setting(
        False, label="MAGIC", section=_IMAGES, help="Eight signed images before and after contrast agent."
    )
    diffusion_relaxation: bool = setting(
        False,
        label="Diffusion-relaxation",
        section=_IMAGES,
        help="Diffusion-weighted images at several b-values and echo times.",
    )
    truth_maps: bool = setting(
        True,
        label="Truth",
        section=_IMAGES,
        help="Maps behind the images: T1, T2, proton density, concentration, infiltration and so on; labels always come.",
    )

    skull_stripped: bool = setting(
        True,
        label="Without skull",
        section=_GRID,
        help="Off shows the whole head, where the anatomy has one.",
    )
    geometry: str = setting(
        "common",
        label="Grid of the images",
        section=_GRID,
        choices={"common": "one common grid", "acquired": "each as acquired"},
        help="As acquired means a grid for each series: thick slices, oblique, moved between series.",
    )
    matrix: tuple[float, ...] = setting(
        (160.0, 192.0, 160.0), label="Matrix", unit="voxels", section=_GRID,
        help="Voxels of the common grid along left-right, front-back, bottom-top.",
    )  # fmt: skip
    spacing: tuple[float, ...] = setting(
        (1.0, 1.0, 1.0), label="Voxel size", unit="mm", minimum=0.3, maximum=10.0, section=_GRID,
        help="Of the common grid, along left-right, front-back, bottom-top.",
    )  # fmt: skip

    artifacts: str = setting(
        "clinical",
        label="All artifacts",
        section=_ARTIFACTS,
        choices=STRENGTHS,
        help="Strength of every artifact that is left at auto.",
    )
    noise: str = _strength("noise")
    receive_field: str = _strength("receive_field")
    transmit_field: str = _strength("transmit_field")
    motion_between: str = _strength("motion_between")
    motion_within: str = _strength("motion_within")
    slice_thickness: str = _strength("slice_thickness")
    gibbs: str = _strength("gibbs")
    distortion: str = _strength("distortion")
    skull_strip_errors: str = _strength("skull_strip_errors")
    missing_series: str = _strength("missing_series")
    gain: str = _strength("gain")

    T1w_sequence: str = _sequence("T1w")
    T1w_TR: float = _time("T1w", "TR", "Repetition time")
    T1w_TE: float = _time("T1w", "TE", "Echo time")
    T1w_TI: float = _time("T1w", "TI", "Inversion time")
    T1w_FA: float = _angle("T1w")
    ceT1w_sequence: str = _sequence("ceT1w")
    ceT1w_TR: float = _time("ceT1w", "TR", "Repetition time")
    ceT1w_TE: float = _time("ceT1w", "TE", "Echo time")
    ceT1w_TI: float = _time("ceT1w", "TI", "Inversion time")
    ceT1w_FA: float = _angle("ceT1w")
    T2w_TR: float = _time("T2w", "TR", "Repetition time")
    T2w_TE: float = _time("T2w", "TE", "Echo time")
    FLAIR_TR: float = _time("FLAIR", "TR", "Repetition time")
    FLAIR_TE: float = _time("FLAIR", "TE", "Echo time")
    FLAIR_TI: float = _time("FLAIR", "TI", "Inversion time")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the common grid along z, y, x."""
        x, y, z = map(int, self.matrix)
        return z, y, x

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of :data:`gliomamri.roles.ROLES` that are asked for, before any goes missing."""
        return tuple(role for name, roles in OUTPUT_ROLES.items() if getattr(self, name) for role in roles)

    def strength(self, artifact: str) -> str:
        """Give ``off``, ``clinical`` or ``hard`` for an artifact of :data:`ARTIFACTS`."""
        own = getattr(self, artifact)
        return self.artifacts if own == "auto" else own

    def typed_parameters(self, role: str) -> dict[str, float]:
        """Give the parameters that were typed for ``role``: names and units of :data:`gliomamri.series.PARAMETERS`."""
        typed = {name: getattr(self, f"{role}_{short}", 0.0) for short, name in _TYPED.items()}
        return {name: value for name, value in typed.items() if value > 0}

    def problems(self) -> list[str]:
        """Ranges, and what several settings say together."""
        found = super().problems()
        found += self._problems_of_patient()
        found += self._problems_of_grid()
        for role in ("T1w", "ceT1w", "T2w", "FLAIR"):
            found += self._problems_of_sequence(role)
        if not self.roles:
            found.append("No image is asked for; choose at least one under Images.")
        return found

    def _problems_of_patient(self) -> list[str]:
        found = []
        if self.core_volume > LARGEST_CORE:
            found.append(
                f"A tumor core of {self.core_volume:g} ml does not fit into the brain; give at most "
                f"{LARGEST_CORE:g} ml, or 0 to have it drawn."
            )
        if self.core_volume > 0 and self.kind in WITHOUT_CORE:
            found.append(
                f"A patient of the kind '{KINDS[self.kind]}' has no tumor core; set its volume to 0."
            )
        if self.low_dose > self.dose:
            found.append(
                f"The low dose ({self.low_dose:g} mmol/kg) is higher than the full dose ({self.dose:g} mmol/kg); "
                "lower it."
            )
        return [*found, *_problems_of_anatomy(self.anatomy)]

    def _problems_of_grid(self) -> list[str]:
        whole = all(math.isfinite(count) and count == int(count) for count in self.matrix)
        if len(self.matrix) != 3 or not whole or min(self.matrix) < 16 or max(self.matrix) > 512:
            given = " x ".join(f"{count:g}" for count in self.matrix)
            return [f"The matrix is {given or 'empty'}; give three whole numbers from 16 to 512."]
        if math.prod(self.matrix) > _MOST_VOXELS:
            return [
                f"A matrix of {math.prod(self.matrix) / 1e6:.0f} million voxels needs too much memory; "
                f"stay below {_MOST_VOXELS // 10**6} million."
            ]
        if len(self.spacing) != 3:
            return [f"The voxel size has {len(self.spacing)} numbers; give three, in mm."]
        return []

    def _problems_of_sequence(self, role: str) -> list[str]:
        typed = self.typed_parameters(role)
        repetition = typed.get("repetition_time")
        if repetition is None:
            return []
        inverted = role == "FLAIR" or getattr(self, f"{role}_sequence", "") == "inversion_recovery"
        times = ["echo_time", *(["inversion_time"] if inverted else [])]
        return [
            f"The {name.replace('_', ' ')} of {role} ({typed[name]:g} ms) must be shorter than its repetition time "
            f"({repetition:g} ms)."
            for name in times
            if typed.get(name, 0.0) >= repetition
        ]


def _problems_of_anatomy(folder: str) -> list[str]:
    if not folder:
        return []
    from gliomamri.io.images import is_image_file

    if not Path(folder).is_dir():
        return [f"There is no folder '{folder}' for the anatomy; correct it or leave it empty."]
    if not any(is_image_file(path) for path in Path(folder).iterdir()):
        return [
            f"The folder '{folder}' for the anatomy holds no label maps (NIfTI or NRRD); choose another or leave it empty."
        ]
    return []
