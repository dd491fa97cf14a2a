"""Codes of what a map measures and in which unit, so that Slicer's statistics and exports can name them.

Sources: DICOM PS3.16 context groups 7180 (quantity) and 7181 (unit, UCUM). What the standard has no code for gets
one of our own, in the private coding scheme 99GLIOMAMRI, never a code of something similar.
"""

from __future__ import annotations

import re

import slicer

PRIVATE_SCHEME = "99GLIOMAMRI"

_QUANTITIES = {
    "T1": ("113063", "DCM", "T1"),
    "T2": ("113065", "DCM", "T2"),
    "R1": ("126393", "DCM", "R1"),
    "R2": ("126394", "DCM", "R2"),
    "PD": ("113058", "DCM", "Proton Density"),
    "ADC": ("113041", "DCM", "Apparent Diffusion Coefficient"),
}

_UNITS = {
    "": ("1", "no units"),
    "ms": ("ms", "millisecond"),
    "s": ("s", "second"),
    "1/s": ("/s", "per second"),
    "%": ("%", "percent"),
    "mm": ("mm", "millimeter"),
    "degree": ("deg", "degree"),
    "s/mm2": ("s/mm2", "second per square millimeter"),
    "um2/ms": ("um2/ms", "square micrometer per millisecond"),
    "mmol/L": ("mmol/L", "millimole per liter"),
    "a.u.": ("[arb'U]", "arbitrary unit"),
}

_LONGEST_CODE = 16  # DICOM value representation SH


def quantityCode(quantity: str) -> slicer.vtkCodedEntry:
    """Code of a quantity such as ``T1``; private for what the standard does not list (``T1 standard error``)."""
    value, scheme, meaning = _QUANTITIES.get(quantity, (_privateCode(quantity), PRIVATE_SCHEME, quantity))
    return _entry(value, scheme, meaning)


def unitCode(unit: str) -> slicer.vtkCodedEntry:
    """UCUM code of a unit as GliomaMRI writes it; private for one that is not in the table."""
    if unit in _UNITS:
        value, meaning = _UNITS[unit]
        return _entry(value, "UCUM", meaning)
    return _entry(_privateCode(unit), PRIVATE_SCHEME, unit)


def _privateCode(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_")[:_LONGEST_CODE] or "unnamed"


def _entry(value: str, scheme: str, meaning: str) -> slicer.vtkCodedEntry:
    entry = slicer.vtkCodedEntry()
    entry.SetValueSchemeMeaning(value, scheme, meaning)
    return entry
