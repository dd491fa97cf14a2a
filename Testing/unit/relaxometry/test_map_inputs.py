"""Finished maps as inputs: every unit they come in, what is wrong with them, and caps."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.relaxometry.map_inputs import checked_maps
from gliomamri.study import Study

SHAPE = (5, 14, 11)


def values(kind, seed=0):
    """A brain: white and gray matter and a little fluid, air around."""
    rng = np.random.default_rng(seed)
    tissue = rng.choice(3, SHAPE, p=(0.45, 0.45, 0.1))
    typical = {"T1map": (830.0, 1400, 4300), "T2map": (72.0, 85, 2000), "PDmap": (69.0, 81, 100)}[kind]
    found = np.array(typical)[tissue]
    found[:, :2] = 0
    return found


def image(array, kind=np.float32):
    made = sitk.GetImageFromArray(np.asarray(array).astype(kind))
    made.SetSpacing((0.9, 1.1, 5.0))
    made.SetOrigin((3.0, -8.0, 40.0))
    made.SetDirection((-1, 0, 0, 0, 0, 1, 0, 1, 0))
    return made


def array(study, role):
    return sitk.GetArrayFromImage(study.images[role])


@pytest.mark.parametrize(
    ("kind", "factor", "pixels", "words"),
    [
        ("T1map", 1.0, np.float32, None),
        ("T1map", 1e-3, np.float32, "taken as s from its values and converted to ms"),
        ("T1map", 1e3, np.float64, "taken as us"),
        ("T1map", 10, np.uint16, "taken as tenths of ms"),
        ("T2map", 1.0, np.int16, None),
        ("T2map", 1e-3, np.float32, "taken as s"),
        ("T2map", 1e3, np.float32, "taken as us"),
        ("T2map", 10, np.int32, "taken as tenths of ms"),
        ("T2map", 100, np.int32, "taken as hundredths of ms"),
        ("PDmap", 1.0, np.uint8, None),
        ("PDmap", 0.01, np.float32, "taken as fraction from its values and converted to percent"),
        ("PDmap", 10, np.float32, "taken as per mille"),
        ("PDmap", 100, np.uint16, "taken as hundredths of percent"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "ce"])
def test_units_are_recognized(prefix, kind, factor, pixels, words):
    truth = values(kind)
    given = image(np.round(truth * factor, 6), pixels)

    study, notes = checked_maps(Study(images={prefix + kind: given}))

    np.testing.assert_allclose(array(study, prefix + kind), truth, rtol=1e-3)
    assert study.images[prefix + kind].GetDirection() == given.GetDirection()
    assert (len(notes) == 0) if words is None else (words in notes[0])


def test_only_the_brain_decides_on_the_unit():
    """Around the brain lies much that looks like seconds."""
    truth = values("T1map")
    given = truth.copy()
    given[:, :2] = 1.5
    given[:, 2:9] = np.where(given[:, 2:9] > 0, 1.5, 0)
    mask = np.zeros(SHAPE)
    mask[:, 9:] = 1

    study, notes = checked_maps(Study(images={"T1map": image(given), "brain_mask": image(mask, np.uint8)}))

    np.testing.assert_allclose(array(study, "T1map")[:, 9:], truth[:, 9:], rtol=1e-6)
    assert notes == ()


def test_what_is_no_positive_number_becomes_nothing_and_is_told():
    given = values("T2map")
    given[0, 5, 3], given[1, 6, 2], given[2, 7, 1] = np.nan, np.inf, -4.0

    study, notes = checked_maps(Study(images={"T2map": image(given)}))

    assert np.isfinite(array(study, "T2map")).all()
    assert array(study, "T2map")[0, 5, 3] == array(study, "T2map")[2, 7, 1] == 0
    assert "held 3 voxels that are no positive number" in notes[0]


def test_other_images_stay_as_they_are():
    weighted = image(values("T1map") * 7, np.int16)

    study, _ = checked_maps(Study(images={"T1w": weighted, "T1map": image(values("T1map"))}))

    assert study.images["T1w"] is weighted


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        ({"T1map": values("T1map") * 30}, "no T1 in any known unit .expected 200 to 4000 ms"),
        ({"T2map": values("T2map") * 0.2}, "no T2 in any known unit"),
        ({"PDmap": values("PDmap") * 3}, "no PD in any known unit .expected 40 to 120 %"),
        ({"T1map": values("T1map") * 0}, "holds hardly any value above 0"),
        ({"T1map": np.full(SHAPE, np.nan)}, "holds hardly any value above 0"),
        ({"T1map": values("T2map"), "T2map": values("T1map")}, "T1 and the T2 map are not swapped"),
        ({"ceT1map": values("T2map"), "ceT2map": values("T1map")}, "T1 and the T2 map are not swapped"),
        ({"T1map": np.full(SHAPE, 250.0), "T2map": np.full(SHAPE, 400.0)}, "they seem to be swapped"),
    ],
)
def test_wrong_maps_are_told_in_a_sentence(images, sentence):
    with pytest.raises(UserError, match=sentence):
        checked_maps(Study(images={role: image(one) for role, one in images.items()}))


def test_a_map_of_four_dimensions_is_refused():
    with pytest.raises(UserError, match="not three-dimensional"):
        checked_maps(Study(images={"T1map": sitk.JoinSeries([image(values("T1map"))] * 2)}))
