"""What the voxels of a DICOM image are: magnitude, phase or a real part; with a sign; after contrast agent.

Source: DICOM PS3.3, C.8.3 (MR image), C.8.13 (enhanced MR), C.7.6.4 (contrast); GE's conformance statement.
Called by :mod:`gliomamri.io.dicom_headers`; tested by Testing/unit/io/test_dicom.py and test_magic_and_vfa.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gliomamri.io.dicom_fields import number, private
from gliomamri.role_names import denies_contrast, says_contrast

if TYPE_CHECKING:
    from pydicom import Dataset

_COMPONENTS = {
    "M": "magnitude", "MAGNITUDE": "magnitude", "M_IR": "magnitude", "M_SE": "magnitude", "M_FFE": "magnitude",
    "P": "phase", "PHASE": "phase", "PHASE MAP": "phase", "P_IR": "phase", "P_SE": "phase", "P_FFE": "phase",
    "R": "real", "REAL": "real", "R_IR": "real", "R_SE": "real", "R_FFE": "real",
    "I": "imaginary", "IMAGINARY": "imaginary", "I_IR": "imaginary", "I_SE": "imaginary", "I_FFE": "imaginary",
}  # fmt: skip
"""Words of ImageType (0008,0008) and ComplexImageComponent (0008,9208), Siemens' and Philips' among them."""

_GE_COMPONENTS = {0: "magnitude", 1: "phase", 2: "real", 3: "imaginary"}


def component_of(dataset: Dataset, kind: Dataset | None = None) -> str:
    """Kind of signal, as :class:`gliomamri.io.dicom_headers.Frame` has it; empty when the header does not say."""
    words = [
        str(source.get("ComplexImageComponent") or "") for source in (kind, dataset) if source is not None
    ]
    words += [str(word) for word in dataset.get("ImageType") or ()]
    for word in words:
        if word.upper() in _COMPONENTS:
            return _COMPONENTS[word.upper()]
    code = private(dataset, 0x0043, "GEMS_PARM_01", 0x2F)
    return "" if code is None else _GE_COMPONENTS.get(int(code), "")


def signed_of(dataset: Dataset, component: str) -> bool | None:
    """Whether the values keep the sign of the signal; None when the header does not say."""
    if component:
        return {"magnitude": False, "real": True}.get(component)
    unsigned = dataset.get("PixelRepresentation") == 0 and (number(dataset, "RescaleIntercept") or 0.0) >= 0
    return False if unsigned else None


def after_contrast(dataset: Dataset) -> bool:
    """Whether an agent was there; the description wins, as the agent is often typed in for the whole examination."""
    description = str(dataset.get("SeriesDescription") or dataset.get("ProtocolName") or "")
    if denies_contrast(description):
        return False
    agent = str(dataset.get("ContrastBolusAgent") or "").strip().lower()
    return (
        says_contrast(description)
        or agent not in ("", "none", "no", "n", "0")
        or bool(dataset.get("ContrastBolusAgentSequence"))
    )
