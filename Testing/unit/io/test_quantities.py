import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.quantities import to_bids_unit, to_our_unit


@pytest.mark.parametrize("role", ["T1map", "T2map", "ceT1map"])
def test_seconds_on_disk_are_milliseconds_with_us_both_ways(make_image, role):
    seconds = make_image(np.random.default_rng(0).uniform(0.02, 4, (4, 5, 6)))

    ours, notes = to_our_unit(seconds, role, "s")
    disk, unit = to_bids_unit(ours, role)

    np.testing.assert_allclose(
        sitk.GetArrayFromImage(ours), 1000 * sitk.GetArrayFromImage(seconds), rtol=1e-6
    )
    np.testing.assert_allclose(sitk.GetArrayFromImage(disk), sitk.GetArrayFromImage(seconds), rtol=1e-6)
    assert unit == "s"
    assert "converted from s to ms" in notes[0]
    assert ours.GetDirection() == seconds.GetDirection()


def test_own_unit_is_left_exactly_alone(make_image):
    image = make_image()
    assert to_our_unit(image, "T1map", "ms") == (image, ())
    assert to_our_unit(image, "T1w", "anything") == (image, ())
    assert to_bids_unit(image, "PDmap") == (image, "%")


@pytest.mark.parametrize(
    ("largest", "factor", "word"), [(4.0, 1000.0, "from s"), (4000.0, 1.0, "ms was assumed")]
)
def test_silent_file_is_seconds_unless_its_values_say_otherwise(make_image, largest, factor, word):
    values = np.random.default_rng(0).uniform(0, largest, (4, 5, 6)).astype(np.float32)

    ours, notes = to_our_unit(make_image(values), "T1map")

    np.testing.assert_allclose(sitk.GetArrayFromImage(ours), factor * values, rtol=1e-6)
    assert word in notes[0]


@pytest.mark.parametrize("unit", ["mm2/s", "mm^2/s", "mm\N{SUPERSCRIPT TWO}/s"])
def test_spellings_of_a_unit(make_image, unit):
    ours, _ = to_our_unit(make_image(np.full((4, 5, 6), 0.7e-3)), "ADC", unit)

    np.testing.assert_allclose(sitk.GetArrayFromImage(ours), 0.7, rtol=1e-6)


def test_unknown_unit_is_refused(make_image):
    with pytest.raises(UserError, match="T1 map is in the unknown unit 'furlong'; known are ms, s, us"):
        to_our_unit(make_image(), "T1map", "furlong")
