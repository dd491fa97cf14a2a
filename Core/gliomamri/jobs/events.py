"""The child's messages to its parent: one JSON object per line on standard output."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """One message.

    Attributes
    ----------
    kind : {"progress", "ended"}
    fraction : float
        Done so far, in [0, 1].
    message : str
        What is going on, or the sentence a job ended with.
    outcome : str
        Value of an :class:`~gliomamri.jobs.outcome.Outcome` when ``kind`` is "ended".
    details : str
        Cause behind an error.
    """

    kind: Literal["progress", "ended"]
    fraction: float = 0.0
    message: str = ""
    outcome: str = ""
    details: str = ""

    def to_line(self) -> str:
        """Encode as one line without line feed."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Event | None:
        """Decode a line; None when it is no event (a stray print of a library)."""
        try:
            values = json.loads(line)
            return cls(**values) if values.get("kind") in ("progress", "ended") else None
        except (ValueError, TypeError, AttributeError):
            return None
