"""What the real widget classes expose to Python, as read from their headers by make_manifest.py."""

from __future__ import annotations

import functools
import json
from pathlib import Path

WIDGET_PREFIXES = ("ctk", "qMRML", "qSlicer")


@functools.cache
def classes() -> dict[str, dict]:
    """Return the descriptions by class name: base, properties, slots, signals, invokable, constants."""
    return json.loads(Path(__file__).with_name("manifest.json").read_text(encoding="utf-8"))


def lineage(className: str) -> list[str]:
    """Return the class and its bases as far as the manifest knows them."""
    found = []
    while className in classes():
        found.append(className)
        className = classes()[className]["base"]
    return found


@functools.cache
def exposedNames(className: str) -> frozenset[str]:
    """Return every name of the real class and its Slicer or CTK bases; Qt's own are not listed."""
    names: set[str] = set()
    for name in lineage(className):
        description = classes()[name]
        for kind in ("properties", "slots", "invokable", "constants"):
            names.update(description[kind])
        names.update(signal.partition("(")[0] for signal in description["signals"])
    return frozenset(names)


@functools.cache
def signals(className: str, name: str) -> tuple[str, ...]:
    """Return the real signatures of a signal, ``name(type,...)``; empty where the headers have none of that name."""
    return tuple(
        signature
        for parent in lineage(className)
        for signature in classes()[parent]["signals"]
        if signature.partition("(")[0] == name
    )


def explainAbsent(className: str, name: str) -> Exception:
    """Return the error for a name that a stand-in lacks: a fault of the module, or a gap of the bench."""
    if name in exposedNames(className):
        return NotImplementedError(f"{className} has {name!r}, but the bench does not model it")
    return AttributeError(f"{className} has no {name!r}: neither the bench nor the real class")
