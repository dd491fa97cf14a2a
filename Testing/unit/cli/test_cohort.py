"""``gliomamri cohort``: what it asks for, what it says of failures, and its exit codes."""

from __future__ import annotations

import pytest

from gliomamri.cli import main
from gliomamri.jobs.cohort import CohortOutcome


@pytest.fixture
def asked(monkeypatch):
    """What the command asks to be run; nothing is. ``outcome`` is what it is told."""
    calls = {"outcome": CohortOutcome(whole=["sub-01", "sub-02"])}

    def run_cohort(run, out, **options):
        calls.update(run=run, out=out, options=options)
        if isinstance(calls["outcome"], BaseException):
            raise calls["outcome"]
        return calls["outcome"]

    def write_pooled(run, out, subjects):
        calls["pooled"] = subjects
        return out / "pooled" / "report.html"

    monkeypatch.setattr("gliomamri.jobs.cohort.run_cohort", run_cohort)
    monkeypatch.setattr("gliomamri.jobs.pooled.write_pooled", write_pooled)
    return calls


def test_options_become_a_run(asked, tmp_path, capsys):
    code = main(
        [
            *("cohort", "relaxometry", str(tmp_path), "--out", str(tmp_path / "out"), "--processes", "3"),
            *("--resume", "--set", "longest_T1=5000", "--seed", "4", "--session", "2"),
            *("--image", "segmentation=labels/{subject}.nii.gz"),
        ]
    )

    run = asked["run"]
    assert code == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "out" / "pooled" / "report.html")
    assert (run.task.name, run.settings.longest_T1, run.seed, run.session) == ("relaxometry", 5000, 4, "2")
    assert run.images == [("segmentation", "labels/{subject}.nii.gz")]
    assert (asked["options"]["at_a_time"], asked["options"]["resume"]) == (3, True)
    assert asked["pooled"] == ["sub-01", "sub-02"]


def test_patients_that_failed_are_told_the_others_are_pooled_and_the_code_is_1(asked, tmp_path, capsys):
    asked["outcome"] = CohortOutcome(["sub-01"], {"sub-02": ("The brain mask is empty.", "why")})

    code = main(["cohort", "relaxometry", str(tmp_path), "--out", str(tmp_path / "out")])

    assert code == 1
    assert asked["pooled"] == ["sub-01"]
    said = capsys.readouterr().err
    assert "Error: sub-02: The brain mask is empty.\n" in said
    assert "why" not in said


def test_a_cohort_without_any_result_is_not_pooled(asked, tmp_path):
    asked["outcome"] = CohortOutcome([], {"sub-02": ("The brain mask is empty.", "")})

    assert main(["cohort", "relaxometry", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "pooled" not in asked


def test_ctrl_c_says_that_whole_results_are_kept(asked, tmp_path, capsys):
    asked["outcome"] = KeyboardInterrupt()

    assert main(["cohort", "relaxometry", str(tmp_path), "--out", str(tmp_path / "out")]) == 130
    assert "--resume goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--processes", "0"), "number of processes is 0"),
        (("--set", "longest_T1=-3"), "Longest T1 is -3"),
        (("--set", "longest=3"), "no setting 'longest'"),
        (("--image", "segmentation"), "ROLE=FILE"),
    ],
)
def test_bad_options_get_a_sentence(asked, tmp_path, capsys, option, sentence):
    code = main(["cohort", "relaxometry", str(tmp_path), "--out", str(tmp_path / "out"), *option])

    assert code == 2
    assert sentence in capsys.readouterr().err
    assert "run" not in asked


def test_a_data_set_without_patients(tmp_path, capsys):
    assert main(["cohort", "relaxometry", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "holds no patient" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
