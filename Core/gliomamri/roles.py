"""Roles: what an image of a patient is for, and how BIDS names it.

Everything in GliomaMRI asks for an image by role (``T1w``, ``ceT1w``, ``T1map`` ...). This table is the one
place that maps a role to its BIDS suffix and entities.

Source: BIDS specification 1.10, magnetic resonance imaging; ``ce-gad`` marks gadolinium enhancement.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Role:
    """One role.

    Attributes
    ----------
    name : str
        Our name.
    title : str
        The words shown to a clinician.
    suffix : str
        BIDS suffix.
    entities : dict of str to str
        BIDS entities that tell it from other roles of the same suffix.
    other_entities : tuple of dict of str to str
        Further spellings that files in the wild have.
    is_series : bool
        True for several images of one acquisition (inversion times, echoes).
    varying : tuple of str
        The parameters that tell the images of the series apart, names of :data:`gliomamri.series.PARAMETERS`.
    unit : str
        Physical unit inside GliomaMRI of a quantitative map.
    """

    name: str
    title: str
    suffix: str
    entities: dict[str, str] = field(default_factory=dict)
    other_entities: tuple[dict[str, str], ...] = ()
    is_series: bool = False
    varying: tuple[str, ...] = ()
    unit: str = ""


_GADOLINIUM = {"ce": "gad"}
_GADOLINIUM_ERROR = {"ce": "gad", "desc": "standarderror"}
_LOW_DOSE = {"ce": "gadlow"}
_LOW_DOSE_ELSEWHERE = ({"ce": "lowgad"}, {"ce": "gadlowdose"}, {"ce": "lowdose"}, {"ce": "gadquarter"})

ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("T1w", "T1-weighted", "T1w"),
        Role("ceT1w", "T1-weighted after contrast agent", "T1w", _GADOLINIUM),
        Role(
            "lowdose_ceT1w",
            "T1-weighted after a low dose of contrast agent",
            "T1w",
            _LOW_DOSE,
            _LOW_DOSE_ELSEWHERE,
        ),
        Role("T2w", "T2-weighted", "T2w"),
        Role("FLAIR", "FLAIR", "FLAIR"),
        Role("ADC", "apparent diffusion coefficient", "ADC", unit="um2/ms"),
        Role("T1map", "T1 map", "T1map", unit="ms"),
        Role("T2map", "T2 map", "T2map", unit="ms"),
        Role("PDmap", "proton density map", "PDmap", unit="%"),
        Role("ceT1map", "T1 map after contrast agent", "T1map", _GADOLINIUM, unit="ms"),
        Role("ceT2map", "T2 map after contrast agent", "T2map", _GADOLINIUM, unit="ms"),
        Role("cePDmap", "proton density map after contrast agent", "PDmap", _GADOLINIUM, unit="%"),
        # Standard errors of rates travel with the maps; BIDS names derived maps by desc.
        Role("R1error", "standard error of R1", "R1map", {"desc": "standarderror"}, unit="1/s"),
        Role("R2error", "standard error of R2", "R2map", {"desc": "standarderror"}, unit="1/s"),
        Role(
            "ceR1error", "standard error of R1 after contrast agent", "R1map", _GADOLINIUM_ERROR, unit="1/s"
        ),
        Role(
            "ceR2error", "standard error of R2 after contrast agent", "R2map", _GADOLINIUM_ERROR, unit="1/s"
        ),
        Role("B1map", "transmit field map (B1)", "TB1map"),
        Role("IRT1", "inversion-recovery images", "IRT1", is_series=True, varying=("inversion_time",)),
        Role("MESE", "multi-echo spin-echo images", "MESE", is_series=True, varying=("echo_time",)),
        Role("VFA", "variable flip angle images", "VFA", is_series=True, varying=("flip_angle",)),
        # BIDS has no suffix for multi-delay multi-echo images (MAGIC, QRAPMASTER); raw data list ours in .bidsignore.
        Role("MAGIC", "MAGIC images", "MAGIC", is_series=True, varying=("inversion_time", "echo_time")),
        Role(
            "ceMAGIC",
            "MAGIC images after contrast agent",
            "MAGIC",
            _GADOLINIUM,
            is_series=True,
            varying=("inversion_time", "echo_time"),
        ),
        Role("dwi", "diffusion-weighted images", "dwi", is_series=True, varying=("b_value", "echo_time")),
        Role("brain_mask", "brain mask", "mask", {"label": "brain"}, ({"desc": "brain"},)),
        Role("segmentation", "segmentation", "dseg"),
    )
}
