"""How exits and lines are understood."""

from __future__ import annotations

import signal

import pytest

from gliomamri.jobs.events import Event
from gliomamri.jobs.outcome import EXIT_CODES, SENTENCES, Outcome, oom_kill_count, outcome_of_exit


@pytest.mark.parametrize(
    ("code", "oom_kills", "expected"),
    [
        (0, 0, Outcome.CRASHED),
        (1, 0, Outcome.UNEXPLAINED),
        (2, 0, Outcome.UNEXPLAINED),
        (None, 0, Outcome.UNEXPLAINED),
        (EXIT_CODES[Outcome.CRASHED], 0, Outcome.CRASHED),
        (EXIT_CODES[Outcome.USER_ERROR], 0, Outcome.USER_ERROR),
        (EXIT_CODES[Outcome.OUT_OF_MEMORY], 0, Outcome.OUT_OF_MEMORY),
        (-signal.SIGKILL, 0, Outcome.KILLED),
        (128 + signal.SIGKILL, 0, Outcome.KILLED),
        (-signal.SIGTERM, 0, Outcome.KILLED),
        (-signal.SIGSEGV, 0, Outcome.CRASHED),
        (128 + signal.SIGSEGV, 0, Outcome.CRASHED),
        (-signal.SIGKILL, 1, Outcome.OUT_OF_MEMORY),
        (1, 1, Outcome.OUT_OF_MEMORY),
        (None, 1, Outcome.OUT_OF_MEMORY),
        (0xC0000005, 0, Outcome.UNEXPLAINED),
    ],
)
def test_outcome_of_exit(code, oom_kills, expected):
    assert outcome_of_exit(code, oom_kills_during_job=oom_kills) is expected


def test_our_exit_codes_are_nobody_elses():
    ours = set(EXIT_CODES.values()) - {0}

    assert len(ours) == len(EXIT_CODES) - 1
    assert not ours & {1, 2, *range(64, 79), *range(126, 256)}  # Python, argparse, sysexits.h, shells
    assert set(SENTENCES) == set(Outcome)


def test_kernel_counter_is_read_and_missing_counter_is_zero(tmp_path):
    vmstat = tmp_path / "vmstat"
    vmstat.write_text("nr_free_pages 5\noom_kill 12\noom_kill_other 3\n")

    assert oom_kill_count(vmstat) == 12
    assert oom_kill_count(tmp_path / "absent") == 0


def test_event_survives_a_line():
    event = Event("progress", 0.25, 'Fitting "T1"\nin 5 voxels')

    line = event.to_line()

    assert "\n" not in line
    assert Event.from_line(line) == event


@pytest.mark.parametrize(
    "line", ["", "hello", "42", "[]", '{"kind": "other"}', '{"kind": "progress", "extra": 1}']
)
def test_stray_lines_are_no_events(line):
    assert Event.from_line(line) is None
