"""``gliomamri simulate`` and ``simulate-cohort``: sentences for bad options; what good ones come to."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.cli import main
from gliomamri.phantom.output.cohort import Made, patient_seed
from gliomamri.phantom.output.workers import News
from gliomamri.phantom.settings import KINDS


@pytest.fixture
def asked(monkeypatch):
    """What the command asks to be made; nothing is."""
    calls = []

    def make_patients(tasks, recipe, folder, **options):
        calls.append((tasks, recipe, folder, options))
        return Made(tuple(task.subject for task in tasks), ())

    monkeypatch.setattr("gliomamri.phantom.output.cohort.make_patients", make_patients)
    return calls


def test_simulate_asks_for_one_patient_with_that_seed(asked, tmp_path, capsys):
    code = main(
        [
            *("simulate", "--kind", "Low-grade glioma", "--seed", "7", "--out", str(tmp_path / "out")),
            *("--artifacts", "hard", "--set", "T1w_TR=8.2", "--set", "noise=off"),
        ]
    )

    ((tasks, _, folder, options),) = asked
    (task,) = tasks
    assert code == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "out")
    assert (task.subject, task.seed, folder) == ("sub-0001", 7, tmp_path / "out")
    wanted = {
        "kind": "low-grade-glioma",
        "artifacts": "hard",
        "noise": "off",
        "T1w_TR": 8.2,
        "preset": "standard",
    }
    assert wanted.items() <= task.settings.items()
    assert options["processes"] == 1


def test_a_cohort_asks_for_its_patients(asked, tmp_path):
    code = main(
        [
            *(
                "simulate-cohort",
                "--patients",
                "3",
                "--kinds",
                "metastases",
                "--seed",
                "9",
                "--processes",
                "2",
            ),
            *("--out", str(tmp_path / "out"), "--preset", "shifted", "--resume"),
        ]
    )

    ((tasks, recipe, _, options),) = asked
    assert code == 0
    assert [task.subject for task in tasks] == ["sub-0001", "sub-0002", "sub-0003"]
    assert [task.seed for task in tasks] == [patient_seed(9, index) for index in range(3)]
    assert {task.settings["kind"] for task in tasks} == {"metastases"}
    assert recipe["settings"]["preset"] == "shifted"
    assert (options["processes"], options["resume"]) == (2, True)


def test_failed_patients_are_told_and_the_code_says_so(monkeypatch, tmp_path, capsys):
    made = Made(("sub-0001",), (News("sub-0002", "failed", 1.0, "The head has no brain.", "why"),))
    monkeypatch.setattr("gliomamri.phantom.output.cohort.make_patients", lambda *_, **__: made)

    code = main(["simulate-cohort", "--patients", "2", "--out", str(tmp_path / "out")])

    said = capsys.readouterr()
    assert code == 1
    assert "Error: sub-0002: The head has no brain.\n" in said.err
    assert "why" not in said.err
    assert said.out.strip() == str(tmp_path / "out")


def test_what_fails_alike_is_told_once(monkeypatch, tmp_path, capsys):
    failed = [News(f"sub-{number:04d}", "failed", 1.0, "The head has no brain.") for number in range(1, 201)]
    made = Made((), (*failed, News("sub-0201", "failed", 1.0, "The memory ran out.")))
    monkeypatch.setattr("gliomamri.phantom.output.cohort.make_patients", lambda *_, **__: made)

    code = main(["simulate-cohort", "--patients", "201", "--out", str(tmp_path / "out")])

    assert code == 1
    assert capsys.readouterr().err.splitlines() == [
        "Error: sub-0001, sub-0002, sub-0003, sub-0004, sub-0005 and 195 more: The head has no brain.",
        "Error: sub-0201: The memory ran out.",
    ]


def test_missing_images_of_a_patient_are_told(monkeypatch, tmp_path, capsys):
    made = Made(("sub-0001",), ())
    monkeypatch.setattr("gliomamri.phantom.output.cohort.make_patients", lambda *_, **__: made)
    drawn = {"Drawn": {"missing": ["FLAIR", "ceT1w"]}}
    monkeypatch.setattr("gliomamri.phantom.output.patient_folder.read_provenance", lambda *_: drawn)

    assert main(["simulate", "--out", str(tmp_path / "out")]) == 0
    assert "The patient lacks FLAIR, T1-weighted after contrast agent" in capsys.readouterr().err


def test_help_names_every_kind_and_where_the_truth_is(capsys):
    with pytest.raises(SystemExit):
        main(["simulate", "--help"])

    shown = capsys.readouterr().out
    assert "".join(f"{', '.join(KINDS)} (default glioma)".split()) in "".join(shown.split())
    assert "derivatives/truth" in shown


@pytest.mark.parametrize("step", ["make_patients", "Cohort.tasks"])
def test_an_interruption_is_no_traceback(step, monkeypatch, tmp_path, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"gliomamri.phantom.output.cohort.{step}", interrupted)

    assert main(["simulate-cohort", "--patients", "2", "--out", str(tmp_path / "out")]) == 130
    assert "Cancelled; nothing was" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["simulate", "--kind", "gliom"], "Kind is 'gliom'; choose one of glioma,"),
        (["simulate", "--seed", "-3"], "The seed is -3; it must be 0 or more."),
        (["simulate", "--set", "FLAIR_TI=-5"], "FLAIR: TI is -5.0 ms"),
        (["simulate", "--set", "dose=0"], "Dose is 0.0 mmol/kg"),
        (["simulate", "--set", "core_volume=900"], "A tumor core of 900 ml does not fit into the brain"),
        (["simulate", "--set", "doze=1"], "There is no setting 'doze'; did you mean 'dose'?"),
        (["simulate", "--anatomy", "absent"], "absent' for the anatomy; correct it or leave it empty."),
        (["simulate", "--anatomy", "{empty}"], "for the anatomy holds no label maps"),
        (["simulate", "--artifacts", "some"], "All artifacts is 'some'; choose one of off, clinical, hard."),
        (["simulate", "--out", "{full}"], "holds files already"),
        (["simulate-cohort", "--patients", "0"], "The number of patients is 0"),
        (["simulate-cohort", "--patients", "2", "--kinds", "odd=1"], "There is no kind of patient 'odd'"),
        (
            ["simulate-cohort", "--patients", "2", "--kind", "healthy", "--kinds", "glioma"],
            "Give either --kind",
        ),
        (["simulate-cohort", "--patients", "2", "--processes", "-1"], "The number of processes is -1"),
        (["simulate-cohort", "--patients", "2", "--processes", "0"], "The number of processes is 0"),
        (
            ["simulate-cohort", "--patients", "2", "--kinds", "glioma=0.4"],
            "The shares of the kinds add to 0.4",
        ),
        (["simulate", "--anatomy", "{images}"], "T1w.nii.gz is an image, not a label map"),
        (["simulate-cohort", "--patients", "2", "--anatomy", "{images}"], "is an image, not a label map"),
    ],
)
def test_bad_options_get_one_sentence(arguments, sentence, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    (tmp_path / "images").mkdir()
    values = np.linspace(0, 99.5, 4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(tmp_path / "images" / "T1w.nii.gz"))
    arguments = [
        text.format(**{name: tmp_path / name for name in ("empty", "full", "images")}) for text in arguments
    ]
    if "--out" not in arguments:
        arguments += ["--out", str(tmp_path / "out")]

    code = main(arguments)

    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Error: ")]
    assert code == 2
    assert len(said) == 1
    assert sentence in said[0]
    assert not (tmp_path / "out").exists()
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
