"""JSON of unknown origin: small, UTF-8, no doubles, nothing that is no number.

Python's reader takes the last of two equal keys, knows ``NaN`` and ``Infinity``, and recurses as deep as the file
says; here each of these is an error. Used for metadata, manifests, headers of weights and configurations of bundles;
tested by Testing/unit/modelstore/test_strict_json.py.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

from gliomamri.errors import UserError
from gliomamri.modelstore.limits import JSON_BYTES, JSON_DEPTH, LARGEST_NUMBER, NUMBER_CHARACTERS

# A text without its end counts to the end of the file: looking for the end again at each sign would take for ever.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = re.compile(rb"[^\[\]{}]+")


def parse_json(data: bytes, what: str, *, most_bytes: int = JSON_BYTES) -> dict[str, Any]:
    """Parse a JSON object.

    Parameters
    ----------
    data : bytes
    what : str
        Name of the file for messages.
    most_bytes : int, optional

    Raises
    ------
    UserError
        If it is too large, no UTF-8, no JSON object, nested too deeply, names a key twice, or holds a number that is
        infinite, not a number, or beyond 1e15.
    """
    if len(data) > most_bytes:
        raise UserError(f"The file '{what}' has more than {most_bytes / 1e6:g} MB; it is refused.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"The file '{what}' is not written in UTF-8; it is damaged or no model's.", str(error)
        ) from error
    if _depth(data) > JSON_DEPTH:
        raise UserError(f"The file '{what}' is nested deeper than {JSON_DEPTH} levels; it is refused.")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            double = Counter(key for key, _ in items).most_common(1)[0][0]
            raise UserError(f"The file '{what}' gives '{double[:80]}' twice; it is refused.")
        return made

    def number(text: str) -> int | float:
        value = float(text) if len(text) <= NUMBER_CHARACTERS else math.inf
        if not abs(value) <= LARGEST_NUMBER:
            raise UserError(
                f"The file '{what}' holds the number {text[:20]}, which is too large; it is refused."
            )
        return int(text) if re.fullmatch(r"-?\d+", text) else value

    def constant(text: str) -> None:
        raise UserError(f"The file '{what}' holds {text}, which is no number; it is refused.")

    try:
        value = json.loads(
            text, object_pairs_hook=pairs, parse_int=number, parse_float=number, parse_constant=constant
        )
    except (ValueError, RecursionError) as error:
        raise UserError(f"The file '{what}' is no readable JSON; it is damaged.", str(error)) from error
    if not isinstance(value, dict):
        raise UserError(f"The file '{what}' holds no JSON object ({{...}}); it is no model's.")
    return value


def _depth(data: bytes) -> int:
    """Return how deep brackets nest, those in texts left out; the reader itself would recurse to find out."""
    deepest = depth = 0
    for sign in _NOT_BRACKETS.sub(b"", _STRING.sub(b"", data)):
        depth += 1 if sign in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
