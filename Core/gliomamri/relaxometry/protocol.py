"""What a series must look like to be fitted with given settings."""

from __future__ import annotations

from gliomamri.relaxometry.settings import Settings


def fewest_times(role: str, settings: Settings) -> int:
    """Number of images, and for IR, MESE and MAGIC of different times, that a fit needs at least.

    For IRT1 and MESE: different inversion or echo times, one per unknown of the model, one more to estimate the noise
    where it is not given, one more where the sign has to be restored and the noise is given, one more where the first
    echo is skipped. For MAGIC and ceMAGIC: images, one per unknown that the delays and echoes must tell, and one more
    for noise or sign; that at least :func:`fewest_delays` inversion times are among them is checked by the fit. For
    VFA: images of different flip angles.

    Parameters
    ----------
    role : {"IRT1", "MESE", "MAGIC", "ceMAGIC", "VFA"}
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
    if role in ("MAGIC", "ceMAGIC"):
        return fewest_delays(settings) + (noise_unknown or settings.magic_polarity != "signed")
    if role == "VFA":
        return 2 + noise_unknown
    raise KeyError(role)


def fewest_delays(settings: Settings) -> int:
    """Different inversion times that MAGIC needs: for amplitude and R1, and for B1 where it is not given."""
    return 2 if settings.magic_B1 in ("given", "one") else 3
