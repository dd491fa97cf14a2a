"""The brain is found inside a skull known in closed form; the harmonics are an orthonormal basis."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.brain_extraction import _directions, _harmonics, extract_brain

HALF = np.array([63.0, 78.0, 60.0])


def whole_head(brain, scalp, skull=3.0, angles=(0.1, -0.08, 0.15), spacing=(2.2, 2.0, 3.0)):
    """Brain (egg-shaped, asymmetric), dark skull and bright scalp, neck below, on an oblique anisotropic grid."""
    size = (86, 100, 76)
    grid = sitk.Image(list(size), sitk.sitkFloat32)
    turn = sitk.Euler3DTransform()
    turn.SetRotation(*angles)
    axes = np.reshape(turn.GetMatrix(), (3, 3))
    grid.SetDirection(axes.ravel().tolist())
    grid.SetSpacing(list(spacing))
    center = np.array([0.0, 0.0, -30.0])
    grid.SetOrigin((center - axes @ ((np.array(size) - 1) / 2 * spacing)).tolist())
    index = np.indices(size).reshape(3, -1).T
    x, y, z = (index * spacing @ axes.T + np.array(grid.GetOrigin())).T
    stretch = 1 + 0.06 * y / HALF[1] + 0.03 * x / HALF[0]
    radius = np.sqrt((x / HALF[0]) ** 2 + (y / HALF[1]) ** 2 + (z / HALF[2]) ** 2) * stretch
    depth = (radius - 1) * HALF.mean()
    neck = (np.hypot(x, y) < 52) & (z < -40) & (z > -140)
    values = np.where(depth < 9 + skull, scalp, np.where(neck, 0.7 * scalp, 0.0))
    values = np.where(depth < 4 + skull, 0.1 * brain, values)
    values = np.where(depth < 0, brain * (1 + 0.15 * np.sin(x / 6) * np.cos(y / 8)), values)
    noisy = np.abs(values + 0.03 * brain * np.random.default_rng(0).standard_normal(len(values)))
    made, truth = (
        sitk.GetImageFromArray(np.ascontiguousarray(v.reshape(size).T.astype(np.float32)))
        for v in (noisy, depth < 0)
    )
    made.CopyInformation(grid)
    return made, sitk.GetArrayFromImage(truth) > 0


@pytest.mark.parametrize("scalp", [180.0, 450.0])
def test_brain_in_an_oblique_head_is_found(scalp):
    image, truth = whole_head(300.0, scalp)

    found = extract_brain([image])

    inside = sitk.GetArrayFromImage(found) > 0
    assert found.GetDirection() == image.GetDirection()
    assert 2 * (inside & truth).sum() / (inside.sum() + truth.sum()) > 0.93


def test_image_of_nothing_gives_an_empty_mask():
    dark = sitk.Image([32, 34, 30], sitk.sitkFloat32)
    dark.SetSpacing((4.0, 4.0, 4.0))

    assert sitk.GetArrayFromImage(extract_brain([dark])).sum() == 0


def test_harmonics_are_orthonormal_on_the_sphere():
    basis = _harmonics(_directions(), 4)
    orders = [m for n in range(5) for m in range(-n, n + 1)]
    length = np.where(np.array(orders) == 0, 1.0, 0.5)  # real and imaginary part share the norm

    np.testing.assert_allclose(basis.T @ basis * 4 * np.pi / len(basis), np.diag(length), atol=5e-3)


def test_first_harmonics_are_a_constant_and_the_coordinates():
    directions = _directions()[::50]
    basis = _harmonics(directions, 1)
    scale = np.sqrt(3 / (4 * np.pi))

    np.testing.assert_allclose(basis[:, 0], np.sqrt(1 / (4 * np.pi)))
    np.testing.assert_allclose(basis[:, 2], scale * directions[:, 2], atol=1e-12)
    np.testing.assert_allclose(basis[:, 3], -scale / np.sqrt(2) * directions[:, 0], atol=1e-12)
