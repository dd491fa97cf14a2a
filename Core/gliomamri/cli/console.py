"""Speaking to the user on the terminal; options and pairs that several commands read."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator

from gliomamri.errors import UserError

EXIT_USER_ERROR = 2
EXIT_CANCELLED = 130


def say(text: str) -> None:
    """Write one line on standard error."""
    sys.stderr.write(text + "\n")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has which runs a task: settings, session, seed."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help="a setting, see 'gliomamri tasks TASK'; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--session", default="", metavar="NAME", help="BIDS session to read, where there are several"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="seed of everything random (default 0)"
    )


def pair(text: str, option: str) -> tuple[str, str]:
    """Split ``KEY=VALUE``.

    Raises
    ------
    UserError
        If it is none.
    """
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise UserError(
            f"{option} wants the form {'ROLE=FILE' if option == '--image' else 'KEY=VALUE'}, not '{text}'."
        )
    return key.strip(), value.strip()


@contextlib.contextmanager
def termination_interrupts() -> Iterator[None]:
    """Within it SIGTERM does what Ctrl-C does."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class ProgressLine:
    """Progress on standard error: one line that is rewritten on a terminal, one line per step elsewhere."""

    def __init__(self) -> None:
        self._last = ""
        self._on_terminal = sys.stderr.isatty()

    def show(self, fraction: float, message: str) -> None:
        """Show where things stand."""
        text = f"{fraction:4.0%} {message}"
        if self._on_terminal and text != self._last:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()
        elif not self._on_terminal and message != self._last[5:]:
            say(text)
        self._last = text

    def close(self) -> None:
        """Leave the line as it is and go to the next."""
        if self._on_terminal and self._last:
            sys.stderr.write("\n")
