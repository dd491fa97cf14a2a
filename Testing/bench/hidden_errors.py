"""Exceptions in slots and observers: Qt and VTK print them and go on, so a test would pass over them."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from bench.messages import messages


class HiddenErrors:
    """Context manager that collects exceptions which nobody caught and the user was not told of.

    Attributes
    ----------
    found : list of str
        Tracebacks.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self._hook: Any = None

    def __enter__(self) -> HiddenErrors:
        self._hook, sys.excepthook = sys.excepthook, self._onException
        return self

    def __exit__(self, *_details: object) -> None:
        sys.excepthook = self._hook

    def clear(self) -> None:
        """Forget what was found, where a test expects it."""
        self.found.clear()

    def _onException(self, kind: type, value: BaseException, trace: Any) -> None:
        if not any(value is told for told in messages.toldExceptions):
            self.found.append("".join(traceback.format_exception(kind, value, trace)))
