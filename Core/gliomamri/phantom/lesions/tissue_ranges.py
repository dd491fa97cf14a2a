"""T1, T2, water, contrast agent and diffusion of every lesion part at 3 T, and how one patient's are drawn.

Ranges stay near those of first experiments in which networks carried over to real patients: edema T1 1.05-1.6 s (a
fingerprinting study reports 1.26 +- 0.36 s around tumors), enhancing rim 0.10-0.45 mmol/L of agent at 0.1 mmol/kg after
about 5 minutes (from the T1 shortening of untreated glioblastoma at 3 T, 838 +- 210 ms). Multiple-sclerosis-like
lesions, blood and meningioma are our choice within values found in reviews. Scaling to 1.5 T is done where healthy
tissue is scaled.

Tested by Testing/unit/phantom/lesions/test_tissue_ranges.py.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace

import numpy as np

from gliomamri.phantom.lesions.lesion import Part
from gliomamri.phantom.lesions.priors import STANDARD, LesionPriors


@dataclass(frozen=True)
class LesionValues:
    """Properties of a lesion part at 3 T.

    Attributes
    ----------
    T1, T2 : float
        ms, without contrast agent.
    PD : float
        Water, as a fraction of pure water.
    agent : float
        mmol/L at 0.1 mmol/kg about 5 minutes after injection.
    ADC : float
        um2/ms, from b 0 and 1000 s/mm2.
    perfusion_fraction : float
    Dv : float
        um2/ms, of blood.
    K : float
        Excess kurtosis.
    R2_prime : float
        1/s, additional decay of a gradient echo.
    """

    T1: float
    T2: float
    PD: float
    agent: float
    ADC: float
    perfusion_fraction: float
    Dv: float
    K: float
    R2_prime: float

    @property
    def Dt(self) -> float:  # noqa: N802  (the model's name)
        """Diffusivity of tissue in um2/ms that gives :attr:`ADC` in the T2-IVIM-kurtosis model.

        Solves ``b ADC = -ln(1 - f) + b Dt - (b Dt)^2 K / 6`` at b = 1 ms/um2, where perfusion has decayed.
        """
        wanted = max(self.ADC + np.log1p(-self.perfusion_fraction), 0.05)
        if self.K < 1e-6:
            return float(wanted)
        # Beyond Dt = 3 / K the model's signal rises again; ADC is at most what it reaches there.
        root = max(1 - 4 * wanted * self.K / 6, 0.0)
        return float((1 - np.sqrt(root)) * 3 / self.K)


RANGES: dict[Part, tuple[LesionValues, LesionValues]] = {
    #                            T1    T2   PD    agent  ADC   f     Dv  K     R2'
    Part.NECROSIS: (
        LesionValues(1700, 160, 0.87, 0.010, 1.30, 0.005, 15, 0.20, 3),
        LesionValues(4000, 1000, 1.00, 0.060, 2.70, 0.020, 30, 0.45, 8),
    ),
    Part.CYST: (
        LesionValues(2600, 500, 0.95, 0.000, 2.20, 0.001, 15, 0.00, 1),
        LesionValues(4000, 1500, 1.00, 0.020, 3.00, 0.005, 30, 0.10, 3),
    ),
    Part.NON_ENHANCING: (
        LesionValues(1050, 89, 0.77, 0.018, 1.00, 0.020, 15, 0.30, 3),
        LesionValues(2200, 240, 0.90, 0.050, 1.90, 0.060, 40, 0.60, 6),
    ),
    Part.ENHANCING: (
        LesionValues(1200, 85, 0.79, 0.100, 0.85, 0.060, 15, 0.45, 5),
        LesionValues(1850, 175, 0.88, 0.450, 1.35, 0.140, 40, 0.75, 15),
    ),
    Part.HEMORRHAGE: (
        LesionValues(500, 40, 0.80, 0.010, 0.60, 0.005, 15, 0.50, 20),
        LesionValues(1300, 120, 0.92, 0.060, 1.30, 0.030, 30, 0.90, 70),
    ),
    Part.EDEMA: (
        LesionValues(1000, 87, 0.75, 0.014, 1.00, 0.020, 15, 0.35, 3),
        LesionValues(1600, 190, 0.87, 0.030, 1.70, 0.050, 60, 0.60, 6),
    ),
    Part.INFILTRATION: (
        LesionValues(1150, 95, 0.79, 0.022, 0.95, 0.030, 15, 0.40, 3),
        LesionValues(1550, 145, 0.86, 0.050, 1.40, 0.070, 50, 0.65, 6),
    ),
    Part.MENINGIOMA: (
        LesionValues(1250, 75, 0.78, 0.250, 0.75, 0.080, 15, 0.55, 5),
        LesionValues(1650, 115, 0.86, 0.600, 1.10, 0.160, 40, 0.90, 12),
    ),
    Part.WHITE_MATTER_LESION: (
        LesionValues(1000, 92, 0.74, 0.012, 0.90, 0.020, 30, 0.50, 3),
        LesionValues(1400, 150, 0.84, 0.020, 1.35, 0.040, 70, 0.80, 6),
    ),
    Part.ACTIVE_WHITE_MATTER_LESION: (
        LesionValues(1150, 100, 0.77, 0.080, 0.90, 0.030, 20, 0.45, 3),
        LesionValues(1550, 160, 0.86, 0.300, 1.45, 0.070, 60, 0.75, 6),
    ),
    Part.CAVITY: (
        LesionValues(3200, 700, 0.96, 0.000, 2.50, 0.001, 15, 0.00, 1),
        LesionValues(4200, 1700, 1.00, 0.010, 3.10, 0.003, 30, 0.05, 3),
    ),
}
"""Low and high end of each part's values between patients."""

_WHITE_MATTER = LesionValues(850, 74, 0.69, 0.012, 0.72, 0.044, 84, 1.0, 6)
_WITHIN = (0.1, 0.75)
"""How far the two ends inside one lesion lie from its middle, as a fraction of half the range between patients."""
_WITHIN_ENHANCING = (0.6, 1.2)
_WIDENED = ("T1", "T2", "agent", "ADC")
_T2_FOLLOWS_T1 = 0.6
_ADC_FOLLOWS_T1 = 0.6
_LARGEST_PD = 1.0


def draw_lesion_values(
    generator: np.random.Generator, part: Part, priors: LesionPriors = STANDARD
) -> tuple[LesionValues, LesionValues]:
    """Draw the two ends between which a part's values vary inside one lesion.

    A position in the (logarithmic) range is drawn per property for the lesion, then for either end within it.
    T2 and ADC rise with T1, as they do with water. ``priors.parameter_width`` widens the ranges of T1, T2, agent and
    ADC.
    """
    names = [entry.name for entry in fields(LesionValues)]
    low, high = (np.log(np.maximum(astuple(end), 1e-4)) for end in RANGES[part])
    half = (high - low) / 2 * [priors.parameter_width if name in _WIDENED else 1.0 for name in names]
    middle = generator.uniform(-1, 1, len(names))
    within = _WITHIN_ENHANCING if part is Part.ENHANCING else _WITHIN
    apart = generator.uniform(*within) * generator.uniform(0.5, 1, len(names))
    # Agent need not gather where water does.
    apart[names.index("agent")] *= generator.choice((-1, 1))
    ends = middle + np.stack([apart, -apart])
    T1 = names.index("T1")
    for name, share in (("T2", _T2_FOLLOWS_T1), ("ADC", _ADC_FOLLOWS_T1), ("PD", 0.5)):
        column = names.index(name)
        ends[:, column] = share * ends[:, T1] + (1 - share) * ends[:, column]
    values = np.exp((low + high) / 2 + half * np.clip(ends, -1, 1))
    values[:, names.index("PD")] = np.minimum(values[:, names.index("PD")], _LARGEST_PD)
    first, second = (LesionValues(*(float(value) for value in row)) for row in values)
    return first, second


def draw_faint(
    generator: np.random.Generator, ends: tuple[LesionValues, LesionValues]
) -> tuple[LesionValues, LesionValues]:
    """Return values 40 to 80 % of the way (in logarithms) from normal white matter: sparse infiltration."""
    share = generator.uniform(0.4, 0.8)
    white = np.log(np.maximum(astuple(_WHITE_MATTER), 1e-4))
    first, second = (
        LesionValues(*np.exp(white + share * (np.log(np.maximum(astuple(end), 1e-4)) - white)).tolist())
        for end in ends
    )
    return first, second


def draw_core_like_edema(
    generator: np.random.Generator, edema: tuple[LesionValues, LesionValues]
) -> tuple[LesionValues, LesionValues]:
    """Return values of a low-grade core that hardly differs from its edema, which some real ones do not."""
    factor = np.exp(generator.uniform([-0.05, -0.1], [0.25, 0.3]))
    first, second = (
        replace(
            end,
            T1=end.T1 * float(factor[0]),
            T2=end.T2 * float(factor[1]),
            PD=min(end.PD * 1.02, _LARGEST_PD),
        )
        for end in edema
    )
    return first, second
