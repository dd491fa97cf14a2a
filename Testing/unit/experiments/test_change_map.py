"""The z-score of dR1 through the whole chain, on one small patient of the shifted generator (acceptance 3)."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.experiments.change_map.patients import Case, make_case
from gliomamri.experiments.change_map.rates import (
    NOMINAL,
    SHELLS,
    analyze,
    false_positives,
    shells,
    to_csv,
    to_markdown,
)
from gliomamri.result import Map, Result
from gliomamri.study import Study

SMALL = {"matrix": (58.0, 68.0, 18.0), "spacing": (3.0, 2.9, 5.0)}


@pytest.fixture(scope="module")
def analyzed():
    pytest.importorskip("nilearn")
    case = make_case("shifted", 1, **SMALL)
    return case, analyze(case, bootstrap_samples=200)


def test_healthy_tissue_is_called_changed_as_rarely_as_promised(analyzed):
    """With and without edges, raw images to z-score; a z-score that is never high would be no better."""
    rows = [row for row in false_positives(*analyzed) if row["healthy tissue"] == "without vessels"]

    assert [row["edges"] for row in rows] == ["with", "without"]
    for row in rows:
        assert row["voxels"] > 2000
        for level in NOMINAL:
            assert row[f"above {100 * level:g} %"] <= 100 * level + 1
        assert row["above 5 %"] > 1
        assert 0.7 < row["sd of z"] < 1.1


def test_vessels_are_what_exceeds_it_among_all_healthy_voxels(analyzed):
    free, _, labeled, _ = false_positives(*analyzed)

    assert labeled["voxels"] > free["voxels"]
    assert labeled["above 1 %"] > free["above 1 %"]


def test_infiltration_shows_in_the_nearest_shell_and_the_mirror_does_not(analyzed):
    rows = shells(*analyzed)

    assert [row["shell"] for row in rows] == [f"{edges} mm" for edges in SHELLS]
    assert rows[0]["delta low"] > 0
    assert rows[0]["dR1"] > rows[2]["dR1"]
    assert abs(rows[0]["z of mirror"]) < 0.4
    assert rows[0]["true dR1"] > rows[2]["true dR1"]
    for row in rows[1:]:  # next to the rim the blur of the images adds to what is true
        assert row["dR1"] == pytest.approx(row["true dR1"], abs=0.02)
    for row in rows:
        assert row["dR1 of mirror"] == pytest.approx(row["true dR1 of mirror"], abs=0.02)


def test_masks_of_the_truth_follow_the_head(analyzed):
    """On the reference, which moved, healthy tissue is where its true T1 says; the head does not lie still."""
    case, _ = analyzed
    image = case.study.images["ceT1w"]

    healthy = case.on(case.without_vessels, image)

    signal = sitk.GetArrayViewFromImage(image)
    assert (signal[healthy] > 0).mean() > 0.99
    assert not np.allclose(case.to_truth.GetMatrix(), np.eye(3).ravel(), atol=1e-4)


def test_shares_are_counted_where_healthy_and_valid():
    z = np.zeros((4, 6, 5), np.float32)
    z[0, 0, :4] = 2.0, 3.0, 9.0, 9.0  # the third is not healthy, the fourth not valid
    images = {"z": z, "edge": np.zeros_like(z), "valid": np.ones_like(z)}
    images["edge"][0, 0, 1] = 1
    images["valid"][0, 0, 3] = 0
    maps = tuple(
        Map(f"dR1_{name}", sitk.GetImageFromArray(values), name, "", "", "gray", (0.0, 1.0))
        for name, values in images.items()
    )
    healthy = np.ones(z.shape, np.uint8)
    healthy[0, 0, 2] = 0
    mask = sitk.GetImageFromArray(healthy)
    case = Case("one", Study({}), mask, mask, mask, sitk.AffineTransform(3))

    first, second, *_ = false_positives(case, Result(maps=maps))

    assert (first["voxels"], second["voxels"]) == (118, 117)
    assert first["above 5 %"] == pytest.approx(100 * 2 / 118)
    assert first["above 1 %"] == pytest.approx(100 / 118)
    assert second["above 1 %"] == 0


def test_tables_are_written():
    rows = [{"patient": "a", "dR1": 0.04, "voxels": 1234.0}, {"patient": "b", "dR1": -0.5, "voxels": 2.5}]

    assert next(iter(csv.DictReader(io.StringIO(to_csv(rows)))))["voxels"] == "1234.0"
    assert to_markdown(rows).splitlines() == [
        "| patient | dR1 | voxels |",
        "| --- | --- | --- |",
        "| a | 0.040 | 1234 |",
        "| b | -0.500 | 2.50 |",
    ]
