"""What a user should doubt about a fit: too few voxels, residuals too large, a signal that is none of the model's."""

from __future__ import annotations

import numpy as np

from gliomamri.errors import UserError
from gliomamri.relaxometry.maps import FittedVoxels

_FEW = 0.1
_NOISY = 0.08
_PLAUSIBLE_EFFICIENCY = (0.5, 1.1)
# Our choices: a tenth, a SNR of about 12, and the range of real adiabatic and hard inversions with some margin.


def doubts_of_fit(
    fitted: FittedVoxels,
    M0: np.ndarray,
    noise_sd: float,
    at_bound: np.ndarray,
    hint: str = "",
    words: str = "",
) -> list[str]:
    """Give sentences for the user on a fit that may not mean what it says.

    Parameters
    ----------
    fitted : FittedVoxels
    M0 : ndarray, shape (n_voxels,)
        Fitted equilibrium signal, in image units.
    noise_sd : float
        Noise found in the residuals, in image units.
    at_bound : ndarray of bool, shape (n_voxels,)
        Where the time ended at a bound.
    hint : str
        A further thing to check, "... or that ...".
    words : str
        What the images differ in; empty takes the inversion times for T1 and the echo times for T2.

    Raises
    ------
    UserError
        If less than a tenth of the voxels could be measured.
    """
    share = fitted.measured.mean()
    words = words or ("inversion times" if fitted.symbol == "T1" else "echo times")
    if share < _FEW:
        raise UserError(
            f"{fitted.symbol} could be measured in {share:.0%} of the voxels only; "
            f"check that the {words} belong to these images in this order{hint}."
        )
    found = []
    if share < 1 - _FEW:
        found.append(
            f"{fitted.symbol} could not be measured in {1 - share:.0%} of the voxels, which are black in its map (in "
            f"{at_bound.mean():.0%} it is outside the range of the fit); if these are not only bone, air and fluid, "
            f"check the {words}."
        )
    signal = float(np.median(M0[fitted.measured]))
    if noise_sd > _NOISY * signal:
        own = words.split()[-1].removesuffix("s")
        found.append(
            f"The images differ from the {fitted.symbol} model by {noise_sd / signal:.0%} of the signal; unless they "
            f"are that noisy, check that all belong to one protocol and that each has its own {own}."
        )
    return found


def doubts_of_inversion(efficiency: np.ndarray) -> list[str]:
    """Give a sentence when the signal does not recover as after an inversion.

    Parameters
    ----------
    efficiency : ndarray, shape (n_voxels,)
        Fitted inversion efficiency of the measured voxels; 1 is perfect.
    """
    typical = float(np.median(efficiency))
    low, high = _PLAUSIBLE_EFFICIENCY
    if low <= typical <= high:
        return []
    sentence = (
        f"The signal does not recover as after an inversion (efficiency {typical:.2g}, 0.9 to 1 is usual); "
        "check that these are inversion-recovery images and that their inversion times are right."
    )
    return [sentence]
