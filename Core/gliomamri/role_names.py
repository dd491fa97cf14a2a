"""What a name given by people says of an image: series descriptions of scanners, BraTS names, BIDS names.

A scanner's name is free text (``Ax T1 FSE +C``, ``t1_mprage_sag_p2_iso_Gd``, ``sT1W_3D_TFE``), so the answer is a guess
that the user sees and can change. Only single images are guessed; series are told by their parameters.

Called by :mod:`gliomamri.io.dicom_headers` and ``gliomamri_slicer.role_assignment``; tested by
Testing/unit/contract/test_role_names.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BEFORE = r"(?:\b|\b(?:ax|axi|axial|sag|cor|tra|obl|s|e|r|3d|2d|iso|pre|post|gd|ce|sym)+)"
"""What names write before the weighting without a gap: AxT1, sT1W, 3DT1."""

_POST = (
    r"\+ ?c\b|\bc\+|\bpost(?!er)|post\b|\bgd\b|\bgad(?:o\w*|low\w*)?\b|\bce\b|\bkm\b|t1(?:ce?|cd|gd|gad|km)\b|\bcet[12]"
    r"|\bcontrast\b|\benhanced\b|dotarem|gadovist|multihance|prohance|clariscan"
)
"""Words of a contrast agent; ``km`` is German (Kontrastmittel)."""
_NOT_POST = (
    r"\bpre(?!s)|\bno ?(?:gad|gd|contrast|c)\b|\bnon ?(?:contrast|enhanced)\b|\bwithout\b|\bohne\b|\bnativ|\bw ?o\b"
    r"|\bunenhanced\b"
)
_BOTH = r"\bw(?:ith)? (?:and |& )?(?:wo|w o|without)(?: (?:contrast|gad\w*|gd|c))?\b"
_LOW_DOSE = r"\blow ?dose\b|gad ?low|\blow ?gad|\bquarter\b"

_MASK = r"brain ?mask|mask brain|label brain|desc brain|\bbrain$|\bbet ?mask|synthstrip"
_LABELS = r"\bseg|dseg\b|annotation|tumou?r|lesion|\blabels?\b|glistr|\brois?\b"

_ERROR = r"standard ?error|\berror\b|\buncertainty\b|\bstd\b"
_NO_IMAGE = (
    r"\bvalid|residual|\bm0\b|\bmask\b|\brms|locali[sz]|\bscout|survey|\bloc\b|\bdwi|\bdti|diff|trace|perf"
    r"|\bdsc\b|\bdce\b|\bcbv|\bcbf|\basl\b|\bswi\b|swan|venbold|\btof|\bmra\b|\bmrv\b|angio|spectro|phase"
    r"|t2 ?star|t2 ?\*|\bmip\b|subtract|t1 sub\b|screen|report|fmri|\bbold\b|calib|\bcal\b|asset|relevance"
    r"|\br[12] ?map|\bcest"
)
"""Images that are none of ours, whatever else their name says."""

_QUANTITIES = {
    "T1map": rf"{_BEFORE}q?t1 ?map|\bqt1\b|\bt1 ?ms\b|\bsymri t1$",
    "T2map": rf"{_BEFORE}q?t2 ?map|\bqt2\b|\bt2 ?ms\b|\bsymri t2$",
    "PDmap": rf"{_BEFORE}q?pd ?map|\bqpd\b|\bsymri pd$|proton density map",
    "B1map": r"\bt?b1 ?map",
    "ADC": r"\badc\b|apparent diff",
}
_T1 = rf"{_BEFORE}t1(?!\d)|mp ?rage|\bmp2rage|bravo|\bf?spgr\b"
_T2 = rf"{_BEFORE}t2(?!\d)"
_FLAIR = r"flair|dark ?fluid|\btirm\b"
_REFORMATTED = r"\bmpr\b|reformat|\brfmt|\bsynthetic|symri|magic"

_AFTER = {"T1w": "ceT1w", "T1map": "ceT1map", "T2map": "ceT2map", "PDmap": "cePDmap"}
_AFTER |= {"R1error": "ceR1error", "R2error": "ceR2error"}


@dataclass(frozen=True)
class Guess:
    """A role and how many words of the name speak against it."""

    role: str
    doubts: int = 0


def guess_role(text: str) -> Guess | None:
    """Guess which single role a name means; None when it speaks of none.

    Parameters
    ----------
    text : str
        Series description, node name or file name.

    Examples
    --------
    >>> guess_role("Ax T1 FSE +C").role, guess_role("t2_tirm_tra_dark-fluid").role, guess_role("t1ce.nii.gz").role
    ('ceT1w', 'FLAIR', 'ceT1w')
    """
    words = words_of(text)
    if re.search(_MASK, words):
        return Guess("brain_mask")
    if re.search(_LABELS, words):
        return Guess("segmentation")
    found = _quantity(words)
    if found:
        return Guess(_AFTER.get(found, found) if says_contrast(text) else found)
    role = _weighting(words)
    return _weighted_guess(role, words, after=says_contrast(text)) if role else None


def says_contrast(text: str) -> bool:
    """Tell whether a name speaks of an image after contrast agent; ``pre`` and ``without`` outweigh such words."""
    return bool(re.search(_POST, _about_agent(text))) and not denies_contrast(text)


def denies_contrast(text: str) -> bool:
    """Tell whether a name says that there was no contrast agent yet."""
    return bool(re.search(_NOT_POST, _about_agent(text)))


def _about_agent(text: str) -> str:
    """Words without "with and without contrast", which names an examination and says nothing of an image."""
    return re.sub(_BOTH, " ", words_of(text))


def words_of(text: str) -> str:
    """Spell a name alike: lower case, words apart, no file extension.

    Examples
    --------
    >>> words_of("AxT1_post-Gd.nii.gz"), words_of("SAG T1+C")
    ('axt1 post gd', 'sag t1+c')
    """
    text = re.sub(r"(\.(nii|gz|nrrd|seg|mha|mhd|dcm))+$", "", text.strip(), flags=re.IGNORECASE)
    return " ".join(re.sub(r"[^a-z0-9+*]+", " ", text.lower()).split())


def _quantity(words: str) -> str:
    """Role of a quantitative map, before contrast agent; empty for none."""
    error = re.search(rf"\br([12])(?: ?map)? .*?(?:{_ERROR})|\br([12])(?:{_ERROR})", words)
    if error:
        return f"R{error[1] or error[2]}error"
    if re.search(_ERROR, words):
        return ""
    for role, pattern in _QUANTITIES.items():
        if re.search(pattern, words):
            return role
    return ""


def _weighted_guess(role: str, words: str, *, after: bool) -> Guess:
    doubts = int(bool(re.search(_REFORMATTED, words)))
    if not after:
        return Guess(role, doubts)
    if role != "T1w":  # FLAIR and T2 are acquired after the agent too, but those before it are meant
        return Guess(role, doubts + 2)
    return Guess("lowdose_ceT1w" if re.search(_LOW_DOSE, words) else "ceT1w", doubts)


def _weighting(words: str) -> str:
    """Role of a weighted image, before contrast agent; empty for none. GE's ``T1 FLAIR`` is T1-weighted."""
    if re.search(_NO_IMAGE, words) or re.search(_ERROR, words):
        return ""
    if re.search(_T1, words) and not re.search(_T2, words):
        return "T1w"
    if re.search(_FLAIR, words):
        return "FLAIR"
    return "T2w" if re.search(_T2, words) else ""
