"""Made images for the io tests: never axial, never isotropic, never square, never symmetric."""

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk


def _rotation(angles_degree):
    """Rotation about x, then y, then z, written out so that it does not depend on the code under test."""
    a, b, c = np.radians(angles_degree)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


@pytest.fixture
def oblique_direction():
    return _rotation((12.0, -33.0, 57.0))


@pytest.fixture(params=["right-handed", "left-handed"])
def make_image(request, oblique_direction):
    """Factory of oblique anisotropic images with 4 x 5 x 6 different voxels (x, y, z: 6, 5, 4)."""

    def make(values=None, dtype=np.float32, shift=(0.0, 0.0, 0.0)):
        if values is None:
            values = np.random.default_rng(7).uniform(1, 100, (4, 5, 6))
        image = sitk.GetImageFromArray(np.asarray(values).astype(dtype))
        direction = oblique_direction.copy()
        if request.param == "left-handed":
            direction[:, 2] *= -1
        image.SetDirection(direction.ravel().tolist())
        image.SetSpacing((0.43, 0.77, 4.4))
        image.SetOrigin((np.array((-123.456789, 77.7, -301.2)) + shift).tolist())
        return image

    return make


@pytest.fixture
def real_data():
    folder = os.environ.get("GLIOMAMRI_TEST_DATA")
    if not folder:
        pytest.skip("GLIOMAMRI_TEST_DATA is not set: no real images to read")
    return Path(folder)
