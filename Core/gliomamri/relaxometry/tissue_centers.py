"""Where a patient's own white matter, gray matter and CSF lie in (R1, R2, PD), within published ranges.

R1 tells the tissues apart: the smoothed histogram of log R1 has a peak for white and one for gray matter. Of all
pairs of peaks that lie in the published ranges, the highest is taken; R2 and PD are the most frequent values of the
voxels near each peak. CSF often has no peak, being mixed with tissue in most of its voxels: its center is the lower
fifth of the rates in its range. A tissue that is not found keeps the published 3 T value, and a sentence says so.

All of this is our choice: scanners and methods differ in what they report for the same tissue (SyMRI's T1 of white
matter is shorter than inversion recovery's), while the peaks are in every brain.

Called by :mod:`~gliomamri.relaxometry.tissue_fractions`; tested by
Testing/unit/relaxometry/test_tissue_fractions.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gliomamri.relaxometry.tissue_references import (
    LEAST_CONTRAST,
    PRESETS,
    RANGES,
    TISSUES,
    TITLES,
    Center,
)

FloatArray = NDArray[np.floating]

_MOST_VOXELS = 400_000
_BIN = 0.01
_SMOOTHING = 2.5
"""Bins of the histograms of logarithms, and the standard deviation of their smoothing in bins: 2.5 %."""

_LEAST_PROMINENCE = 0.02
"""A peak stands out by this share of the highest one, or it is noise."""

NEARNESS = 0.06
"""Voxels within this share of a peak's R1 are pure enough to measure its R2 and PD."""

_FEWEST_VOXELS = 50

_PURE_FLUID = 0.2
"""Quantile of R1 in the range of CSF that stands for pure CSF: below it is noise, above it partial volume."""


@dataclass(frozen=True)
class PatientCenters:
    """Centers found in a patient.

    Attributes
    ----------
    centers : mapping of str to Center
        Per tissue; published values where nothing was found.
    found : frozenset of str
        Tissues whose R1 was found.
    notes : tuple of str
        A sentence for each tissue that was not found.
    PD_problem : str
        Why PD cannot be used: it is not in the published ranges or not in their order. Empty where it can.
    """

    centers: Mapping[str, Center]
    found: frozenset[str]
    notes: tuple[str, ...]
    PD_problem: str


def patient_centers(R1: FloatArray, R2: FloatArray | None, PD: FloatArray | None) -> PatientCenters:
    """Find the centers of the tissues.

    Parameters
    ----------
    R1, R2 : arrays, shape (n,)
        Of the brain's voxels, in 1/s; values that are not positive are no measurements.
    PD : array, shape (n,)
        In percent of water.
    """
    step = max(1, len(R1) // _MOST_VOXELS)
    R1, R2, PD = (None if values is None else values[::step] for values in (R1, R2, PD))
    rates = _found_rates(R1)
    centers = dict(PRESETS["3 T"])
    notes = [
        f"No {TITLES[tissue]} was recognized in the T1 map; published values at 3 T stand in for it, so look at the "
        "fractions and the brain mask before you use them."
        for tissue in TISSUES
        if tissue not in rates
    ]
    water = {}
    for tissue, rate in rates.items():
        near = np.abs(R1 - rate) < NEARNESS * rate
        limits = RANGES[tissue]
        T2 = None if R2 is None else _mode(R2[near], 1000 / limits.T2[1], 1000 / limits.T2[0])
        water[tissue] = None if PD is None else _mode(PD[near], 40.0, 160.0)
        centers[tissue] = replace(
            centers[tissue], T1=1000 / rate, T2=centers[tissue].T2 if T2 is None else 1000 / T2
        )
    problem = "" if PD is None or _is_plausible(water) else _implausible(water)
    if PD is not None and not problem:
        centers |= {tissue: replace(centers[tissue], PD=value) for tissue, value in water.items()}
    return PatientCenters(centers, frozenset(rates), tuple(notes), problem)


def _found_rates(R1: FloatArray) -> dict[str, float]:
    """Find R1 (1/s) of each tissue that the map shows."""
    found = {}
    counts, positions = _histogram(R1, 1000 / RANGES["GM"].T1[1] / 1.1, 1000 / RANGES["WM"].T1[0] * 1.1)
    peaks = _local_maxima(counts)
    candidates = {
        tissue: [p for p in peaks if _within(1000 / positions[p], RANGES[tissue].T1)]
        for tissue in ("WM", "GM")
    }
    pairs = [
        (counts[white] + counts[gray], white, gray)
        for white in candidates["WM"]
        for gray in candidates["GM"]
        if positions[white] >= LEAST_CONTRAST * positions[gray]
    ]
    if pairs:
        _, white, gray = max(pairs)
        found = {"WM": float(positions[white]), "GM": float(positions[gray])}
    else:
        found |= _single_peak(counts, positions, candidates)
    low, high = (1000 / limit for limit in reversed(RANGES["CSF"].T1))
    fluid = _between(R1, low, high)
    if len(fluid) >= _FEWEST_VOXELS:
        found["CSF"] = float(np.quantile(fluid, _PURE_FLUID))
    return found


def _single_peak(
    counts: FloatArray, positions: FloatArray, candidates: dict[str, list[int]]
) -> dict[str, float]:
    """Name the only peak after the tissue whose 3 T value is nearer."""
    peaks = sorted({*candidates["WM"], *candidates["GM"]}, key=lambda p: counts[p])
    if not peaks:
        return {}
    rate = float(positions[peaks[-1]])
    tissue = min(candidates, key=lambda name: abs(np.log(rate * PRESETS["3 T"][name].T1 / 1000)))
    return {tissue: rate} if peaks[-1] in candidates[tissue] else {}


def _histogram(values: FloatArray, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Return smoothed counts of log values between ``low`` and ``high``, and the middles of the bins."""
    from scipy.ndimage import gaussian_filter1d

    inside = _between(values, low, high)
    bins = max(8, round(np.log(high / low) / _BIN))
    counts, edges = np.histogram(np.log(inside), bins, (np.log(low), np.log(high)))
    smooth = gaussian_filter1d(counts.astype(float), _SMOOTHING, mode="constant")
    return smooth, np.exp((edges[1:] + edges[:-1]) / 2)


def _local_maxima(counts: FloatArray) -> list[int]:
    """Return the bins of the peaks that stand out from the valleys beside them."""
    rising = np.diff(counts)
    tops = np.flatnonzero((rising[:-1] > 0) & (rising[1:] <= 0)) + 1
    return [top for top in tops.tolist() if _prominence(counts, top) > _LEAST_PROMINENCE * counts.max()]


def _prominence(counts: FloatArray, top: int) -> float:
    """Height over the higher one of the valleys that part a peak from what is higher, or from the ends."""
    valleys = []
    for side in (counts[top::-1], counts[top:]):
        higher = np.flatnonzero(side > counts[top])
        valleys.append(side[: higher[0] if higher.size else len(side)].min())
    return float(counts[top] - max(valleys))


def _mode(values: FloatArray, low: float, high: float) -> float | None:
    """Return the most frequent value between ``low`` and ``high``; None where there are too few."""
    if len(_between(values, low, high)) < _FEWEST_VOXELS:
        return None
    counts, positions = _histogram(values, low, high)
    return float(positions[np.argmax(counts)])


def _between(values: FloatArray, low: float, high: float) -> FloatArray:
    return values[(values > low) & (values < high)]


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _is_plausible(water: Mapping[str, float | None]) -> bool:
    """Tell whether PD (percent) by tissue can be what its name says: in range, white below gray below CSF."""
    if not {"WM", "GM"} <= water.keys() or None in water.values():
        return False
    ordered = [water[tissue] for tissue in TISSUES if tissue in water]
    in_range = all(_within(value, RANGES[tissue].PD) for tissue, value in water.items())
    return in_range and ordered == sorted(ordered)


def _implausible(water: Mapping[str, float | None]) -> str:
    without = "Tissue fractions were made without the proton density map"
    unknown = [TITLES[tissue] for tissue in ("WM", "GM") if water.get(tissue) is None]
    if unknown:
        return f"{without}: there is too little {' and '.join(unknown)} to check its values by."
    seen = ", ".join(
        f"{TITLES[tissue]} {value:.0f} %" for tissue, value in water.items() if value is not None
    )
    return (
        f"{without}, whose values ({seen}) are not those of healthy tissue; to have it used, give one in percent of "
        "water (white matter near 70 %)."
    )
