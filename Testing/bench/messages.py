"""Messages that slicer.util would show to the user, recorded instead of shown.

`install` replaces the functions of slicer.util that open a dialog. A test reads `shown`, and answers questions by
setting `answer` beforehand. An exception that was told to the user is no hidden error (see `bench.hidden_errors`).
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from typing import Any

import slicer.util

KINDS = {
    "errorDisplay": "error",
    "warningDisplay": "warning",
    "infoDisplay": "info",
    "messageBox": "info",
    "confirmOkCancelDisplay": "question",
    "confirmYesNoDisplay": "question",
    "confirmRetryCloseDisplay": "question",
}


@dataclass(frozen=True)
class Message:
    """One message: its kind (error, warning, info, question), its text, and the text behind "details"."""

    kind: str
    text: str
    details: str = ""


class Messages:
    """What the user was told since the last `clear`.

    Attributes
    ----------
    shown : list of Message
    answer : bool
        What the user answers to a question; False after `clear`.
    """

    def __init__(self) -> None:
        self.shown: list[Message] = []
        self.answer = False
        self.toldExceptions: list[BaseException] = []

    def clear(self) -> None:
        """Forget what was shown."""
        self.shown.clear()
        self.toldExceptions.clear()
        self.answer = False

    def texts(self, kind: str) -> list[str]:
        """Return the texts of one kind, in order."""
        return [message.text for message in self.shown if message.kind == kind]

    def record(self, kind: str, text: str, *_arguments: Any, **options: Any) -> Any:
        """Take a message in place of slicer.util's dialog and return the user's answer."""
        self.shown.append(Message(kind, str(text), str(options.get("detailedText", ""))))
        if sys.exception() is not None:
            self.toldExceptions.append(sys.exception())
        return self.answer if kind == "question" else None


messages = Messages()


@functools.cache
def install() -> Messages:
    """Replace the dialogs of slicer.util and return the record of what they would have shown."""
    for name, kind in KINDS.items():
        setattr(slicer.util, name, functools.partial(messages.record, kind))
    return messages
