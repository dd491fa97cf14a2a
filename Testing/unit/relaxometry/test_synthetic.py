"""Synthetic images: each equation against pulses played by a Bloch simulation, and the handling of maps and times."""

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.relaxometry.double_inversion import double_inversion_spin_echo
from gliomamri.relaxometry.gradient_echo import spoiled_gradient_echo
from gliomamri.relaxometry.spin_echo import Readout, inversion_prepared_spin_echo, spin_echo
from gliomamri.relaxometry.synthetic import SyntheticMaps, synthesize
from gliomamri.relaxometry.tissue_references import PRESETS, TISSUES
from gliomamri.relaxometry.weighted_images import WEIGHTED_IMAGES, display_window, weighted_image
from unit.bloch import Spins, steady_state

VOXELS = [
    (69.0, 850.0, 74.0),
    (80.0, 1400.0, 87.0),
    (100.0, 4100.0, 1200.0),
    (86.0, 700.0, 120.0),
]  # PD, T1, T2


def play(spins, TR, TE, inversions=()):
    """One repetition of [inversion, wait]..., excitation, spin echo, rest."""
    for wait in inversions:
        spins.pulse(180)
        spins.spoil()
        spins.wait(wait)
    spins.pulse(90)
    spins.wait(TE / 2)
    spins.refocus()
    spins.wait(TE / 2)
    echo = spins.signal
    spins.spoil()
    spins.wait(TR - TE - sum(inversions))
    return [echo]


def bloch(kind, T1, T2, times):
    spins = Spins(1000 / T1, 1000 / T2)
    if kind == "T1w_SPGR":

        def cycle(spins):
            spins.spoil()
            spins.pulse(times["flip_angle"])
            spins.wait(times["echo_time"])
            echo = spins.signal
            spins.wait(times["repetition_time"] - times["echo_time"])
            return [echo]

        return steady_state(spins, cycle)[0].imag
    names = ("inversion_time", "first_inversion_time", "second_inversion_time")
    inversions = [times[name] for name in names if name in times]
    TR, TE = times["repetition_time"], times["echo_time"]
    return steady_state(spins, lambda spins: play(spins, TR, TE, inversions))[0].imag


@pytest.mark.parametrize("kind", WEIGHTED_IMAGES)
@pytest.mark.parametrize("scale", [1.0, 0.77])
def test_every_kind_is_what_the_pulses_give(kind, scale):
    times = {
        name: value if name in ("repetition_time", "flip_angle") else scale * value
        for name, value in weighted_image(kind).defaults.items()
    }
    PD, T1, T2 = np.transpose(VOXELS)
    expected = [p * bloch(kind, t1, t2, times) for p, t1, t2 in VOXELS]
    if not weighted_image(kind).signed:
        expected = np.abs(expected)

    found = synthesize(kind, PD, T1, T2, **times)

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-4)  # percent of water


def test_kinds_are_the_equations_of_the_house():
    PD, T1, T2 = np.transpose(VOXELS)
    R1, R2 = 1000 / T1, 1000 / T2

    pairs = {
        "T2w": spin_echo(PD, R1, R2, 4500, Readout(100)),
        "T1w": spin_echo(PD, R1, R2, 500, Readout(10)),
        "PSIR": inversion_prepared_spin_echo(PD, R1, R2, 6000, 800, Readout(10)),
        "FLAIR": abs(inversion_prepared_spin_echo(PD, R1, R2, 9000, 2400, Readout(100))),
        "DIR": abs(double_inversion_spin_echo(PD, R1, R2, 9000, 2900, 560, 25)),
        "T1w_SPGR": spoiled_gradient_echo(PD, R1, R2, 8, 3, 18),
    }

    for kind, expected in pairs.items():
        np.testing.assert_allclose(synthesize(kind, PD, T1, T2), expected, rtol=1e-4, atol=2e-4)


def test_double_inversion_has_its_short_form_as_limit():
    R1, TR, first, second = np.array([0.25, 0.7, 1.2]), 9.0, 2.9, 0.56

    found = double_inversion_spin_echo(1.0, R1, 10.0, 9000, 2900, 560, 1e-6)

    short = 1 - 2 * np.exp(-second * R1) + 2 * np.exp(-(first + second) * R1) - np.exp(-TR * R1)
    np.testing.assert_allclose(found, short, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("T1w", ("CSF", "GM", "WM")),
        ("T1w_SPGR", ("CSF", "GM", "WM")),
        ("T1_FLAIR", ("CSF", "GM", "WM")),
        ("PSIR", ("CSF", "GM", "WM")),
        ("T2w", ("WM", "GM", "CSF")),
        ("PDw", ("WM", "GM", "CSF")),
        ("STIR", ("WM", "GM", "CSF")),
        ("FLAIR", ("CSF", "WM", "GM")),
    ],
)
@pytest.mark.parametrize("preset", ["3 T", "SyMRI-like"])
def test_contrast_of_the_default_times(kind, order, preset):
    centers = [PRESETS[preset][tissue] for tissue in order]

    signals = synthesize(kind, *([getattr(c, name) for c in centers] for name in ("PD", "T1", "T2")))

    assert list(signals) == sorted(signals)


def test_default_times_null_what_they_are_for():
    centers = {tissue: PRESETS["3 T"][tissue] for tissue in TISSUES}
    PD, T1, T2 = ([getattr(c, name) for c in centers.values()] for name in ("PD", "T1", "T2"))

    FLAIR, DIR, PSIR = (
        dict(zip(TISSUES, synthesize(kind, PD, T1, T2), strict=True)) for kind in ("FLAIR", "DIR", "PSIR")
    )

    assert FLAIR["CSF"] < 0.02 * FLAIR["GM"]
    assert max(DIR["WM"], DIR["CSF"]) < 0.05 * DIR["GM"]
    assert PSIR["WM"] > 0 > PSIR["GM"] > PSIR["CSF"]


def test_voxels_without_a_measurement_are_zero():
    T1 = np.array([[900.0, 0, -5], [np.nan, 900, np.inf]])
    T2 = np.array([[80.0, 80, 80], [80, 0, 80]])

    found = synthesize("T2w", None, T1, T2)

    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found > 0, [[True, False, False], [False, False, False]])


def test_without_PD_full_water_is_taken():
    T1, T2 = np.array([850.0, 1400.0]), np.array([74.0, 87.0])

    np.testing.assert_array_equal(
        synthesize("T1w", None, T1, T2), synthesize("T1w", np.full(2, 100.0), T1, T2)
    )


def test_large_volumes_are_computed_piecewise_into_the_given_memory():
    generator = np.random.default_rng(9)
    shape = (7, 131, 173)  # several pieces, the last one short
    T1, T2 = generator.uniform(500, 3000, shape), generator.uniform(40, 300, shape)
    PD = generator.uniform(60, 100, shape).astype(np.float32)[:, ::-1]  # not contiguous
    out = np.full(shape, -7, np.float32)

    maps = SyntheticMaps(T1, T2, PD)
    found = maps.synthesize("FLAIR", out, inversion_time=1900)

    assert found is out
    expected = abs(inversion_prepared_spin_echo(PD, 1000 / T1, 1000 / T2, 9000, 1900, Readout(100)))
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=5e-4)
    before = out.copy()
    maps.synthesize("T1w", out)
    maps.synthesize("FLAIR", out, inversion_time=1900)
    np.testing.assert_array_equal(out, before)  # the maps are not used up


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 3)), np.zeros((3, 2), np.float32), np.zeros((3, 2)[::-1], np.float32).T]
)
def test_wrong_memory_is_refused(bad):
    maps = SyntheticMaps(np.full((2, 3), 900.0), np.full((2, 3), 80.0))

    with pytest.raises(ValueError, match="C-contiguous float32"):
        maps.synthesize("T1w", bad)


def test_refusals_are_one_sentence():
    T1, T2 = np.full(4, 900.0), np.full(4, 80.0)

    with pytest.raises(UserError, match="no synthetic image called 'SWI'"):
        synthesize("SWI", None, T1, T2)
    with pytest.raises(UserError, match="no parameter 'inversion_time'"):
        synthesize("T2w", None, T1, T2, inversion_time=300)
    with pytest.raises(UserError, match="TE of T2-weighted is 900 ms; it must be from 1 to 400"):
        synthesize("T2w", None, T1, T2, echo_time=900)
    with pytest.raises(UserError, match="must be from"):
        synthesize("T2w", None, T1, T2, echo_time=float("nan"))
    with pytest.raises(UserError, match=r"TE \+ TI of FLAIR \(2600 ms\) must be shorter than TR \(2000 ms\)"):
        synthesize("FLAIR", None, T1, T2, repetition_time=2000, inversion_time=2500)
    with pytest.raises(UserError, match="differ in size"):
        synthesize("T2w", None, T1, T2[:3])
    with pytest.raises(UserError, match="no voxel"):
        synthesize("T2w", None, T1 * 0, T2)


@pytest.mark.parametrize("kind", WEIGHTED_IMAGES)
def test_window_shows_brain_with_room_for_lesions_and_follows_only_the_times(kind):
    image, centers = weighted_image(kind), PRESETS["3 T"]
    low, high = display_window(kind)
    WM, GM, CSF = synthesize(
        kind, *([getattr(centers[t], name) for t in TISSUES] for name in ("PD", "T1", "T2"))
    )

    assert low <= min(WM, GM) < max(WM, GM) < high
    assert 0.4 < (max(WM, GM) - low) / (high - low) < 0.95
    assert (low < CSF < 0) == image.signed
    assert image.signed or low == 0
    assert display_window(kind, echo_time=image.defaults["echo_time"] / 2)[1] > high


def test_window_is_never_empty():
    low, high = display_window("FLAIR", echo_time=400, inversion_time=1000)

    assert high - low > 0.1


def test_parameters_contain_their_defaults_and_are_named_once():
    for image in WEIGHTED_IMAGES.values():
        assert all(p.minimum < p.default < p.maximum for p in image.parameters)
        assert len({p.label for p in image.parameters}) == len(image.parameters)
        assert all(p.label in image.equation for p in image.parameters)
