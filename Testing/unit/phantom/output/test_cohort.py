"""Cohorts: the same whatever the number of processes, whole patients only, one failure stops nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import fake_patient
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.output.cohort import Cohort, make_patients, parse_kinds, patient_seed
from gliomamri.phantom.output.dataset import start_dataset
from gliomamri.phantom.output.patient_folder import truth_folder
from gliomamri.phantom.output.workers import PatientTask
from gliomamri.phantom.settings import Settings

HERE = Path(__file__).parent


def tree(folder):
    """Every file of a folder and its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def subjects(folder):
    return sorted(path.name for path in folder.glob("sub-*"))


def traces(folder):
    """What must not be left behind."""
    truth = {path.name for path in (folder / "derivatives" / "truth").glob("sub-*")}
    return [*folder.glob(".gliomamri*"), *(truth ^ set(subjects(folder)))]


def make(cohort, folder, **options):
    return make_patients(
        cohort.tasks(), cohort.recipe(), folder, simulate=fake_patient.simulate_patient, **options
    )


def tasks_with_seeds(*seeds):
    return [PatientTask(f"sub-{seed + 1:04d}", Settings().to_dict(), seed) for seed in seeds]


def test_bytes_do_not_depend_on_the_number_of_processes_or_on_the_day(tmp_path):
    cohort = Cohort(3, 5, Settings(adc=True), {"glioma": 0.5, "healthy": 0.5})

    made = [make(cohort, tmp_path / name, processes=count) for name, count in (("a", 1), ("b", 2), ("c", 2))]

    first, second, third = (tree(tmp_path / name) for name in "abc")
    assert first == second == third
    assert len([name for name in first if name.endswith(".nii.gz")]) > 30
    assert all(one.whole == ("sub-0001", "sub-0002", "sub-0003") and not one.failed for one in made)
    assert (tmp_path / "a" / "participants.tsv").read_text().count("\n") == 4
    assert traces(tmp_path / "a") == []


def test_one_failure_is_told_and_stops_nobody(tmp_path):
    heard = []

    made = make_patients(
        tasks_with_seeds(0, 1, 2, 3, 7),
        {},
        tmp_path / "out",
        processes=2,
        progress=lambda _, words: heard.append(words),
        simulate=fake_patient.simulate_badly,
    )

    told = {news.subject: news for news in made.failed}
    assert heard[-1] == "2 of 5 patients, 3 failed"
    assert made.whole == ("sub-0004", "sub-0008")
    assert told["sub-0001"].sentence == "The head has no brain."
    assert "unforeseen" in told["sub-0002"].details
    assert "memory ran out" in told["sub-0003"].sentence
    assert subjects(tmp_path / "out") == ["sub-0004", "sub-0008"]
    assert (tmp_path / "out" / "participants.tsv").read_text().count("\n") == 3
    assert traces(tmp_path / "out") == []


def test_a_cohort_that_got_nobody_leaves_nothing(tmp_path):
    make_patients(tasks_with_seeds(0), {}, tmp_path / "out", simulate=fake_patient.simulate_badly)

    assert list(tmp_path.iterdir()) == []


def test_resuming_keeps_whole_patients_and_adds_the_rest(tmp_path):
    make(Cohort(1, 5, Settings()), tmp_path / "out")
    (truth_folder(tmp_path / "out", "sub-0003")).mkdir()
    kept = next((tmp_path / "out" / "sub-0001").rglob("*T1w.nii.gz"))
    before = kept.stat().st_mtime_ns

    make(Cohort(3, 5, Settings()), tmp_path / "out", resume=True)
    make(Cohort(3, 5, Settings()), tmp_path / "whole")

    assert kept.stat().st_mtime_ns == before
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    with pytest.raises(UserError, match="holds files already"):
        make(Cohort(3, 5, Settings()), tmp_path / "out")
    with pytest.raises(UserError, match="another recipe"):
        make(Cohort(3, 6, Settings()), tmp_path / "out", resume=True)


def test_a_patient_that_cannot_be_written_ends_the_cohort(tmp_path):
    start_dataset(tmp_path / "out", {}, resume=False)
    (tmp_path / "out" / "sub-0001").mkdir()
    (tmp_path / "out" / "sub-0001" / "mine.txt").write_text("precious")

    with pytest.raises(UserError, match="Writing to the folder 'out' failed"):
        make_patients(
            tasks_with_seeds(0), {}, tmp_path / "out", resume=True, simulate=fake_patient.simulate_patient
        )

    assert (tmp_path / "out" / "sub-0001" / "mine.txt").read_text() == "precious"


def test_progress_counts_patients(tmp_path):
    heard = []

    make(Cohort(2, 5, Settings()), tmp_path / "out", processes=1, progress=lambda *news: heard.append(news))

    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert heard[-1][1] == "2 of 2 patients"
    assert any("left" in words for _, words in heard)


def test_a_patient_depends_on_the_cohorts_seed_and_its_number_alone():
    small, large = (Cohort(n, 5, Settings(), {"glioma": 1.0, "healthy": 1.0}).tasks() for n in (3, 200))

    assert small == large[:3]
    assert len({task.seed for task in large}) == 200
    assert patient_seed(5, 0) != patient_seed(6, 0)
    kinds = Counter(task.settings["kind"] for task in large)
    assert 70 < kinds["glioma"] < 130


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"patients": 0}, "The number of patients is 0; it must be 1 or more."),
        ({"seed": -1}, "The seed is -1; it must be 0 or more."),
        ({"kinds": {"gliom": 1.0}}, "There is no kind of patient 'gliom'; known are glioma,"),
        ({"kinds": {"glioma": -1.0, "healthy": 2.0}}, "The shares of the kinds must be 0 or more"),
        ({"kinds": {"glioma": 0.0}}, "The shares of the kinds must be 0 or more"),
        ({"kinds": {"glioma": float("nan")}}, "The shares of the kinds must be 0 or more"),
        (
            {"kinds": {"glioma": 0.5, "healthy": 0.2}},
            "The shares of the kinds add to 0.7; fractions must add to 1",
        ),
        ({"seed": 2**63}, "The seed 9223372036854775808 is too large"),
        ({"settings": Settings(kind="odd")}, "There is no kind of patient 'odd'"),
        (
            {"settings": Settings(core_volume=5.0), "kinds": {"glioma": 1.0, "healthy": 1.0}},
            "of the kind 'healthy' has no tumor core",
        ),
    ],
)
def test_bad_cohorts_get_a_sentence(values, sentence):
    problems = Cohort(**{"patients": 2, "seed": 1, "settings": Settings(), **values}).problems()

    assert any(sentence in problem for problem in problems)


@pytest.mark.parametrize("shares", [(2.0, 1.0), (0.67, 0.33), (0.333, 0.66), (1.0, 0.0)])
def test_shares_are_fractions_or_whole_numbers(shares):
    kinds = dict(zip(("glioma", "healthy"), shares, strict=True))

    assert Cohort(2, 1, Settings(), kinds).problems() == []


def test_kinds_are_read_as_people_write_them():
    assert parse_kinds("glioma=0.7, High-grade glioma=.2,healthy") == {
        "glioma": 0.7,
        "high-grade-glioma": 0.2,
        "healthy": 1.0,
    }
    with pytest.raises(UserError, match="must be a number, not 'many'"):
        parse_kinds("glioma=many")


def start(simulator, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    return subprocess.Popen(
        [sys.executable, str(HERE / "fake_program.py"), simulator, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def slow_cohort(folder):
    """A cohort whose patients after the first hang, begun until the first is whole; its processes."""
    process = start("simulate_slowly", "simulate-cohort", "--patients", 4, "--processes", 2, "--out", folder)
    for line in process.stderr:
        if "1 of 4" in line:
            break
    return process


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(processes, seconds=5.0):
    """Whether all processes end in time; Python's own helper ends a moment after its parent."""
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in processes) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(alive(pid) for pid in processes)


linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads Linux's table of processes")


@linux
@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_leaves_whole_patients_only(kill, tmp_path):
    process = slow_cohort(tmp_path / "out")
    workers = children(process.pid)
    begun = time.monotonic()

    os.killpg(process.pid, kill) if kill == signal.SIGINT else process.send_signal(kill)
    code = process.wait(10)

    assert time.monotonic() - begun < 3
    assert code == 130
    assert len(subjects(tmp_path / "out")) == 1
    assert traces(tmp_path / "out") == []
    assert (tmp_path / "out" / "participants.tsv").read_text().count("\n") == 2
    assert gone(workers)
    said = process.stderr.read()
    assert "Cancelled; whole patients are kept (1), --resume goes on." in said
    assert "Traceback" not in said


@linux
def test_processes_end_with_the_one_that_started_them(tmp_path):
    process = slow_cohort(tmp_path / "out")
    workers = children(process.pid)

    process.kill()
    process.wait(10)

    assert len(workers) >= 2
    assert gone(workers)
