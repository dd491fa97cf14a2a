import dataclasses
import json
import math

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.results import read_index, read_result, write_result
from gliomamri.result import Chart, LabelMap, Map, Number, Result, Table
from gliomamri.study import Segments


@pytest.fixture
def result(make_image):
    rng = np.random.default_rng(4)
    return Result(
        maps=(
            Map(
                "T1map",
                make_image(rng.uniform(0, 5000, (4, 5, 6))),
                "T1",
                "ms",
                "Fit.",
                "lipari",
                (0.0, 4000.0),
                "IRT1",
            ),
        ),
        labels=(
            LabelMap(
                "validity",
                Segments(
                    make_image(rng.integers(0, 3, (4, 5, 6)), np.uint8),
                    {1: "valid", 2: "capped"},
                    {1: (0.0, 1.0, 0.5)},
                ),
                "Where the fit holds.",
                "IRT1",
            ),
        ),
        tables=(
            Table(
                "R1",
                "Distribution of R1",
                {"segment": ("tumor, left", 'a "b"'), "R1": (0.1 + 0.2, 1e-17), "voxels": (3, 4)},
                {"R1": "1/s"},
            ),
        ),
        charts=(
            Chart("R1", "R1", "R1", "R1", ("voxels",), "R1 (1/s)", "voxels", {"voxels": (0.1, 0.2, 0.3)}),
        ),
        numbers={"peak": Number(1 / 3, "1/s", "peak of R1"), "count": Number(7, "", "voxels")},
        warnings=("Something \N{GREEK SMALL LETTER MU} is odd.",),
    )


def _same_image(a, b):
    np.testing.assert_array_equal(sitk.GetArrayFromImage(a), sitk.GetArrayFromImage(b))
    return all(
        getattr(a, name)() == getattr(b, name)()
        for name in ("GetPixelID", "GetSize", "GetOrigin", "GetSpacing", "GetDirection")
    )


def test_result_is_the_same_after_a_folder(result, tmp_path):
    write_result(result, tmp_path, provenance={"task": "relaxometry", "versions": {"numpy": "2"}})
    again = read_result(tmp_path)

    assert _same_image(again.maps[0].image, result.maps[0].image)
    assert dataclasses.replace(again.maps[0], image=None) == dataclasses.replace(result.maps[0], image=None)
    assert _same_image(again.labels[0].segments.image, result.labels[0].segments.image)
    for name in ("names", "colors"):
        assert getattr(again.labels[0].segments, name) == getattr(result.labels[0].segments, name)
    assert (again.labels[0].description, again.labels[0].reference) == ("Where the fit holds.", "IRT1")
    assert (again.tables, again.charts, again.numbers, again.warnings) == (
        result.tables, result.charts, result.numbers, result.warnings,
    )  # fmt: skip
    assert read_index(tmp_path)["provenance"]["versions"] == {"numpy": "2"}


def test_files_are_what_other_programs_expect(result, tmp_path):
    write_result(result, tmp_path, provenance={})

    loaded = nib.load(tmp_path / "maps" / "T1map.nii.gz")
    assert loaded.get_data_dtype() == np.float32
    np.testing.assert_array_equal(loaded.get_fdata().T, sitk.GetArrayFromImage(result.maps[0].image))
    assert json.loads((tmp_path / "maps" / "T1map.json").read_text()) == {
        "Quantity": "T1", "Units": "ms", "Description": "Fit.",
    }  # fmt: skip
    assert (tmp_path / "tables" / "R1.csv").read_text() == (
        'segment,R1 (1/s),voxels\n"tumor, left",0.30000000000000004,3\n"a ""b""",1e-17,4\n'
    )
    listed = {entry["file"] for kind in ("maps", "labels", "tables") for entry in read_index(tmp_path)[kind]}
    assert listed == {"maps/T1map.nii.gz", "labels/validity.nii.gz", "tables/R1.csv"}


def test_undefined_cell_is_empty_and_comes_back_undefined(result, tmp_path):
    table = Table("a", "A", {"x": (1.5, math.nan)}, {})
    write_result(dataclasses.replace(result, tables=(table,), charts=()), tmp_path, provenance={})

    assert (tmp_path / "tables" / "a.csv").read_text().splitlines()[1:] == ["1.5", '""']
    x = read_result(tmp_path).tables[0].columns["x"]
    assert x[0] == 1.5
    assert math.isnan(x[1])


def test_numbers_of_numpy_are_written(result, tmp_path):
    numbers = {"a": Number(np.float32(0.5), "ms", "a"), "b": Number(np.int64(3), "", "b")}
    table = Table("a", "A", {"x": np.array([1.5, 2.5]), "n": np.array([1, 2])}, {})
    write_result(
        dataclasses.replace(result, numbers=numbers, tables=(table,), charts=()), tmp_path, provenance={}
    )

    again = read_result(tmp_path)
    assert (again.numbers["a"].value, again.numbers["b"].value) == (0.5, 3)
    assert again.tables[0].columns == {"x": (1.5, 2.5), "n": (1, 2)}


def test_empty_result(tmp_path):
    write_result(Result(tables=(Table("a", "A", {"x": ()}),)), tmp_path, provenance={})

    assert read_result(tmp_path) == Result(tables=(Table("a", "A", {"x": ()}),))


@pytest.mark.parametrize("bad", ["voxel", "number", "provenance", "cell", "lengths", "name", "twice"])
def test_errors_of_a_task_are_not_written(result, make_image, tmp_path, bad):
    values = np.ones((4, 5, 6))
    values[1, 2, 3] = np.nan
    changes = {
        "voxel": {"maps": (dataclasses.replace(result.maps[0], image=make_image(values)),)},
        "number": {"numbers": {"a": Number(math.inf, "", "")}},
        "cell": {"tables": (Table("a", "A", {"x": (math.inf,)}),)},
        "lengths": {"tables": (Table("a", "A", {"x": (1,), "y": (1, 2)}),)},
        "name": {"maps": (dataclasses.replace(result.maps[0], name="../T1map"),)},
        "twice": {"maps": (result.maps[0], dataclasses.replace(result.maps[0], name="t1MAP"))},
    }
    provenance = {"seed": math.nan} if bad == "provenance" else {}

    with pytest.raises(ValueError):
        write_result(dataclasses.replace(result, **changes.get(bad, {})), tmp_path, provenance=provenance)
    assert not (tmp_path / "result.json").exists()


def test_too_little_space_is_told_before_anything_is_written(result, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())

    with pytest.raises(UserError, match=r"too full for the folder for temporary files: .* TMPDIR") as caught:
        write_result(result, tmp_path, provenance={})
    assert tmp_path.name not in caught.value.sentence
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("failing", ["new_files.Path.open", "new_files.Path.mkdir"])
def test_failure_while_writing_names_no_folder(result, tmp_path, monkeypatch, failing):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"gliomamri.io.{failing}", refuse)

    with pytest.raises(UserError, match="the folder for temporary files cannot take the file") as caught:
        write_result(result, tmp_path, provenance={})
    assert "'" not in caught.value.sentence


def test_damaged_results_are_told(result, tmp_path):
    with pytest.raises(UserError, match="no readable result"):
        read_result(tmp_path)
    write_result(result, tmp_path, provenance={})
    index = tmp_path / "result.json"
    text = index.read_text(encoding="utf-8")
    index.write_text(text.replace('"format": 2', '"format": 99'), encoding="utf-8")
    with pytest.raises(UserError, match="another version"):
        read_result(tmp_path)
    index.write_text(text, encoding="utf-8")
    (tmp_path / "maps" / "T1map.nii.gz").unlink()
    with pytest.raises(UserError, match="result image T1map is missing"):
        read_result(tmp_path)
