"""Signals of diffusion-weighted spin echoes (b in s/mm2, D in um2/ms, TE and T2 in ms).

Combined intravoxel incoherent motion, kurtosis and transverse relaxation (T2-IVIM-K), b in ms/um2:

    S = S0 { f exp(-b Dv - TE/T2v) + (1 - f) exp(-b Dt + K (b Dt)^2 / 6 - TE/T2t) }                  (1)

The tissue's exponent has its minimum at ``b Dt = 3 / K`` and turns upward beyond, which no tissue does: K is limited to
``3 / (b_max Dt)``, see :func:`largest_kurtosis`.

References: Le Bihan et al., Radiology 168:497 (1988), the two compartments; Jensen et al., Magn Reson Med 53:1432
(2005), doi 10.1002/mrm.20508, kurtosis; Jerome et al., Phys Med Biol 61:N667 (2016), relaxation of both.

Tested by Testing/unit/diffusion/test_signals.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.voxelwise import Values, decay, into

_TO_MS_PER_UM2 = 1e-3
"""1 s/mm2 in ms/um2."""


def monoexponential(b_value: float, S0: ArrayLike, D: ArrayLike) -> Values:
    """Return ``S0 exp(-b D)``; b in s/mm2, D in um2/ms; arrays broadcast."""
    # The building block's exponent is 0.001 * time * rate: b (s/mm2) and D (um2/ms) have that very factor.
    return into(np.multiply, decay(D, b_value), S0)


def ivim(b_value: float, S0: ArrayLike, f: ArrayLike, Dv: ArrayLike, Dt: ArrayLike) -> Values:
    """Return ``S0 [f exp(-b Dv) + (1 - f) exp(-b Dt)]``; b in s/mm2, Dv and Dt in um2/ms; arrays broadcast."""
    tissue = decay(Dt, b_value)
    vessels = np.subtract(decay(Dv, b_value), tissue)
    signal = into(np.add, into(np.multiply, vessels, f), tissue)
    return into(np.multiply, signal, S0)


def t2_ivim_kurtosis(
    b_value: float,
    echo_time: float,
    S0: ArrayLike,
    f: ArrayLike,
    Dv: ArrayLike,
    Dt: ArrayLike,
    K: ArrayLike,
    T2v: ArrayLike,
    T2t: ArrayLike,
) -> Values:
    """Return the signal of equation (1), in the units of ``S0``; arrays broadcast.

    Parameters
    ----------
    b_value
        In s/mm2.
    echo_time
        In ms.
    S0
        Signal at b = 0 and TE = 0.
    f
        Signal fraction of the vessels, 0 to 1.
    Dv, Dt
        (Pseudo-)diffusion coefficients of vessels and tissue in um2/ms.
    K
        Kurtosis of the tissue, at most :func:`largest_kurtosis`.
    T2v, T2t
        Relaxation times of vessels and tissue in ms.
    """
    weighting = np.multiply(Dt, float(b_value) * _TO_MS_PER_UM2)
    exponent = into(np.multiply, np.multiply(weighting, 1 / 6), K) - 1
    exponent = into(np.multiply, exponent, weighting)
    exponent = into(np.subtract, exponent, np.divide(float(echo_time), T2t))
    tissue = np.exp(exponent)
    exponent = np.multiply(Dv, -float(b_value) * _TO_MS_PER_UM2)
    vessels = np.exp(into(np.subtract, exponent, np.divide(float(echo_time), T2v)))
    vessels = into(np.multiply, into(np.subtract, vessels, tissue), f)
    return into(np.multiply, into(np.add, vessels, tissue), S0)


def largest_kurtosis(Dt: ArrayLike, largest_b_value: float) -> Values:
    """Return ``3 / (b_max Dt)``, the kurtosis at which equation (1) is flat at the largest b.

    Parameters
    ----------
    Dt
        In um2/ms; where it is 0 the limit is infinite.
    largest_b_value
        In s/mm2, above 0.
    """
    weighting = np.multiply(Dt, float(largest_b_value) * _TO_MS_PER_UM2)
    limit = np.full(np.shape(weighting), np.inf, np.result_type(weighting))
    np.divide(3, weighting, out=limit, where=weighting > 0)
    return limit[()]


def clip_kurtosis(K: ArrayLike, Dt: ArrayLike, largest_b_value: float) -> Values:
    """Return K limited to 0 .. :func:`largest_kurtosis`; Dt in um2/ms, b in s/mm2."""
    return np.clip(K, 0, largest_kurtosis(Dt, largest_b_value))


def two_point_adc(
    low: ArrayLike, high: ArrayLike, high_b_value: float = 1000.0, low_b_value: float = 0.0
) -> Values:
    """Return the apparent diffusion coefficient ``ln(S_low / S_high) / (b_high - b_low)`` in um2/ms.

    Parameters
    ----------
    low, high
        Signals at the two b-values; where one is not positive the ADC is 0.
    high_b_value, low_b_value
        In s/mm2.
    """
    low, high = np.broadcast_arrays(np.asarray(low), np.asarray(high))
    valid = (low > 0) & (high > 0)
    kind = np.result_type(low, high, np.float32)
    ratio = np.divide(low, high, out=np.ones(low.shape, kind), where=valid)
    ADC = np.log(ratio, out=ratio)
    ADC *= 1 / ((float(high_b_value) - float(low_b_value)) * _TO_MS_PER_UM2)
    return ADC[()]
