"""Contrast agent: relaxivities, and how its concentration follows dose and time.

Relaxation rates rise linearly with the concentration, ``R1' = R1 + r1 C`` and ``R2' = R2 + r2 C``. Tissue values give C
for the reference of 0.1 mmol/kg after 5 min; any other examination multiplies that by a factor of the dose
and of the time since each injection (injections add up):

    blood   p(t) = a1 exp(-m1 t) + a2 exp(-m2 t),   a1 : a2 = 3.99 : 4.78,  m1 = .144,  m2 = .0111 per min   (1)
    leaky   q(t) = (1 - exp(-t / 3 min)) exp(-t / 90 min)                                                  (2)
    factor  sum over injections of dose / (0.1 mmol/kg) * p(t) / p(5 min), and q alike

(1) is the biexponential plasma curve of gadopentetate in volunteers; the first minute, in which the bolus is not yet
mixed, is not described. (2), for tissue without a blood-brain barrier (tumor, dura, plexus, mucosa), is our choice:
a rise over some minutes and a slow washout.

References: Weinmann et al., Physiol Chem Phys Med NMR 16:167 (1984), as used by Tofts and Kermode, Magn Reson Med
17:357 (1991), for (1); Rohrer et al., Invest Radiol 40:715 (2005), plasma at 37 C, for the relaxivities (from memory,
not re-read); Szomolanyi et al., Invest Radiol 54:559 (2019), measure r1 of gadoterate lower (3.32 and 3.00 L/(mmol s)
at 1.5 and 3 T) and of gadobutrol alike (4.78 and 4.97).

Tested by Testing/unit/phantom/test_agent.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gliomamri.errors import UserError
from gliomamri.phantom.tissue_values import LEAKY_TISSUES, FloatArray, TissueValues

REFERENCE_DOSE = 0.1
"""Dose in mmol/kg to which concentrations of the tissue values belong."""

REFERENCE_MINUTES = 5.0
"""Minutes after the injection to which concentrations of the tissue values belong."""

_LARGEST_DOSE = 0.5
_RELAXIVITIES: dict[str, tuple[float, float, float, float]] = {
    # r1, r2 at 1.5 T; r1, r2 at 3 T in L/(mmol s)
    "gadoterate": (3.6, 4.3, 3.5, 4.9),
    "gadobutrol": (5.2, 6.1, 5.0, 7.1),
    "gadoteridol": (4.1, 5.0, 3.7, 5.7),
    "gadopentetate": (4.1, 4.6, 3.7, 5.2),
    "gadobenate": (6.3, 8.7, 5.5, 11.0),
    "gadodiamide": (4.3, 5.2, 4.0, 5.6),
}

AGENTS = tuple(_RELAXIVITIES)
"""Names of the agents that are known."""


@dataclass(frozen=True)
class Agent:
    """A contrast agent at one field strength.

    Attributes
    ----------
    name : str
        One of :data:`AGENTS`.
    r1, r2 : float
        Relaxivities in L/(mmol s).
    """

    name: str
    r1: float
    r2: float


@dataclass(frozen=True)
class Injection:
    """One injection.

    Attributes
    ----------
    dose : float
        mmol per kg of body weight.
    minutes_before : float
        Minutes from the injection to the image.
    """

    dose: float = REFERENCE_DOSE
    minutes_before: float = REFERENCE_MINUTES


@dataclass(frozen=True)
class Uptake:
    """Factors on the reference concentrations at the time of one image.

    Attributes
    ----------
    blood : float
        For blood, and for brain whose agent stays in its vessels.
    leaky : float
        For tissue without a barrier.
    """

    blood: float
    leaky: float


def agent_at(name: str = "gadoterate", field_strength: float = 3.0) -> Agent:
    """Return an agent's relaxivities, interpolated as a power of the field (Tesla, 1.5 to 3).

    Raises
    ------
    UserError
        If the agent is unknown or the field strength outside.
    """
    if name not in _RELAXIVITIES:
        raise UserError(f"The contrast agent '{name}' is not known; choose one of {', '.join(AGENTS)}.")
    if not 1.5 <= field_strength <= 3.0:
        raise UserError(
            f"The field strength is {field_strength:g} T; relaxivities are known from 1.5 to 3 T."
        )
    low_r1, low_r2, high_r1, high_r2 = _RELAXIVITIES[name]
    toward_high = math.log(field_strength / 1.5) / math.log(2)
    return Agent(name, low_r1 * (high_r1 / low_r1) ** toward_high, low_r2 * (high_r2 / low_r2) ** toward_high)


def uptake(injections: Sequence[Injection] = (Injection(),)) -> Uptake:
    """Return the factors on the reference concentrations after one or several injections.

    Examples
    --------
    A quarter dose 3 min before the image; and the full dose of the same patient, the rest of which was given
    6 min before its image and 7 min after the first part:

    >>> low = uptake([Injection(0.025, 3.0)])
    >>> full = uptake([Injection(0.025, 13.0), Injection(0.075, 6.0)])
    >>> round(low.leaky / full.leaky, 2)
    0.19

    Raises
    ------
    UserError
        If there is no injection, a dose is not above 0 (or beyond 0.5 mmol/kg), or a time is negative.
    """
    if not injections:
        raise UserError("There is no injection; give at least one dose and its time before the image.")
    for injection in injections:
        _check(injection)
    blood = sum(i.dose * _in_blood(i.minutes_before) for i in injections)
    leaky = sum(i.dose * _in_leaky_tissue(i.minutes_before) for i in injections)
    return Uptake(
        blood / (REFERENCE_DOSE * _in_blood(REFERENCE_MINUTES)),
        leaky / (REFERENCE_DOSE * _in_leaky_tissue(REFERENCE_MINUTES)),
    )


def tissue_concentration(values: TissueValues, at: Uptake) -> FloatArray:
    """Return mmol/L of agent per tissue, float32, indexed by :class:`~gliomamri.phantom.tissues.Tissue`."""
    factor = np.full(len(values.concentration), at.blood, np.float32)
    factor[list(LEAKY_TISSUES)] = at.leaky
    return values.concentration * factor


def _check(injection: Injection) -> None:
    dose, minutes = injection.dose, injection.minutes_before
    if not 0 < dose <= _LARGEST_DOSE:
        raise UserError(
            f"The dose of contrast agent is {dose:g} mmol/kg; it must be above 0 and at most {_LARGEST_DOSE:g} "
            "(0.1 is usual)."
        )
    if not 0 <= minutes < math.inf:
        raise UserError(
            f"The contrast agent was injected {minutes:g} min before the image; that must be 0 or more."
        )


def _in_blood(minutes: float) -> float:
    """Equation (1), relative units."""
    return 3.99 * math.exp(-0.144 * minutes) + 4.78 * math.exp(-0.0111 * minutes)


def _in_leaky_tissue(minutes: float) -> float:
    """Equation (2), relative units."""
    return -math.expm1(-minutes / 3) * math.exp(-minutes / 90)
