"""Standard errors of MAGIC: over simulated voxels they cover the truth in 68 %, where no bound is hit."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.relaxometry.magic_fit import fit_magic
from unit.relaxometry.magic_heads import DELAYS, ECHOES, REPETITION_TIME, SPACING, head


def coverage(found, brain):
    """Share of the voxels whose truth lies within one standard error, per quantity."""
    use = found.T1_valid & found.T2_valid & ~found.hit_bound
    pairs = {
        "T1": (found.T1 - brain.T1, found.T1_standard_error),
        "T2": (found.T2 - brain.T2, found.T2_standard_error),
        "M0": (found.M0 - brain.M0, found.M0_standard_error),
        "R1": (1 / found.T1 - 1 / brain.T1, found.T1_standard_error / found.T1**2),
    }
    return {name: np.mean(np.abs(error[use]) < sd[use]) for name, (error, sd) in pairs.items()}


@pytest.mark.parametrize("B1", ["smooth", "per_voxel", "given"])
def test_standard_errors_cover(B1):
    brain = head(seed=1)
    options = {"B1": brain.B1} if B1 == "given" else {"B1": B1, "mask": brain.mask, "spacing": SPACING}

    found = fit_magic(brain.noisy(11), DELAYS, ECHOES, REPETITION_TIME, **options)

    assert found.noise_sd == pytest.approx(brain.sigma, rel=0.02)
    for name, share in coverage(found, brain).items():
        assert share == pytest.approx(0.683, abs=0.02), name


def test_the_error_of_the_smooth_field_itself_covers_and_enters_that_of_T1():
    """At few voxels the field is uncertain: leaving its error out would cover less."""
    shares, without = [], []
    for seed in range(12):
        brain = head(shape=(5, 9, 8), seed=seed)
        found = fit_magic(
            brain.noisy(seed, snr=60), DELAYS, ECHOES, REPETITION_TIME, mask=brain.mask, spacing=SPACING
        )
        given = fit_magic(brain.noisy(seed, snr=60), DELAYS, ECHOES, REPETITION_TIME, B1=found.B1)
        error = np.abs(found.T1 - brain.T1)
        shares.append([
            np.mean(np.abs(found.B1 - brain.B1) < found.B1_standard_error),
            np.mean(error < found.T1_standard_error),
        ])  # fmt: skip
        without.append(np.mean(error < given.T1_standard_error))

    assert np.mean(shares, axis=0)[1] == pytest.approx(0.683, abs=0.05)
    assert 0.5 < np.mean(shares, axis=0)[0] < 0.95  # a smooth field has few independent values per head
    assert np.mean(without) < np.mean(shares, axis=0)[1]
