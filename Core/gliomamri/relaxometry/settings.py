"""Settings of the task ``relaxometry``."""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.settings import Settings as TaskSettings
from gliomamri.settings import setting

_IR, _ME = "Inversion recovery", "Multi-echo spin echo"
_MAGIC, _VFA, _PD = "MAGIC", "Variable flip angle", "Proton density"


@dataclass(frozen=True)
class Settings(TaskSettings):
    """Settings of the task; the times are needed only where headers and sidecars do not carry them."""

    inversion_times: tuple[float, ...] = setting(
        (),
        label="Inversion times",
        unit="ms",
        minimum=0.0,
        section=_IR,
        help="One per image, in their order; empty takes them from headers or sidecars.",
    )
    ir_repetition_time: float = setting(
        0.0,
        label="Repetition time of inversion recovery",
        unit="ms",
        minimum=0.0,
        section=_IR,
        help="0 takes it from headers or sidecars; unknown means so long that it plays no part.",
    )
    ir_model: str = setting(
        "free_efficiency",
        label="Model",
        section=_IR,
        choices={"free_efficiency": "free inversion efficiency", "full_inversion": "perfect inversion"},
        help="Fit the inversion's efficiency in each voxel, or trust that every spin was inverted.",
    )
    ir_polarity: str = setting(
        "auto",
        label="Sign of the signal",
        section=_IR,
        choices={"auto": "as the images say", "signed": "signed", "magnitude": "magnitude, to be restored"},
        help="Magnitude images lose the sign of the early inversion times; the fit restores it.",
    )
    longest_T1: float = setting(
        6000.0,
        label="Longest T1",
        unit="ms",
        minimum=500.0,
        maximum=20000.0,
        section=_IR,
        help="Upper bound of T1, of every fit.",
    )
    echo_times: tuple[float, ...] = setting(
        (),
        label="Echo times",
        unit="ms",
        minimum=0.0,
        section=_ME,
        help="One per image, in their order; empty takes them from headers or sidecars.",
    )
    noise_model: str = setting(
        "rician",
        label="Noise",
        section=_ME,
        choices={"rician": "Rician (magnitude images)", "gaussian": "Gaussian"},
        help="Rician keeps the noise floor of late echoes from lengthening T2.",
    )
    skip_first_echo: bool = setting(
        False,
        label="Skip the first echo",
        section=_ME,
        help="The first echo of a multi-echo train has no stimulated part and is often too low.",
    )
    stimulated_echo: bool = setting(
        False,
        label="Model stimulated echoes",
        section=_ME,
        help="Fit the refocusing angle too (extended phase graph); needs one train of equally spaced echoes.",
    )
    longest_T2: float = setting(
        2000.0,
        label="Longest T2",
        unit="ms",
        minimum=100.0,
        maximum=10000.0,
        section=_ME,
        help="Upper bound of T2, of every fit.",
    )
    magic_inversion_times: tuple[float, ...] = setting(
        (),
        label="Inversion times of MAGIC",
        unit="ms",
        minimum=0.0,
        section=_MAGIC,
        help="Delay after the saturation, one per image, in their order; empty takes them from headers or sidecars.",
    )
    magic_echo_times: tuple[float, ...] = setting(
        (),
        label="Echo times of MAGIC",
        unit="ms",
        minimum=0.0,
        section=_MAGIC,
        help="One per image, in their order; empty takes them from headers or sidecars.",
    )
    magic_repetition_time: float = setting(
        0.0,
        label="Repetition time of MAGIC",
        unit="ms",
        minimum=0.0,
        section=_MAGIC,
        help="0 takes it from headers or sidecars.",
    )
    magic_B1: str = setting(
        "auto",
        label="Transmit field (B1)",
        section=_MAGIC,
        choices={
            "auto": "the B1 map where there is one, otherwise smooth",
            "smooth": "smooth, found in the images",
            "per_voxel": "free in every voxel",
            "given": "as the B1 map says",
            "one": "nominal everywhere",
        },
        help="A smooth field makes T1 about half as noisy as one that is free in every voxel.",
    )
    magic_polarity: str = setting(
        "auto",
        label="Sign of the signal of MAGIC",
        section=_MAGIC,
        choices={"auto": "as the images say", "signed": "signed", "magnitude": "magnitude, to be restored"},
        help="Magnitude images lose the sign of the early delays; the fit restores it.",
    )
    saturation_angle: float = setting(
        120.0,
        label="Saturation angle",
        unit="degree",
        minimum=1.0,
        maximum=180.0,
        section=_MAGIC,
        help="Nominal angle of the saturation pulse.",
    )
    magic_flip_angle: float = setting(
        90.0,
        label="Flip angle of MAGIC",
        unit="degree",
        minimum=1.0,
        maximum=180.0,
        section=_MAGIC,
        help="Nominal angle of the excitation.",
    )
    pd_calibration: str = setting(
        "auto",
        label="Scale of proton density",
        section=_PD,
        choices={
            "auto": "cerebrospinal fluid and white matter together",
            "water": "cerebrospinal fluid is 100 %",
            "tissue": "white matter is 70 %",
            "none": "uncalibrated",
        },
        help="Removes the receive profile and brings proton density to percent of water.",
    )
    flip_angles: tuple[float, ...] = setting(
        (),
        label="Flip angles",
        unit="degree",
        minimum=0.0,
        maximum=180.0,
        section=_VFA,
        help="One per image, in their order; empty takes them from headers or sidecars.",
    )
    vfa_repetition_time: float = setting(
        0.0,
        label="Repetition time of variable flip angle",
        unit="ms",
        minimum=0.0,
        section=_VFA,
        help="0 takes it from headers or sidecars.",
    )
    noise_sd: float = setting(
        0.0,
        label="Noise",
        unit="image units",
        minimum=0.0,
        section="Noise",
        help="Standard deviation of the noise; 0 estimates it from the residuals of all voxels.",
    )
    fit_background: bool = setting(
        False,
        label="Fit air too",
        section="Noise",
        help="Fit every voxel, not only the head or the brain mask.",
    )

    def problems(self) -> list[str]:
        """Ranges, and what two settings say together."""
        found = super().problems()
        if self.skip_first_echo and self.stimulated_echo:
            found.append(
                "Either skip the first echo or model stimulated echoes: the model needs the whole train."
            )
        return found
