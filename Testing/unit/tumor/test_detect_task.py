"""Slices of a stack: those with tumor are found, counted as the stack counts them."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.tasks import find_task
from unit.tumor.test_models import DETECTOR
from unit.tumor.test_segment_task import patient

TASK = find_task("detect")


@pytest.mark.parametrize("letters", ["LPS", "IRA", "LPI"])
def test_slices_with_tumor_are_found(head, install, letters):
    install(**DETECTOR)
    grid = head.grid((96, 110, 26), (1.5, 1.6, 5.0), (6.0, -9.0, 14.0), letters)

    result = TASK.run(patient(head, grid), TASK.settings(device="cpu"))

    axis = 2 - grid.GetSize().index(26)
    has_tumor = np.moveaxis(head.labels(grid)[0], axis, 0).any(axis=(1, 2))
    table = result.tables[0]
    numbers = np.array(table.columns["slice"]) - 1
    said = np.array(table.columns["shows tumor"]) == "yes"
    assert np.array_equal(said, has_tumor[numbers])
    assert 0 < said.sum() < len(said)
    assert table.columns["annotated"] == table.columns["shows tumor"]
    scores = dict(zip(*result.tables[1].columns.values(), strict=True))
    assert scores["mcc"] == pytest.approx(1.0)
    assert result.numbers["slices_with_tumor"].value == said.sum()
    place = [table.columns[name][0] for name in "RAS"]
    index = grid.TransformPhysicalPointToContinuousIndex((-place[0], -place[1], place[2]))
    assert index[2 - axis] == pytest.approx(numbers[0], abs=1e-3)


def test_the_threshold_is_a_setting_and_an_ensemble_has_a_range(head, install):
    members = ["one.safetensors", "two.safetensors"]
    install(**{**DETECTOR, "thresholds": ((4200.0,), (9000.0,))}, network__members=members)
    grid = head.grid((64, 74, 20), (2.2, 2.3, 6.0))
    study = patient(head, grid)

    half = TASK.run(study, TASK.settings(device="cpu", threshold=0.6))
    low = TASK.run(study, TASK.settings(device="cpu", threshold=0.4))

    assert half.numbers["slices_with_tumor"].value == 0
    assert any("No slice was found" in text for text in half.warnings)
    assert low.numbers["slices_with_tumor"].value > 0
    columns = low.tables[0].columns
    assert max(columns["largest"]) > 0.99
    assert max(columns["smallest"]) < 0.01
    assert max(columns["disagreement"]) == pytest.approx(0.5, abs=0.01)
