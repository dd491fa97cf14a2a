"""How a patient is scanned: protocol, contrast agent, fields and flaws, and the images they give of any voxels.

Tested by Testing/unit/phantom/test_examination.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gliomamri.diffusion.signals import two_point_adc
from gliomamri.errors import UserError
from gliomamri.phantom.agent import Agent, Injection, Uptake, agent_at, tissue_concentration, uptake
from gliomamri.phantom.artifacts.brain_mask import MaskErrors, draw_mask_errors
from gliomamri.phantom.artifacts.missing import draw_missing
from gliomamri.phantom.artifacts.pipeline import SeriesArtifacts, draw_artifacts
from gliomamri.phantom.artifacts.severity import CLINICAL, SHIFTED, ArtifactPriors
from gliomamri.phantom.artifacts.transmit_field import TransmitField, draw_transmit_field
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.protocols import DIFFUSION_RELAXATION, Protocol, draw_protocol, nulling_inversion_time
from gliomamri.phantom.sequences import DiffusionSeries, MagicSeries, Sequence
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.signals import (
    agent_concentration,
    diffusion_series,
    magic_series,
    relaxation_rates,
    weighted_image,
)
from gliomamri.phantom.streams import Streams
from gliomamri.phantom.tissue_values import TissueValues
from gliomamri.phantom.tissues import Tissue
from gliomamri.phantom.voxels import Voxels

Scan = Sequence | MagicSeries | DiffusionSeries

_MINUTES_BETWEEN_INJECTIONS = 7.0
_LOW_DOSE_MINUTES = 3.0


@dataclass(frozen=True)
class Examination:
    """Everything about the scan that was drawn or typed.

    Attributes
    ----------
    protocol : str
        Preset it was drawn from.
    field_strength : float
        Tesla.
    scans : mapping of str to Scan
        Sequence or series by role, in the order of acquisition.
    missing : tuple of str
        Roles among them that the patient lacks.
    agent : Agent
    uptakes : mapping of str to Uptake
        By role, for the images taken after an injection.
    transmit : TransmitField or None
    artifacts : mapping of str to SeriesArtifacts
    mask_errors : MaskErrors or None
    """

    protocol: str
    field_strength: float
    scans: Mapping[str, Scan]
    missing: tuple[str, ...]
    agent: Agent
    uptakes: Mapping[str, Uptake]
    transmit: TransmitField | None
    artifacts: Mapping[str, SeriesArtifacts]
    mask_errors: MaskErrors | None

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that the patient has."""
        return tuple(role for role in self.scans if role not in self.missing)

    @property
    def needs_diffusion(self) -> bool:
        """Whether voxels must be asked for with diffusion."""
        return any(isinstance(scan, DiffusionSeries) for scan in self.scans.values())

    def images(self, voxels: Voxels, grid: Grid, roles: Iterable[str] | None = None) -> dict[str, FloatArray]:
        """Return the images without flaws of ``voxels`` on ``grid``, by role: (z, y, x) or (images, z, y, x).

        ``roles`` are all that the patient has, unless given.
        """
        B1 = 1.0 if self.transmit is None else self.transmit.at(grid)
        rates = {None: relaxation_rates(voxels, self.agent, None)}
        images = {}
        for role in self.roles if roles is None else roles:
            scan, at = self.scans[role], self.uptakes.get(role)
            if at not in rates:
                rates[at] = relaxation_rates(voxels, self.agent, agent_concentration(voxels, at))
            if isinstance(scan, Sequence):
                images[role] = weighted_image(voxels, scan, rates[at], B1)
            elif isinstance(scan, MagicSeries):
                images[role] = magic_series(voxels, scan, rates[at], B1)
            else:
                images[role] = diffusion_series(voxels, scan)
        return images

    def white_matter_signal(self, values: TissueValues) -> dict[str, float]:
        """Return the largest signal of normal white matter by role, the unit of noise and gain."""
        tissue = Tissue.WHITE_MATTER
        PD, R1, R2, R2_prime = (float(getattr(values, n)[tissue]) for n in ("PD", "R1", "R2", "R2_prime"))
        found = {}
        for role in self.roles:
            scan, at = self.scans[role], self.uptakes.get(role)
            C = 0.0 if at is None else float(tissue_concentration(values, at)[tissue])
            rates = R1 + self.agent.r1 * C, R2 + self.agent.r2 * C
            if isinstance(scan, Sequence):
                signal = scan.signal(PD, *rates, R2_prime)
            elif isinstance(scan, MagicSeries):
                signal = np.abs(scan.images(PD, *rates)).max()
            else:
                diffusion = (float(getattr(values, name)[tissue]) for name in ("f", "Dv", "Dt", "K", "T2v"))
                signal = scan.images(PD, R2, *diffusion).max()
            found[role] = abs(float(signal))
        return found


def adc_image(images: FloatArray, series: DiffusionSeries) -> FloatArray:
    """Return the ADC in um2/ms, 0 to 5, from the series' first and last image."""
    b_values = [b_value for b_value, _ in series.parameters]
    ADC = two_point_adc(images[0], images[-1], b_values[-1], b_values[0])
    return np.clip(ADC, 0, 5).astype(np.float32)


def draw_examination(settings: Settings, streams: Streams) -> Examination:
    """Draw the examination of one patient.

    Raises
    ------
    UserError
        If typed sequence parameters do not fit what was drawn.
    """
    protocol = draw_protocol(
        streams.generator("protocol"), settings.protocol_preset, settings.field_strength or None
    )
    field = protocol.field_strength
    protocol = _as_typed(protocol, settings)
    scans = _scans(protocol, settings)
    priors = artifact_priors(settings)
    return Examination(
        protocol=protocol.name,
        field_strength=field,
        scans=scans,
        missing=draw_missing(streams.generator("missing"), priors.missing, tuple(scans)),
        agent=agent_at(settings.agent, field),
        uptakes=_uptakes(settings),
        transmit=draw_transmit_field(streams.generator("transmit"), priors.transmit, field),
        artifacts=draw_artifacts(streams.generator("artifacts"), priors, scans),
        mask_errors=draw_mask_errors(streams.generator("mask"), priors.brain_mask),
    )


def artifact_priors(settings: Settings) -> ArtifactPriors:
    """Return the ranges that the settings' strengths stand for; the shifted preset has its own clinical ones."""
    priors = SHIFTED if settings.preset == "shifted" else CLINICAL
    for switch, strength in settings.switches().items():
        if strength != "clinical":
            priors = priors.with_switch(switch, strength)
    return priors


def _as_typed(protocol: Protocol, settings: Settings) -> Protocol:
    """Put the typed kind and times of each sequence in place of the drawn ones."""
    changes = settings.sequence_changes()
    for role, change in changes.items():
        changes[role] = {**_TYPICAL.get(str(change.get("kind")), {}), **change}
    flair = changes.get("FLAIR", {})
    if "repetition_time" in flair and "inversion_time" not in flair:
        flair["inversion_time"] = _fluid_nulling(protocol["FLAIR"], flair["repetition_time"])
    return protocol.with_changes(changes) if changes else protocol


def _fluid_nulling(flair: Sequence, repetition_time: float) -> float:
    """Return the TI in ms that nulls fluid at a typed TR: the drawn one belongs to the drawn TR."""
    last_pulse = (flair.train - 0.5) * flair.spacing
    return nulling_inversion_time(repetition_time, last_pulse, preparation_time=flair.preparation_time)


_TYPICAL: dict[str, dict[str, object]] = {
    "SPGR": {
        "repetition_time": 8.2, "echo_time": 3.2, "inversion_time": 0.0, "flip_angle": 12.0, "train": 1,
    },
    "MPRAGE": {
        "repetition_time": 2000.0, "echo_time": 3.0, "inversion_time": 900.0, "flip_angle": 9.0, "train": 176,
        "spacing": 7.0,
    },
    "SE": {
        "repetition_time": 550.0, "echo_time": 11.0, "inversion_time": 0.0, "flip_angle": 90.0, "train": 1,
    },
    "IR-SE": {
        "repetition_time": 2000.0, "echo_time": 12.0, "inversion_time": 850.0, "flip_angle": 90.0, "train": 7,
        "spacing": 8.0,
    },
}  # fmt: skip
"""What stands beside a kind of sequence that was chosen, unless typed."""


def _scans(protocol: Protocol, settings: Settings) -> dict[str, Scan]:
    wanted = settings.roles
    known: dict[str, Scan] = {sequence.role: sequence for sequence in protocol.sequences}
    if "lowdose_ceT1w" not in known and "ceT1w" in known:
        known["lowdose_ceT1w"] = replace(known["ceT1w"], role="lowdose_ceT1w")
    if protocol.ADC is not None:
        known["ADC"] = protocol.ADC
    known |= {series.role: series for series in protocol.magic or (MagicSeries(), MagicSeries("ceMAGIC"))}
    nearest = min(DIFFUSION_RELAXATION, key=lambda field: abs(field - protocol.field_strength))
    known["dwi"] = protocol.diffusion or DIFFUSION_RELAXATION[nearest]
    unknown = [role for role in wanted if role not in known]
    if unknown:
        raise UserError(f"The protocol '{protocol.name}' has no {', '.join(unknown)}.")
    return {role: known[role] for role in wanted}


def _uptakes(settings: Settings) -> dict[str, Uptake]:
    """Injections before each image: the low dose is given first, the rest of the full dose later."""
    minutes = settings.minutes_after_injection
    full = [Injection(settings.dose, minutes)]
    if settings.low_dose_image and settings.low_dose < settings.dose:
        first = Injection(settings.low_dose, minutes + _MINUTES_BETWEEN_INJECTIONS)
        full = [first, Injection(settings.dose - settings.low_dose, minutes)]
    uptakes = {"ceT1w": uptake(full), "ceMAGIC": uptake(full)}
    if settings.low_dose_image:
        uptakes["lowdose_ceT1w"] = uptake([Injection(settings.low_dose, _LOW_DOSE_MINUTES)])
    return uptakes
