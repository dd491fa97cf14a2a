"""What a MAGIC fit gives: its maps, their validity, and standard errors in the units of the data.

Called by magic_fit.py; tested by Testing/unit/relaxometry/test_magic_fit.py and test_magic_coverage.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from gliomamri.relaxometry.inversion_recovery import CHI2_95
from gliomamri.relaxometry.magic_voxels import MagicProblem
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.trimmed_noise import KEPT, trimmed_noise_sd


@dataclass(frozen=True)
class MagicFit:
    """Maps of a MAGIC fit, each (n,), and what belongs to all voxels; 0 where nothing was found.

    Attributes
    ----------
    T1, T2 : ndarray
        In ms.
    T1_standard_error, T2_standard_error : ndarray
        In ms.
    M0, M0_standard_error : ndarray
        Proton density times receive profile, in signal units. Without R2 it is that at the echo time.
    B1, B1_standard_error : ndarray
        Transmit field as a fraction of the nominal one; the error is 0 where B1 was given.
    residual : ndarray
        Root mean square of the residuals, in signal units.
    T1_valid, T2_valid : ndarray of bool
        True where the time is a measurement strictly between its bounds. M0 is one where both are.
    hit_bound : ndarray of bool
        True where an unknown ended at a bound.
    negative_delays : ndarray of int
        Delays taken as negative in polarity restoration.
    ambiguous_polarity : ndarray of bool
        True where another sign pattern is not rejected at the 5 % level and gives a T1 more than one standard error
        away.
    one_compartment : ndarray of bool
        True where the residual is no larger than noise makes it (99.9 % quantile of chi-square): two tissues in a voxel
        mostly are. All True where no image is left to tell.
    noise_sd : float
        Noise standard deviation behind the standard errors, in signal units.
    B1_settled : bool
        False where the smooth field still moved by more than its error when the search for it ended.
    has_T2 : bool
        False for series of one echo time: T2 is then 0 and never valid.
    """

    T1: FloatArray
    T2: FloatArray
    M0: FloatArray
    B1: FloatArray
    T1_standard_error: FloatArray
    T2_standard_error: FloatArray
    M0_standard_error: FloatArray
    B1_standard_error: FloatArray
    residual: FloatArray
    T1_valid: np.ndarray
    T2_valid: np.ndarray
    hit_bound: np.ndarray
    negative_delays: np.ndarray
    ambiguous_polarity: np.ndarray
    one_compartment: np.ndarray
    noise_sd: float
    B1_settled: bool
    has_T2: bool


def finished_fit(
    maps: dict[str, np.ndarray],
    problem: MagicProblem,
    field_sd: FloatArray,
    noise_sd: float | None,
    *,
    B1_settled: bool,
) -> MagicFit:
    """Bring the standard errors to the noise of the data and to the units of the maps.

    Parameters
    ----------
    maps
        What fit_magic has found, (n,) each, by name: errors for unit noise and slopes by the field.
    problem
        That was solved.
    field_sd
        Standard deviation of B1, (n,).
    noise_sd
        In signal units; None pools it from the residuals.
    B1_settled
        As in :class:`MagicFit`.
    """
    images = problem.protocol.delay_of.size
    found, has_T2 = maps["found"], problem.fits_decay
    T1_valid = found & ~maps["R1_bound"] & ~maps["B1_bound"]
    T2_valid = found & ~maps["R2_bound"] & has_T2
    spare = images - len(problem.unknowns) - 1
    if noise_sd is None:
        sound = T1_valid & (T2_valid | (not has_T2))
        noise_sd = trimmed_noise_sd(maps["sse"], spare, sound)

    def relative(name: str) -> FloatArray:
        return np.hypot(maps[f"unit_{name}"] * noise_sd, maps[f"field_{name}"] * field_sd)

    T1 = np.where(found, 1e3 * np.exp(-maps["log_R1"]), 0.0)
    T2 = np.where(found & has_T2, 1e3 * np.exp(-maps["log_R2"]), 0.0)
    R1_error = relative("R1")
    indistinct = maps["rival_gap"] < CHI2_95 * noise_sd**2
    distant = np.abs(maps["rival_log_R1"] - maps["log_R1"]) > R1_error
    return MagicFit(
        T1=T1,
        T2=T2,
        M0=np.where(found, maps["M0"], 0.0),
        B1=np.where(found, maps["B1"], 0.0),
        T1_standard_error=np.where(T1_valid, T1 * R1_error, 0.0),
        T2_standard_error=np.where(T2_valid, T2 * relative("R2"), 0.0),
        M0_standard_error=np.where(T1_valid, maps["M0"] * relative("M0"), 0.0),
        B1_standard_error=np.where(
            found, maps["unit_B1"] * noise_sd if problem.fits_field else field_sd, 0.0
        ),
        residual=np.where(found, np.sqrt(maps["sse"] / images), 0.0),
        T1_valid=T1_valid,
        T2_valid=T2_valid,
        hit_bound=found & (maps["R1_bound"] | maps["R2_bound"] | maps["B1_bound"]),
        negative_delays=np.where(found, maps["negative"], 0),
        ambiguous_polarity=T1_valid & indistinct & distant,
        one_compartment=maps["sse"] <= (chi2.ppf(KEPT, spare) * noise_sd**2 if spare > 0 else np.inf),
        noise_sd=noise_sd,
        B1_settled=B1_settled,
        has_T2=has_T2,
    )
