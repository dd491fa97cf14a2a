"""Color maps are the published ones and follow the recommended scale."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.report.colormaps import colormap, colormap_names, map_colors, relaxation_colormap


@pytest.mark.parametrize("name", ["lipari", "navia"])
def test_tables_equal_the_published_ones(name):
    cmcrameri = pytest.importorskip("cmcrameri.cm")

    published = np.array(getattr(cmcrameri, name).colors)

    assert np.abs(colormap(name) - published).max() < 1 / 255


@pytest.mark.parametrize("name", colormap_names())
def test_every_map_is_a_table_of_colors(name):
    table = colormap(name)

    assert table.shape == (256, 3)
    assert table.min() >= 0
    assert table.max() <= 1


@pytest.mark.parametrize(
    ("quantity", "low", "high"), [("T1", 0, 3000), ("T2", 0, 200), ("R1", 0, 2.5), ("T1", 500, 900)]
)
def test_lightness_is_monotonic_and_zero_is_black(quantity, low, high):
    lightness = relaxation_colormap(quantity, low, high) @ [0.2126, 0.7152, 0.0722]

    assert lightness[0] == 0
    steps = np.diff(lightness[1:])
    assert np.all(steps >= -1e-6) if quantity.startswith("T") else np.all(steps <= 1e-6)


def test_scale_is_linear_below_the_knee_and_logarithmic_above():
    high = 3000.0
    table = relaxation_colormap("T1", 0.0, high)
    plain = colormap("lipari")
    gray = plain @ [1, 1, 1]

    def position(value):  # where in the plain map the color of a value is
        return np.interp(table[round(value / high * 255)] @ [1, 1, 1], gray, np.linspace(0, 1, 256))

    knee = high / np.e
    assert position(knee) == pytest.approx(0.5, abs=0.01)
    assert position(knee / 2) == pytest.approx(0.25, abs=0.01)
    assert position(np.sqrt(knee * high)) == pytest.approx(0.75, abs=0.01)


def test_same_tissue_has_light_rate_where_time_is_dark():
    assert relaxation_colormap("R1", 0, 2.5)[1] == pytest.approx(colormap("lipari")[-1], abs=0.03)


def test_colors_of_a_change_are_black_at_zero_and_as_light_on_both_sides():
    table = colormap("change")
    linear = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness = np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)

    assert lightness[127:129].max() < 2
    assert np.all(np.diff(lightness[128:]) > 0)
    assert np.all(np.diff(lightness[:128]) < 0)
    assert np.abs(lightness - lightness[::-1]).max() < 4
    assert np.all(table[150:, 0] > table[150:, 2])  # increase: orange
    assert np.all(table[:106, 0] < table[:106, 2])  # decrease: blue


def test_other_quantities_use_the_map_as_named():
    assert np.array_equal(map_colors("M0", "gray", (0, 5)), colormap("gray"))
    assert not np.array_equal(map_colors("T1", "lipari", (0, 3000)), colormap("lipari"))


def test_empty_range_is_refused():
    with pytest.raises(ValueError, match="display range"):
        relaxation_colormap("T1", 5, 5)
