"""The command line, as a user meets it: results whole or not at all, sentences instead of tracebacks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.cli import describe_task, main
from gliomamri.io.results import read_index, read_result
from gliomamri.io.studies import read_study
from gliomamri.jobs.outcome import EXIT_CODES, Outcome
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
    return jobs + list(tmp_path.rglob(".gliomamri-*"))


def command(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-m", "gliomamri", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        # Under nohup the tests themselves ignore Ctrl-C, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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
        (["run", "relaxometri", "x"], "There is no task 'relaxometri'; known are relaxometry, "),
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
            "Longest T1 is 5.0 ms; it must be between 500",
        ),
        (["run", "relaxometry", "{patient}", "--seed", "-1"], "The seed is -1; it must be 0 or more."),
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


def test_a_file_as_output_gets_its_own_sentence(patient, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")

    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "file")])

    assert code == 2
    assert "is a file; name a folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_the_current_folder_can_take_the_result(patient, tmp_path, monkeypatch, capsys):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    code = main(["run", "relaxometry", str(patient), "--out", "."])

    assert code == 0
    assert capsys.readouterr().out.strip() == "report.html"
    assert Path("report.html").stat().st_size > 1000  # still the same folder, as the user's shell sees it
    assert leftovers(tmp_path) == []


def test_a_prepared_job_can_be_run_later_and_only_once(patient, tmp_path, capsys):
    assert main(["run", "relaxometry", str(patient), "--prepare", str(tmp_path / "jobs")]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert not (folder / "result").exists()
    assert main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")]) == 0

    first = command("job", folder)
    lines = first.communicate()[0].splitlines()
    second = command("job", folder)
    refused = json.loads(second.communicate()[0].splitlines()[-1])

    assert folder.parent == tmp_path / "jobs"
    assert json.loads(lines[-1])["outcome"] == "succeeded"
    assert first.returncode == 0
    assert second.returncode == EXIT_CODES[Outcome.USER_ERROR]
    assert "make a new job" in refused["message"]
    prepared, direct = (
        sitk.GetArrayFromImage(sitk.ReadImage(str(path / "maps" / "T1map.nii.gz")))
        for path in (folder / "result", tmp_path / "out")
    )
    assert np.array_equal(prepared, direct)


@pytest.mark.parametrize("where", [[], ["--out", "a", "--prepare", "b"]])
def test_a_run_goes_to_one_place(where, patient, capsys):
    with pytest.raises(SystemExit) as end:
        main(["run", "relaxometry", str(patient), *where])

    assert end.value.code == 2
    assert "--prepare" in capsys.readouterr().err


def test_doubts_about_the_result_are_told_once(patient, tmp_path, capsys, monkeypatch):
    def doubtful(folder):
        return read_index(folder) | {"warnings": ["Read before.", "The fit is poor."]}

    study = replace(read_study(patient, [], roles=TASKS["relaxometry"].roles), notes=("Read before.",))
    monkeypatch.setattr("gliomamri.io.studies.read_study", lambda *_, **__: study)
    monkeypatch.setattr("gliomamri.io.results.read_index", doubtful)

    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")])

    said = capsys.readouterr().err.splitlines()
    assert code == 0
    assert [line for line in said if "before" in line or "poor" in line] == [
        "Note: Read before.",
        "Warning: The fit is poor.",
    ]


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


@pytest.mark.parametrize("step", ["studies.read_study", "publish.shutil.copytree"])
def test_interrupting_before_and_after_the_job_leaves_nothing_either(
    step, patient, tmp_path, capsys, monkeypatch
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"gliomamri.io.{step}", interrupted)

    code = main(["run", "relaxometry", str(patient), "--out", str(tmp_path / "out")])

    assert code == 130
    assert "Cancelled" in capsys.readouterr().err
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
    assert "longest_T1 = 6000 ms" in text
    assert "One of: rician, gaussian." in text


def test_settings_are_listed_by_section_as_they_are_typed():
    lines = describe_task(TASKS["simulate"]).splitlines()

    assert lines.index("  Grid") < lines.index("    matrix = 160,192,160 voxels") < lines.index("  Artifacts")
    assert "    magic = no" in lines


@pytest.mark.parametrize("name", TASKS)
def test_sections_come_once_and_everything_fits_the_terminal(name):
    lines = describe_task(TASKS[name], width=80).splitlines()

    sections = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert len(sections) == len(set(sections))
    assert max(map(len, lines)) <= 80
    told = [line.split(" = ")[0].strip() for line in lines if line.startswith("    ") and " = " in line]
    assert sorted(told) == sorted(info.name for info in TASKS[name].settings.describe())


def test_roles_stand_under_what_is_needed_of_them():
    text = describe_task(TASKS["quantitative"])

    assert text.count("at least one of") == 1
    needed, optional = text.partition("  optional\n")[::2]
    assert "    ceT1map " in needed
    assert "    brain_mask " in optional
    assert "    ceT1map " not in optional


def test_tasks_command_names_every_task_and_tells_one(capsys):
    assert main(["tasks"]) == 0
    shown = capsys.readouterr().out
    assert all(any(line.startswith(f"{name} ") for line in shown.splitlines()) for name in TASKS)
    assert "longest_T1" not in shown
    assert main(["tasks", "relaxometry"]) == 0
    assert "longest_T1" in capsys.readouterr().out
