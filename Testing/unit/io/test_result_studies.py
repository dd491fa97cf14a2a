"""The way from one task to the next: result, folder, study, with units, exact grids and roles."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.results import write_result
from gliomamri.io.studies import read_study
from gliomamri.result import LabelMap, Map, Result
from gliomamri.study import Segments, Study

ROLES = ("T1w", "T1map", "ceT1map", "R1error", "PDmap", "MAGIC", "brain_mask", "segmentation")


def a_map(image, name, unit="ms", **changes):
    return Map(name, image, name, unit, "", "gray", (0.0, 1.0), **changes)


@pytest.fixture
def result(make_image):
    rng = np.random.default_rng(2)
    values = [rng.uniform(1, 4000, (4, 5, 6)) for _ in range(5)]
    tumor, parts = (rng.integers(0, 3, (4, 5, 6)) for _ in range(2))
    return Result(
        maps=(
            a_map(make_image(values[0]), "T1map", main=True),
            a_map(make_image(values[1]), "T1_after", role="ceT1map"),
            a_map(make_image(values[2]), "R1_standard_error", "1/s", role="R1error"),
            a_map(make_image(values[3]), "prepared_T1w", "", role="T1w"),
            a_map(make_image(values[4]), "T1_valid", ""),
            a_map(make_image(values[4]), "MAGIC_1", "a.u.", role="MAGIC"),
        ),
        labels=(
            LabelMap("brain_mask", Segments(make_image(values[0] > 900, np.uint8), {1: "brain"}), ""),
            LabelMap(
                "tumor",
                Segments(make_image(tumor, np.uint8), {1: "rim", 2: "edema"}, {1: (1.0, 0.25, 0.0)}),
                "",
            ),
            LabelMap("parts", Segments(make_image(parts, np.uint16), {1: "a", 2: "b"}), ""),
        ),
    )


def expected_study(result):
    named = {one.name: one.image for one in result.maps}
    names = {"T1w": "prepared_T1w", "T1map": "T1map", "ceT1map": "T1_after", "R1error": "R1_standard_error"}
    images = {role: named[name] for role, name in names.items()}
    images["brain_mask"] = result.labels[0].segments.image != 0
    return Study(images, {}, tuple(labels.segments for labels in result.labels[1:]))


def assert_same_image(a, b):
    np.testing.assert_array_equal(sitk.GetArrayFromImage(a), sitk.GetArrayFromImage(b))
    for name in ("GetPixelID", "GetSize", "GetOrigin", "GetSpacing", "GetDirection"):
        assert getattr(a, name)() == getattr(b, name)()


def test_result_folder_is_the_study_of_the_next_task(result, tmp_path):
    write_result(result, tmp_path, provenance={"task": "prepare"})

    study, expected = read_study(tmp_path, roles=ROLES), expected_study(result)

    assert list(study.images) == list(expected.images)
    assert (study.series, study.notes) == ({}, ())
    for role, image in expected.images.items():
        assert_same_image(study.images[role], image)
    assert len(study.segments) == 2
    for found, one in zip(study.segments, expected.segments, strict=True):
        assert_same_image(found.image, one.image)
        assert (found.names, found.colors) == (one.names, one.colors)


def test_only_what_is_wanted_is_read(result, tmp_path):
    write_result(result, tmp_path, provenance={})

    study = read_study(tmp_path, roles=("R1error", "brain_mask"))

    assert study.roles == {"R1error", "brain_mask"}


def test_named_file_wins_over_the_result(result, make_image, tmp_path):
    write_result(result, tmp_path, provenance={})
    other = tmp_path / "other.nii.gz"
    sitk.WriteImage(make_image(np.full((4, 5, 6), 777.0)), str(other))

    study = read_study(tmp_path, [("T1map", other)], roles=ROLES)

    assert np.unique(sitk.GetArrayFromImage(study.images["T1map"])) == [777.0]
    assert "ceT1map" in study.images


def test_unit_of_the_result_is_converted_like_any_other(make_image, tmp_path):
    seconds = a_map(make_image(np.full((4, 5, 6), 1.25)), "T1map", "s")
    write_result(Result(maps=(seconds,)), tmp_path, provenance={})

    study = read_study(tmp_path, roles=("T1map",))

    np.testing.assert_allclose(sitk.GetArrayFromImage(study.images["T1map"]), 1250.0)
    assert study.notes == ("The T1 map was converted from s to ms.",)


def test_two_images_of_one_role_have_to_be_chosen(result, make_image, tmp_path):
    second = a_map(make_image(), "again", role="T1map")
    write_result(dataclasses.replace(result, maps=(*result.maps, second)), tmp_path, provenance={})

    with pytest.raises(UserError, match=r"several images that could be the T1 map \(T1map, again\)"):
        read_study(tmp_path, roles=ROLES)


def test_result_without_the_roles_says_so(result, tmp_path):
    write_result(result, tmp_path, provenance={})

    with pytest.raises(UserError, match="none could be recognized as PDmap or MAGIC"):
        read_study(tmp_path, roles=("PDmap", "MAGIC"))


def test_copied_maps_without_the_index_are_found_by_name_with_their_unit(result, tmp_path):
    write_result(result, tmp_path, provenance={})
    (tmp_path / "result.json").unlink()

    study = read_study(tmp_path, roles=("T1map", "brain_mask"))

    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(study.images["T1map"]), sitk.GetArrayFromImage(result.maps[0].image)
    )
    assert study.notes == ()
    assert "brain_mask" in study.images


def test_missing_file_of_a_result_is_named(result, tmp_path):
    write_result(result, tmp_path, provenance={})
    (tmp_path / "maps" / "T1map.nii.gz").unlink()

    with pytest.raises(UserError, match="T1map is missing"):
        read_study(tmp_path, roles=ROLES)


def test_result_of_another_program_is_passed_over_and_a_damaged_one_told(result, tmp_path):
    write_result(result, tmp_path, provenance={})
    (tmp_path / "result.json").write_text('{"score": 3}')
    assert "T1map" in read_study(tmp_path, roles=ROLES).images
    (tmp_path / "result.json").write_text('{"format": 2, "prov')
    with pytest.raises(UserError, match="no readable result"):
        read_study(tmp_path, roles=ROLES)
    (tmp_path / "result.json").write_text('{"format": 99, "provenance": {}}')
    with pytest.raises(UserError, match="another version"):
        read_study(tmp_path, roles=ROLES)


def test_what_an_analysis_found_is_no_region_of_the_patient(result, tmp_path):
    handed = replace(result.labels[1], name="segmentation")
    found = replace(
        result, labels=(result.labels[0], handed, replace(result.labels[2], name="lesion_regions"))
    )
    write_result(found, tmp_path, provenance={"task": "quantitative"})

    study = read_study(tmp_path, roles=ROLES)

    (segments,) = study.segments
    assert segments.names == handed.segments.names
