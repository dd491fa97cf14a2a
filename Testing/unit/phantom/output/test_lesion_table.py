"""Lesions and parameters as columns; values as JSON."""

from __future__ import annotations

import json
from enum import StrEnum

import numpy as np

from gliomamri.phantom.output.lesion_table import (
    LESION_COLUMNS,
    about_columns,
    lesion_columns,
    parameter_columns,
    plain,
)


class Word(StrEnum):
    EDEMA = "edema"


def test_lesions_become_columns_of_single_values(a_patient):
    columns, units = lesion_columns(a_patient.truth.lesions)

    assert columns["lesion"] == [1, 2]
    assert columns["kind"] == ["high-grade glioma", "white matter lesion"]
    assert [columns[f"center_{axis}"] for axis in "xyz"] == [[1.0, 0.0], [-2.5, 1.0], [3.0, 2.0]]
    assert columns["axes_3"] == [7.5, None]
    assert columns["volumes_enhancing_core"] == [1.0, None]
    assert columns["enhancing"] == [True, False]
    assert (units["center_y"], units["axes_1"], units["volumes_edema"]) == ("mm", "mm", "ml")
    assert "kind" not in units


def test_white_matter_hyperintensities_come_last_and_every_column_is_explained():
    kinds = ("white matter hyperintensity", "metastasis", "white matter hyperintensity", "metastasis")
    lesions = [
        {"kind": kind, "center": [n, 0.0, 0.0], "volumes": {"core": 1.0}} for n, kind in enumerate(kinds)
    ]

    columns, units = lesion_columns(lesions)
    about = about_columns(columns, units)

    assert columns["center_x"] == [1, 3, 0, 2]
    assert columns["lesion"] == [1, 2, 3, 4]
    assert list(about) == list(columns)
    assert about["volumes_core"] == {"Description": LESION_COLUMNS["volumes"], "Units": "ml"}
    assert all(one["Description"] in LESION_COLUMNS.values() for one in about.values())


def test_no_lesion_no_row():
    assert lesion_columns(()) == ({"lesion": []}, {})


def test_every_image_has_a_row_with_its_parameters(a_patient):
    columns, units = parameter_columns(a_patient.series)
    rows = {name: index for index, name in enumerate(columns["image"])}

    assert len(rows) == sum(len(series.images) for series in a_patient.series)
    assert columns["inversion_time"][rows["ceMAGIC_TI1840_TE95"]] == 1840
    assert columns["flip_angle"][rows["T2w"]] is None
    assert columns["b_value"][rows["dwi_b1000_TE93"]] == 1000
    assert units["echo_time"] == "ms"


def test_plain_values_survive_json():
    value = {
        Word.EDEMA: np.float32(0.5),
        "list": (np.int64(3), np.arange(2), None, True, float("nan")),
        "else": Word,
    }

    made = json.loads(json.dumps(plain(value), allow_nan=False))

    assert made["edema"] == 0.5
    assert made["list"] == [3, [0, 1], None, True, None]
