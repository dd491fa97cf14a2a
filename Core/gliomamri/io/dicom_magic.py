"""MAGIC images among DICOM volumes: several inversion times at several echo times, before and after contrast agent.

Called by :mod:`gliomamri.io.dicom_acquisitions`; tested by Testing/unit/io/test_magic_and_vfa.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from gliomamri.io.dicom_groups import protocol, rounded, sharing_slices, split_by
from gliomamri.io.dicom_stacks import Stack

VARYING = ("inversion_time", "echo_time")
_FEWEST_PER_ECHO = 2
"""Inversion times that the echo times must have in common."""


def magic_groups(inverted: Sequence[Stack]) -> list[tuple[str, tuple[Stack, ...]]]:
    """Find MAGIC images among stacks that have inversion and echo times.

    Returns
    -------
    list of (role, stacks)
        ``MAGIC`` or, after contrast agent, ``ceMAGIC``; in order of inversion time, then echo time.
    """
    found = []
    for similar in split_by(
        inverted, lambda stack: (stack.frames[0].after_contrast, protocol(stack, ("repetition_time",)))
    ):
        for cluster in sharing_slices(similar):
            for group in _without_repeats(cluster):
                stacks = _several_echoes(group)
                if stacks:
                    role = "ceMAGIC" if stacks[0].frames[0].after_contrast else "MAGIC"
                    found.append((role, stacks))
    return found


def _several_echoes(group: list[Stack]) -> tuple[Stack, ...]:
    """Those whose echo time has inversion times in common with another echo time, in order of both; empty if none."""
    by_echo = {_echo(part[0]): part for part in split_by(group, _echo)}
    delays = {echo: {rounded(stack, "inversion_time") for stack in part} for echo, part in by_echo.items()}
    kept = [
        stack
        for echo, part in by_echo.items()
        for stack in part
        if any(
            len(delays[echo] & others) >= _FEWEST_PER_ECHO
            for other, others in delays.items()
            if other != echo
        )
    ]
    return tuple(sorted(kept, key=lambda stack: tuple(stack.parameters[name] for name in VARYING)))


def _without_repeats(cluster: list[Stack]) -> list[list[Stack]]:
    """Give the stacks as one group or, where a pair of times is there twice, one group per DICOM series."""
    pairs = [(rounded(stack, "inversion_time"), _echo(stack)) for stack in cluster]
    if len(set(pairs)) == len(pairs):
        return [cluster]
    return split_by(cluster, lambda stack: stack.frames[0].series)


def _echo(stack: Stack) -> float | None:
    return rounded(stack, "echo_time")
