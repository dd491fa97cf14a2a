"""A cohort: every patient its result, failing ones alone, a stopped run goes on, pooled when the task can."""

from __future__ import annotations

import json
from dataclasses import replace

import fake_tasks
import pytest

from gliomamri import tasks
from gliomamri.errors import UserError
from gliomamri.io.images import write_image
from gliomamri.io.results import read_result
from gliomamri.jobs import Job, create_job
from gliomamri.jobs.cohort import CohortRun, find_subjects, run_cohort
from gliomamri.jobs.pooled import write_pooled
from gliomamri.result import Number, Result


@pytest.fixture
def a_run(tmp_path, monkeypatch):
    monkeypatch.setitem(tasks.TASKS, fake_tasks.TASK.name, fake_tasks.TASK)
    dataset = tmp_path / "dataset"
    for subject in ("sub-01", "sub-02", "sub-10"):
        folder = dataset / subject / "anat"
        folder.mkdir(parents=True)
        write_image(fake_tasks.one_image_study().images["T1w"], folder / f"{subject}_T1w.nii.gz")
    return CohortRun(fake_tasks.TASK, fake_tasks.Settings(), dataset)


@pytest.fixture
def make_job(a_python, tmp_path):
    """Make jobs of fake tasks; remember for whom."""
    made = []

    def make(run, subject):
        made.append(subject)
        folder = run.job(subject).folder
        return Job(folder, python=a_python)

    make.made = made
    return make


def test_every_patient_gets_its_result_folder(a_run, make_job, tmp_path):
    seen = []

    outcome = run_cohort(
        a_run, tmp_path / "out", at_a_time=2, progress=lambda *told: seen.append(told), make_job=make_job
    )

    assert outcome.whole == ["sub-01", "sub-02", "sub-10"]
    assert outcome.failed == {}
    assert read_result(tmp_path / "out" / "sub-10").numbers["answer"].value == 42
    assert seen[0][0] == 0
    assert 0.5 < seen[-1][0] <= 1


def test_a_patient_that_fails_leaves_no_folder_and_resume_goes_on_with_it(a_run, make_job, tmp_path):
    image = a_run.dataset / "sub-02" / "anat" / "sub-02_T1w.nii.gz"
    whole = image.read_bytes()
    image.write_bytes(whole[: len(whole) // 2])
    out = tmp_path / "out"

    first = run_cohort(a_run, out, make_job=make_job)
    image.write_bytes(whole)
    make_job.made.clear()
    second = run_cohort(a_run, out, resume=True, make_job=make_job)

    assert first.whole == ["sub-01", "sub-10"]
    assert list(first.failed) == ["sub-02"]
    assert first.failed["sub-02"][0].endswith(".")
    assert make_job.made == ["sub-02"]
    assert second.whole == ["sub-01", "sub-02", "sub-10"]
    assert sorted(path.name for path in out.iterdir()) == ["cohort.json", "sub-01", "sub-02", "sub-10"]


def test_resuming_with_other_settings_is_refused_and_without_resume_nothing_is_overwritten(
    a_run, make_job, tmp_path
):
    out = tmp_path / "out"
    run_cohort(a_run, out, make_job=make_job)

    with pytest.raises(UserError, match="other settings"):
        run_cohort(
            replace(a_run, settings=fake_tasks.Settings(way="print")), out, resume=True, make_job=make_job
        )
    with pytest.raises(UserError, match="holds files"):
        run_cohort(a_run, out, make_job=make_job)


def test_stopping_keeps_whole_results(a_run, make_job, tmp_path):
    def interrupt(fraction, words):
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_cohort(a_run, tmp_path / "out", progress=interrupt, make_job=make_job)

    left = sorted(path.name for path in (tmp_path / "out").glob("sub-*"))
    assert left == ["sub-01"]
    assert read_result(tmp_path / "out" / "sub-01").warnings


def test_further_images_are_named_by_the_subject(a_run):
    run = replace(
        a_run, images=(("T1w", str(a_run.dataset / "{subject}" / "anat" / "{subject}_T1w.nii.gz")),)
    )

    folder = run.job("sub-10").folder

    assert folder.description()["inputs"][0]["role"] == "T1w"
    folder.remove()


def test_a_data_set_without_patients_is_told(tmp_path):
    with pytest.raises(UserError, match="missing"):
        find_subjects(tmp_path / "nowhere")
    with pytest.raises(UserError, match="sub-01"):
        find_subjects(tmp_path)


def test_the_pooled_result_stands_beside_the_patients_and_replaces_an_older_one(
    a_run, make_job, tmp_path, monkeypatch
):
    def pool(results, settings, context):
        answers = [result.numbers["answer"].value for _, result in results]
        return Result(numbers={"sum": Number(sum(answers), "ms", "Sum of answers")})

    monkeypatch.setattr(tasks.Task, "pool", lambda self, *arguments: pool(*arguments))
    out = tmp_path / "out"
    run = replace(a_run, task=replace(fake_tasks.TASK, pools=True))
    whole = run_cohort(run, out, make_job=make_job).whole

    write_pooled(run, out, whole[:1])
    report = write_pooled(run, out, whole)

    assert report == out / "pooled" / "report.html"
    assert "Sum of answers" in report.read_text()
    index = json.loads((out / "pooled" / "result.json").read_text())
    assert index["numbers"]["sum"]["value"] == 126
    assert index["provenance"]["subjects"] == ["sub-01", "sub-02", "sub-10"]
    assert write_pooled(a_run, out, whole) is None
    assert not list(out.glob(".gliomamri-*"))


def test_the_job_of_a_patient_is_the_one_that_run_would_make(a_run, tmp_path):
    folder = a_run.job("sub-01").folder
    alone = create_job("misbehave", fake_tasks.one_image_study(), fake_tasks.Settings(), parent=tmp_path)

    ours, other = folder.description(), alone.description()
    folder.remove()

    assert ours["inputs"][0]["files"][0]["sha256"] == other["inputs"][0]["files"][0]["sha256"]
    assert ours["settings"] == other["settings"]
