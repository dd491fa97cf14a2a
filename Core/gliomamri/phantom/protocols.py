"""Which sequences a patient is scanned with: drawn as hospitals differ, or as a paper says.

Presets
-------
standard
    What multi-center glioma collections contain: T1w as gradient echo, spin echo or T1-FLAIR, after contrast agent
    another kind in three of ten patients; thick slices or 3-D.
quantitative
    As Tampu et al., Deep learning for quantitative MRI brain tumor analysis: GE 3 T, MAGIC before and after contrast
    agent, T1-FLAIR, T2w, FLAIR, 0.43 x 0.43 x 5 mm.
low-dose
    As Ammari et al., Invest Radiol 57:99 (2021), doi 10.1097/rli.0000000000000811: GE 1.5 or 3 T, 3-D gradient echoes
    before, at a quarter and at full dose, with other TR and TE before than after; ADC of b = 0 and 1000 s/mm2.
shifted
    For honest tests, never for training: planes, voxels and times that ``standard`` does not draw for a sequence.

What is not published (flip angles, trains, voxels) is our choice.

Tested by Testing/unit/phantom/test_protocols.py.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from gliomamri.errors import UserError
from gliomamri.phantom.image_series import DiffusionSeries, MagicSeries
from gliomamri.phantom.sequences import Sequence

_CSF_T1 = 4100.0
_LONG_TIMES = ("repetition_time", "inversion_time", "preparation_time")
_CSF_T2 = 1200.0


@dataclass(frozen=True)
class Protocol:
    """The sequences of one examination.

    Attributes
    ----------
    name : str
        Preset it was drawn from.
    field_strength : float
        Tesla.
    sequences : tuple of Sequence
        Weighted images, one per role.
    ADC : DiffusionSeries or None
        The two images an ADC map is made from.
    magic : tuple of MagicSeries
        Roles ``MAGIC`` (before contrast agent) and ``ceMAGIC`` (after).
    diffusion : DiffusionSeries or None
        Diffusion-relaxation images.
    """

    name: str
    field_strength: float
    sequences: tuple[Sequence, ...]
    ADC: DiffusionSeries | None = None
    magic: tuple[MagicSeries, ...] = ()
    diffusion: DiffusionSeries | None = None

    def __getitem__(self, role: str) -> Sequence:
        """Return the sequence of a role."""
        for sequence in self.sequences:
            if sequence.role == role:
                return sequence
        raise KeyError(role)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the weighted images."""
        return tuple(sequence.role for sequence in self.sequences)

    def problems(self) -> list[str]:
        """List what is wrong with any of its sequences, one sentence each."""
        parts = [*self.sequences, *self.magic, *(s for s in (self.ADC, self.diffusion) if s is not None)]
        return [sentence for part in parts for sentence in part.problems()]

    def with_changes(self, changes: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return the protocol with some parameters of some roles replaced.

        Parameters
        ----------
        changes
            By role, the attributes of :class:`~gliomamri.phantom.sequences.Sequence` to set, such as
            ``{"T2w": {"echo_time": 95.0}}``.

        Raises
        ------
        UserError
            If there is no such role or parameter, or the sequence cannot be played.
        """
        for role in changes:
            if role not in self.roles:
                raise UserError(f"There is no image '{role}'; there are {', '.join(self.roles)}.")
        changed = tuple(_changed(sequence, changes.get(sequence.role, {})) for sequence in self.sequences)
        return dataclasses.replace(self, sequences=changed)


def draw_protocol(
    generator: np.random.Generator, preset: str = "standard", field_strength: float | None = None
) -> Protocol:
    """Draw the protocol of one examination.

    Parameters
    ----------
    generator
        Source of randomness.
    preset
        One of :data:`PRESETS`.
    field_strength
        Tesla, 1.5 to 3; None draws it (quantitative: 3).

    Raises
    ------
    UserError
        If the preset is unknown or the field strength outside.
    """
    if preset not in PRESETS:
        raise UserError(f"There is no protocol '{preset}'; choose one of {', '.join(PRESETS)}.")
    share_of_low_fields, build = _PRESETS[preset]
    low = generator.random() < share_of_low_fields
    field = (1.5 if low else 3.0) if field_strength is None else float(field_strength)
    if not 1.5 <= field <= 3.0:
        raise UserError(f"The field strength is {field:g} T; it must be 1.5 to 3 T.")
    return build(generator, field)


def nulling_inversion_time(
    repetition_time: float, last_pulse: float = 0.0, T1: float = _CSF_T1, *, preparation_time: float = 0.0
) -> float:
    """Return the TI in ms at which an inversion-prepared spin echo has no signal of a fluid.

    Parameters
    ----------
    repetition_time, T1
        In ms; T1 of the fluid.
    last_pulse
        ms from excitation to the last refocusing pulse. After it the fluid recovers from about 0, so that
        ``1 - (1 + k) exp(-TI/T1) + k exp(-(TR - last_pulse)/T1) = 0`` with k = 1.
    preparation_time
        ms of T2 preparation before the inversion, which leaves ``k = exp(-P/T2)`` to be inverted; in it the fluid
        does not recover.
    """
    inverted = math.exp(-preparation_time / _CSF_T2)
    left = math.exp(-(repetition_time - preparation_time - last_pulse) / T1)
    return T1 * math.log((1 + inverted) / (1 + inverted * left))


def _changed(sequence: Sequence, changes: Mapping[str, Any]) -> Sequence:
    known = {f.name for f in dataclasses.fields(Sequence)} - {"role"}
    for name in changes:
        if name not in known:
            raise UserError(
                f"{sequence.role}: there is no parameter '{name}'; there are {', '.join(sorted(known))}."
            )
    changed = dataclasses.replace(sequence, **changes)
    changed.check()
    return changed


def _voxels(generator: np.random.Generator, share_of_3d: float, low: float, high: float) -> dict[str, float]:
    """Draw a 3-D voxel of about 1 mm, or a thick slice of ``low`` to ``high`` mm with a gap."""
    thick = generator.random() >= share_of_3d
    edge, fine = generator.uniform(0.85, 1.1), generator.uniform(0.5, 0.9)
    thickness, gap = generator.uniform(low, high), generator.choice((0.0, 0.3, 0.5, 1.0))
    if thick:
        return {"in_plane": float(fine), "slice_thickness": float(thickness), "slice_gap": float(gap)}
    return {"in_plane": float(edge), "slice_thickness": float(edge)}


def _gradient_echo(generator: np.random.Generator) -> dict[str, Any]:
    TR, TE, angle = generator.uniform((6.5, 2.2, 9), (12, 4.0, 22))
    voxels = _voxels(generator, 1.0, 3, 5)
    return {"kind": "SPGR", "repetition_time": TR, "echo_time": TE, "flip_angle": angle, **voxels}


def _prepared_gradient_echo(generator: np.random.Generator) -> dict[str, Any]:
    TR, TE, TI, angle, spacing = generator.uniform((1900, 2.3, 820, 8, 6.5), (2300, 3.5, 1080, 12, 8.5))
    times = {"repetition_time": TR, "echo_time": TE, "inversion_time": TI}
    train = {"train": 176, "spacing": spacing, "flip_angle": angle, "kappa": -0.96}
    return {"kind": "MPRAGE", **times, **train, **_voxels(generator, 1.0, 3, 5)}


def _spin_echo(generator: np.random.Generator) -> dict[str, Any]:
    TR, TE = generator.uniform((420, 8), (800, 17))
    return {"kind": "SE", "repetition_time": TR, "echo_time": TE, **_voxels(generator, 0.0, 3, 5)}


def _t1_flair(generator: np.random.Generator) -> dict[str, Any]:
    TR, TI, TE = generator.uniform((1700, 800, 8), (2300, 1000, 20))
    times = {"repetition_time": TR, "inversion_time": TI, "echo_time": TE, "kappa": -0.96}
    train = {"train": 7, "spacing": max(8.0, TE / 2)}
    return {"kind": "IR-SE", **times, **train, **_voxels(generator, 0.0, 3, 5)}


def _t2(generator: np.random.Generator) -> dict[str, Any]:
    TR, TE, angle, transfer = generator.uniform((3000, 80, 140, 0.0), (7000, 115, 180, 0.6))
    train = {"train": int(generator.integers(13, 21)), "spacing": float(generator.uniform(9, 12))}
    times = {"repetition_time": TR, "echo_time": TE, "refocusing_angle": angle}
    times["magnetization_transfer"] = transfer
    return {"kind": "TSE", **times, **train, **_voxels(generator, 0.25, 2.5, 5)}


def _flair(generator: np.random.Generator) -> dict[str, Any]:
    if generator.random() < 0.4:
        return _flair_3d(generator)
    TR, TE, transfer = generator.uniform((7000, 80, 0.35), (10500, 150, 1.0))
    train = {"train": int(generator.integers(16, 27)), "spacing": float(generator.uniform(9, 10.5))}
    TI = generator.normal(0.955, 0.03) * nulling_inversion_time(TR, (train["train"] - 0.5) * train["spacing"])
    times = {"repetition_time": TR, "echo_time": TE, "inversion_time": TI, "magnetization_transfer": transfer}
    return {"kind": "IR-SE", **times, **train, "kappa": -0.98, **_voxels(generator, 0.1, 2.5, 5)}


def _flair_3d(generator: np.random.Generator) -> dict[str, Any]:
    """Draw a 3-D FLAIR, in six of ten cases with T2 preparation."""
    TR, TE, transfer, preparation = generator.uniform((4800, 110, 0.35, 100), (7000, 160, 1.0, 140))
    of_null, prepared = generator.normal(0.965, 0.025), generator.random() < 0.6
    preparation = preparation if prepared else 0.0
    TI = of_null * nulling_inversion_time(TR, 149.5 * 4, preparation_time=preparation)
    times = {"repetition_time": TR, "echo_time": TE, "inversion_time": TI, "train": 150, "spacing": 4.0}
    times |= {"preparation_time": preparation, "kappa": -0.98, "magnetization_transfer": transfer}
    return {"kind": "IR-SE", **times, **_voxels(generator, 1.0, 3, 5)}


_T1_KINDS: tuple[tuple[float, Callable[[np.random.Generator], dict[str, Any]]], ...] = (
    (0.25, _gradient_echo),
    (0.20, _prepared_gradient_echo),
    (0.20, _t1_flair),
    (0.35, _spin_echo),
)


def _t1(generator: np.random.Generator) -> dict[str, Any]:
    kind = generator.choice(len(_T1_KINDS), p=[share for share, _ in _T1_KINDS])
    return _T1_KINDS[kind][1](generator)


def _sequence(role: str, parameters: Mapping[str, Any]) -> Sequence:
    """Make a sequence of drawn parameters, with as many digits as a scanner's console has."""
    whole = {name for name in _LONG_TIMES if parameters.get(name, 0) > 50}
    rounded = {
        name: round(float(value), 0 if name in whole else 2)
        if isinstance(value, float | np.floating)
        else value
        for name, value in parameters.items()
    }
    return Sequence(role, **rounded)


def _standard(generator: np.random.Generator, field_strength: float) -> Protocol:
    before, other = _t1(generator), _t1(generator)
    after = before if generator.random() < 0.7 else other
    sequences = (
        _sequence("T1w", before),
        _sequence("ceT1w", after),
        _sequence("T2w", _t2(generator)),
        _sequence("FLAIR", _flair(generator)),
    )
    return Protocol("standard", field_strength, sequences, ADC=DiffusionSeries())


def _quantitative(_generator: np.random.Generator, field_strength: float) -> Protocol:
    voxel = {"in_plane": 0.43, "slice_thickness": 4.0, "slice_gap": 1.0}
    # At this TI gray matter and tumor are nulled or negative: the sign is kept.
    T1 = {
        "kind": "IR-SE",
        "repetition_time": 2524.0,
        "inversion_time": 798.0,
        "echo_time": 22.0,
        "signed": True,
    }
    T1 |= {"train": 7, "spacing": 11.0, **voxel}
    T2 = {"kind": "TSE", "repetition_time": 5000.0, "echo_time": 95.0, "train": 16, "spacing": 11.0, **voxel}
    T2["magnetization_transfer"] = 0.4
    flair = {
        "kind": "IR-SE",
        "repetition_time": 8500.0,
        "echo_time": 120.0,
        "train": 20,
        "spacing": 9.0,
        **voxel,
    }
    flair["inversion_time"] = nulling_inversion_time(8500.0, 19.5 * 9)
    sequences = (
        _sequence("T1w", T1),
        _sequence("ceT1w", T1),
        _sequence("T2w", T2),
        _sequence("FLAIR", flair),
    )
    return Protocol("quantitative", field_strength, sequences, magic=(MagicSeries(), MagicSeries("ceMAGIC")))


def _low_dose(generator: np.random.Generator, field_strength: float) -> Protocol:
    before, after = ((9.0, 4.2), (6.1, 1.2)) if field_strength < 2.2 else ((5.9, 2.1), (6.1, 2.1))
    sequences = [
        Sequence(role, "SPGR", TR, TE, flip_angle=12.0)
        for role, (TR, TE) in (("T1w", before), ("lowdose_ceT1w", after), ("ceT1w", after))
    ]
    ADC = DiffusionSeries(b_values=(0.0, 1000.0), echo_times=(75.0,), in_plane=1.9)
    return Protocol("low-dose", field_strength, (*sequences, _sequence("FLAIR", _flair(generator))), ADC=ADC)


def _shifted(generator: np.random.Generator, field_strength: float) -> Protocol:
    plane = str(generator.choice(("sagittal", "coronal")))
    if generator.random() < 0.5:
        TR, TE, angle = generator.uniform((1720, 4.0, 13), (1880, 5.0, 16))
        T1 = {"kind": "MPRAGE", "repetition_time": TR, "echo_time": TE, "flip_angle": angle, "train": 128}
        T1 |= {"inversion_time": generator.uniform(1020, 1100), "spacing": 9.5, "kappa": -0.9}
        T1 |= {"in_plane": 1.2, "slice_thickness": 1.5, "orientation": plane}
    else:
        TR, TE = generator.uniform((350, 16), (420, 22))
        T1 = {"kind": "SE", "repetition_time": TR, "echo_time": TE, "in_plane": 0.9, "slice_thickness": 6.0}
        T1 |= {"slice_gap": 1.5, "orientation": plane}
    T2 = {
        "kind": "TSE",
        "repetition_time": generator.uniform(2600, 3000),
        "echo_time": generator.uniform(118, 130),
    }
    T2 |= {"train": 24, "spacing": 10.0, "slice_thickness": 6.0, "slice_gap": 1.2, "orientation": "coronal"}
    T2["magnetization_transfer"] = 0.75
    TR, TE = generator.uniform((6100, 142), (6900, 155))
    flair = {
        "kind": "IR-SE",
        "repetition_time": TR,
        "echo_time": TE,
        "train": 24,
        "spacing": 9.0,
        "kappa": -0.93,
    }
    flair["inversion_time"] = generator.normal(0.96, 0.03) * nulling_inversion_time(TR, 23.5 * 9)
    flair |= {"magnetization_transfer": 0.85, "in_plane": 1.1, "slice_thickness": 6.0, "slice_gap": 1.0}
    roles = (("T1w", T1), ("ceT1w", T1), ("T2w", T2), ("FLAIR", flair))
    ADC = DiffusionSeries(b_values=(0.0, 1200.0), echo_times=(105.0,), in_plane=2.4, slice_thickness=6.0)
    sequences = tuple(_sequence(role, parameters) for role, parameters in roles)
    return Protocol("shifted", field_strength, sequences, ADC=ADC)


_PRESETS: dict[str, tuple[float, Callable[[np.random.Generator, float], Protocol]]] = {
    "standard": (0.4, _standard),
    "quantitative": (0.0, _quantitative),
    "low-dose": (0.5, _low_dose),
    "shifted": (0.8, _shifted),
}

PRESETS = tuple(_PRESETS)
"""Names of the presets."""

DIFFUSION_RELAXATION = {
    1.5: DiffusionSeries(
        b_values=(0.0, 50.0, 100.0, 400.0, 900.0, 1200.0, 1600.0),
        echo_times=(93.0, 105.0, 120.0),
        in_plane=2.0,
    ),
    3.0: DiffusionSeries(
        b_values=(0.0, 50.0, 100.0, 400.0, 900.0, 1200.0, 1500.0),
        echo_times=(75.0, 90.0, 105.0),
        in_plane=2.0,
    ),
}
"""The 21 images of a diffusion-relaxation examination, by field strength in Tesla; ``dataclasses.replace`` adds one."""
