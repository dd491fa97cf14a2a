"""What every fit of the relaxometry task ends with: sentences for the user, numbers, and results by region.

Called by task.py, magic_task.py and vfa_task.py; tested by Testing/unit/relaxometry/test_task.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from gliomamri.errors import UserError
from gliomamri.relaxometry.by_region import results_by_region
from gliomamri.relaxometry.maps import FittedVoxels
from gliomamri.result import Map, Number, Result
from gliomamri.study import Study

Fit = TypeVar("Fit")

FIT_SHARE = 0.9
"""Share of a series' progress that is the fit itself."""


def told_to_the_user(fit: Callable[[], Fit]) -> Fit:
    """Call a fit; what it says of numbers that cannot be fitted is for the user."""
    try:
        return fit()
    except ValueError as error:
        raise UserError(str(error)) from error


def restored_sign(undecided: float, words: str = "inversion-recovery") -> str:
    """Say that the sign was restored, and in which share of the voxels that was doubtful."""
    doubt = f", which could not be sure of it in {undecided:.1%} of the voxels." if undecided else "."
    return f"The {words} images are magnitude images; their sign was restored by the fit" + doubt


def finished(
    study: Study, fitted: FittedVoxels, maps: list[Map], noise_sd: float, warnings: list[str], longest: float
) -> Result:
    """Add what is measured by region, and the numbers of the whole fit."""
    by_region = results_by_region(study, fitted, longest)
    symbol, measured = fitted.symbol, fitted.measured
    numbers = {
        f"{fitted.named(symbol)}_voxels": Number(
            float(measured.sum()), "", f"Voxels with a measured {fitted.named(symbol)}"
        ),
        f"{fitted.named(symbol)}_share": Number(
            100 * float(measured.mean()), "%", f"Share of the fitted voxels with a {fitted.named(symbol)}"
        ),
        f"{fitted.named(symbol)}_median": Number(
            float(np.median(fitted.times[measured])), "ms", f"Median {fitted.named(symbol)} of these"
        ),
        f"{fitted.named(symbol)}_noise_sd": Number(
            noise_sd, "image units", f"Noise behind the standard errors of {fitted.named(symbol)}"
        ),
    }
    return replace(by_region, maps=tuple(maps), numbers=numbers, warnings=(*warnings, *by_region.warnings))
