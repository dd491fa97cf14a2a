"""The closed list of weighted images that can be computed from maps: equations, times, their ranges and display.

Signals are those of :mod:`~gliomamri.relaxometry.spin_echo`, :mod:`~gliomamri.relaxometry.gradient_echo` and
:mod:`~gliomamri.relaxometry.double_inversion`, with ideal 90- and 180-degree pulses, in percent of the signal of pure
water that is fully relaxed and has not decayed. What real images have beyond them is not computed: magnetization
transfer, flow, diffusion, partial volume of CSF with tissue (a known cause of bright rims in synthetic FLAIR), fat.

Called by :mod:`~gliomamri.relaxometry.synthetic`; tested by Testing/unit/relaxometry/test_synthetic.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.relaxometry.double_inversion import double_inversion_spin_echo
from gliomamri.relaxometry.gradient_echo import spoiled_gradient_echo
from gliomamri.relaxometry.spin_echo import Readout, inversion_prepared_spin_echo, spin_echo
from gliomamri.relaxometry.tissue_references import PRESETS, TISSUES

Array = NDArray[np.floating]
Signal = Callable[[Array, Array, Array, Mapping[str, float]], Array]
"""Function of PD (signal units), R1, R2 (1/s) and the parameters by name."""


@dataclass(frozen=True)
class Parameter:
    """One parameter that the user may move.

    Attributes
    ----------
    name, label : str
        Ours, as in :data:`gliomamri.series.PARAMETERS` where it is there, and the short one on a slider: ``TR``.
    unit : str
    default, minimum, maximum : float
        In that unit.
    """

    name: str
    label: str
    unit: str
    default: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class WeightedImage:
    """One kind of image.

    Attributes
    ----------
    name, title : str
        Short name (``FLAIR``) and the words for it.
    equation : str
        The signal, in plain text.
    parameters : tuple of Parameter
    signal : callable
        See :data:`Signal`.
    headroom : float
        Upper end of the display over the brightest healthy brain tissue: room for lesions [our choice].
    signed : bool
        Whether the display goes below zero; other kinds show the magnitude.
    """

    name: str
    title: str
    equation: str
    parameters: tuple[Parameter, ...]
    signal: Signal
    headroom: float
    signed: bool = False

    @property
    def defaults(self) -> dict[str, float]:
        """Default of each parameter."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def checked(self, times: Mapping[str, float]) -> dict[str, float]:
        """Return all parameters, defaults filled in.

        Raises
        ------
        UserError
            If one is unknown, out of range, or they do not fit into the repetition time.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in times:
            if name not in known:
                raise UserError(f"{self.title} has no parameter '{name}'; it has {', '.join(known)}.")
        values = {**self.defaults, **{name: float(value) for name, value in times.items()}}
        for name, value in values.items():
            parameter = known[name]
            if not parameter.minimum <= value <= parameter.maximum:
                raise UserError(
                    f"{parameter.label} of {self.title} is {value:g} {parameter.unit}; it must be from "
                    f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}."
                )
        within = [name for name in values if name.endswith(("inversion_time", "echo_time"))]
        used = sum(values[name] for name in within)
        if used >= values["repetition_time"]:
            raise UserError(
                f"{' + '.join(known[name].label for name in within)} of {self.title} ({used:g} ms) must be shorter "
                f"than TR ({values['repetition_time']:g} ms)."
            )
        return values

    def describe(self, times: Mapping[str, float]) -> str:
        """Say the values: ``TR 500 ms, TE 10 ms``."""
        return ", ".join(f"{p.label} {times[p.name]:g} {p.unit}" for p in self.parameters)


def _times(TR: tuple[float, float, float], TE: tuple[float, float, float]) -> tuple[Parameter, Parameter]:
    return Parameter("repetition_time", "TR", "ms", *TR), Parameter("echo_time", "TE", "ms", *TE)


def _inversion(default: float, name: str = "inversion_time", label: str = "TI") -> Parameter:
    return Parameter(name, label, "ms", default, 20.0, 6000.0)


def _spin_echo(PD: Array, R1: Array, R2: Array, times: Mapping[str, float]) -> Array:
    return spin_echo(PD, R1, R2, times["repetition_time"], Readout(times["echo_time"]))


def _signed_inversion(PD: Array, R1: Array, R2: Array, times: Mapping[str, float]) -> Array:
    readout = Readout(times["echo_time"])
    return inversion_prepared_spin_echo(
        PD, R1, R2, times["repetition_time"], times["inversion_time"], readout
    )


def _inversion_recovery(PD: Array, R1: Array, R2: Array, times: Mapping[str, float]) -> Array:
    return _magnitude(_signed_inversion(PD, R1, R2, times))


def _double_inversion(PD: Array, R1: Array, R2: Array, times: Mapping[str, float]) -> Array:
    first, second = times["first_inversion_time"], times["second_inversion_time"]
    signal = double_inversion_spin_echo(
        PD, R1, R2, times["repetition_time"], first, second, times["echo_time"]
    )
    return _magnitude(signal)


def _gradient_echo(PD: Array, R1: Array, R2: Array, times: Mapping[str, float]) -> Array:
    return spoiled_gradient_echo(
        PD, R1, R2, times["repetition_time"], times["echo_time"], times["flip_angle"]
    )


def _magnitude(signal: Array) -> Array:
    return np.abs(signal, out=signal) if isinstance(signal, np.ndarray) else abs(signal)


_NARROWEST = 0.5
"""Percent of water; times that null all tissues leave a display range all the same."""

_SE = "PD (1 - 2 exp(-(TR - TE/2)/T1) + exp(-TR/T1)) exp(-TE/T2)"
_IR = "PD (1 - 2 exp(-TI/T1) + 2 exp(-(TR - TE/2)/T1) - exp(-TR/T1)) exp(-TE/T2)"
_DIR = "PD (1 - 2 exp(-TI2/T1) + 2 exp(-(TI1 + TI2)/T1) - 2 exp(-(TR - TE/2)/T1) + exp(-TR/T1)) exp(-TE/T2)"
_SPGR = "PD sin(FA) (1 - exp(-TR/T1)) / (1 - cos(FA) exp(-TR/T1)) exp(-TE/T2), T2 standing in for T2*"

WEIGHTED_IMAGES: dict[str, WeightedImage] = {
    image.name: image
    for image in (
        WeightedImage("T1w", "T1-weighted", _SE, _times((500, 50, 5000), (10, 1, 200)), _spin_echo, 1.4),
        WeightedImage(
            "T1w_SPGR",
            "T1-weighted gradient echo",
            _SPGR,
            (*_times((8, 3, 100), (3, 1, 30)), Parameter("flip_angle", "FA", "degree", 18, 1, 90)),
            _gradient_echo,
            1.4,
        ),
        WeightedImage("T2w", "T2-weighted", _SE, _times((4500, 500, 15000), (100, 1, 400)), _spin_echo, 2.2),
        WeightedImage("PDw", "PD-weighted", _SE, _times((8000, 500, 20000), (10, 1, 200)), _spin_echo, 1.3),
        WeightedImage(
            "FLAIR",
            "FLAIR",
            f"|{_IR}|",
            (*_times((9000, 1000, 20000), (100, 1, 400)), _inversion(2400)),
            _inversion_recovery,
            1.8,
        ),
        WeightedImage(
            "T1_FLAIR",
            "T1-FLAIR",
            f"|{_IR}|",
            (*_times((2500, 500, 10000), (10, 1, 200)), _inversion(1000)),
            _inversion_recovery,
            1.4,
        ),
        WeightedImage(
            "PSIR",
            "PSIR",
            _IR,
            (*_times((6000, 500, 20000), (10, 1, 200)), _inversion(800)),
            _signed_inversion,
            1.5,
            signed=True,
        ),
        WeightedImage(
            "DIR",
            "DIR",
            f"|{_DIR}|",
            (
                *_times((9000, 2000, 30000), (25, 1, 400)),
                _inversion(2900, "first_inversion_time", "TI1"),
                _inversion(560, "second_inversion_time", "TI2"),
            ),
            _double_inversion,
            1.8,
        ),
        WeightedImage(
            "STIR",
            "STIR",
            f"|{_IR}|",
            (*_times((5000, 1000, 15000), (60, 1, 400)), _inversion(230)),
            _inversion_recovery,
            1.8,
        ),
    )
}
"""All kinds, by name. Default times are ours, as used at 3 T."""


def weighted_image(kind: str) -> WeightedImage:
    """Find a kind by name.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    if kind not in WEIGHTED_IMAGES:
        raise UserError(
            f"There is no synthetic image called '{kind}'; there are {', '.join(WEIGHTED_IMAGES)}."
        )
    return WEIGHTED_IMAGES[kind]


def display_window(kind: str, **times: float) -> tuple[float, float]:
    """Return the range to display, in percent of water: from healthy tissue at 3 T, never from the image.

    So it does not flicker while times slide, and two patients look alike. It reaches from 0, or from CSF where the
    sign is shown, to the brighter of white and gray matter times the kind's headroom.

    Raises
    ------
    UserError
        As :meth:`WeightedImage.checked`.
    """
    image = weighted_image(kind)
    values = image.checked(times)
    PD, R1, R2 = (
        np.array([getattr(PRESETS["3 T"][tissue], name) for tissue in TISSUES]) for name in ("PD", "T1", "T2")
    )
    signals = image.signal(PD, 1000 / R1, 1000 / R2, values)
    brain = max(float(signals[TISSUES.index("WM")]), float(signals[TISSUES.index("GM")]))
    low = min(0.0, 1.15 * float(signals[TISSUES.index("CSF")])) if image.signed else 0.0
    return low, max(image.headroom * brain, low + _NARROWEST)
