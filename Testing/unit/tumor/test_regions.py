"""Probabilities of regions from the outputs of any order and kind."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.tumor.regions import known_regions, region_probabilities
from unit.tumor.point_model import metadata

OUTPUTS = np.array([0.4, 0.3, 0.2, 0.1], np.float32).reshape(4, 1, 1, 1)


def numbers(outputs, model):
    return {
        name: pytest.approx(float(p[0, 0, 0])) for name, p in region_probabilities(outputs, model).items()
    }


def test_labels_of_a_softmax_add_up_in_any_order():
    assert numbers(OUTPUTS, metadata()) == {"whole tumor": 0.6, "core": 0.3, "enhancing tumor": 0.1}


def test_outputs_of_a_sigmoid_stand_for_regions():
    model = metadata(
        inference={"activation": "sigmoid", "channels": [[4], [1, 4], [1, 2, 4]]},
    )

    assert numbers(OUTPUTS[:3], model) == {"whole tumor": 0.2, "core": 0.3, "enhancing tumor": 0.4}


def test_a_model_of_the_core_only_and_one_of_other_labels():
    core = [{"value": 0, "name": "none"}, {"value": 1, "name": "core"}]
    inference = {"activation": "softmax", "channels": [[0], [1]]}
    assert known_regions(metadata(labels=core, inference=inference)) == {"whole tumor": (1,), "core": (1,)}
    other = [{"value": 0, "name": "none"}, {"value": 3, "name": "cyst"}]
    inference = {"activation": "softmax", "channels": [[0], [3]]}
    assert known_regions(metadata(labels=other, inference=inference)) == {"whole tumor": (3,)}
