"""An examination follows what was typed, draws the rest, and knows its own white matter."""

from dataclasses import replace

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.artifacts.severity import CLINICAL, HARD, OFF, SHIFTED
from gliomamri.phantom.examination import adc_image, artifact_priors, draw_examination
from gliomamri.phantom.sequences import DiffusionSeries, Sequence
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.streams import Streams
from gliomamri.phantom.tissue_values import tissue_values


def drawn(seed=1, **changes):
    return draw_examination(Settings(missing_series="off", **changes), Streams(seed))


def test_typed_parameters_are_taken():
    found = drawn(T1w_sequence="SPGR", T1w_TR=8.2, T1w_FA=15.0, T2w_TE=97.0)

    assert found.scans["T1w"].kind == "SPGR"
    assert found.scans["T1w"].repetition_time == 8.2
    assert found.scans["T1w"].flip_angle == 15.0
    assert found.scans["T2w"].echo_time == 97.0


def test_times_that_do_not_fit_are_told():
    with pytest.raises(UserError, match="T2w"):
        drawn(T2w_TE=97.0, T2w_TR=50.0)


def test_typed_repetition_time_of_flair_still_nulls_fluid():
    CSF = (1.0, 1000 / 4100, 1 / 1.2)
    for seed in range(4):
        scan = drawn(seed, FLAIR_TR=6500.0).scans["FLAIR"]

        assert scan.repetition_time == 6500.0
        assert scan.signal(*CSF) < 0.25 * scan.signal(0.7, 1.2, 13.0)


def test_roles_are_those_asked_for():
    found = drawn(conventional=False, magic=True, diffusion_relaxation=True)

    assert tuple(found.scans) == ("MAGIC", "ceMAGIC", "dwi")
    assert found.needs_diffusion
    assert not drawn().needs_diffusion


def test_white_matter_is_what_the_sequence_gives():
    found, values = drawn(), tissue_values()
    sequence = found.scans["T2w"]

    signal = found.white_matter_signal(values)["T2w"]

    expected = sequence.signal(values.PD[1], values.R1[1], values.R2[1], values.R2_prime[1])
    assert signal == pytest.approx(float(expected), rel=1e-6)


def test_low_dose_comes_first_and_is_less():
    found = drawn(low_dose_image=True, dose=0.1, low_dose=0.025)

    low, full = found.uptakes["lowdose_ceT1w"], found.uptakes["ceT1w"]
    assert 0.1 < low.leaky / full.leaky < 0.3
    assert "T1w" not in found.uptakes


@pytest.mark.parametrize(("strength", "source"), [("off", OFF), ("clinical", CLINICAL), ("hard", HARD)])
def test_strengths(strength, source):
    assert artifact_priors(Settings(artifacts=strength)).noise == source.noise


def test_one_artifact_can_be_switched_alone():
    priors = artifact_priors(Settings(artifacts="clinical", noise="off", motion_within="hard"))

    assert (priors.noise, priors.ghosts, priors.gibbs) == (OFF.noise, HARD.ghosts, CLINICAL.gibbs)


def test_shifted_preset_has_its_own_flaws_and_sequences():
    settings = Settings(preset="shifted")

    assert artifact_priors(settings).noise == SHIFTED.noise
    assert draw_examination(settings, Streams(1)).protocol == "shifted"


def test_series_are_sampled_on_the_voxels_of_their_sequence():
    for seed in range(6):
        found = drawn(seed)
        for role, scan in found.scans.items():
            acquisition = found.artifacts[role].acquisition
            axis = {"axial": 0, "coronal": 1, "sagittal": 2}[scan.orientation]
            assert acquisition.slice_axis == axis
            assert acquisition.spacing[axis] == pytest.approx(scan.slice_thickness + scan.slice_gap)
            assert acquisition.thickness == scan.slice_thickness
            assert acquisition.in_plane == scan.in_plane


def test_hard_slices_are_coarser_than_the_sequence():
    found = drawn(3, slice_thickness="hard")

    for role, scan in found.scans.items():
        acquisition = found.artifacts[role].acquisition
        assert 1.15 <= acquisition.thickness / scan.slice_thickness <= 1.6
        assert acquisition.in_plane / scan.in_plane == pytest.approx(
            acquisition.thickness / scan.slice_thickness
        )


def test_switching_an_artifact_off_leaves_the_sequences_as_drawn():
    scans = [drawn(4, noise=noise).scans for noise in ("off", "hard")]

    assert scans[0] == scans[1]


def test_adc_of_known_decay():
    series = DiffusionSeries(b_values=(0.0, 1000.0), echo_times=(80.0,))
    images = np.stack([np.full((2, 3), 100.0, np.float32), np.full((2, 3), 100 * np.exp(-0.8), np.float32)])

    np.testing.assert_allclose(adc_image(images, series), 0.8, rtol=1e-5)


def test_every_role_has_flaws_of_its_own():
    found = drawn(2)

    levels = {role: found.artifacts[role].noise.level for role in found.scans}
    assert len(set(levels.values())) == len(levels)
    assert all(isinstance(replace(scan), Sequence) for scan in found.scans.values())
