"""Violins, transforms, points and roles of a result: the same after a folder, and files that other programs read."""

from __future__ import annotations

import csv
import dataclasses
import json
import math

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.results import read_index, read_result, write_result
from gliomamri.point_table import points_table, value_words
from gliomamri.result import Map, Outline, Points, Result, Table, Transform, Violins

ANGLES = (11.0, -23.0, 37.0)


def affine(shift=(1 / 3, -20.25, 7.1), stretch=(1.0, 1.1, 0.97)):
    """A rotation about x, y, z in turn with unequal scales: no two numbers alike, not orthogonal."""
    a, b, c = np.radians(ANGLES)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = about_z @ about_y @ about_x @ np.diag(stretch)
    matrix[:3, 3] = shift
    return tuple(tuple(map(float, row)) for row in matrix)


def violins(**changes):
    outlines = (
        Outline("pre", "x1", "y1", (0.0, 0.45, 0.7)),
        Outline("post", "x2", "y2", (0.8, 1 / 3, 0.0), filled=False, dashed=True),
    )
    ticks = {1.0: "tumor, core", 2.5: "mirror"}
    values = {"name": "R1", "title": "R1", "table": "R1", "outlines": outlines, "ticks": ticks}
    return Violins(**values | {"y_label": "R1 (1/s)"} | changes)


OUTLINES = Table(
    "R1",
    "Outlines",
    {"x1": (1.0, 1.4, 1.0), "y1": (0.1 + 0.2, 0.7, 1.1), "x2": (2.5, 2.1, 2.5), "y2": (0.5, 0.6, 0.7)},
    {"y1": "1/s", "y2": "1/s"},
)
POINTS = Points(
    "biopsy",
    "Candidates for a biopsy",
    ("1", "near, the rim"),
    ((-10.1, 22.0, 1 / 3), (0.0, -5.5, 60.25)),
    {"R1": (0.82, math.nan), "dR1": (0.1 + 0.2, -0.01)},
    {"R1": "1/s", "dR1": "1/s"},
    "Where R1 changed most.",
)
TRANSFORM = Transform("ceT1map_to_ceT1w", affine(), "ceT1map", "ceT1w", "Rigid.")
RESULT = Result(tables=(OUTLINES,), violins=(violins(),), transforms=(TRANSFORM,), points=(POINTS,))


def plain(points):
    """Points with NaN replaced, which does not equal itself."""
    values = {
        name: tuple("undefined" if math.isnan(v) else v for v in vs) for name, vs in points.values.items()
    }
    return dataclasses.replace(points, values=values)


def test_new_kinds_are_the_same_after_a_folder(tmp_path):
    write_result(RESULT, tmp_path, provenance={})

    again = read_result(tmp_path)

    assert (again.violins, again.transforms, again.tables) == (
        RESULT.violins,
        RESULT.transforms,
        RESULT.tables,
    )
    assert [plain(points) for points in again.points] == [plain(POINTS)]


def test_numbers_of_numpy_become_plain_ones(tmp_path):
    position = np.float32(2.5)
    chart = violins(ticks={position: "a"})
    points = Points("p", "P", ("a",), np.array([[1.5, 2.0, 3.0]]), {"R1": np.array([0.5])})
    matrix = np.asarray(affine())
    transform = dataclasses.replace(TRANSFORM, matrix=matrix)
    result = Result(tables=(OUTLINES,), violins=(chart,), transforms=(transform,), points=(points,))
    write_result(result, tmp_path, provenance={})

    again = read_result(tmp_path)

    assert again.violins[0].ticks == {2.5: "a"}
    assert again.points[0].positions == ((1.5, 2.0, 3.0),)
    assert again.points[0].values == {"R1": (0.5,)}
    assert again.transforms[0].matrix == affine()


@pytest.mark.parametrize("seed", range(5))
def test_itk_moves_points_as_the_matrix_says(tmp_path, seed):
    rng = np.random.default_rng(seed)
    matrix = affine(tuple(rng.uniform(-30, 30, 3)), tuple(rng.uniform(0.5, 2, 3)))
    write_result(Result(transforms=(dataclasses.replace(TRANSFORM, matrix=matrix),)), tmp_path, provenance={})

    transform = sitk.ReadTransform(str(tmp_path / "transforms" / "ceT1map_to_ceT1w.tfm"))

    for point in rng.uniform(-100, 100, (5, 3)):
        expected = [sum(matrix[i][k] * [*point, 1.0][k] for k in range(4)) for i in range(3)]
        np.testing.assert_allclose(transform.TransformPoint(point.tolist()), expected, atol=1e-10)


def test_itk_puts_the_moving_image_onto_the_fixed_one(tmp_path):
    """The direction, end to end: a spot at q of the moving image lands at the p for which matrix @ p = q."""
    fixed = sitk.Image(40, 30, 20, sitk.sitkFloat32)
    fixed.SetSpacing((2.0, 2.5, 4.0))
    fixed.SetOrigin((-40.0, -35.0, -38.0))
    matrix = np.asarray(affine((4.0, -3.0, 2.0), (1, 1, 1)))
    write_result(Result(transforms=(dataclasses.replace(TRANSFORM, matrix=matrix),)), tmp_path, provenance={})
    moving = sitk.Image(fixed)
    spot = (25, 9, 12)
    moving[spot] = 1.0
    q = np.array(moving.TransformIndexToPhysicalPoint(spot))

    found = sitk.Resample(
        moving, fixed, sitk.ReadTransform(str(tmp_path / "transforms" / "ceT1map_to_ceT1w.tfm"))
    )

    values = sitk.GetArrayFromImage(found)
    weights = values / values.sum()
    index = [float((weights * axis).sum()) for axis in np.indices(values.shape)][::-1]
    p = fixed.TransformContinuousIndexToPhysicalPoint(index)
    np.testing.assert_allclose((matrix @ [*p, 1])[:3], q, atol=1.5)
    assert np.linalg.norm(np.array(p) - q) > 5


def test_points_are_a_table_in_ras(tmp_path):
    write_result(RESULT, tmp_path, provenance={})

    with (tmp_path / "points" / "biopsy.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["label", "R (mm)", "A (mm)", "S (mm)", "R1 (1/s)", "dR1 (1/s)"]
    assert rows[1] == ["1", "10.1", "-22.0", repr(1 / 3), "0.82", repr(0.1 + 0.2)]
    assert rows[2] == ["near, the rim", "0.0", "5.5", "60.25", "", "-0.01"]


def test_markups_have_labels_places_and_values(tmp_path):
    write_result(RESULT, tmp_path, provenance={})

    (markup,) = json.loads((tmp_path / "points" / "biopsy.mrk.json").read_text(encoding="utf-8"))["markups"]

    assert (markup["type"], markup["coordinateSystem"], markup["locked"]) == ("Fiducial", "RAS", True)
    first, second = markup["controlPoints"]
    assert (first["label"], first["position"]) == ("1", [10.1, -22.0, 1 / 3])
    assert first["description"] == "R1 0.82 1/s, dR1 0.3 1/s"
    assert second["description"] == "dR1 -0.01 1/s"


def test_files_are_listed(tmp_path):
    write_result(RESULT, tmp_path, provenance={})

    index = read_index(tmp_path)
    (points,), (transform,) = index["points"], index["transforms"]

    for name in (points["file"], points["markups"], transform["file"]):
        assert (tmp_path / name).is_file()
    assert "fixed image" in transform["direction"]


def test_role_of_a_map_is_kept_and_a_wrong_one_refused(make_image, tmp_path):
    one = Map(
        "R1_standard_error", make_image(), "R1 standard error", "1/s", "", "gray", (0.0, 1.0), role="R1error"
    )
    write_result(Result(maps=(one,)), tmp_path, provenance={})

    assert read_result(tmp_path).maps[0].role == "R1error"
    with pytest.raises(ValueError, match="unknown role 'R1err'"):
        write_result(Result(maps=(dataclasses.replace(one, role="R1err"),)), tmp_path, provenance={})


WRONG = {
    "violins without a table": {"tables": ()},
    "violins with a missing column": {"violins": (violins(outlines=(Outline("a", "x1", "z", (0, 0, 0)),)),)},
    "tick nowhere": {"violins": (violins(ticks={math.nan: "a"}),)},
    "violins named twice": {"violins": (violins(), violins(name="r1"))},
    "transform of 3 x 3": {"transforms": (dataclasses.replace(TRANSFORM, matrix=((1.0,) * 3,) * 3),)},
    "transform that flattens": {
        "transforms": (dataclasses.replace(TRANSFORM, matrix=affine(stretch=(1, 0, 1))),)
    },
    "projective transform": {
        "transforms": (dataclasses.replace(TRANSFORM, matrix=(*affine()[:3], (0.0, 0.1, 0.0, 1.0))),)
    },
    "transform outside the folder": {"transforms": (dataclasses.replace(TRANSFORM, name="../a"),)},
    "point nowhere": {"points": (dataclasses.replace(POINTS, positions=((0, 0, math.nan), (1, 2, 3))),)},
    "point without a place": {"points": (dataclasses.replace(POINTS, positions=((0, 0, 0),)),)},
    "infinite value": {"points": (dataclasses.replace(POINTS, values={"R1": (math.inf, 1.0)}),)},
    "value called like an axis": {"points": (dataclasses.replace(POINTS, values={"R": (1.0, 1.0)}),)},
    "points named oddly": {"points": (dataclasses.replace(POINTS, name="a b"),)},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_errors_of_a_task_are_not_written(tmp_path, changes):
    with pytest.raises(ValueError):
        write_result(dataclasses.replace(RESULT, **changes), tmp_path, provenance={})
    assert not list(tmp_path.iterdir())


def test_earlier_result_is_read_and_says_so(make_image, tmp_path):
    one = Map("T1map", make_image(), "T1", "ms", "", "gray", (0.0, 1.0), main=True)
    write_result(Result(maps=(one,), warnings=("Odd.",)), tmp_path, provenance={})
    index = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    for kind in ("violins", "transforms", "points"):
        del index[kind]
    del index["maps"][0]["role"]
    (tmp_path / "result.json").write_text(json.dumps(index | {"format": 1}), encoding="utf-8")

    again = read_result(tmp_path)

    assert (again.maps[0].name, again.maps[0].role, again.points) == ("T1map", "", ())
    assert again.warnings[0] == "Odd."
    assert "earlier version" in again.warnings[1]


@pytest.mark.parametrize("kind", ["violins", "transforms", "points"])
def test_damaged_entry_is_told(tmp_path, kind):
    write_result(RESULT, tmp_path, provenance={})
    index = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    del index[kind][0]["name"]
    (tmp_path / "result.json").write_text(json.dumps(index), encoding="utf-8")

    with pytest.raises(UserError, match="damaged"):
        read_result(tmp_path)


def test_point_table_and_words_do_not_change_the_points():
    table = points_table(POINTS)

    assert table.columns["R"] == [10.1, 0.0]
    assert math.copysign(1, table.columns["R"][1]) == 1
    assert value_words(POINTS, 0) == "R1 0.82 1/s, dR1 0.3 1/s"
