"""Settings of the task ``simulate``: who is simulated, how imaged, with which flaws, and what is written.

Tested by Testing/unit/phantom/output/test_settings.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gliomamri.errors import UserError
from gliomamri.phantom.agent import AGENTS
from gliomamri.phantom.sequence_problems import KINDS as SEQUENCE_KINDS
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

_EFFECTS = {
    "noise": "Rician noise of each image.",
    "receive_field": "Smooth shading by the receive coils.",
    "transmit_field": "Flip angles that differ over the head.",
    "motion_between": "Rigid motion of the head from one series to the next.",
    "motion_within": "Ghosts and blur from motion during a series.",
    "slice_thickness": "Thick slices and gaps, brought to the grid again.",
    "gibbs": "Ringing at edges, from a limited matrix.",
    "distortion": "Shift and stretch of ADC and diffusion images near air.",
    "skull_strip_errors": "Brain cut off or skull left by skull stripping.",
    "missing_series": "Images that a patient lacks although they were asked for.",
    "gain": "Another scale of intensities in each series.",
}

SWITCHES: dict[str, str] = {
    "noise": "noise",
    "receive_field": "receive",
    "transmit_field": "transmit",
    "motion_between": "motion",
    "motion_within": "ghosts",
    "slice_thickness": "acquisition",
    "gibbs": "gibbs",
    "distortion": "distortion",
    "skull_strip_errors": "brain_mask",
    "missing_series": "missing",
    "gain": "gain",
}
"""What :mod:`gliomamri.phantom.artifacts.severity` calls the artifact of each setting."""

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
_NOT_INVERTED = ("SPGR", "SE", "TSE")
_MOST_VOXELS = 40_000_000

_PATIENT, _AGENT, _IMAGES, _GRID, _ARTIFACTS = "Patient", "Contrast agent", "Images", "Grid", "Artifacts"
_SEQUENCES = "Sequences"


def _strength(name: str, default: str = "auto") -> str:
    return setting(
        default,
        label=ARTIFACTS[name],
        section=_ARTIFACTS,
        choices={"auto": "as set for all artifacts", **STRENGTHS},
        help=_EFFECTS[name],
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
        choices={"drawn": "drawn", **SEQUENCE_KINDS},
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
    protocol: str = setting(
        "preset",
        label="Protocol",
        section=_PATIENT,
        choices={
            "preset": "as the preset says",
            "quantitative": "MAGIC and conventional images at 3 T",
            "low-dose": "quarter and full dose at 1.5 or 3 T",
        },
        help="Sequences drawn as hospitals differ, or those of the study of quantitative MRI or of low doses.",
    )
    field_strength: float = setting(
        0.0, label="Field strength", unit="T", minimum=0.0, section=_PATIENT,
        help="From 1.5 to 3; sets relaxation times and the agent's relaxivity. 0 draws it.",
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
        choices={name: name for name in AGENTS},
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
        help="Maps behind the images: T1, T2, PD, concentration, infiltration and so on; labels always come.",
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
    missing_series: str = _strength("missing_series", "off")
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

    def switches(self) -> dict[str, str]:
        """Give the strength of every artifact by the names of :mod:`gliomamri.phantom.artifacts.severity`."""
        return {switch: self.strength(name) for name, switch in SWITCHES.items()}

    @property
    def protocol_preset(self) -> str:
        """Preset of :func:`gliomamri.phantom.protocols.draw_protocol`."""
        return self.preset if self.protocol == "preset" else self.protocol

    def sequence_changes(self) -> dict[str, dict[str, Any]]:
        """Give what was typed, as :meth:`gliomamri.phantom.protocols.Protocol.with_changes` takes it."""
        changes: dict[str, dict[str, Any]] = {}
        for role in OUTPUT_ROLES["conventional"]:
            kind = getattr(self, f"{role}_sequence", "drawn")
            changes[role] = {**({} if kind == "drawn" else {"kind": kind}), **self.typed_parameters(role)}
        return {role: change for role, change in changes.items() if change}

    def typed_parameters(self, role: str) -> dict[str, float]:
        """Give the parameters that were typed for ``role``: names and units of :data:`gliomamri.series.PARAMETERS`."""
        typed = {name: getattr(self, f"{role}_{short}", 0.0) for short, name in _TYPED.items()}
        return {name: value for name, value in typed.items() if value > 0}

    def problems(self) -> list[str]:
        """Ranges, and what several settings say together."""
        found = super().problems()
        if found:
            return found  # what several settings say together makes sense when each of them does
        found += self._problems_of_patient()
        found += self._problems_of_grid()
        for role in ("T1w", "ceT1w", "T2w", "FLAIR"):
            found += self._problems_of_sequence(role)
        if not self.roles:
            found.append("No image is asked for; choose at least one under Images.")
        return found

    def _problems_of_patient(self) -> list[str]:
        found = []
        if self.field_strength > 0 and not 1.5 <= self.field_strength <= 3.0:
            found.append(
                f"The field strength is {self.field_strength:g} T; it must be from 1.5 to 3 T, or 0 to have it drawn."
            )
        if self.core_volume > LARGEST_CORE:
            found.append(
                f"A tumor core of {self.core_volume:g} ml does not fit into the brain; give at most "
                f"{LARGEST_CORE:g} ml, or 0 to have it drawn."
            )
        if self.core_volume > 0 and self.kind in WITHOUT_CORE:
            found.append(
                f"A patient of the kind '{KINDS[self.kind]}' has no tumor core; set its volume to 0."
            )
        if self.low_dose > self.dose > 0:
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
            size, most = math.prod(self.matrix) / 1e6, _MOST_VOXELS // 10**6
            return [
                f"A matrix of {size:.0f} million voxels needs too much memory; stay below {most} million."
            ]
        if len(self.spacing) != 3:
            return [f"The voxel size has {len(self.spacing)} numbers; give three, in mm."]
        return []

    def _problems_of_sequence(self, role: str) -> list[str]:
        typed = self.typed_parameters(role)
        kind = getattr(self, f"{role}_sequence", "")
        if kind in _NOT_INVERTED and "inversion_time" in typed:
            return [
                (
                    f"{role}: {SEQUENCE_KINDS[kind]} ({kind}) has no inversion; set its TI to 0, "
                    "or choose MPRAGE or IR-SE."
                )
            ]
        repetition = typed.get("repetition_time")
        if repetition is None:
            return []
        inverted = role == "FLAIR" or kind in ("MPRAGE", "IR-SE")
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
    if not Path(folder).is_dir():
        return [f"There is no folder '{folder}' for the anatomy; correct it or leave it empty."]
    from gliomamri.phantom.anatomy.label_files import find_heads

    try:
        find_heads(Path(folder))
    except UserError:
        return [f"The folder '{folder}' for the anatomy holds no label maps (NIfTI or mgz); choose another."]
    return []
