"""The whole way: a head known in closed form, a model that looks at single voxels, the truth found in its place."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.study import Segments, Study
from gliomamri.tasks import Context, find_task

TASK = find_task("segment")
ALL_RULES = {"rules": "set", "smallest_part": 0.0, "smallest_share": 0.0, "least_enhancing": 0.0}


GAIN = 30.0
"""Brain and tumor lie above 1200 ms, which is what 0 beyond the brain means to a network that is given maps."""


def thresholds(shift=0.0):
    return tuple(GAIN * (value + shift) for value in (125.0, 170.0, 210.0))


@pytest.fixture(scope="module")
def oblique(head):
    """A stack of thick slices, oblique, its axes in an unusual order."""
    return head.grid((96, 110, 26), (1.5, 1.6, 5.0), (6.0, -9.0, 14.0), "SRA")


def patient(head, grid, **more):
    mask = sitk.GetImageFromArray(head.labels(grid)[1].astype(np.uint8))
    mask.CopyInformation(grid)
    labels = sitk.GetImageFromArray(head.labels(grid)[0].astype(np.uint8))
    labels.CopyInformation(grid)
    names = {1: "label 1", 2: "label 2", 4: "label 4"}
    return Study(
        {"T1map": head.image(grid, GAIN), "brain_mask": mask, **more}, {}, (Segments(labels, names),)
    )


def run(study, context=None, **settings):
    return TASK.run(study, TASK.settings(device="cpu", **{**ALL_RULES, **settings}), context)


def test_on_the_images_own_grid_the_truth_is_found_voxel_by_voxel(head, oblique, install):
    install(thresholds=(thresholds(),))

    result = run(patient(head, oblique))

    found = result.labels[0].segments
    assert np.array_equal(sitk.GetArrayFromImage(found.image), head.labels(oblique)[0])
    assert found.image.GetDirection() == oblique.GetDirection()
    assert found.image.GetOrigin() == oblique.GetOrigin()
    assert found.names == {2: "edema", 1: "non-enhancing core", 4: "enhancing tumor"}
    comparison = result.tables[2]
    assert comparison.columns["region"] == ["whole tumor", "core", "enhancing tumor"]
    assert comparison.columns["Dice"] == [1.0, 1.0, 1.0]
    assert np.unique(sitk.GetArrayViewFromImage(result.labels[1].segments.image)).tolist() == [0, 1]


@pytest.mark.parametrize(
    "model",
    [
        {"grid": {"plane": "volume", "voxel_size": [2.2] * 3, "window": [64] * 3, "multiple": 4}},
        {
            "grid": {
                "plane": "axial",
                "voxel_size": [2.2, 2.2, 4.4],
                "window": [64, 64],
                "multiple": 4,
                "slices": 3,
            }
        },
    ],
)
def test_through_another_grid_the_truth_is_found_in_place(head, install, model):
    install(thresholds=(thresholds(),), **model)
    grid = head.grid((96, 118, 80), (1.45, 1.45, 1.6), (6.0, -9.0, 14.0), "ASL")

    result = run(patient(head, grid))

    dice = dict(zip(result.tables[2].columns["region"], result.tables[2].columns["Dice"], strict=True))
    assert dice["whole tumor"] > 0.95
    assert dice["core"] > 0.9
    assert all(dice[name] < 1 for name in dice)


def test_windows_give_what_the_whole_brain_gives(head, oblique, install):
    install(thresholds=(thresholds(),))
    study = patient(head, oblique)

    whole, windows = run(study, extent="whole"), run(study, extent="windows")

    one, other = (sitk.GetArrayFromImage(result.maps[0].image) for result in (whole, windows))
    assert one == pytest.approx(other, abs=1e-5)
    assert one.max() > 0.99
    assert any("in windows of 32 x 32 x 16" in note for note in windows.notes)


def test_an_ensemble_gives_a_range_and_its_disagreement(head, oblique, install):
    names = ["one.safetensors", "two.safetensors"]
    install(thresholds=(thresholds(), thresholds(40.0)), network__members=names, inference__flips=[])

    result = run(patient(head, oblique))

    table = result.tables[0]
    volumes = {region: place for place, region in enumerate(table.columns["region"])}
    at = volumes["whole tumor"]
    labels, brain = head.labels(oblique)
    volume = np.prod(oblique.GetSpacing()) / 1000
    # The second network begins at 165: it takes edema (150) for nothing, core (190) for edema, the rim for core.
    assert table.columns["largest"][at] == pytest.approx((labels > 0).sum() * volume, abs=1e-3)
    assert table.columns["smallest"][at] == pytest.approx(np.isin(labels, (1, 4)).sum() * volume, abs=1e-3)
    assert table.columns["smallest"][at] <= table.columns["volume"][at] <= table.columns["largest"][at]
    disagreement = next(one for one in result.maps if one.name == "disagreement")
    values = sitk.GetArrayFromImage(disagreement.image)
    assert values[labels == 2] == pytest.approx(0.5, abs=0.01)
    assert values[(labels == 0) & brain] == pytest.approx(0.0, abs=0.01)
    assert np.all(values[~brain] == 0)


def test_everything_says_what_made_it(head, oblique, install):
    install(thresholds=(thresholds(),))

    result = run(patient(head, oblique))

    assert result.notes[0] == (
        "Model Point model (point-tumor 1.0.0): Trained on simulated brains, for research, not for diagnosis."
    )
    assert "did without the FLAIR" in " ".join(result.notes)
    for one in result.maps:
        assert np.isfinite(sitk.GetArrayViewFromImage(one.image)).all()
    assert {chart.table for chart in result.charts} <= {table.name for table in result.tables}
    assert {one.name for one in result.maps} >= {"whole_tumor_probability", "disagreement", "T1map"}


def test_the_chart_follows_the_stack(head, oblique, install):
    install(thresholds=(thresholds(),))

    table = next(one for one in run(patient(head, oblique)).tables if one.name == "tumor_by_slice")

    labels = head.labels(oblique)[0]
    axis = 2 - oblique.GetSize().index(26)
    counted = np.count_nonzero(np.moveaxis(labels, axis, 0), axis=(1, 2)) * 1.5 * 1.6 / 100
    numbers = np.array(table.columns["slice"]) - 1
    assert table.columns["segmented area"] == pytest.approx(counted[numbers])
    assert counted.sum() == pytest.approx(sum(table.columns["segmented area"]))
    top = numbers[np.argmax(table.columns["segmented area"])]
    place = [table.columns[name][list(numbers).index(top)] for name in "RAS"]
    index = oblique.TransformPhysicalPointToContinuousIndex((-place[0], -place[1], place[2]))
    assert index[2 - axis] == pytest.approx(top, abs=1e-3)


@pytest.mark.slow
def test_images_on_different_grids_are_laid_on_each_other(head, oblique, install):
    roles = [
        {"role": "T1map", "normalization": "by role"},
        {"role": "FLAIR", "normalization": "by role"},
    ]
    install(thresholds=(thresholds(),), inputs=roles)
    other = head.image(head.grid((60, 72, 50), (2.4, 2.3, 2.6), (-5.0, 3.0, 8.0)), 9.0)

    result = run(patient(head, oblique, FLAIR=other))

    assert result.tables[2].columns["Dice"][0] > 0.97


def test_nothing_found_is_told(head, oblique, install):
    install(thresholds=((9000.0, 10000.0, 11000.0),))

    result = run(patient(head, oblique))

    assert any("No tumor was found" in text for text in result.warnings)
    assert result.tables[2].columns["Dice"][0] == 0


def test_an_annotation_that_is_not_understood_is_told(head, oblique, install):
    install(thresholds=(thresholds(),))
    study = patient(head, oblique)
    study = Study(study.images, {}, (Segments(study.segments[0].image, {1: "left", 2: "right", 4: "both"}),))

    result = run(study)

    assert any("no counterpart" in text for text in result.warnings)
    assert len(result.labels) == 1
    assert run(study, annotation="whole tumor").tables[2].columns["Dice"] == [1.0]


def test_a_detection_model_beside_it(head, oblique, install):
    from unit.tumor.test_models import DETECTOR

    install(thresholds=(thresholds(),))
    install(**DETECTOR)

    result = run(patient(head, oblique), detection_model="automatic")

    assert "detection_by_slice" in {chart.name for chart in result.charts}


def test_no_torch_is_told(head, oblique, install, monkeypatch):
    install()

    def missing(*_):
        raise UserError("Networks need the Python package PyTorch")

    monkeypatch.setattr("gliomamri.tumor.asking.require", missing)
    with pytest.raises(UserError, match="PyTorch"):
        run(patient(head, oblique))


def test_cancelled_ends_without_a_result(head, oblique, install):
    install()

    class CancelledError(Exception):
        pass

    def progress(fraction, words):
        if "Asking" in words:
            raise CancelledError

    with pytest.raises(CancelledError):
        run(patient(head, oblique), Context(progress))


def test_progress_rises_to_the_end(head, oblique, install):
    install(thresholds=(thresholds(),))
    seen = []

    run(patient(head, oblique), Context(lambda fraction, _: seen.append(fraction)))

    assert seen == sorted(seen)
    assert seen[0] >= 0
    assert 0.9 < seen[-1] <= 1


def test_the_result_survives_its_folder(head, oblique, install, tmp_path):
    from gliomamri.io.results import write_result

    install(thresholds=(thresholds(),))
    (tmp_path / "out").mkdir()
    write_result(run(patient(head, oblique)), tmp_path / "out", provenance={"task": "segment"})

    assert json.loads((tmp_path / "out" / "result.json").read_text())["labels"]
