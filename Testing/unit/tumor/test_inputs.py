"""Channels from a study: order, scaling, what is missing, what does not fit the model, what cannot be used."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.channels import channel
from gliomamri.study import Study
from gliomamri.tumor.inputs import network_input
from unit.tumor.point_model import metadata

BOTH = [
    {"role": "FLAIR", "normalization": "z-score"},
    {"role": "T1map", "normalization": "by role"},
    {"role": "ceT1w", "normalization": "percentiles", "optional": True, "missing_value": -1.0},
]


@pytest.fixture(scope="module")
def grid(head):
    return head.grid((48, 56, 40), (3.0, 3.0, 3.4), (4.0, -7.0, 11.0), "RAS")


@pytest.fixture(scope="module")
def study(head, grid):
    mask = sitk.GetImageFromArray(head.labels(grid)[1].astype(np.uint8))
    mask.CopyInformation(grid)
    return Study({"T1map": head.image(grid), "FLAIR": head.image(grid, 7.0), "brain_mask": mask})


def test_channels_in_the_models_order_scaled_as_it_says(study, head, grid):
    given = network_input(study, metadata(inputs=BOTH))

    assert given.channels.shape == (3, 40, 56, 48)
    oriented = sitk.DICOMOrient(study.images["T1map"], "LPS")
    values, brain = sitk.GetArrayFromImage(oriented), head.labels(oriented)[1]
    assert np.array_equal(given.brain, brain)
    z = np.where(brain, (7 * values - 7 * values[brain].mean()) / (7 * values[brain].std()), 0)
    assert given.channels[0] == pytest.approx(z, abs=1e-3)
    assert given.channels[1] == pytest.approx(channel("T1map", values, brain), abs=1e-5)
    assert np.all(given.channels[2] == -1)
    assert given.fill == (0.0, 0.0, -1.0)
    assert any("did without the T1-weighted after contrast agent" in note for note in given.notes)


def test_an_image_on_a_finer_grid_is_averaged_and_put_in_place(study, head):
    fine = head.image(head.grid((75, 88, 66), (2.0, 2.0, 2.1), (-3.0, 9.0, 2.0)))
    model = metadata(inputs=[BOTH[1]], grid__voxel_size=[4.0, 4.0, 4.0])

    given = network_input(Study({"T1map": fine}), model)

    labels, brain = head.labels(given.grid.image)
    inner = np.isin(labels, (0, 2)) & brain
    values = np.exp(given.channels[0] * 0.5) * 1200
    deep = (
        np.sum(((head.points(given.grid.image) - head.CENTER) / (head.AXES - 9)) ** 2, axis=1).reshape(
            brain.shape
        )
        < 1
    )
    expected = np.where(labels == 2, 150.0, 100.0)
    close = np.abs(values - expected)[inner & deep]
    assert np.median(close) < 0.1
    assert np.mean(close > 30) < 0.03
    assert given.channels.shape[1:] == (35, 44, 38)


def test_values_that_are_no_numbers_count_as_nothing_and_are_told(study):
    values = sitk.GetArrayFromImage(study.images["T1map"])
    values[20, 28, 20:24] = np.nan
    broken = sitk.GetImageFromArray(values)
    broken.CopyInformation(study.images["T1map"])

    given = network_input(Study({**study.images, "T1map": broken}), metadata())

    assert any("T1 map has 4 voxels that are not numbers" in text for text in given.warnings)
    assert np.isfinite(given.channels).all()


def test_images_beyond_the_models_range_are_told(study):
    model = metadata(
        inputs=[
            {"role": "T1map", "normalization": "by role", "valid_range": [120.0, 4000.0]},
            {"role": "FLAIR", "normalization": "by role", "valid_range": [0.0, 4000.0]},
        ],
        valid={"slice_thickness": [1.0, 3.0], "voxel_size_in_plane": [0.5, 3.0]},
    )

    warnings = " ".join(network_input(study, model).warnings)

    assert "T1 map lies outside of 120 to 4000 ms" in warnings
    assert "FLAIR lies" not in warnings
    assert "The T1 map has slices of 3.4 mm" in warnings
    assert "pixels" not in warnings


def test_an_image_that_shows_part_of_the_brain_is_told(study):
    half = study.images["FLAIR"][:, :, :20]

    warnings = network_input(Study({**study.images, "FLAIR": half}), metadata()).warnings

    assert any("FLAIR shows only" in text for text in warnings)


def test_what_cannot_be_used_is_told(study, head, grid):
    flat = study.images["T1map"] * 0
    with pytest.raises(UserError, match="T1 map shows nothing"):
        network_input(Study({"T1map": flat}), metadata())
    with pytest.raises(UserError, match="not a volume of single values"):
        network_input(Study({"T1map": sitk.Image([4, 5, 6, 3], sitk.sitkFloat32)}), metadata())
    nothing = study.images["brain_mask"] * 0
    with pytest.raises(UserError, match="No brain was found in the images; give a brain mask"):
        network_input(Study({**study.images, "brain_mask": nothing}), metadata())
    same = head.image(grid) * 0 + 5
    with pytest.raises(UserError, match="FLAIR is the same everywhere"):
        network_input(Study({**study.images, "FLAIR": same}), metadata())
    with pytest.raises(UserError, match="FLAIR: The image is the same everywhere"):
        network_input(Study({**study.images, "FLAIR": same}), metadata(inputs=BOTH))
