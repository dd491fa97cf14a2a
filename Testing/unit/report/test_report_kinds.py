"""Violins, regions, points and transforms in the report: drawn where they belong, told in words that are right."""

from __future__ import annotations

import base64
import html.parser
import io
import math
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.report import figures
from gliomamri.report.colormaps import map_colors
from gliomamri.report.html_parts import html_table
from gliomamri.report.page import write_report
from gliomamri.report.regions import draw_regions, looks, map_under
from gliomamri.report.slices import slices_of_regions
from gliomamri.report.transforms import movement, transform_rows
from gliomamri.report.violins import draw_violins, in_lines, legend, outline_points, region_of
from gliomamri.result import LabelMap, Map, Outline, Points, Result, Table, Transform, Violins
from gliomamri.study import Segments, Study

PROVENANCE = {"task": "relaxometry", "versions": {}}
BLUE, ORANGE = (0.0, 0.4, 0.8), (0.9, 0.4, 0.0)
SIDES = {"pre": -1.0, "post": 1.0}


class Page(html.parser.HTMLParser):
    """Words, pictures and folded sections of a page; nested wrongly, it fails."""

    def __init__(self, text):
        super().__init__()
        self.images, self.words, self.sections, self._open = [], [], [], []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes["alt"])
        if tag not in ("img", "meta"):
            self._open.append(tag)
        if tag == "details":
            self.sections.append("open" if "open" in attributes else "folded")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words)


def violins(regions, sides=("pre", "post"), **changes):
    """Half violins (triangles) of given regions at 1, 2, ...; and their table."""
    columns, outlines = {}, []
    for place, region in enumerate(regions, start=1):
        for side in sides:
            x, y = f"{region} {side} x", f"{region} {side}"
            columns[x] = [place, place + 0.4 * SIDES[side], place]
            columns[y] = [0.5, 1.0 + 0.1 * place, 1.5]
            outlines.append(Outline(side, x, y, BLUE if side == "pre" else ORANGE, **changes))
    table = Table("outlines", "Outlines", columns)
    ticks = {float(place): region for place, region in enumerate(regions, start=1)}
    return Violins("R1_violins", "R1 <before> and after", "outlines", outlines, ticks, "R1 (1/s)"), table


def pixels(png):
    from matplotlib.image import imread

    return (imread(io.BytesIO(png))[..., :3] * 255).round().astype(int)


def share_of(picture, color):
    expected = (np.array(color) * 255).round()
    return float((np.abs(picture - expected).max(axis=-1) <= 3).mean())


def on_white(color, opacity=0.45):
    return tuple(opacity * part + 1 - opacity for part in color)


def test_outlines_are_filled_with_their_color_unless_they_are_lines():
    filled = pixels(draw_violins(*violins(["tumor"])))
    lines = pixels(draw_violins(*violins(["tumor"], filled=False, dashed=True)))

    for color in (BLUE, ORANGE):
        assert share_of(filled, on_white(color)) > 0.03
        assert share_of(lines, on_white(color)) < 0.001


def test_half_violins_lie_on_their_side():
    picture = pixels(draw_violins(*violins(["tumor"])))

    def middle(color):
        expected = (np.array(on_white(color)) * 255).round()
        inside = (np.abs(picture - expected).max(axis=-1) <= 3)[: picture.shape[0] * 3 // 4]
        return np.flatnonzero(inside.any(axis=0)).mean()

    assert middle(BLUE) < middle(ORANGE)


def test_chart_grows_with_its_regions_so_that_names_can_be_read():
    few, many = (
        pixels(draw_violins(*violins([f"a long name of region {n}" for n in range(count)])))
        for count in (3, 15)
    )

    assert many.shape[1] > 1.4 * few.shape[1]


def test_long_names_of_regions_are_broken_between_words_and_do_not_touch():
    chart, table = violins(["normal-appearing white matter"] * 2)
    chart = replace(chart, ticks={1.0: "normal-appearing white matter", 2.0: "normal-appearing gray matter"})

    assert in_lines("normal-appearing white matter") == "normal-appearing\nwhite matter"
    assert pixels(draw_violins(chart, table)).shape[0] == pixels(draw_violins(*violins(["a", "b"]))).shape[0]


def test_region_of_an_outline_is_the_tick_it_touches():
    chart, table = violins(["tumor", "mirror", "white matter"])

    assert [region_of(one, table, chart) for one in chart.outlines] == [
        "tumor", "tumor", "mirror", "mirror", "white matter", "white matter",
    ]  # fmt: skip
    assert region_of(chart.outlines[0], table, replace(chart, ticks={})) == ""


def test_legend_names_each_label_once():
    chart, _ = violins(["tumor", "mirror", "white matter"])

    assert [entry.label for entry in legend(chart.outlines)] == ["pre", "post"]


def test_outline_is_closed_and_without_undefined_cells():
    table = Table("t", "T", {"x": [1.0, 2.0, 1.5, math.nan], "y": [0.0, 1.0, 2.0, math.nan]})

    x, y = outline_points(Outline("a", "x", "y", BLUE), table)

    assert (x.tolist(), y.tolist()) == ([1.0, 2.0, 1.5, 1.0], [0.0, 1.0, 2.0, 0.0])


def oblique(array):
    """An image whose axes are turned by 20 degrees about S, with unequal voxels."""
    a = np.radians(20)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 1.5, 4.0))
    image.SetOrigin((-10.0, 5.0, 30.0))
    image.SetDirection((np.cos(a), -np.sin(a), 0, np.sin(a), np.cos(a), 0, 0, 0, 1))
    return image


@pytest.fixture
def anatomy():
    return Map(
        "T1map", oblique(np.full((7, 30, 24), 1500, np.float32)), "T1", "ms", "", "gray", (0, 3000), main=True
    )


def label_map(names, place=(slice(2, 4), slice(5, 15), slice(4, 10))):
    array = np.zeros((7, 30, 24), np.uint8)
    array[place] = 3
    array[3, 18:26, 12:20] = 5
    return LabelMap("tumor", Segments(oblique(array), names), "Where it is.")


def test_regions_lie_on_the_first_main_map_of_their_grid(anatomy):
    labels = label_map({3: "edema"})
    other = replace(anatomy, name="elsewhere", image=sitk.Image(24, 30, 7, sitk.sitkFloat32))
    minor = replace(anatomy, name="error", main=False)

    assert map_under(labels, (other, minor, anatomy)) is anatomy
    assert map_under(labels, (other, minor)) is minor
    assert map_under(labels, (other,)) is None


def test_regions_are_outlined_on_a_weighted_image_where_there_is_one(anatomy):
    T1w, ceT1w = (replace(anatomy, name=role, role=role, main=False) for role in ("T1w", "ceT1w"))

    assert map_under(label_map({3: "edema"}), (anatomy, T1w, ceT1w)) is ceT1w
    assert map_under(label_map({3: "edema"}), (anatomy, T1w)) is T1w


def test_maps_are_cut_where_the_annotation_is(anatomy, tmp_path):
    marked = np.zeros((7, 30, 24), np.float32)
    marked[5:] = 2500  # beyond the slices that are spread over the image
    one = replace(anatomy, image=oblique(marked + 1), colormap="lipari")
    labels = label_map({3: "annotation", 5: "shell 0-5 mm"})
    moved = np.zeros((7, 30, 24), np.uint8)
    moved[6, 4:20, 4:20], moved[0] = 3, 5
    regions = replace(labels, segments=Segments(oblique(moved), labels.segments.names))
    bright = map_colors("T1", "lipari", (0, 3000))[round(2501 / 3000 * 255)]

    spread, cut = figures.draw_map(one), figures.draw_map(one, regions.segments.image == 3)
    write_report(Result(maps=(one,), labels=(regions,)), Study(), tmp_path / "a.html", provenance=PROVENANCE)

    assert share_of(pixels(spread), bright) < 0.5 * share_of(pixels(cut), bright)
    assert base64.b64encode(cut).decode() in (tmp_path / "a.html").read_text("utf-8")


def test_a_label_map_without_a_voxel_is_listed_not_drawn(anatomy, tmp_path):
    empty = LabelMap("dR2_significant", Segments(oblique(np.zeros((7, 30, 24), np.uint8)), {1: "x"}), "")

    write_report(
        Result(maps=(anatomy,), labels=(empty,)), Study(), tmp_path / "a.html", provenance=PROVENANCE
    )

    page = Page((tmp_path / "a.html").read_text("utf-8"))
    assert page.images == ["T1map"]
    assert "Here it holds no voxel" in page.text


def test_slices_go_through_the_regions_and_match_the_anatomy():
    array = np.arange(7 * 30 * 24, dtype=np.float32).reshape(7, 30, 24)
    labels = np.zeros((7, 30, 24), np.uint8)
    labels[5, 3:9, 4:7] = 1
    labels[6, 3, 4] = 1

    for cut, regions in slices_of_regions(oblique(array), oblique(labels)):
        assert regions.pixels.any()
        assert cut.pixels.shape == regions.pixels.shape
        assert set(np.unique(cut.pixels[regions.pixels > 0])) <= set(array[labels > 0])
        assert cut.aspect == pytest.approx(1.5)


def test_outlines_have_their_colors_and_do_not_cover_the_anatomy(anatomy):
    labels = label_map({3: "edema", 5: "core", 9: "absent"})

    picture = pixels(draw_regions(labels, anatomy, looks(labels)))

    (edema, _), (core, _) = (looks(labels)[label] for label in (3, 5))
    gray = (0.5, 0.5, 0.5)
    assert share_of(picture, edema) > 0.0005
    assert share_of(picture, core) > 0.0003
    assert share_of(picture, gray) > 0.3


def test_fifteen_regions_all_look_different():
    labels = label_map({number: f"region {number}" for number in range(1, 16)})

    found = looks(labels)

    assert len(found) == len(set(found.values())) == 15
    assert all(any(color) for color, _ in found.values())


def test_given_colors_are_kept_and_told_apart_by_line_style_too():
    labels = label_map({3: "edema", 5: "core", 9: "dark"})
    colors = {3: (0.3, 0.75, 0.35), 5: (0.9, 0.6, 0.0), 9: (0.0, 0.0, 0.1)}
    labels = replace(labels, segments=replace(labels.segments, colors=colors))

    found = looks(labels)

    assert [color for color, _ in found.values()] == [colors[3], colors[5], (1.0, 1.0, 1.0)]
    assert len({style for _, style in found.values()}) == 3


def test_empty_label_map_is_drawn_without_an_error(anatomy):
    empty = LabelMap("tumor", Segments(oblique(np.zeros((7, 30, 24), np.uint8)), {}), "")

    assert pixels(draw_regions(empty, anatomy, looks(empty))).size


def turn(axis, degrees):
    """Rotation by the right-hand rule about an axis in RAS, written in LPS (the same angle: R and A both flip)."""
    angle = np.radians(degrees)
    c, s = np.cos(angle), np.sin(angle)
    matrix = {
        "R": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "A": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "S": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }[axis]
    flip = np.diag([-1.0, -1.0, 1.0])
    return flip @ np.array(matrix) @ flip


def transform_of(linear, shift_ras):
    """ITK's transform (fixed to moving, LPS) of a movement x -> linear x + shift of the moving image's content."""
    movement_lps = np.eye(4)
    movement_lps[:3, :3] = linear
    movement_lps[:3, 3] = np.array(shift_ras) * (-1, -1, 1)
    matrix = tuple(map(tuple, np.linalg.inv(movement_lps).tolist()))
    return Transform("a_to_b", matrix, "ceT1w", "T1w", "Rigid.")


@pytest.mark.parametrize(("axis", "index"), [("R", 0), ("A", 1), ("S", 2)])
@pytest.mark.parametrize("degrees", [-25.0, 8.0])
def test_turn_and_shift_are_those_of_the_moving_image_in_ras(axis, index, degrees):
    found = movement(transform_of(turn(axis, degrees), (4.0, -3.0, 2.0)))

    expected = [0.0, 0.0, 0.0]
    expected[index] = degrees
    assert found.turns == pytest.approx(expected, abs=1e-9)
    assert found.shift == pytest.approx((4.0, -3.0, 2.0))
    assert found.angle == pytest.approx(abs(degrees))
    assert found.stretch == 0.0


def test_turns_are_combined_in_the_order_that_is_said():
    found = movement(transform_of(turn("S", 30) @ turn("A", -20) @ turn("R", 10), (0, 0, 0)))

    assert found.turns == pytest.approx((10, -20, 30))


def test_stretch_of_an_affine_transform_is_told():
    stretched = turn("S", 15) @ np.diag([1.0, 1.0, 1.02])

    (row,) = transform_rows([transform_of(stretched, (0, 0, 0))])[1]

    assert movement(transform_of(stretched, (0, 0, 0))).stretch == pytest.approx(0.02)
    assert row[:6] == ("ceT1w", "T1w", "0.00, 0.00, 0.00", "0.00, 0.00, 15.00", "15.00", "2.00")


def test_page_holds_every_kind_in_sections_that_fold(tmp_path, anatomy):
    chart, table = violins(["tumor", "mirror"])
    points = Points(
        "biopsy", "Biopsy", ("B1",), ((-10.0, 20.0, 30.5),), {"R1": (0.82,)}, {"R1": "1/s"}, "Where."
    )
    result = Result(
        maps=(anatomy,),
        labels=(label_map({3: "edema", 5: "<core>"}), replace(label_map({}), name="elsewhere")),
        tables=(table, Table("stat", "R1 by region", {"region": ["tumor"], "R1": [0.5]})),
        violins=(chart,),
        transforms=(transform_of(turn("S", 15), (1.0, 2.0, 3.0)),),
        points=(points,),
    )

    write_report(result, Study(), tmp_path / "report.html", provenance=PROVENANCE)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    assert page.images == ["T1map", "tumor", "elsewhere", "R1 <before> and after"]
    for words in ("R (mm)", "10.00", "-20.00", "0.8200", "1.00, 2.00, 3.00", "15.00", "R1 by region"):
        assert words in page.text
    assert "tumor pre x" not in page.text  # the curves themselves are no table to read
    assert page.sections.count("folded") == 1


def test_undefined_cells_are_dashes_and_texts_are_escaped_and_set_left():
    found = html_table(("region", "R1", "remark"), [("<a>", math.nan, "odd"), ("b", 0.12345, "")])

    assert "&lt;a&gt;" in found
    assert "<td>-</td>" in found
    assert "<td>0.1234</td>" in found or "<td>0.1235</td>" in found
    assert '<td class="word">odd</td>' in found
