"""The simulated slices follow the signal equations and repeat themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.io.studies import read_study
from gliomamri.phantom.raw_slices import (
    ECHO_TIMES,
    INVERSION_TIMES,
    IR_REPETITION_TIME,
    SEGMENTS,
    simulate_raw_slices,
    write_raw_slices,
)


def test_same_seed_same_images_and_another_seed_others():
    first, again, other = (simulate_raw_slices(seed) for seed in (1, 1, 2))

    for a, b in zip(first.inversion_recovery, again.inversion_recovery, strict=True):
        assert np.array_equal(*map(sitk.GetArrayFromImage, (a, b)))
    assert not np.array_equal(*map(sitk.GetArrayFromImage, (first.spin_echo[0], other.spin_echo[0])))


def test_white_matter_signal_follows_the_equations():
    slices = simulate_raw_slices(snr=1e9)
    white = sitk.GetArrayFromImage(slices.segmentation) == 1
    T1, T2 = 830.0, 72.0

    ir = np.array([np.mean(sitk.GetArrayFromImage(i)[white]) for i in slices.inversion_recovery])
    se = np.array([np.mean(sitk.GetArrayFromImage(i)[white]) for i in slices.spin_echo])

    expected = 1 - 1.95 * np.exp(-np.array(INVERSION_TIMES) / T1) + 0.95 * np.exp(-IR_REPETITION_TIME / T1)
    assert ir / ir[-1] == pytest.approx(expected / expected[-1], abs=0.02)
    assert se[1:] / se[0] == pytest.approx(np.exp(-(np.array(ECHO_TIMES[1:]) - ECHO_TIMES[0]) / T2), rel=0.03)


def test_snr_is_the_one_asked_for():
    quiet, noisy = simulate_raw_slices(seed=4, snr=1e9), simulate_raw_slices(seed=4, snr=50)
    white = sitk.GetArrayFromImage(quiet.segmentation) == 1

    clean, dirty = (sitk.GetArrayFromImage(s.inversion_recovery[-1])[white] for s in (quiet, noisy))

    assert 1000 * 0.69 / np.std(dirty - clean) == pytest.approx(50, rel=0.05)


def test_written_patient_is_read_back_as_a_study(tmp_path):
    subject = write_raw_slices(simulate_raw_slices(), tmp_path)

    study = read_study(subject, roles=("IRT1", "MESE", "segmentation"))

    assert study.series["IRT1"].parameters["inversion_time"] == pytest.approx(INVERSION_TIMES)
    assert study.series["IRT1"].signed is True
    assert study.series["MESE"].parameters["echo_time"] == pytest.approx(ECHO_TIMES)
    assert tuple(study.segments[0].names.values()) == SEGMENTS
    sidecar = json.loads((subject / "anat" / "sub-demo_inv-1_IRT1.json").read_text())
    assert sidecar["InversionTime"] == 0.05
