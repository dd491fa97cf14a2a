"""Decision within decision, small parts, the least enhancing volume."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.modelstore.parts import Inference
from gliomamri.tumor.postprocess import Rules, label_map
from gliomamri.tumor.regions import CORE, ENHANCING_TUMOR, WHOLE_TUMOR

ALL = (1, 2, 4)
EVERYTHING = Rules(smallest=0.0, share=0.0, least_enhancing=0.0)


def decide(
    whole, core, enhancing, rules=EVERYTHING, labels=ALL, *, are_nested=True, brain=None, volume=1000.0
):
    arrays = {
        name: np.array(values, np.float32).reshape(1, 1, -1)
        for name, values in ((WHOLE_TUMOR, whole), (CORE, core), (ENHANCING_TUMOR, enhancing))
        if values is not None
    }
    inside = np.ones(arrays[WHOLE_TUMOR].shape, bool) if brain is None else np.array(brain).reshape(1, 1, -1)
    return label_map(arrays, inside, volume, rules, labels, are_nested=are_nested)[0, 0].tolist()


def test_inner_regions_are_judged_by_what_is_around_them():
    whole, core, enhancing = (
        (0.49, 0.6, 0.6, 0.9, 0.9),
        (0.49, 0.29, 0.31, 0.8, 0.8),
        (0.4, 0.2, 0.1, 0.39, 0.41),
    )

    assert decide(whole, core, enhancing) == [0, 2, 1, 1, 4]
    assert decide(whole, core, enhancing, are_nested=False) == [0, 2, 2, 1, 1]
    assert decide(whole, core, (0.6,) * 5, are_nested=False) == [0, 2, 2, 4, 4]


def test_thresholds_are_settings():
    rules = Rules(0.3, 0.9, 0.2, 0.0, 0.0, 0.0)

    assert decide((0.31, 0.29, 0.8), (0.3, 0.2, 0.71), (0.07, 0.1, 0.7), rules) == [4, 0, 2]


def test_outside_of_the_brain_is_no_tumor():
    assert decide((0.9, 0.9), (0.1, 0.1), (0, 0), brain=(True, False)) == [2, 0]


def test_a_model_without_edema_or_without_parts():
    assert decide((0.9, 0.4), (0.3, 0.3), None, labels=(1,)) == [1, 0]
    assert decide((0.9, 0.4), None, None, labels=(7,)) == [7, 0]


def test_small_parts_are_left_out_by_volume_and_by_share():
    whole = np.zeros(30)
    whole[0:20], whole[22:24], whole[26] = 0.9, 0.9, 0.9
    nothing = np.zeros(30)

    def kept(**rules):
        labels = decide(whole, nothing, nothing, Rules(**{"smallest": 0.0, "share": 0.0, **rules}))
        return [labels[0] > 0, labels[22] > 0, labels[26] > 0]

    assert kept() == [True, True, True]
    assert kept(smallest=1.5) == [True, True, False]  # voxels of 1 ml
    assert kept(share=0.06) == [True, True, False]
    assert kept(share=0.11) == [True, False, False]
    assert kept(smallest=21) == [False, False, False]


def test_parts_that_share_a_corner_are_one():
    whole = np.zeros((2, 2, 2), np.float32)
    whole[0, 0, 0] = whole[1, 1, 1] = 0.9
    arrays = {WHOLE_TUMOR: whole}

    found = label_map(arrays, np.ones_like(whole, bool), 1000.0, Rules(smallest=1.5), (1,), are_nested=True)

    assert found.sum() == 2


@pytest.mark.parametrize(("least", "expected"), [(1.9, [4, 4, 1]), (2.1, [1, 1, 1])])
def test_little_enhancing_tumor_is_called_core(least, expected):
    rules = Rules(smallest=0, share=0, least_enhancing=least)

    assert decide((0.9,) * 3, (0.9,) * 3, (0.8, 0.8, 0.1), rules) == expected


def test_the_models_own_numbers_win():
    given = Inference("softmax", ((0,), (1,)), threshold=0.35, postprocessing={"smallest": 3.0, "other": 1.0})

    assert Rules().of_model(given) == Rules(whole=0.35, smallest=3.0)
    sigmoid = Inference("sigmoid", ((1, 2), (1,)), threshold=0.4)
    assert Rules().of_model(sigmoid) == Rules(0.4, 0.4, 0.4)
