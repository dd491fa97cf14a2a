"""The whole analysis on a small patient, and on everything that users bring along instead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import same_grid
from gliomamri.quantitative.pooling import pool
from gliomamri.quantitative.settings import Settings as PoolingSettings
from gliomamri.regions.analysis import analyze_regions
from gliomamri.regions.settings import Settings
from gliomamri.study import Segments
from gliomamri.tasks import Context
from unit.regions.small_patient import HEALTHY_CHANGE, make_patient
from unit.regions.symmetric_head import image_of

FULL = Settings(bootstrap_samples=200)
QUICK = Settings(bootstrap_samples=200, mirror=False)
T1_MAPS = ("T1map", "ceT1map", "R1error", "ceR1error")


@pytest.fixture(scope="module")
def patient():
    return make_patient()


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def result(patient, told):
    return analyze_regions(
        **patient.arguments(), settings=FULL, progress=lambda done, words: told.append((done, words))
    )


def array(image):
    return sitk.GetArrayFromImage(image)


def rows(result, name):
    table = next(table for table in result.tables if table.name == name)
    return {
        n: {c: cells[i] for c, cells in table.columns.items()} for i, n in enumerate(table.columns["region"])
    }


def test_everything_comes_on_the_inputs_grid_and_finite(result, patient):
    for image in [m.image for m in result.maps] + [label.segments.image for label in result.labels]:
        assert same_grid(image, patient.grid)
        assert np.isfinite(array(image)).all()
    assert [m.name for m in result.maps if m.main] == ["dR1", "dR1_z", "dR2", "dR2_z"]
    assert {label.name for label in result.labels} == {
        "dR1_significant", "dR2_significant", "lesion_regions", "mirror_regions", "normal_regions",
    }  # fmt: skip
    assert {v.name for v in result.violins} == {
        "R1_violins", "R2_violins", "PD_violins", "dR1_violins", "dR2_violins",
    }  # fmt: skip
    names = {table.name for table in result.tables}
    assert {chart.table for chart in (*result.charts, *result.violins)} <= names
    assert {"R1_regions", "ceR1_regions", "R2_regions", "PD_regions", "dR1_regions", "dR2_regions"} <= names


def test_difference_is_of_rates_and_0_outside(result, patient):
    difference = array(next(m.image for m in result.maps if m.name == "dR1"))
    valid = array(next(m.image for m in result.maps if m.name == "dR1_valid")) > 0

    pre, post = (array(patient.maps[role]) for role in ("T1map", "ceT1map"))
    assert difference[valid] == pytest.approx(1000 / post[valid] - 1000 / pre[valid], abs=1e-4)
    assert not difference[~valid].any()
    assert not valid[~patient.masks["brain"]].any()


def test_infiltration_shows_in_the_shells_and_not_on_the_other_side(result):
    found = rows(result, "dR1_regions")

    assert found["shell 0-5 mm"]["mirror delta low"] > 0.3
    assert found["shell 5-10 mm"]["mirror delta low"] > 0
    assert found["shell 0-5 mm"]["median"] > found["shell 5-10 mm"]["median"] > HEALTHY_CHANGE + 0.01
    for name in ("annotation", "shell 0-5 mm", "shell 5-10 mm", "shell 10-20 mm"):
        assert found[f"mirror of {name}"]["median"] == pytest.approx(HEALTHY_CHANGE, abs=0.01)
    assert found["normal-appearing white matter"]["median"] == pytest.approx(HEALTHY_CHANGE, abs=0.004)
    assert result.numbers["dR1_healthy_WM"].value == pytest.approx(HEALTHY_CHANGE, abs=0.004)


def test_a_cohort_shows_each_region_in_the_color_that_the_patient_has(result):
    pooled = pool([("sub-01", result)], PoolingSettings(bootstrap_samples=200), Context())

    own = {chart.name: chart for chart in result.charts}
    for chart in pooled.charts:
        assert set(chart.y) == set(own[chart.name].y)
        assert chart.colors == own[chart.name].colors
        assert len(set(chart.colors.values())) == len(chart.y)


def test_other_segments_are_regions_too(result):
    assert "necrosis" in rows(result, "R1_regions")


def test_regions_lie_where_the_lesion_lies(result, patient):
    labels = next(label.segments for label in result.labels if label.name == "lesion_regions")
    value = {name: number for number, name in labels.names.items()}
    image, radius = array(labels.image), patient.masks["radius"]

    assert (image[radius < 11][image[radius < 11] > 0] == value["annotation"]).all()
    shell = radius[image == value["shell 5-10 mm"]]
    assert shell.mean() == pytest.approx(16 + 7.7, abs=1.0)
    assert len(set(labels.colors.values())) == len(labels.colors)


def test_points_lie_in_the_shells_in_lps(result, patient):
    points = result.points[0]

    assert points.labels
    for place, distance in zip(points.positions, points.values["distance"], strict=True):
        index = patient.grid.TransformPhysicalPointToIndex(place)
        assert distance == pytest.approx(patient.masks["radius"][index[::-1]] - 16, abs=1.5)
        assert 2 <= distance <= 20
    assert {"dR1 z", "R1", "R2", "ceR1", "dR1"} <= set(points.values)
    assert points.values["dR1 z"] == sorted(points.values["dR1 z"], reverse=True)


def test_significant_voxels_are_tumor_and_infiltration(result, patient):
    label = array(next(label.segments.image for label in result.labels if label.name == "dR1_significant"))

    assert (label[patient.masks["radius"] < 14] > 0).mean() > 0.9
    assert (label[patient.masks["brain"] & (patient.masks["radius"] > 45)] > 0).mean() < 0.005


def test_progress_rises_to_the_end(result, told):
    done = [fraction for fraction, _ in told]
    assert done == sorted(done)
    assert done[-1] >= 0.9


def test_the_same_seed_gives_the_same_result(patient):
    arguments = simple(patient, maps={"T1map": patient.maps["T1map"]})
    first, second = (analyze_regions(**arguments, settings=QUICK, seed=4) for _ in range(2))

    assert first.tables[0].columns["median low"] == second.tables[0].columns["median low"]


def simple(patient, **changes):
    """Arguments with the maps of T1 only, to be quick."""
    return patient.arguments(**{"maps": {role: patient.maps[role] for role in T1_MAPS}, **changes})


def without(patient, *roles):
    return {role: image for role, image in patient.maps.items() if role not in roles}


def test_maps_before_contrast_agent_only(patient):
    maps = without(patient, "ceT1map", "ceT2map", "ceR1error")

    found = analyze_regions(**patient.arguments(maps=maps), settings=QUICK)

    assert not found.maps
    assert not found.points
    assert {v.name for v in found.violins} == {"R1_violins", "R2_violins", "PD_violins"}
    assert any("no change to map" in note for note in found.notes)
    assert not any("no change to map" in warning for warning in found.warnings)


def test_no_annotation_describes_tissue(patient):
    found = analyze_regions(**simple(patient, segments=()), settings=QUICK)

    assert set(rows(found, "R1_regions")) == {"normal-appearing white matter", "normal-appearing gray matter"}
    assert any("no annotation" in warning for warning in found.warnings)
    assert not found.points


def test_neither_annotation_nor_tissue_nor_mask_describes_the_brain(patient):
    found = analyze_regions({"T1map": patient.maps["T1map"]}, settings=QUICK)

    assert set(rows(found, "R1_regions")) == {"brain"}
    assert any("No tissue fractions" in warning for warning in found.warnings)


def test_which_of_several_segments_is_the_annotation_is_told(patient):
    by_default = analyze_regions(**simple(patient), settings=QUICK)
    named = analyze_regions(**simple(patient), settings=replace(QUICK, annotation_name="tumor"))

    told = "Taken as the annotation: 'tumor' and 'necrosis';"
    assert any(told in warning for warning in by_default.warnings)
    assert not any("Taken as" in warning for warning in named.warnings)
    # Each part keeps its own row.
    assert {"annotation", "tumor", "necrosis"} <= set(rows(by_default, "R1_regions"))


def test_edema_is_no_part_of_the_annotation(patient):
    brain = patient.masks["brain"]
    middle = np.argwhere(brain).mean(0)
    distance = np.linalg.norm(np.moveaxis(np.indices(brain.shape), 0, -1) - middle, axis=-1)
    labels = np.select([distance < 3, distance < 5, distance < 9], [1, 4, 2], 0).astype(np.uint8)
    names = {1: "Necrotic core", 2: "Peritumoral edema", 4: "Enhancing tumor"}
    segments = (Segments(image_of(labels, patient.grid), names),)

    found = analyze_regions(**{**simple(patient), "segments": segments}, settings=replace(QUICK, erode=False))

    count = {name: row["voxels"] for name, row in rows(found, "R1_regions").items()}
    assert count["annotation"] == count["Necrotic core"] + count["Enhancing tumor"]
    assert count["Peritumoral edema"] > 0


def masked(patient, mask, name="tumor"):
    return (Segments(image_of(mask.astype(np.uint8), patient.grid), {1: name}),)


def test_an_empty_annotation_is_told(patient):
    nothing = masked(patient, np.zeros_like(patient.masks["brain"]))

    found = analyze_regions(**simple(patient, segments=nothing), settings=QUICK)

    assert any("holds no voxel near the brain" in warning for warning in found.warnings)
    assert "annotation" not in rows(found, "R1_regions")


def test_no_point_is_a_note_that_says_where_to_look(patient):
    beyond_the_shells = Settings(bootstrap_samples=200, mirror=False, candidate_margin=20.0)

    found = analyze_regions(**simple(patient), settings=beyond_the_shells)

    assert not found.points
    assert not any("No point" in warning for warning in found.warnings)
    (note,) = (note for note in found.notes if note.startswith("No point"))
    assert "dR1_z" in note


def test_an_annotation_outside_of_the_brain_is_told(patient):
    outside = masked(patient, ~patient.masks["brain"])

    found = analyze_regions(**simple(patient, segments=outside), settings=QUICK)

    assert any("lies outside of the brain" in warning for warning in found.warnings)


def test_an_annotation_that_fills_the_brain_leaves_nothing_to_compare_with(patient):
    everything = masked(patient, patient.masks["brain"])

    found = analyze_regions(**simple(patient, segments=everything), settings=QUICK)

    assert any("too little healthy brain" in warning for warning in found.warnings)
    assert {m.name for m in found.maps} == {"dR1"}
    assert "annotation" in rows(found, "dR1_regions")


def test_a_tiny_annotation_has_numbers_but_no_interval(patient):
    tiny = patient.masks["radius"] < 4

    found = analyze_regions(**simple(patient, segments=masked(patient, tiny)), settings=QUICK)

    row = rows(found, "R1_regions")["annotation"]
    assert 0 < row["voxels"] < 20
    assert np.isnan(row["median low"])
    assert any(
        "Too small for an interval" in warning and "annotation" in warning for warning in found.warnings
    )
    assert any("too thin" in warning for warning in found.warnings)


def test_undefined_and_capped_values_are_left_out(patient):
    T1 = array(patient.maps["T1map"])
    inside = np.argwhere(patient.masks["brain"] & (patient.masks["radius"] > 50))
    T1[tuple(inside[0])], T1[tuple(inside[1])] = np.nan, np.inf
    T1[tuple(inside[2])], T1[tuple(inside[3])] = 6000.0, -5.0
    maps = {**patient.maps, "T1map": image_of(T1, patient.grid)}

    found = analyze_regions(**patient.arguments(maps=maps), settings=QUICK)

    valid = array(next(m.image for m in found.maps if m.name == "dR1_valid"))
    assert not valid[tuple(inside[:4].T)].any()
    assert any("undefined values" in warning for warning in found.warnings)
    assert all(np.isfinite(array(m.image)).all() for m in found.maps)


def test_a_constant_map_is_described(patient):
    flat = np.where(patient.masks["brain"], 1000.0, 0).astype(np.float32)
    maps = {role: image_of(flat, patient.grid) for role in ("T1map", "ceT1map")}

    found = analyze_regions(**patient.arguments(maps=maps), settings=QUICK)

    assert rows(found, "dR1_regions")["annotation"]["median"] == 0
    assert all(np.isfinite(array(m.image)).all() for m in found.maps)
    assert not array(found.labels[0].segments.image).any()


def test_a_single_slice_is_analyzed(patient):
    def cut(image):
        return image[:, :, 12:13]

    segments = (Segments(cut(patient.segments[0].image), patient.segments[0].names),)
    found = analyze_regions(
        {role: cut(image) for role, image in patient.maps.items()},
        segments,
        cut(patient.brain),
        {name: cut(image) for name, image in patient.tissue.items()},
        settings=QUICK,
    )

    assert rows(found, "dR1_regions")["annotation"]["median"] > 0.5


def test_a_tumor_across_the_middle_is_told(patient):
    middle = patient.masks["brain"] & (patient.masks["radius"] < 46)

    found = analyze_regions(**simple(patient, segments=masked(patient, middle)), settings=FULL)

    assert any("beyond the brain's middle" in warning for warning in found.warnings)


def test_an_unknown_registration_error_is_told(patient):
    found = analyze_regions(**simple(patient, registration_error=0.0), settings=QUICK)

    assert any("registration error is taken for 0" in warning for warning in found.warnings)


def test_maps_on_other_grids_are_refused(patient):
    moved = sitk.Image(patient.maps["T2map"])
    moved.SetOrigin([1.0, 2.0, 3.0])

    with pytest.raises(UserError, match="another grid"):
        analyze_regions(**patient.arguments(maps={**patient.maps, "T2map": moved}))


def test_segments_on_other_grids_are_resampled(patient):
    layer = patient.segments[0]
    finer = sitk.Expand(layer.image, [2, 2, 1], sitk.sitkNearestNeighbor)

    found = analyze_regions(**simple(patient, segments=(Segments(finer, layer.names),)), settings=QUICK)

    assert any("resampled" in warning for warning in found.warnings)
    assert rows(found, "dR1_regions")["annotation"]["median"] > 0.5


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"maps": {}}, "there is none to measure"),
        ({"settings": Settings(shell_edges=(5.0, 2.0))}, "rising distances"),
        ({"settings": Settings(annotation_name="brain stem")}, "no segment 'brain stem'"),
    ],
)
def test_what_cannot_be_analyzed_is_refused(patient, changes, sentence):
    with pytest.raises(UserError, match=sentence):
        analyze_regions(**patient.arguments(**changes))


def test_an_empty_brain_is_refused(patient):
    nothing = image_of(np.zeros_like(patient.masks["brain"], np.uint8), patient.grid)

    with pytest.raises(UserError, match="brain mask is empty"):
        analyze_regions(**patient.arguments(brain_mask=nothing))


def test_maps_without_a_value_in_the_brain_are_refused(patient):
    zero = {"T1map": image_of(np.zeros(patient.masks["brain"].shape, np.float32), patient.grid)}

    with pytest.raises(UserError, match="no usable value"):
        analyze_regions(**patient.arguments(maps=zero))
