"""The report page: self-contained, complete, safe, and honest when it has no figures."""

from __future__ import annotations

import html.parser
import io
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.report import figures
from gliomamri.report.page import write_report
from gliomamri.report.slices import slices_for_display
from gliomamri.result import Chart, Map, Number, Result, Table
from gliomamri.series import Series
from gliomamri.study import Study

PROVENANCE = {
    "task": "relaxometry",
    "settings": {"longest_T1": 6000.0},
    "versions": {"gliomamri": "1.2.3"},
    "notes": [],
}


class Page(html.parser.HTMLParser):
    """What a page holds."""

    def __init__(self, text):
        super().__init__()
        self.images, self.links, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes["src"])
        self.links += [attributes[key] for key in ("href", "src") if key in attributes and tag != "img"]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words)


@pytest.fixture
def result():
    image = sitk.GetImageFromArray(np.linspace(0, 2000, 5 * 6 * 7, dtype=np.float32).reshape(5, 6, 7))
    table = Table("R1_histogram", "Histogram of R1", {"R1": [0.5, 1.0], "<tumor>": [0.2, 0.8]}, {"R1": "1/s"})
    return Result(
        maps=(Map("T1map", image, "T1", "ms", "Relaxation time T1.", "lipari", (0, 3000), "IRT1"),),
        tables=(table,),
        charts=(
            Chart(
                "R1_histogram",
                "Distribution of R1",
                "R1_histogram",
                "R1",
                ("<tumor>",),
                "R1 (1/s)",
                "density",
            ),
        ),
        numbers={"T1_median": Number(1234.5678, "ms", "Median T1")},
        warnings=("Something <b>odd</b>.",),
    )


def page_of(result, tmp_path):
    write_report(result, Study(), tmp_path / "report.html", provenance=PROVENANCE)
    return Page((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_page_holds_everything_and_refers_to_nothing_outside(result, tmp_path):
    page = page_of(result, tmp_path)

    assert len(page.images) == 2
    assert all(source.startswith("data:image/png;base64,") for source in page.images)
    assert page.links == []
    for words in (
        "Median T1",
        "1,235",
        "R1 (1/s)",
        "<tumor>",
        "Something <b>odd</b>.",
        "1.2.3",
        "not for diagnosis",
    ):
        assert words in page.text


def test_page_without_matplotlib_says_so(result, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "figures_available", lambda: False)

    page = page_of(result, tmp_path)

    assert page.images == []
    assert "no figures because matplotlib is not installed" in page.text
    assert "Median T1" in page.text


def test_main_maps_are_drawn_and_the_others_listed(result, tmp_path):
    (one,) = result.maps
    others = [replace(one, name=f"other{number}") for number in range(30)]

    page = page_of(replace(result, maps=(replace(one, main=True), *others)), tmp_path)

    assert len(page.images) == 1 + len(result.charts)
    assert "Further maps (30)" in page.text
    assert all(other.name in page.text for other in others)


def pixels(png):
    from matplotlib.image import imread

    return (imread(io.BytesIO(png))[..., :3] * 255).round().astype(int)


def test_map_shows_its_values_in_its_colors():
    from gliomamri.report.colormaps import map_colors

    values = np.full((1, 8, 8), 1500, np.float32)
    values[0, :4] = 0

    shown = pixels(
        figures.draw_map(Map("T1map", sitk.GetImageFromArray(values), "T1", "ms", "", "lipari", (0, 3000)))
    )

    expected = (map_colors("T1", "lipari", (0, 3000))[128] * 255).round().astype(int)
    share = (np.abs(shown - expected).max(axis=-1) <= 2).mean()
    assert 0.15 < share < 0.5
    assert (shown.max(axis=-1) == 0).mean() > 0.15


@pytest.mark.parametrize("flip", [(False, False, False), (True, False, True), (False, True, True)])
def test_axial_slices_are_radiological_whatever_the_file_s_axes(flip):
    array = np.zeros((4, 10, 12), np.float32)
    array[:, 1, 10] = 1  # anterior (LPS: small y), on the patient's left (LPS: large x)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 2.0, 5.0))
    image = sitk.Flip(image, flip)

    cut = slices_for_display(image, 1)[0]

    assert np.argwhere(cut.pixels)[0].tolist() == [1, 10]
    assert (cut.aspect, cut.left_edge) == (2.0, "R")


def acquired(through, spacing):
    """A volume whose slices follow each other along patient axis 0, 1 or 2; bright at left, anterior, superior."""
    axes = [axis for axis in range(3) if axis != through] + [through]
    direction = np.eye(3)[:, axes]
    shape_lps = (12, 24, 30)  # voxels along L, P, S
    array = np.zeros([shape_lps[axis] for axis in axes[::-1]], np.float32)
    place = (10, 2, 28)
    array[tuple(place[axis] for axis in axes[::-1])] = 1
    image = sitk.GetImageFromArray(array)
    image.SetDirection(direction.ravel().tolist())
    image.SetSpacing([spacing[axis] for axis in axes])
    return image


@pytest.mark.parametrize(
    ("through", "where", "edge"), [(2, [2, 10], "R"), (1, [30 - 1 - 28, 10], "R"), (0, [30 - 1 - 28, 2], "A")]
)
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.5, 1.0, 1.0), (1.0, 1.0, 5.0)])
def test_plane_is_that_of_the_acquisition_and_its_left_edge_is_named(through, where, edge, spacing):
    cut = slices_for_display(acquired(through, spacing), 1)[0]

    assert np.argwhere(cut.pixels)[0].tolist() == where
    assert cut.left_edge == edge


def test_images_and_their_times_are_listed(result, tmp_path):
    image = sitk.Image(2, 3, 4, sitk.sitkFloat32)
    series = Series(
        (image,) * 3, {"inversion_time": (50.0, 100.0, 2000.0), "repetition_time": (8000.0,) * 3}, True
    )

    write_report(result, Study(series={"IRT1": series}), tmp_path / "report.html", provenance=PROVENANCE)

    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "inversion time 50, 100, 2000 ms; repetition time 8000 ms; signed" in text


def test_chart_over_names_is_drawn():
    table = Table("t", "T", {"region": ["a", "b"], "R1": [1.0, 2.0]})

    assert pixels(
        figures.draw_chart(Chart("c", "C", "t", "region", ("R1",), "region", "R1 (1/s)"), table)
    ).size


def test_empty_map_is_drawn_without_an_error():
    image = sitk.Image(4, 5, 3, sitk.sitkFloat32)

    assert pixels(figures.draw_map(Map("T1map", image, "T1", "ms", "", "lipari", (0, 3000)))).size
