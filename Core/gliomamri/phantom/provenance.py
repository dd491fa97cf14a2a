"""Everything that was drawn for a patient as plain values, for the record beside the images.

Fields and label arrays are left out: seed and settings give them again.

Tested by Testing/unit/phantom/test_patient.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.placing import Placement
from gliomamri.phantom.tissue_values import VALUE_NAMES
from gliomamri.phantom.tissues import Tissue

if TYPE_CHECKING:
    from gliomamri.phantom.draw import DrawnPatient


def drawn_values(patient: DrawnPatient, placement: Placement) -> dict[str, Any]:
    """Return what was drawn, of dictionaries, lists, strings and numbers only."""
    examination, head = patient.examination, patient.head
    return {
        "anatomy": patient.anatomy,
        "tissues": {
            tissue.name.lower().replace("_", " "): {
                name: round(float(getattr(patient.values, name)[tissue]), 6) for name in VALUE_NAMES
            }
            for tissue in Tissue
        },
        "pose and size": plain(head.deformation.matrix),
        "variation": plain(head.variation),
        "lesions": [plain(lesion.plan) for lesion in head.lesions],
        "protocol": examination.protocol,
        "field_strength": examination.field_strength,
        "sequences": plain(examination.scans),
        "missing": list(examination.missing),
        "contrast agent": plain(examination.agent),
        "uptake": plain(examination.uptakes),
        "artifacts": {role: plain(flaws) for role, flaws in examination.artifacts.items()},
        "transmit field": plain(examination.transmit),
        "skull stripping": plain(examination.mask_errors),
        "head to scanner": plain(placement.matrix),
    }


def plain(value: object) -> object:
    """Turn dataclasses, mappings, arrays and numpy numbers into what JSON can hold; fields become None."""
    if isinstance(value, LatticeField):
        return None
    if dataclasses.is_dataclass(value):
        named = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {name: one for name, one in named.items() if one is not None}
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [one for one in map(plain, value) if one is not None]
    return value.item() if isinstance(value, np.generic) else value
