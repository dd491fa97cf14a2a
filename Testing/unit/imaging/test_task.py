"""The task gives maps, labels, transforms and the table of a prepared study."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.series import Series
from gliomamri.study import Segments, Study
from gliomamri.tasks import find_task


@pytest.fixture(scope="module")
def result(head):
    maps = head.image("T1map", head.grid((80, 80, 24), (2.4, 2.4, 5.0)), parts=1)
    raw = head.image("T1w", head.grid(), parts=1)
    series = Series((raw, raw), {"inversion_time": (170.0, 670.0), "echo_time": (22.0, 22.0)})
    segments = Segments(head.image("T1w", head.grid(), noise=0, parts=1) > 0, {1: "all"})
    task = find_task("prepare")
    study = Study({"ceT1w": raw, "T1map": maps}, {"MAGIC": series}, (segments,))
    return task.run(study, task.settings())


def test_maps_carry_role_unit_and_window(result):
    maps = {one.name: one for one in result.maps}

    assert set(maps) == {"ceT1w", "T1map", "MAGIC_TI170_TE22", "MAGIC_TI670_TE22"}
    assert (maps["T1map"].quantity, maps["T1map"].unit, maps["T1map"].role) == ("T1", "ms", "T1map")
    assert maps["T1map"].window == (0.0, 3000.0)
    assert maps["ceT1w"].quantity == "image"


def test_labels_transforms_and_numbers(result):
    assert [one.name for one in result.labels] == ["segmentation", "brain_mask"]
    transform = next(one for one in result.transforms if one.name == "T1map_to_ceT1w")
    assert (transform.moving, transform.fixed) == ("T1map", "ceT1w")
    np.testing.assert_allclose(transform.matrix, np.eye(4), atol=1.0)
    assert result.numbers["brain_volume"].value > 500
    assert result.tables[0].header("rotation") == "rotation (degree)"


def test_nothing_to_prepare_is_asked_for():
    assert find_task("prepare").missing({"brain_mask"}).startswith("Select ")
