"""Exceptions in slots, observers and threads: printed and passed over, so a test would not notice them."""

from __future__ import annotations

import sys
import threading
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
        self._hooks: tuple = ()

    def __enter__(self) -> HiddenErrors:
        self._hooks = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._onException
        threading.excepthook = self._onThreadException
        return self

    def __exit__(self, *_details: object) -> None:
        sys.excepthook, threading.excepthook = self._hooks

    def clear(self) -> None:
        """Forget what was found, where a test expects it."""
        self.found.clear()

    def _onThreadException(self, details: Any) -> None:
        if details.exc_type is not SystemExit:
            self._onException(details.exc_type, details.exc_value, details.exc_traceback)

    def _onException(self, kind: type, value: BaseException, trace: Any) -> None:
        if not any(value is told for told in messages.toldExceptions):
            self.found.append("".join(traceback.format_exception(kind, value, trace)))
