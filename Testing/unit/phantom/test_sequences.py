"""Sequences: contrast between tissues, agreement with a Bloch simulation, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.sequences import DiffusionSeries, MagicSeries, Sequence
from gliomamri.phantom.tissue_values import tissue_values
from gliomamri.phantom.tissues import Tissue
from unit.bloch import Spins, steady_state

SPGR = Sequence("T1w", "SPGR", 8.2, 3.2, flip_angle=12.0)
MPRAGE = Sequence("T1w", "MPRAGE", 2100.0, 3.0, 900.0, flip_angle=9.0, train=176, spacing=7.5)
SE = Sequence("T1w", "SE", 550.0, 11.0)
T1_FLAIR = Sequence("T1w", "IR-SE", 2000.0, 12.0, 850.0, train=7, spacing=8.0)
TSE = Sequence("T2w", "TSE", 5000.0, 98.0, train=16, spacing=10.0, magnetization_transfer=0.4)
FLAIR = Sequence("FLAIR", "IR-SE", 9000.0, 120.0, 2350.0, train=20, spacing=9.5, magnetization_transfer=0.4)
EVERY = (SPGR, MPRAGE, SE, T1_FLAIR, TSE, FLAIR)

EDEMA = (0.82, 1000 / 1350, 1000 / 130, 4.0)  # PD, R1, R2, R2'
RIM = (0.85, 1000 / 1500, 1000 / 110, 5.0)


def brain(sequence, field=3.0):
    """Signals of white matter, gray matter, CSF and edema."""
    values = tissue_values(field)
    tissues = [Tissue.WHITE_MATTER, Tissue.CORTEX, Tissue.VENTRICLE]
    healthy = sequence.signal(*(getattr(values, n)[tissues] for n in ("PD", "R1", "R2", "R2_prime")))
    return *healthy, sequence.signal(*EDEMA)


@pytest.mark.parametrize("field", [1.5, 3.0])
@pytest.mark.parametrize("sequence", [SPGR, MPRAGE, SE, T1_FLAIR])
def test_white_matter_is_brightest_and_fluid_darkest_on_T1w(sequence, field):
    white, gray, fluid, edema = brain(sequence, field)

    assert white > 1.1 * gray
    assert gray > 1.2 * fluid
    assert white > edema > fluid


@pytest.mark.parametrize("field", [1.5, 3.0])
def test_fluid_is_brightest_on_T2w(field):
    white, gray, fluid, edema = brain(TSE, field)

    assert fluid > 1.2 * edema
    assert edema > 1.2 * gray
    assert gray > 1.2 * white
    assert white > 0.05


@pytest.mark.parametrize("field", [1.5, 3.0])
def test_edema_is_brightest_and_fluid_nulled_on_flair(field):
    white, gray, fluid, edema = brain(FLAIR, field)

    assert edema > 1.2 * gray
    assert gray > 1.02 * white
    assert white > 3 * fluid
    assert white > 0.05


@pytest.mark.parametrize("sequence", [SPGR, MPRAGE, SE, T1_FLAIR])
def test_agent_brightens_the_rim_above_white_matter(sequence):
    PD, R1, R2, R2_prime = RIM
    before, after = (sequence.signal(PD, R1 + 3.5 * C, R2 + 4.9 * C, R2_prime) for C in (0, 0.25))

    white = brain(sequence)[0]

    assert before < white < after


@pytest.mark.parametrize("sequence", EVERY)
def test_arrays_and_numbers_agree_and_inputs_stay(sequence):
    rng = np.random.default_rng(7)
    arrays = [
        rng.uniform(*limits, (3, 4)).astype(np.float32) for limits in ((0.3, 1), (0.3, 2), (2, 20), (1, 9))
    ]
    B1 = rng.uniform(0.9, 1.1, (3, 4)).astype(np.float32)
    copies = [array.copy() for array in arrays]

    image = sequence.signal(*arrays, B1)

    assert image.dtype == np.float32
    assert (image >= 0).all()
    alone = sequence.signal(*(float(array[2, 1]) for array in arrays), float(B1[2, 1]))
    assert image[2, 1] == pytest.approx(alone, rel=1e-3, abs=1e-5)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("sequence", EVERY)
def test_signal_is_linear_in_proton_density(sequence):
    assert sequence.signal(0.2, 0.9, 9.0, 5.0) == pytest.approx(sequence.signal(0.8, 0.9, 9.0, 5.0) / 4)


def test_only_gradient_echoes_lose_signal_to_R2_prime():
    for sequence in EVERY:
        loss = sequence.signal(1.0, 0.9, 9.0, 20.0) / sequence.signal(1.0, 0.9, 9.0, 0.0)
        expected = np.exp(-sequence.echo_time * 0.02) if sequence in (SPGR, MPRAGE) else 1
        assert loss == pytest.approx(expected, rel=1e-9)


def test_signed_image_keeps_what_magnitude_hides():
    early = replace(T1_FLAIR, inversion_time=400.0)

    assert replace(early, signed=True).signal(1.0, 0.3, 5.0) == pytest.approx(-early.signal(1.0, 0.3, 5.0))
    assert early.signal(1.0, 0.3, 5.0) > 0.1


@pytest.mark.parametrize(("R1", "R2"), [(1.2, 13.0), (0.7, 8.0), (0.24, 0.8)])
def test_T2_preparation_agrees_with_bloch(R1, R2):
    sequence = replace(FLAIR, train=1, echo_time=60.0, spacing=0.0, preparation_time=120.0, signed=True)
    sequence = replace(sequence, magnetization_transfer=0.0)

    def cycle(spins):
        spins.spoil()
        spins.pulse(90)
        spins.wait(60.0)
        spins.refocus()
        spins.wait(60.0)
        spins.pulse(90)  # what is left of the magnetization now points down
        spins.spoil()
        spins.wait(sequence.inversion_time)
        spins.pulse(90)
        spins.wait(30.0)
        spins.refocus()
        spins.wait(30.0)
        echo = spins.signal
        spins.spoil()
        spins.wait(sequence.repetition_time - 120.0 - sequence.inversion_time - 60.0)
        return [echo]

    expected = steady_state(Spins(R1, R2), cycle)[0].imag

    assert sequence.signal(1.0, R1, R2) == pytest.approx(expected, rel=1e-8)


def test_magnetization_transfer_takes_a_fifth_of_white_matter_and_nothing_of_fluid():
    strong, none = replace(TSE, magnetization_transfer=0.65), replace(TSE, magnetization_transfer=0.0)

    white, gray, fluid = np.divide(brain(strong)[:3], brain(none)[:3])

    assert white == pytest.approx(0.80, abs=0.015)
    assert gray == pytest.approx(0.90, abs=0.015)
    assert fluid == 1


WRONG = [
    (replace(FLAIR, inversion_time=-50.0), "inversion time is -50 ms"),
    (replace(FLAIR, inversion_time=0.0), "needs an inversion time"),
    (replace(TSE, inversion_time=100.0), "no inversion"),
    (replace(SE, echo_time=600.0), "TE 600 ms must be shorter than TR 550 ms"),
    (replace(SE, echo_time=0.0), "echo time is 0 ms"),
    (replace(SE, repetition_time=float("nan")), "repetition time is nan ms"),
    (replace(T1_FLAIR, inversion_time=1995.0), "TI 1995 ms and TE 12 ms do not fit"),
    (replace(T1_FLAIR, train=200), "echo train of 1600 ms"),
    (replace(TSE, train=5), "beyond the echo train of 50 ms"),
    (replace(TSE, spacing=0.0), "train of 16"),
    (replace(MPRAGE, inversion_time=300.0), "train of 1320 ms around TI 300 ms"),
    (replace(MPRAGE, echo_time=9.0), "7.5 ms between pulses"),
    (replace(SPGR, flip_angle=0.0), "flip angle is 0 degrees"),
    (replace(SE, refocusing_angle=270.0), "refocusing angle is 270"),
    (replace(FLAIR, kappa=-1.2), "-1.2"),
    (replace(FLAIR, preparation_time=-1.0), "T2 preparation is -1 ms"),
    (replace(TSE, magnetization_transfer=2.0), "magnetization transfer is 2"),
    (replace(SE, kind="EPI"), "'EPI'"),
    (replace(SE, orientation="oblique"), "'oblique'"),
    (replace(SE, slice_thickness=0.0), "slice thickness is 0 mm"),
    (replace(SE, slice_gap=-1.0), "gap between slices is -1 mm"),
    (replace(SE, in_plane=float("nan")), "voxel edge in the plane is nan mm"),
    (MagicSeries(inversion_times=()), "at least one inversion time"),
    (MagicSeries(inversion_times=(-100.0, 500.0)), "TI -100 ms"),
    (MagicSeries(repetition_time=3900.0), "TI 3840 ms and TE 95 ms do not fit"),
    (MagicSeries(saturation_angle=0.0), "saturation angle is 0"),
    (DiffusionSeries(b_values=(0.0,)), "at least two b-values"),
    (DiffusionSeries(b_values=(0.0, -5.0)), "b-value is -5"),
    (DiffusionSeries(echo_times=(0.0,)), "echo time is 0 ms"),
]


@pytest.mark.parametrize(("scan", "words"), WRONG)
def test_impossible_parameters_get_a_sentence(scan, words):
    problems = scan.problems()

    assert words in " ".join(problems)
    assert all(sentence.startswith(scan.role + ": ") and sentence.endswith(".") for sentence in problems)
    with pytest.raises(UserError, match=scan.role):
        scan.check()


@pytest.mark.parametrize("scan", [*EVERY, MagicSeries(), DiffusionSeries()])
def test_good_parameters_have_no_problems(scan):
    assert scan.problems() == []
    scan.check()


def test_magic_series_gives_eight_images_in_the_order_of_its_parameters():
    series = MagicSeries()
    images = series.images(np.full((2, 3), 0.7, np.float32), np.float32(1.2), np.float32(13.0))

    assert images.shape == (8, 2, 3)
    assert series.parameters[1] == (670.0, 22.0)
    assert series.parameters[5] == (670.0, 95.0)
    np.testing.assert_allclose(images[5] / images[1], np.exp(-0.073 * 13), rtol=1e-5)


def test_diffusion_series_gives_an_image_per_b_value_and_echo_time():
    series = DiffusionSeries(b_values=(0.0, 50.0, 900.0), echo_times=(75.0, 105.0))
    R2 = np.array([12.0, 8.0], np.float32)

    images = series.images(0.8, R2, 0.0, 50.0, np.float32(0.9), 0.0, 150.0)

    assert images.shape == (6, 2)
    for image, (b, TE) in zip(images, series.parameters, strict=True):
        np.testing.assert_allclose(image, 0.8 * np.exp(-TE * R2 / 1000 - b / 1000 * 0.9), rtol=1e-5)


def test_thick_slices_are_no_3d_series():
    assert SPGR.is_3d
    assert not replace(SPGR, slice_thickness=5.0).is_3d
