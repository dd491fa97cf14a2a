"""The command line, as a user meets it: results whole or not at all, sentences instead of tracebacks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.cli import describe_task, main
from gliomamri.io.results import read_result
from gliomamri.phantom.raw_slices import simulate_raw_slices, write_raw_slices
from gliomamri.tasks import TASKS


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    return write_raw_slices(simulate_raw_slices(), tmp_path_factory.mktemp("patient"))


@pytest.fixture(autouse=True)
def private_temporary_folder(tmp_path, monkeypatch):
    """Keep job folders of this test apart, so that leftovers can be counted."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield
    monkeypatch.setattr("tempfile.tempdir", None)


def leftovers(tmp_path):
    """Job folders and partial results that should not be there."""
    jobs = list((tmp_path / "tmp").glob("gliomamri-jobs-*/job-*"))
    return jobs + list(tmp_path.glob(".gliomamri-*"))


def command(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-m", "gliomamri", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_bids_folder_becomes_maps_tables_and_a_report(patient, tmp_path, capsys):
    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")])

    assert code == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "out" / "report.html")
    result = read_result(tmp_path / "out")
    assert {"T1map", "R1map", "T2map", "R2map"} <= {m.name for m in result.maps}
    header = (tmp_path / "out" / "tables" / "R1_regions.csv").read_text().splitlines()[0]
    assert "mean (1/s)" in header
    summary = json.loads((tmp_path / "out" / "result.json").read_text())
    assert summary["provenance"]["settings"]["ir_model"] == "free_efficiency"
    assert leftovers(tmp_path) == []


def test_files_by_role_with_typed_times(patient, tmp_path):
    files = sorted((patient / "anat").glob("*MESE.nii.gz"))
    plain = []
    for index, file in enumerate(files):
        plain.append(tmp_path / f"image{index}.nii.gz")
        sitk.WriteImage(sitk.ReadImage(str(file)), str(plain[-1]))

    code = main(
        [
            *(
                "run",
                "relaxometry",
                "--out",
                str(tmp_path / "out"),
                "--set",
                "echo_times=12,25,50,80,120,200",
            ),
            *(argument for path in plain for argument in ("--image", f"MESE={path}")),
        ]
    )

    assert code == 0
    maps = {m.name: m for m in read_result(tmp_path / "out").maps}
    assert "T1map" not in maps
    shown = sitk.GetArrayFromImage(maps["T2map"].image)
    assert 70 < np.median(shown[shown > 0]) < 85


def test_same_job_same_result(patient, tmp_path):
    for name in ("a", "b"):
        main(["run", "relaxometry", str(patient), "--out", str(tmp_path / name)])

    first, second = ((tmp_path / name / "maps" / "T2map.nii.gz") for name in ("a", "b"))
    assert np.array_equal(*(sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in (first, second)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "relaxometri", "x"], "There is no task 'relaxometri'; known are relaxometry."),
        (
            ["run", "relaxometry", "--set", "longest_T1=high"],
            "Longest T1 (longest_T1) must be a number, not 'high'.",
        ),
        (["run", "relaxometry", "--set", "longest_T1"], "--set wants the form KEY=VALUE, not 'longest_T1'."),
        (["run", "relaxometry", "--image", "IRT1"], "--image wants the form ROLE=FILE, not 'IRT1'."),
        (["run", "relaxometry", "--image", "IRT2=a.nii"], "IRT1"),
        (
            ["run", "relaxometry", "--image", "IRT1=absent.nii"],
            "The file of the inversion-recovery image 1 is missing",
        ),
        (["run", "relaxometry", "absent-folder"], "The folder of the patient is missing"),
        (
            ["run", "relaxometry", "{patient}", "--set", "longest_T1=5"],
            "Longest T1 is 5.0 ms; it must lie between 500.0",
        ),
        (
            ["run", "relaxometry", "{patient}", "--set", "echo_times=1,2"],
            "6 images but 2 values of echo time",
        ),
    ],
)
def test_wrong_arguments_get_one_sentence_and_exit_code_two(arguments, sentence, patient, tmp_path, capsys):
    arguments = [str(patient) if argument == "{patient}" else argument for argument in arguments]

    code = main([*arguments, "--out", str(tmp_path / "out")])

    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Error: ")]
    assert code == 2
    assert len(said) == 1
    assert sentence in said[0]
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


def test_existing_results_are_not_overwritten(patient, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").write_text("mine")

    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")])

    assert code == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["precious.txt"]


def test_output_below_a_file_gets_a_sentence_before_any_work(patient, tmp_path, capsys):
    (tmp_path / "file").write_text("")

    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "file" / "out")])

    assert code == 2
    assert "cannot be written" in capsys.readouterr().err


def test_disk_full_while_publishing_leaves_nothing(patient, tmp_path, capsys, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gliomamri.io.publish.shutil.copytree", fail)

    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")])

    assert code == 2
    assert "is full" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


@pytest.fixture
def a_disk(tmp_path):
    """Factory of small file systems in memory: size in MB -> mount point; remounts read-only on request."""
    mounted = []

    def make(megabytes):
        point = tmp_path / f"disk{len(mounted)}"
        point.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(point)], capture_output=True
        )
        if done.returncode != 0:
            pytest.skip(
                "small file systems cannot be mounted here; test_disk_full_while_publishing covers one case"
            )
        mounted.append(point)
        return point

    yield make
    for point in mounted:
        subprocess.run(["umount", str(point)], check=True)


@pytest.mark.parametrize(("megabytes", "step"), [(2, "inputs"), (12, "result")])
def test_full_disk_of_the_job_folder_gets_one_sentence(
    megabytes, step, a_disk, patient, tmp_path, monkeypatch, capsys
):
    disk = a_disk(megabytes)
    monkeypatch.setenv("TMPDIR", str(disk))
    monkeypatch.setattr("tempfile.tempdir", None)

    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")])

    said = capsys.readouterr().err
    assert code == 2, step
    assert said.count("Error: ") == 1
    assert "too full" in said
    assert ("Fitting" in said) == (step == "result")
    assert not (tmp_path / "out").exists()
    assert list(disk.glob("gliomamri-jobs-*/job-*")) == []


def test_full_disk_of_the_output_gets_one_sentence(a_disk, patient, tmp_path, capsys):
    disk = a_disk(1)

    code = main(["run", "relaxometry", str(patient), "--out", str(disk / "out")])

    assert code == 2
    assert "is full" in capsys.readouterr().err
    assert list(disk.iterdir()) == []
    assert leftovers(tmp_path) == []


def test_read_only_output_gets_one_sentence_before_any_work(a_disk, patient, tmp_path, capsys):
    disk = a_disk(1)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

    code = main(["run", "relaxometry", str(patient), "--out", str(disk / "out")])

    said = capsys.readouterr().err
    assert code == 2
    assert "cannot be written" in said
    assert "Fitting" not in said


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_cancels_within_two_seconds_and_leaves_nothing(kill, patient, tmp_path):
    process = command("run", "relaxometry", patient, "--out", tmp_path / "out")
    for line in process.stderr:
        if "Fitting" in line or "Reading" in line:
            break
    start = time.monotonic()

    process.send_signal(kill)
    code = process.wait(10)

    assert time.monotonic() - start <= 2.0
    assert code == 130
    assert "Cancelled" in process.stderr.read()
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


def test_a_killed_command_leaves_no_result_and_the_next_one_cleans_up(patient, tmp_path):
    process = command("run", "relaxometry", patient, "--out", tmp_path / "out")
    for line in process.stderr:
        if "Reading" in line:
            break
    process.kill()
    process.wait()

    assert not (tmp_path / "out").exists()
    assert main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")]) == 0
    assert leftovers(tmp_path) == []


def test_tasks_are_listed_with_roles_units_and_defaults():
    text = describe_task(TASKS["relaxometry"])

    assert "IRT1" in text
    assert "one per inversion time (ms)" in text
    assert "longest_T1 = 6000.0 ms" in text
    assert "One of: rician, gaussian." in text


def test_tasks_command_prints_every_task(capsys):
    assert main(["tasks"]) == 0
    assert all(name in capsys.readouterr().out for name in TASKS)
