"""What a series must look like to be fitted with given settings."""

from __future__ import annotations

from gliomamri.relaxometry.settings import Settings


def fewest_times(role: str, settings: Settings) -> int:
    """Number of different inversion or echo times that a fit needs at least.

    One per unknown of the model, one more to estimate the noise where it is not given, one more where the sign has
    to be restored and the noise is given, one more where the first echo is skipped.

    Parameters
    ----------
    role : {"IRT1", "MESE"}
    settings : Settings
        Of the relaxometry task.

    Raises
    ------
    KeyError
        For another role.
    """
    noise_unknown = settings.noise_sd == 0
    if role == "IRT1":
        unknowns = 3 if settings.ir_model == "free_efficiency" else 2
        return unknowns + (noise_unknown or settings.ir_polarity != "signed")
    if role == "MESE":
        return 2 + settings.stimulated_echo + noise_unknown + settings.skip_first_echo
    raise KeyError(role)
