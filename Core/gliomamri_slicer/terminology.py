"""Standard names of the regions that occur in a patient with a brain tumor.

Sources: DICOM PS3.16 context groups 7168/7169 (brain lesion segmentation), 7150 (categories) and 7140 (brain
structures); codes are SNOMED CT (SCT) and, where the standard itself uses it, the NCI Thesaurus (NCIt).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTEXT = "Segmentation category and type - DICOM master list"
REGION_CONTEXT = "Anatomic codes - DICOM master list"

Code = tuple[str, str, str]
"""Coding scheme, value, meaning."""

_ABNORMAL: Code = ("SCT", "49755003", "Morphologically Abnormal Structure")
_ANATOMY: Code = ("SCT", "91723000", "Anatomical Structure")
_TISSUE: Code = ("SCT", "85756007", "Tissue")
_FLUID: Code = ("SCT", "91720002", "Body Substance")
_BRAIN: Code = ("SCT", "12738006", "Brain")


@dataclass(frozen=True)
class Term:
    """What a region is: category, type, region it lies in (None for an anatomical structure), usual color."""

    category: Code
    kind: Code
    region: Code | None
    color: tuple[float, float, float]

    @property
    def entry(self) -> str:
        """The text Slicer keeps as a segment's terminology entry."""
        parts = [self.category, self.kind, None]
        region = [self.region, None]
        fields = [CONTEXT, *map(_text, parts), REGION_CONTEXT, *map(_text, region)]
        return "~".join(fields)


def _text(code: Code | None) -> str:
    return "^".join(code) if code else "^^"


def _abnormal(scheme: str, value: str, meaning: str, color: tuple[float, float, float]) -> Term:
    return Term(_ABNORMAL, (scheme, value, meaning), _BRAIN, color)


_TERMS: tuple[tuple[str, Term], ...] = (
    # Order matters: "non-enhancing tumor" must be met before "enhancing tumor", and that before "tumor".
    (r"non.?enhanc", _abnormal("NCIt", "C81175", "Non-Enhancing Lesion", (0.90, 0.60, 0.00))),
    (r"necro", _abnormal("SCT", "6574001", "Necrosis", (0.85, 0.15, 0.15))),
    (r"o?edema", _abnormal("SCT", "79654002", "Edema", (0.30, 0.75, 0.35))),
    (r"enhanc", _abnormal("NCIt", "C113842", "Enhancing Lesion", (0.95, 0.85, 0.20))),
    (r"\bcyst", _abnormal("SCT", "367643001", "Cyst", (0.35, 0.70, 0.90))),
    (r"ha?emorrh|bleed", _abnormal("SCT", "50960005", "Hemorrhage", (0.60, 0.10, 0.10))),
    (r"glioblastoma", _abnormal("SCT", "1163375002", "Glioblastoma", (0.80, 0.40, 0.70))),
    (r"\btumou?r|neoplasm|\bglioma", _abnormal("SCT", "108369006", "Neoplasm", (0.80, 0.40, 0.70))),
    (r"\blesion", _abnormal("SCT", "52988006", "Lesion", (0.80, 0.45, 0.10))),
    (
        r"white.?matter|\bwm\b",
        Term(_TISSUE, ("SCT", "389080008", "White Matter"), _BRAIN, (0.95, 0.95, 0.85)),
    ),
    (
        r"gr[ae]y.?matter|\bgm\b",
        Term(_TISSUE, ("SCT", "389081007", "Gray Matter"), _BRAIN, (0.60, 0.60, 0.65)),
    ),
    (
        r"\bcsf\b|cerebrospinal",
        Term(_FLUID, ("SCT", "65216001", "Cerebrospinal Fluid"), _BRAIN, (0.35, 0.55, 0.90)),
    ),
    (r"ventricle", Term(_ANATOMY, ("SCT", "35764002", "Brain ventricle"), None, (0.40, 0.60, 0.95))),
    (r"cerebellum", Term(_ANATOMY, ("SCT", "113305005", "Cerebellum"), None, (0.75, 0.65, 0.50))),
    (r"\bbrain( mask)?$", Term(_ANATOMY, _BRAIN, None, (0.98, 0.85, 0.60))),
)

_TISSUE_TERM = Term(_TISSUE, ("SCT", "85756007", "Tissue"), None, (0.50, 0.68, 0.50))


def findTerm(name: str) -> Term | None:
    """Term of a region by its name, ``Enhancing tumor`` or ``peritumoral_edema``; None if it is none we know."""
    words = re.sub(r"[_\s]+", " ", name.lower())
    return next((term for pattern, term in _TERMS if re.search(pattern, words)), None)


def termOrTissue(name: str) -> Term:
    """Term of a region by its name; plain "Tissue", Slicer's own default, where we know none."""
    return findTerm(name) or _TISSUE_TERM
