"""What each healthy tissue is made of: relaxation times, water, contrast agent, diffusion.

Sources of the numbers (code letters stand after each row of the table):

    B  de Bazelaire et al., Radiology 230:652 (2004): fat 382/68, marrow 586/49, muscle 898/29 at 3 T (T1/T2 in ms)
    D  diffusion reference values of the OSIPI brain phantom (f, Dv, Dt of white and gray matter, CSF)
    G  Gold et al., AJR 183:343 (2004): fat 371/133, marrow 365/133, muscle 1420/32 at 3 T
    H  Gelman et al., Radiology 210:759 (1999): R2 and R2' of deep gray matter at 3 T (iron)
    L  Lu et al., JMRI 22:13 (2005): CSF T1 3817 (SD 424) ms at 3 T; about 4300 ms is held to be more accurate
    M  MRzero's brain phantom at 3 T: white matter 830/75, gray 1560/83, CSF 4160/1650 ms, PD .70/.80/1.0
    N  Neeb et al., NeuroImage 31:1156 (2006), and Whittall et al., Magn Reson Med 37:34 (1997): water content
    S  Stanisz et al., Magn Reson Med 54:507 (2005): blood, muscle, optic nerve at 1.5 and 3 T
    W  Wansapura et al., JMRI 9:531 (1999), doi 10.1002/(SICI)1522-2586(199904)9:4<531::AID-JMRI4>3.0.CO;2-L:
       white matter 832/79 ms, gray 1331/110 ms at 3 T
    X  Wright et al., MAGMA 21:121 (2008): white matter 646, 838, gray 1197, 1607, caudate 1109, 1395,
       putamen 1084, 1332 ms at 1.5 and 3 T
    Z  Zhao et al., Magn Reson Med 58:592 (2007): T2 of venous blood at 3 T
    A  our choice, near its neighbors or near what looked right beside real patients

Concentrations of agent come from the T1 shortening measured in patients at 3 T after 0.1 mmol/kg (normal brain about
32 ms, that is 0.01 to 0.02 mmol/L; Frankfurt quantitative T1 study, 2020) for the brain, and are A elsewhere.
B, G, H, N, S and Z are quoted from the literature as it is commonly cited, not re-read; check before quoting further.

Arteries and veins carry an effective T2 that stands for the flow void of spin echoes. Fat's T2 is between B and G
because trains of refocusing pulses see it longer than single echoes do.

Tested by Testing/unit/phantom/test_tissue_values.py.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.phantom.tissues import BRAIN, FLUIDS, Tissue

FloatArray = NDArray[np.float32]

PRESETS = ("literature", "SyMRI-like")
FIELD_STRENGTHS = (1.5, 3.0)

# One row per tissue; columns: T1, T2 at 3 T; T1, T2 at 1.5 T (ms); PD; R2' at 3 T (1/s); agent (mmol/L); f; Dv, Dt
# (um2/ms); K; T2v (ms).
_TABLE: dict[Tissue, tuple[float, ...]] = {
    Tissue.AIR: (1000, 50, 1000, 50, 0.0, 0, 0, 0, 50, 1.0, 0, 150),
    # W X M, W M, X, A, M N, W, -, D, D, D within .65-.81, A, A
    Tissue.WHITE_MATTER: (850, 74, 630, 80, 0.69, 6, 0.012, 0.044, 84, 0.76, 1.0, 150),
    # W X M, M W, X, A, M N, W, -, D, D, D, A, A
    Tissue.CORTEX: (1400, 87, 1090, 93, 0.80, 5, 0.018, 0.033, 76, 0.86, 0.7, 150),
    # X, H, X, A, N, H; diffusion A
    Tissue.STRIATUM: (1240, 77, 980, 85, 0.78, 8, 0.016, 0.035, 78, 0.80, 0.7, 150),
    # A, H, A, A, N, H; diffusion A
    Tissue.PALLIDUM: (980, 60, 780, 68, 0.73, 14, 0.015, 0.030, 80, 0.80, 0.9, 150),
    # A, A, A, A, N, H; diffusion A
    Tissue.THALAMUS: (1130, 78, 880, 84, 0.76, 7, 0.016, 0.038, 80, 0.80, 0.9, 150),
    # A throughout, near the cortex, brighter on T2w as seen in patients
    Tissue.HIPPOCAMPUS: (1420, 98, 1110, 105, 0.82, 5, 0.017, 0.035, 76, 0.90, 0.65, 150),
    # A throughout, near white matter
    Tissue.BRAINSTEM: (950, 78, 710, 84, 0.71, 6, 0.014, 0.044, 84, 0.78, 1.0, 150),
    Tissue.CEREBELLAR_WHITE_MATTER: (880, 80, 655, 86, 0.71, 6, 0.013, 0.044, 84, 0.74, 1.0, 150),
    # A throughout, near the cortex
    Tissue.CEREBELLAR_CORTEX: (1340, 95, 1040, 102, 0.81, 5, 0.020, 0.040, 76, 0.80, 0.75, 150),
    # L M, M and flow A, L, A, M, A, A, D
    Tissue.CSF: (4100, 1200, 4100, 1300, 1.00, 1, 0.001, 0, 50, 3.0, 0, 150),
    Tissue.VENTRICLE: (4100, 1500, 4100, 1600, 1.00, 1, 0.0, 0, 50, 3.1, 0, 150),
    # A throughout
    Tissue.CHOROID_PLEXUS: (1600, 120, 1300, 130, 0.88, 6, 0.25, 0.20, 60, 1.6, 0.4, 150),
    Tissue.DURA: (1100, 50, 850, 55, 0.60, 10, 0.12, 0.10, 60, 1.0, 0.5, 150),
    Tissue.FALX: (1200, 50, 920, 55, 0.70, 10, 0.10, 0.10, 60, 1.0, 0.5, 150),
    # S, Z with slow flow A, S, A, A, A; signal of blood is lost to diffusion weighting
    Tissue.VEIN: (1650, 35, 1450, 50, 0.85, 20, 0.62, 0.95, 100, 1.6, 0, 60),
    Tissue.ARTERY: (1650, 25, 1450, 30, 0.85, 6, 0.62, 0.95, 100, 1.6, 0, 120),
    # A throughout
    Tissue.PITUITARY: (1200, 85, 930, 92, 0.82, 8, 0.35, 0.12, 60, 1.0, 0.5, 150),
    # order of magnitude of ultra-short echo time studies; invisible at every echo time used here
    Tissue.CORTICAL_BONE: (250, 0.5, 180, 0.5, 0.20, 100, 0.005, 0, 50, 0.3, 0, 150),
    # between B and G
    Tissue.MARROW: (480, 80, 420, 85, 0.60, 40, 0.03, 0.05, 30, 0.4, 0.5, 150),
    # G B, between B and G, G B, A, A
    Tissue.FAT: (370, 100, 315, 105, 0.95, 10, 0.008, 0, 50, 0.05, 0, 150),
    # G S, G B, S, G B, N; agent and diffusion A
    Tissue.MUSCLE: (1350, 36, 1000, 40, 0.78, 12, 0.08, 0.06, 30, 1.5, 0.4, 150),
    # A throughout
    Tissue.SKIN: (900, 36, 650, 38, 0.70, 15, 0.10, 0.02, 30, 1.0, 0.4, 150),
    # near CSF, A
    Tissue.EYE: (4000, 1000, 4000, 1100, 0.98, 1, 0.0, 0, 50, 3.0, 0, 150),
    # S; the rest A
    Tissue.OPTIC_NERVE: (1080, 78, 815, 77, 0.72, 6, 0.012, 0.04, 84, 1.0, 0.9, 150),
    # A throughout
    Tissue.MUCOSA: (1400, 100, 1100, 106, 0.85, 20, 0.35, 0.15, 50, 1.5, 0.4, 150),
}

LEAKY_TISSUES = (
    Tissue.CHOROID_PLEXUS,
    Tissue.DURA,
    Tissue.FALX,
    Tissue.PITUITARY,
    Tissue.MARROW,
    Tissue.FAT,
    Tissue.MUSCLE,
    Tissue.SKIN,
    Tissue.MUCOSA,
)
"""Tissues without a barrier: their agent arrives and leaves with delay; elsewhere it stays in the blood."""


@dataclass(frozen=True)
class TissueValues:
    """Values of all tissues; every array is float32, indexed by :class:`~gliomamri.phantom.tissues.Tissue`.

    Attributes
    ----------
    T1, T2 : arrays
        Relaxation times in ms.
    PD : array
        Proton density as a fraction of water.
    R2_prime : array
        1/s, the part of R2* that a spin echo refocuses.
    concentration : array
        mmol/L of contrast agent, 5 min after 0.1 mmol/kg.
    f : array
        Signal fraction of the vessels in diffusion-weighted images.
    Dv, Dt : arrays
        um2/ms, (pseudo-)diffusion of vessels and tissue.
    K : array
        Kurtosis of the tissue.
    T2v : array
        ms, T2 of the vessels.
    """

    T1: FloatArray
    T2: FloatArray
    PD: FloatArray
    R2_prime: FloatArray
    concentration: FloatArray
    f: FloatArray
    Dv: FloatArray
    Dt: FloatArray
    K: FloatArray
    T2v: FloatArray

    @property
    def R1(self) -> FloatArray:  # noqa: N802  (the field's own name)
        """Longitudinal relaxation rates in 1/s."""
        return np.float32(1000) / self.T1

    @property
    def R2(self) -> FloatArray:  # noqa: N802
        """Transverse relaxation rates in 1/s."""
        return np.float32(1000) / self.T2


def tissue_values(field_strength: float = 3.0, preset: str = "literature") -> TissueValues:
    """Return the typical values of all tissues.

    Parameters
    ----------
    field_strength
        Tesla, 1.5 to 3; times between are interpolated as a power of the field, R2' is proportional to it.
    preset
        ``literature``, or ``SyMRI-like`` with the shorter times that synthetic MRI reports of the brain (our choice:
        T1 of the brain times .85, T2 times .92; fluids capped at 3900 and 1100 ms).

    Raises
    ------
    UserError
        If the field strength is outside 1.5 to 3 T or the preset is unknown.
    """
    low, high = FIELD_STRENGTHS
    if not low <= field_strength <= high:
        raise UserError(
            f"The field strength is {field_strength:g} T; tissue values are known from {low} to {high:g} T."
        )
    if preset not in PRESETS:
        raise UserError(f"There are no tissue values called '{preset}'; choose one of {', '.join(PRESETS)}.")
    table = np.array([_TABLE[tissue] for tissue in Tissue])
    toward_high = np.log(field_strength / low) / np.log(high / low)
    T1, T2 = (
        np.exp(toward_high * np.log(table[:, n]) + (1 - toward_high) * np.log(table[:, n + 2]))
        for n in (0, 1)
    )
    columns = [T1, T2, table[:, 4], table[:, 5] * field_strength / high, *table[:, 6:].T]
    values = TissueValues(*(column.astype(np.float32) for column in columns))
    return values if preset == "literature" else _symri_like(values)


def draw_tissue_values(
    generator: np.random.Generator,
    field_strength: float = 3.0,
    spread: float = 1.0,
    preset: str = "literature",
) -> TissueValues:
    """Draw the tissue values of one subject.

    Every value is log-normal around the typical one. The standard deviations (4 % of R1, 6 % of R2, 45 % of the agent)
    are split into a part that all tissues share, a part of age and a part of each tissue's own; T1 of fluids varies
    by 1.6 % only. Age (in units of its standard deviation) shortens T2 where iron gathers, and lengthens T1 and T2
    of white matter.

    Parameters
    ----------
    generator
        Source of randomness; the number of draws does not depend on the arguments.
    field_strength, preset
        As for :func:`tissue_values`.
    spread
        Factor on all standard deviations; 0 gives the typical values.

    Raises
    ------
    UserError
        As :func:`tissue_values`, and if ``spread`` is negative.
    """
    if not 0 <= spread < np.inf:
        raise UserError(f"The spread between subjects is {spread:g}; it must be 0 or more.")
    typical = tissue_values(field_strength, preset)
    shared = generator.standard_normal(len(_DEVIATIONS))
    age = generator.standard_normal()
    own = generator.standard_normal((len(_DEVIATIONS), len(Tissue)))
    drawn = {}
    for number, (name, (deviation, together)) in enumerate(_DEVIATIONS.items()):
        aging = _aging(name)
        deviation = np.full(len(Tissue), deviation)
        if name == "T1":
            deviation[list(FLUIDS)] *= _FLUID_STEADINESS
        rest = np.sqrt(np.maximum(deviation**2 - aging**2, 0))
        change = aging * age + rest * (
            np.sqrt(together) * shared[number] + np.sqrt(1 - together) * own[number]
        )
        drawn[name] = (getattr(typical, name) * np.exp(spread * change)).astype(np.float32)
    drawn["PD"] = np.minimum(drawn["PD"], 1).astype(np.float32)
    drawn["f"] = np.minimum(drawn["f"], 0.98).astype(np.float32)
    return replace(typical, **drawn)


_DEVIATIONS = {
    "T1": (0.04, 0.4),
    "T2": (0.06, 0.4),
    "PD": (0.015, 0.3),
    "R2_prime": (0.25, 0.3),
    "concentration": (0.45, 0.45),
    "f": (0.20, 0.3),
    "Dv": (0.10, 0.3),
    "Dt": (0.05, 0.4),
    "K": (0.08, 0.4),
    "T2v": (0.10, 0.9),
}
"""Standard deviation of the logarithm between subjects, and the part of its variance that all tissues share."""

_FLUID_STEADINESS = 0.4
"""T1 of CSF, which is nearly water at 37 degrees, varies less; otherwise FLAIR could not null it."""


def _aging(name: str) -> NDArray[np.float64]:
    """Log-change per standard deviation of age, one per tissue."""
    change = np.zeros(len(Tissue))
    loads = {
        "T1": {
            Tissue.WHITE_MATTER: 0.012,
            Tissue.STRIATUM: -0.015,
            Tissue.PALLIDUM: -0.015,
            Tissue.CORTEX: -0.008,
        },
        "T2": {
            Tissue.WHITE_MATTER: 0.015,
            Tissue.STRIATUM: -0.03,
            Tissue.PALLIDUM: -0.035,
            Tissue.CORTEX: -0.01,
        },
        "R2_prime": {Tissue.STRIATUM: 0.15, Tissue.PALLIDUM: 0.15},
        "Dt": {Tissue.WHITE_MATTER: 0.015},
    }
    for tissue, load in loads.get(name, {}).items():
        change[tissue] = load
    return change


def _symri_like(values: TissueValues) -> TissueValues:
    """Shorten times as synthetic MRI does."""
    T1, T2 = values.T1.copy(), values.T2.copy()
    brain, fluids = list(BRAIN), list(FLUIDS)
    T1[brain] *= np.float32(0.85)
    T2[brain] *= np.float32(0.92)
    T1[fluids] = np.minimum(T1[fluids], 3900)
    T2[fluids] = np.minimum(T2[fluids], 1100)
    return replace(values, T1=T1, T2=T2)


VALUE_NAMES = tuple(f.name for f in fields(TissueValues))
"""Names of the arrays of :class:`TissueValues`, in order."""
