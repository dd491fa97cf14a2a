"""Variable flip angle images in the relaxometry task."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.relaxometry.gradient_echo import spoiled_gradient_echo
from gliomamri.relaxometry.settings import Settings
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import find_task

TASK = find_task("relaxometry")
ANGLES, TR, SHAPE = (3.0, 8.0, 15.0, 26.0), 18.0, (6, 22, 17)


def image(values):
    made = sitk.GetImageFromArray(np.asarray(values, np.float32))
    made.SetSpacing((1.5, 1.2, 4.0))
    made.SetDirection((0, 1, 0, 1, 0, 0, 0, 0, -1))
    return made


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(0)
    T1 = rng.uniform(500, 2500, SHAPE)
    B1 = 0.95 + 0.15 * np.cos(np.arange(SHAPE[2]) / 6) * np.ones(SHAPE)
    clean = [spoiled_gradient_echo(900.0, 1e3 / T1, 0.0, TR, 0.0, a, B1) for a in ANGLES]
    noisy = [one + 0.3 * rng.standard_normal(SHAPE) for one in clean]
    series = Series(
        tuple(image(one) for one in noisy), {"flip_angle": ANGLES, "repetition_time": (TR,) * len(ANGLES)}
    )
    return T1, B1, series


def T1_of(result):
    return sitk.GetArrayFromImage(next(m.image for m in result.maps if m.name == "T1map"))


def study(series, B1=None, mask=None):
    images = {"brain_mask": image(np.ones(SHAPE)) if mask is None else mask}
    return Study(series={"VFA": series}, images=images if B1 is None else images | {"B1map": image(B1)})


def test_T1_with_the_B1_map_is_right_and_without_it_is_biased_and_says_so(truth):
    T1, B1, series = truth

    right = TASK.run(study(series, B1), Settings())
    nominal = TASK.run(study(series), Settings())

    assert abs(np.median(T1_of(right) / T1 - 1)) < 0.01
    assert np.median(np.abs(T1_of(right) / T1 - 1)) < 0.03
    assert np.median(np.abs(T1_of(nominal) / T1 / B1**2 - 1)) < 0.05
    assert any("No B1 map was given" in text for text in nominal.warnings)
    assert {m.name for m in right.maps} == {
        *("T1map", "R1map", "T1_standard_error", "R1_standard_error", "VFA_M0", "VFA_residual", "T1_valid")
    }
    assert {m.role for m in right.maps if m.role} == {"T1map", "R1error"}
    assert "R1_regions" in {table.name for table in right.tables}


def test_voxels_without_B1_are_left_out(truth):
    _, B1, series = truth
    holed = B1.copy()
    holed[2] = 0

    result = TASK.run(study(series, holed), Settings())

    assert not T1_of(result)[2].any()
    assert T1_of(result)[3].all()
    assert any("no usable value in 16.7% of the voxels" in text for text in result.warnings)


@pytest.mark.parametrize(
    ("spoil", "settings", "sentence"),
    [
        (
            lambda s: Series(s.images, {"repetition_time": (TR,) * 4}),
            {},
            "do not say their flip angles.*in degrees",
        ),
        (lambda s: Series(s.images, {"flip_angle": ANGLES}), {}, "do not say their repetition time"),
        (lambda s: s.with_parameter("flip_angle", (8.0,) * 4), {}, "at least 2 different flip angles"),
        (lambda s: s, {"flip_angles": (3.0, 8.0)}, "4 images but 2 values of flip angle"),
        (lambda s: s.with_parameter("repetition_time", (18.0, 18, 18, 30)), {}, "different repetition times"),
    ],
)
def test_wrong_series_are_told_in_a_sentence(truth, spoil, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        TASK.run(study(spoil(truth[2])), Settings(**settings))
