"""How likely which lesion is: sizes, kinds, places. All numbers in one place.

Volumes follow the public BraTS collections (whole tumor: median about 90 ml, 5 to 200 ml; core about 35 ml);
metastases follow the lesions of Ammari et al., Invest Radiol 57:99 (2021) (mean 14, standard deviation 12,
2.5 to 30 mm). The other probabilities are our choice, from descriptions in radiology textbooks.

Tested by Testing/unit/phantom/lesions/test_planning.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LogNormal:
    """A log-normal distribution cut at both ends.

    Attributes
    ----------
    median : float
    log_sd : float
        Standard deviation of the natural logarithm.
    low, high : float
        Values are drawn again until they lie between.
    """

    median: float
    log_sd: float
    low: float
    high: float

    def draw(self, generator: np.random.Generator, factor: float = 1.0) -> float:
        """Draw one value from the distribution with its median times ``factor``."""
        for _ in range(100):
            value = factor * self.median * np.exp(self.log_sd * generator.standard_normal())
            if self.low <= value <= self.high:
                return float(value)
        return float(np.clip(value, self.low, self.high))


Range = tuple[float, float]


@dataclass(frozen=True)
class LesionPriors:
    """Distributions lesions are drawn from; probabilities lie between 0 and 1.

    Attributes
    ----------
    low_grade : float
        Probability that a glioma is of low grade.
    high_grade_core, low_grade_core, meningioma_core, cavity_core : LogNormal
        ml.
    high_grade_edema, low_grade_edema, meningioma_edema, cavity_gliosis : LogNormal
        ml at a core of 30 ml; grows with the core's volume to the power 0.5.
    second_focus : float
        Probability of a second, smaller high-grade focus within 60 mm.
    ring, solid, mixed : float
        Probabilities of the patterns of enhancement of high-grade gliomas; together 1.
    rim : LogNormal
        mm, thickness of the enhancing rim.
    satellites, hemorrhage, septa, outer_non_enhancing, high_grade_cyst : float
        Probabilities in high-grade glioma: small foci beside it, blood, enhancing sheets inside, a part without
        enhancement outside the rim, a smooth cyst.
    mismatch, low_grade_cyst, enhancing_spots, cortex_following, sharp_border : float
        Probabilities in low-grade glioma; ``mismatch`` is the T2/FLAIR mismatch.
    infiltration : (low, high)
        Share of infiltration at the core's border; it decays with 5 mm.
    anterior, lateral, temporal : float
        Preference of gliomas for the front (positive) or back (negative), for the outside, and for the low third.
    high_grade_push, low_grade_push, metastasis_push, meningioma_push : (low, high)
        Fraction of the core's volume by which the brain is pushed away.
    metastasis_count : LogNormal
        Rounded; 1 to 12.
    metastasis_diameter, metastasis_edema_reach : LogNormal
        mm.
    metastasis_ring : float
        Probability that a metastasis beyond 8 mm is necrotic.
    falx_meningioma, dural_tail : float
        Probabilities in meningioma.
    sclerosis_count, sclerosis_diameter, active_sclerosis
        Number and mm of MS-like lesions; probability that a patient has enhancing ones.
    vascular_cap : LogNormal
        mm, thickness of periventricular caps and rims of vascular hyperintensities.
    vascular_count : LogNormal
        Number of punctate vascular hyperintensities.
    vascular_confluent : float
        Probability that they are confluent.
    distractor : float
        Probability of vascular hyperintensities beside a tumor.
    parameter_width : float
        Factor on the logarithmic range of T1, T2, ... of lesion parts.
    edema_like_core : float
        Probability that a low-grade core has nearly the edema's values.
    faint : (high-grade, low-grade)
        Probability that edema and non-enhancing core differ less from white matter than usual.
    """

    low_grade: float = 0.3
    high_grade_core: LogNormal = LogNormal(36, 0.85, 1, 120)
    low_grade_core: LogNormal = LogNormal(38, 0.6, 8, 110)
    meningioma_core: LogNormal = LogNormal(14, 0.9, 0.6, 90)
    cavity_core: LogNormal = LogNormal(18, 0.7, 2, 80)
    high_grade_edema: LogNormal = LogNormal(50, 0.7, 1, 130)
    low_grade_edema: LogNormal = LogNormal(20, 0.8, 0.5, 70)
    meningioma_edema: LogNormal = LogNormal(12, 1.2, 0, 90)
    cavity_gliosis: LogNormal = LogNormal(20, 0.8, 1, 90)
    second_focus: float = 0.13
    ring: float = 0.64
    solid: float = 0.10
    mixed: float = 0.26
    rim: LogNormal = LogNormal(3.9, 0.33, 2.0, 7.0)
    satellites: float = 0.35
    hemorrhage: float = 0.2
    septa: float = 0.3
    outer_non_enhancing: float = 0.25
    high_grade_cyst: float = 0.12
    mismatch: float = 0.3
    low_grade_cyst: float = 0.2
    enhancing_spots: float = 0.3
    cortex_following: float = 0.35
    sharp_border: float = 0.5
    infiltration: Range = (0.4, 0.8)
    anterior: float = 0.35
    lateral: float = 0.2
    temporal: float = 0.2
    high_grade_push: Range = (0.2, 0.75)
    low_grade_push: Range = (0.1, 0.45)
    metastasis_push: Range = (0.2, 0.6)
    meningioma_push: Range = (0.75, 0.95)
    metastasis_count: LogNormal = LogNormal(2.5, 0.8, 0.5, 12.49)
    metastasis_diameter: LogNormal = LogNormal(11.0, 0.75, 2.5, 30)
    metastasis_edema_reach: LogNormal = LogNormal(5, 0.9, 0.3, 25)
    metastasis_ring: float = 0.6
    falx_meningioma: float = 0.25
    dural_tail: float = 0.65
    sclerosis_count: LogNormal = LogNormal(22, 0.8, 3, 200)
    sclerosis_diameter: LogNormal = LogNormal(5.0, 0.45, 2.5, 22)
    active_sclerosis: float = 0.35
    vascular_cap: LogNormal = LogNormal(1.2, 0.6, 0.3, 7)
    vascular_count: LogNormal = LogNormal(15, 1.0, 0, 150)
    vascular_confluent: float = 0.12
    distractor: float = 0.45
    parameter_width: float = 1.0
    edema_like_core: float = 0.15
    faint: Range = (0.08, 0.3)


STANDARD = LesionPriors()
"""What networks are trained on."""

SHIFTED = LesionPriors(
    low_grade=0.5,
    high_grade_core=LogNormal(17, 0.95, 1, 110),
    low_grade_core=LogNormal(24, 0.75, 3, 110),
    meningioma_core=LogNormal(25, 0.7, 1, 90),
    cavity_core=LogNormal(30, 0.6, 3, 90),
    high_grade_edema=LogNormal(25, 0.9, 0.5, 110),
    low_grade_edema=LogNormal(9, 1.0, 0.2, 50),
    second_focus=0.25,
    ring=0.45,
    solid=0.25,
    mixed=0.30,
    rim=LogNormal(3.2, 0.4, 1.8, 8.0),
    satellites=0.2,
    hemorrhage=0.35,
    mismatch=0.45,
    enhancing_spots=0.45,
    cortex_following=0.2,
    infiltration=(0.2, 0.6),
    anterior=-0.3,
    lateral=-0.2,
    temporal=0.0,
    high_grade_push=(0.35, 0.7),
    low_grade_push=(0.1, 0.5),
    metastasis_count=LogNormal(4, 0.7, 0.5, 12.49),
    metastasis_diameter=LogNormal(8, 0.7, 2.5, 30),
    metastasis_ring=0.45,
    sclerosis_count=LogNormal(45, 0.8, 5, 250),
    vascular_cap=LogNormal(2.5, 0.6, 0.5, 10),
    vascular_count=LogNormal(25, 1.0, 0, 200),
    vascular_confluent=0.35,
    distractor=0.7,
    parameter_width=1.2,
    edema_like_core=0.2,
)
"""Never used in training: for honest simulated test scores."""
