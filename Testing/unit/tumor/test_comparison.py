"""What an annotation's names mean, scores and the map of agreement."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.study import Segments
from gliomamri.tumor.comparison import annotated_regions, comparison_map, comparison_table

VALUES = np.array([0, 1, 2, 3, 4, 0, 0, 0], np.uint8).reshape(2, 2, 2)


def regions(names, meaning="auto", values=VALUES):
    found = annotated_regions([Segments(sitk.GetImageFromArray(values), names)], meaning)
    return {name: sorted(values[mask].tolist()) for name, mask in found.items()}


def test_numbers_are_brats_labels():
    expected = {"whole tumor": [1, 2, 4], "core": [1, 4], "enhancing tumor": [4]}
    assert regions({1: "label 1", 2: "label 2", 4: "label 4"}) == expected
    later = {"whole tumor": [1, 2, 3], "core": [1, 3], "enhancing tumor": [3]}
    assert regions({1: "1", 2: "2", 3: "Segment_3"}) == later


def test_names_say_what_they_are():
    names = {
        1: "Necrotic and non-enhancing core",
        2: "Peritumoral edema",
        3: "ventricle",
        4: "Enhancing tumor",
    }
    assert regions(names) == {"whole tumor": [1, 2, 4], "core": [1, 4], "enhancing tumor": [4]}
    assert regions({1: "Tumor core"}) == {"core": [1]}
    assert regions({2: "Lesion", 3: "vein"}) == {"whole tumor": [2]}
    assert regions({2: "GTV"}) == {"whole tumor": [2]}
    assert regions({2: "label 2"}) == {"whole tumor": [2]}
    assert regions({2: "left", 3: "right"}) == {}


def test_what_is_set_wins():
    assert regions({2: "Lesion"}, "core") == {"core": [2]}
    assert regions({1: "Lesion", 4: "Edema"}, "BraTS") == {
        "whole tumor": [1, 4], "core": [1, 4], "enhancing tumor": [4]
    } or regions({1: "Lesion", 4: "Edema"}, "BraTS") == {"core": [1, 4], "enhancing tumor": [4]}  # fmt: skip


def test_layers_are_put_together():
    whole = Segments(sitk.GetImageFromArray((VALUES > 0).astype(np.uint8)), {1: "whole tumor"})
    core = Segments(sitk.GetImageFromArray((VALUES == 4).astype(np.uint8)), {1: "core"})

    found = annotated_regions([whole, core])

    assert {name: int(mask.sum()) for name, mask in found.items()} == {"whole tumor": 4, "core": 1}


def test_scores_and_map():
    truth, found = np.zeros((4, 6, 8), bool), np.zeros((4, 6, 8), bool)
    truth[1:3, 1:4, 1:5], found[1:3, 1:4, 3:7] = True, True

    table = comparison_table({"core": truth, "edema": truth}, {"core": found}, (5.0, 1.0, 2.0))
    shown = comparison_map("core", truth, found, sitk.Image(8, 6, 4, sitk.sitkUInt8), "T1w")

    assert table.columns["region"] == ["core"]
    assert table.columns["Dice"] == [pytest.approx(0.5)]
    assert table.columns["annotation only"] == [pytest.approx(12 * 10 / 1000)]
    assert table.columns["HD95"][0] == pytest.approx(4.0)
    values = sitk.GetArrayFromImage(shown.segments.image)
    assert [int((values == v).sum()) for v in (1, 2, 3)] == [12, 12, 12]
    assert np.all(values[1:3, 1:4, 5:7] == 2)
    red, green, blue = (shown.segments.colors[v] for v in (3, 1, 2))
    assert [int(np.argmax(color)) for color in (red, green, blue)] == [0, 1, 2]
