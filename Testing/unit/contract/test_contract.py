"""Studies, series and tasks refuse what cannot be meant."""

from __future__ import annotations

import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS, Series
from gliomamri.study import Segments, Study
from gliomamri.tasks import TASKS, find_task

IMAGE = sitk.Image(2, 3, 4, sitk.sitkFloat32)


def test_series_wants_one_value_per_image():
    with pytest.raises(UserError, match="2 images but 3 values of inversion time"):
        Series((IMAGE, IMAGE), {"inversion_time": (1.0, 2.0, 3.0)})


def test_series_wants_an_image():
    with pytest.raises(UserError, match="no image"):
        Series(())


def test_typed_values_replace_those_of_the_header_and_leave_the_rest():
    series = Series(
        (IMAGE, IMAGE), {"inversion_time": (1.0, 2.0), "repetition_time": (9.0, 9.0)}, signed=True
    )

    typed = series.with_parameter("inversion_time", [50, 100])

    assert typed.parameters == {"inversion_time": (50.0, 100.0), "repetition_time": (9.0, 9.0)}
    assert typed.signed is True
    assert series.parameters["inversion_time"] == (1.0, 2.0)


def test_study_knows_its_roles():
    study = Study({"T1w": IMAGE}, {"IRT1": Series((IMAGE,))}, (Segments(IMAGE, {1: "tumor"}),))

    assert study.roles == {"T1w", "IRT1", "segmentation"}
    with pytest.raises(ValueError, match="unknown role"):
        Study({"T1W": IMAGE})


def test_every_task_names_known_roles_and_has_settings_and_run():
    for task in TASKS.values():
        assert set(task.roles) <= set(ROLES)
        assert task.settings().problems() == []


def test_varying_parameter_of_series_roles_is_known():
    assert {name for role in ROLES.values() for name in role.varying} <= set(PARAMETERS)
    assert all(role.varying for role in ROLES.values() if role.is_series)


def test_missing_inputs_are_named_in_the_users_words():
    task = find_task("relaxometry")

    assert task.missing(set()) == (
        "Select one of these: inversion-recovery images, multi-echo spin-echo images, MAGIC images, MAGIC images after "
        "contrast agent, variable flip angle images."
    )
    assert task.missing({"MESE"}) == ""
    with pytest.raises(UserError, match="Select one of these: inversion-recovery"):
        task.run(Study(), task.settings())


def test_unknown_task_lists_the_known_ones():
    with pytest.raises(UserError, match="known are relaxometry"):
        find_task("relax")
