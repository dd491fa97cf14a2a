"""Noise through resampling: standard errors and correlation of neighbors, against many drawn noise images."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from gliomamri.imaging.prepare import prepare_study
from gliomamri.imaging.resampling import interpolation_of, resample
from gliomamri.imaging.rigid import rigid_matrix
from gliomamri.imaging.settings import Settings
from gliomamri.quantitative.noise_gain import noise_on_grid, resampled_noise, with_propagated_errors
from gliomamri.study import Study

_DRAWN = 60


def grid(size, spacing, angles=(0.0, 0.0, 0.0), origin=(0.0, 0.0, 0.0)):
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(Rotation.from_euler("xyz", angles, degrees=True).as_matrix().ravel().tolist())
    return image


def moved(angles, shift):
    return rigid_matrix(
        Rotation.from_euler("xyz", angles, degrees=True), np.array((20.0, 18.0, 15.0)), np.array(shift)
    )


def drawn(source, target, matrix, slope=0.0):
    """Variance and covariances with the next voxel along z, y, x of resampled noise, mean over many draws.

    ``slope`` (per voxel along each axis) keeps the spline off its clamps.
    """
    generator = np.random.default_rng(1)
    ramp = slope * np.indices(source.GetSize()[::-1]).sum(axis=0)
    blank = image_of(100 + ramp, source)
    clean = sitk.GetArrayFromImage(resample(blank, target, matrix, "map")).astype(float)
    inside = clean > 0
    sums = [0.0] * 4
    for _ in range(_DRAWN):
        noisy = image_of(100 + ramp + generator.standard_normal(ramp.shape), source)
        y = sitk.GetArrayFromImage(resample(noisy, target, matrix, "map")) - clean
        terms = [y * y, *(np.diff(y, axis=a) ** 2 for a in range(3))]
        sums = [a + b / _DRAWN for a, b in zip(sums, terms, strict=True)]
    variance, *differences = sums
    covariances = [
        (pairs(variance, a, np.add) - differences[a]) / 2 for a in range(3)
    ]  # var(a - b) = var a + var b - 2 cov
    return inside, variance, covariances


def pairs(values, axis, join):
    moved_axis = np.moveaxis(values, axis, 0)
    return np.moveaxis(join(moved_axis[1:], moved_axis[:-1]), 0, axis)


def image_of(values, like):
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.CopyInformation(like)
    return image


CASES = {
    "turned, oblique, anisotropic (spline)": (
        grid((24, 30, 18), (1.9, 1.6, 4.0), (5, 3, -4)),
        grid((16, 20, 9), (1.9, 1.6, 4.0), (5, 3, -4), (6.0, 8.0, 14.0)),
        moved((1.0, -0.5, 2.0), (0.4, -0.7, 0.9)),
        True,
    ),
    "half a voxel along y (spline)": (
        grid((24, 26, 18), (1.0, 1.5, 2.0)),
        grid((16, 18, 10), (1.0, 1.5, 2.0), origin=(4.0, 6.75, 8.0)),
        np.eye(4),
        True,
    ),
    "thick slices on thin, fine pixels on coarse, oblique (linear, averaged)": (
        grid((60, 56, 12), (0.5, 0.45, 5.0), (6, -4, 8)),
        grid((18, 16, 30), (1.1, 1.2, 1.0), (4, -3, 8), (4.0, 5.0, 10.0)),
        moved((0.5, 0.3, -0.4), (0.2, 0.1, 0.6)),
        False,
    ),
    "three slices (linear)": (
        grid((66, 60, 3), (1.0, 1.2, 5.0)),
        grid((52, 48, 2), (1.0, 1.2, 5.0), origin=(6.3, 6.9, 2.0)),
        moved((0.0, 0.0, 3.0), (0.0, 0.0, 0.0)),
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_variance_and_covariance_are_those_of_drawn_noise(name):
    source, target, matrix, is_spline = CASES[name]
    assert interpolation_of(source, target, matrix)[0] is is_spline

    found = resampled_noise(source, target, matrix)
    inside, variance, covariances = drawn(source, target, matrix, slope=6.0)

    gain = found.gain().astype(float)
    assert inside.mean() > 0.9
    assert (gain**2)[inside].mean() == pytest.approx(variance[inside].mean(), rel=0.03)
    scatter = np.sqrt(2 / _DRAWN) * gain**2  # of a variance from so many draws
    assert np.mean(((variance - gain**2) / scatter)[inside] ** 2) == pytest.approx(1, abs=0.2)
    for axis, correlation in enumerate(found.correlation((slice(None),) * 3)):
        both = pairs(inside, axis, np.logical_and)
        first = np.moveaxis(np.moveaxis(correlation, axis, 0)[:-1], 0, axis)
        told = first * pairs(gain, axis, np.multiply)
        assert told[both].mean() == pytest.approx(covariances[axis][both].mean(), abs=0.012)


def test_a_half_voxel_shift_has_the_known_weights_of_the_cubic_spline():
    """Sum of squares of the cardinal spline at half a voxel, 0.7561, from the spline of scipy."""
    from scipy import ndimage

    impulse = np.zeros(101)
    impulse[50] = 1
    weights = ndimage.shift(impulse, 0.5, order=3)
    source, target, matrix, _ = CASES["half a voxel along y (spline)"]

    found = resampled_noise(source, target, matrix)

    assert found.gain() ** 2 == pytest.approx((weights**2).sum(), abs=0.01)
    z, y, x = found.correlation((slice(2, 5), slice(3, 9), slice(0, 4)))
    assert y == pytest.approx((weights[1:] * weights[:-1]).sum() / (weights**2).sum(), abs=0.02)
    assert z == pytest.approx(0, abs=0.01)
    assert x.shape == (3, 6, 4)
    assert x == pytest.approx(0, abs=0.01)


def test_a_grid_of_its_own_changes_nothing():
    image = grid((30, 32, 20), (1.0, 1.2, 3.0))

    found = resampled_noise(image, image, np.eye(4))

    assert found.gain() == pytest.approx(1.0, abs=1e-3)
    assert np.max(np.abs(found.correlation((slice(None),) * 3))) < 1e-3


def test_a_single_slice_is_not_interpolated_across():
    source, target = (
        grid((30, 28, 1), (1.0, 1.0, 5.0)),
        grid((20, 18, 1), (1.0, 1.0, 5.0), origin=(3.0, 4.0, 1.5)),
    )

    found = resampled_noise(source, target, np.eye(4))

    assert found.gain() == pytest.approx(1.0, abs=1e-3)


def test_averaging_four_voxels_halves_the_noise():
    fine, coarse = (
        grid((80, 84, 12), (0.5, 0.5, 3.0)),
        grid((40, 42, 12), (1.0, 1.0, 3.0), origin=(0.25, 0.25, 0.0)),
    )

    found = resampled_noise(fine, coarse, np.eye(4))

    assert found.gain() == pytest.approx(0.5, abs=0.01)
    assert np.max(np.abs(found.correlation((slice(None),) * 3))) < 0.01


def test_correlations_of_a_box_are_those_of_the_whole():
    source, target, matrix, _ = CASES["turned, oblique, anisotropic (spline)"]
    found = resampled_noise(source, target, matrix)
    box = (slice(2, 7), slice(5, 20), slice(1, 9))

    for whole, part in zip(found.correlation((slice(None),) * 3), found.correlation(box), strict=True):
        assert part == pytest.approx(whole[box], abs=1e-5)


def test_errors_on_the_common_grid_are_the_scatter_there():
    rng = np.random.default_rng(2)
    shape, sd = (14, 60, 56), 0.05

    def map_of(values):
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.SetSpacing((0.7, 0.7, 3.0))
        image.SetOrigin((0.2, -0.1, 0.4))
        return image

    noisy, error = map_of(1000 + sd * 1000 * rng.standard_normal(shape)), map_of(np.full(shape, sd))
    reference = sitk.GetImageFromArray(rng.uniform(1, 2, (14, 30, 28)).astype(np.float32))
    reference.SetSpacing((1.4, 1.4, 3.0))
    study = Study({"ceT1w": reference, "T1map": noisy, "R1error": error})
    prepared = prepare_study(study, Settings(registration="off", brain_mask="off"))

    noise = noise_on_grid(prepared, study.images)
    images = with_propagated_errors(prepared.study.images, noise)

    values = sitk.GetArrayFromImage(prepared.study.images["T1map"])[3:-3, 4:-4, 4:-4]
    told = sitk.GetArrayFromImage(images["R1error"])[3:-3, 4:-4, 4:-4]
    assert list(noise) == ["R1error"]
    assert np.median(told) == pytest.approx(values.std() / 1000, rel=0.08)
    assert np.median(told) < 0.7 * sd


def test_maps_that_stay_where_they_are_keep_their_errors():
    rng = np.random.default_rng(3)
    T1map = sitk.GetImageFromArray(rng.uniform(800, 1200, (9, 20, 18)).astype(np.float32))
    error = image_of(np.full((9, 20, 18), 0.02), T1map)
    study = Study({"T1map": T1map, "R1error": error})
    prepared = prepare_study(study, Settings(registration="off", brain_mask="off"))

    noise = noise_on_grid(prepared, study.images)

    assert noise == {}
    assert with_propagated_errors(prepared.study.images, noise)["R1error"] is prepared.study.images["R1error"]
