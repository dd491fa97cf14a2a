"""Jobs side by side: all end, a failing one alone, and stopping in the middle leaves nothing."""

from __future__ import annotations

import time

import pytest

from gliomamri.errors import UserError
from gliomamri.io.results import read_result
from gliomamri.jobs import Outcome
from gliomamri.jobs.side_by_side import PlannedJob, run_side_by_side


def test_every_job_ends_and_its_folder_lives_until_the_next_is_asked_for(a_job, tmp_path):
    planned = [PlannedJob(f"patient {n}", lambda n=n: a_job("succeed", seed=n)) for n in range(3)]
    drawn, folders = {}, []

    for ended in run_side_by_side(planned, 2):
        assert all(not folder.path.exists() for folder in folders)
        assert ended.state.outcome is Outcome.SUCCEEDED
        drawn[ended.name] = read_result(ended.folder.result).numbers["drawn"].value
        folders.append(ended.folder)

    assert sorted(drawn) == ["patient 0", "patient 1", "patient 2"]
    assert len(set(drawn.values())) == 3
    assert list((tmp_path / "jobs").glob("job-*")) == []


def test_jobs_really_run_together_and_no_more_than_allowed(a_job):
    seen = []
    planned = [PlannedJob(str(n), lambda: a_job("succeed", seconds=0.4)) for n in range(3)]

    list(
        run_side_by_side(planned, 2, lambda fraction, words: seen.append((fraction, words.count("Working"))))
    )

    assert max(together for _, together in seen) == 2
    assert [fraction for fraction, _ in seen] == sorted(fraction for fraction, _ in seen)


def test_a_job_that_fails_or_cannot_be_made_stops_no_other(a_job):
    def refuse():
        raise UserError("The patient has no T1 map.", "sub-02")

    planned = [
        PlannedJob("whole", lambda: a_job("succeed")),
        PlannedJob("refused", refuse),
        PlannedJob("wrong", lambda: a_job("user_error")),
        PlannedJob("killed", lambda: a_job("kill")),
    ]

    ended = {one.name: one for one in run_side_by_side(planned, 2)}

    assert ended["whole"].state.outcome is Outcome.SUCCEEDED
    assert ended["refused"].state.message == "The patient has no T1 map."
    assert ended["refused"].state.details == "sub-02"
    assert ended["refused"].folder is None
    assert ended["wrong"].state.outcome is Outcome.USER_ERROR
    assert ended["killed"].state.outcome is Outcome.KILLED


def test_stopping_in_the_middle_cancels_what_runs_and_leaves_no_folder(a_job, tmp_path):
    planned = [PlannedJob("quick", lambda: a_job("succeed"))]
    planned += [PlannedJob(str(n), lambda: a_job("succeed", seconds=60)) for n in range(2)]
    started = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        for _ in run_side_by_side(planned, 3):
            raise KeyboardInterrupt

    assert time.monotonic() - started < 20
    assert list((tmp_path / "jobs").glob("job-*")) == []


def test_nothing_to_do_and_no_process_to_do_it():
    assert list(run_side_by_side([], 2)) == []
    with pytest.raises(ValueError, match="1 or more"):
        list(run_side_by_side([], 0))
