"""Regions keep their color by name, whatever else there is, and none passes for another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gliomamri.regions.region_colors import region_colors

SHELLS = ["shell 0-5 mm", "shell 5-10 mm", "shell 10-20 mm"]
NORMAL = ["normal-appearing white matter", "normal-appearing gray matter"]

# Severe deuteranopia and protanopia, linear RGB (Machado, Oliveira, Fernandes, IEEE TVCG 15:1291, 2009, table 1).
_DICHROMATS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip


def lab(color):
    """CIE L*a*b* of a color in linear RGB, white D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ color
    t = np.clip(xyz / [0.9505, 1.0, 1.089], 0, None)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def linear(color):
    color = np.asarray(color, float)
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def test_a_region_has_one_color_in_whatever_company():
    alone = {name: region_colors([*SHELLS, *NORMAL, "annotation"])[name] for name in (*SHELLS, *NORMAL)}

    cohort = region_colors(["edema", *reversed(SHELLS), *NORMAL, "mirror of shell 0-5 mm", "annotation"])

    assert {name: cohort[name] for name in alone} == alone
    assert list(cohort) == ["edema", *reversed(SHELLS), *NORMAL, "mirror of shell 0-5 mm", "annotation"]


def test_shells_are_ordered_by_distance_not_by_words():
    found = region_colors(["shell 10-20 mm", "shell 2.5-10 mm", "shell 0-2.5 mm"])

    usual = region_colors(SHELLS)
    assert [found[n] for n in ("shell 0-2.5 mm", "shell 2.5-10 mm", "shell 10-20 mm")] == list(usual.values())


def test_a_mirror_is_its_regions_color_paler():
    found = region_colors(["mirror of shell 5-10 mm", "shell 5-10 mm"])

    own, mirror = np.array(found["shell 5-10 mm"]), np.array(found["mirror of shell 5-10 mm"])
    assert (1 - mirror) / (1 - own) == pytest.approx(0.45)


def test_a_segment_may_be_called_like_nothing_known():
    found = region_colors(["shell of bone", "shell x-1 mm", "Edema", "Edema (2)"])

    assert len(set(found.values())) == 4


@pytest.mark.parametrize("eyes", ["usual", "protan", "deutan"])
def test_colors_of_one_patient_are_told_apart(eyes):
    names = ["annotation", *SHELLS, *NORMAL, "first segment", "second segment"]
    seen = {}
    for name, color in region_colors(names).items():
        light = linear(color)
        seen[name] = lab(light if eyes == "usual" else np.clip(np.array(_DICHROMATS[eyes]) @ light, 0, 1))

    gaps = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in itertools.combinations(names, 2)}
    assert min(gaps.values()) > 15, min(gaps.items(), key=lambda item: item[1])
