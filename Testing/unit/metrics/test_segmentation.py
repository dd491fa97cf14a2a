"""All scores of a patient in one call, against the single functions on whole volumes."""

from __future__ import annotations

import json
import math
import time
import tracemalloc

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.metrics.lesions import lesion_scores
from gliomamri.metrics.overlap import REGIONS, overlap
from gliomamri.metrics.segmentation import scores_table, segmentation_scores
from gliomamri.metrics.slices import slice_scores
from gliomamri.metrics.surface import surface_distances

SPACING = (4.0, 0.8, 1.2)


def patient(shape=(14, 60, 40), move=(0.0, 0.0, 0.0), spacing=SPACING, size=1.0):
    """Necrosis in an enhancing rim in edema, each an ellipsoid that is not symmetric in the volume."""
    center = np.array(shape) * spacing * (0.45, 0.55, 0.4) + move
    axes = [axis * s for axis, s in zip(np.ogrid[tuple(slice(n) for n in shape)], spacing, strict=True)]
    radii = size * np.array([18.0, 15.0, 12.0])
    r = sum(((axis - c) / radius) ** 2 for axis, c, radius in zip(axes, center, radii, strict=True))
    return np.select([r < 0.15, r < 0.4, r < 1], [1, 4, 2], 0).astype(np.uint8)


def test_every_number_is_that_of_the_single_functions():
    truth, prediction = patient(), patient(move=(3.0, -2.0, 1.5))
    prediction[12:, 50:58, 30:38] = 4

    found = segmentation_scores(truth, prediction, SPACING, tolerance=1.5)

    assert len(found) == 26 * len(REGIONS)
    for region, labels in REGIONS.items():
        masks = [np.isin(volume, labels) for volume in (truth, prediction)]
        common, lesions = overlap(*masks, SPACING), lesion_scores(*masks, SPACING)
        distances, slices = surface_distances(*masks, SPACING), slice_scores(*masks, SPACING)
        expected = {
            "dice": common.dice,
            "false_positive_ml": common.false_positive_volume,
            "prediction_ml": common.prediction_volume,
            "hd95_mm": distances.hausdorff(95),
            "surface_dice": distances.surface_dice(1.5),
            "tumor_free_slices": slices.tumor_free_slices,
            "tumor_slice_dice": slices.tumor_slice_dice,
            "false_positive_in_tumor_free_slices_ml": slices.false_positive_volume,
            "published_slice_dice": slices.published_slice_dice,
            "lesions_invented": lesions.false_positives,
            "lesion_dice": lesions.dice,
        }
        assert {name: found[f"{region}_{name}"] for name in expected} == pytest.approx(expected)
    assert found["enhancing_lesions_invented"] == 1
    assert found["edema_lesions_invented"] == 0
    assert found["enhancing_false_positive_in_tumor_free_slices_ml"] > 0.1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_slice_axis_is_a_matter_of_the_caller(axis):
    truth, prediction = patient(), patient(move=(3.0, -2.0, 1.5))

    found = segmentation_scores(truth, prediction, SPACING, slice_axis=axis)

    expected = slice_scores(truth > 0, prediction > 0, SPACING, axis)
    assert found["whole_tumor_slice_dice"] == pytest.approx(expected.tumor_slice_dice)
    assert found["whole_tumor_slices"] + found["whole_tumor_free_slices"] == truth.shape[axis]


def test_a_patient_without_tumor():
    empty = np.zeros((14, 60, 40), np.uint8)

    right, wrong = (segmentation_scores(empty, prediction, SPACING) for prediction in (empty, patient()))

    assert math.isnan(right["whole_dice"])
    assert math.isnan(right["whole_hd95_mm"])
    assert (right["whole_false_positive_ml"], right["whole_tumor_free_slices"]) == (0, 14)
    assert right["whole_published_slice_dice"] == 1.0
    assert (wrong["whole_dice"], wrong["whole_lesions_invented"]) == (0, 1)
    assert wrong["whole_false_positive_in_tumor_free_slices_ml"] == wrong["whole_false_positive_ml"] > 5


def test_a_low_grade_tumor_has_no_enhancing_scores():
    truth, prediction = (np.where(volume == 4, 1, volume) for volume in (patient(), patient(move=(1, 1, 1))))

    found = segmentation_scores(truth, prediction, SPACING)

    assert math.isnan(found["enhancing_dice"])
    assert found["non_enhancing_dice"] == found["core_dice"] > 0.5


def test_labels_of_another_numbering_are_refused():
    truth = patient()

    with pytest.raises(UserError, match="annotation holds the label 3"):
        segmentation_scores(np.where(truth == 4, 3, truth), truth, SPACING)
    with pytest.raises(UserError, match="segmentation holds the label -1"):
        segmentation_scores(truth, np.where(truth == 2, -1, truth.astype(np.int16)), SPACING)
    with pytest.raises(UserError, match="not on the same grid"):
        segmentation_scores(truth, truth[1:], SPACING)


def test_own_regions():
    truth = patient()

    found = segmentation_scores(truth, truth, SPACING, regions={"lesion": (1, 2, 4)})

    assert {name.partition("_")[0] for name in found} == {"lesion"}
    assert found["lesion_dice"] == 1.0


def test_table_of_a_cohort():
    truth = patient()
    rows = {"a": segmentation_scores(truth, truth, SPACING), "b": {"whole_dice": 0.25}}

    table = scores_table("dice", "Scores", rows)

    assert table.columns["patient"] == ["a", "b"]
    assert table.columns["whole_dice"] == [1.0, 0.25]
    assert math.isnan(table.columns["core_hd95_mm"][1])
    assert table.units["core_hd95_mm"] == "mm"
    assert table.units["whole_truth_ml"] == "ml"
    assert "whole_dice" not in table.units
    assert {len(column) for column in table.columns.values()} == {2}


def test_values_are_plain_numbers():
    truth = patient()

    found = segmentation_scores(truth, patient(move=(1, 1, 1)), SPACING)

    assert {type(value) for value in found.values()} == {int, float}
    json.dumps(found)


def test_time_and_memory_of_a_large_tumor_in_a_whole_head():
    """240 x 240 x 155, 260 ml of tumor, five regions: 1.1 s of one core and 30 MB beside the label maps."""
    spacing = (1.0, 1.0, 1.0)
    truth, prediction = (patient((155, 240, 240), (0, move, 0), spacing, size=2.66) for move in (0, 4))

    start = time.process_time()
    segmentation_scores(truth, prediction, spacing)
    took = time.process_time() - start
    tracemalloc.start()
    segmentation_scores(truth, prediction, spacing, regions={"whole": (1, 2, 4)})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert took < 4.0
    assert peak < 60e6
