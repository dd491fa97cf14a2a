"""Fixtures of the tests of tumor detection and segmentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from scipy.spatial.transform import Rotation

from gliomamri.modelstore.write import write_package
from unit.tumor import point_model


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """Small networks gain nothing from more threads, and lose much where other programs run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    """The user's models, none yet; the registry builds networks that look at single voxels."""
    monkeypatch.setenv("GLIOMAMRI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("gliomamri.modelstore.catalog.shipped_models_folder", lambda: tmp_path / "shipped")
    monkeypatch.setattr("gliomamri.modelstore.package._registry", lambda _: point_model.build)
    return tmp_path / "models"


@pytest.fixture
def install(models):
    """Write a model with changed metadata into the user's folder: install(name=..., weights=[...])."""

    def make(*, thresholds=((100.0, 140.0, 180.0),), **changes):
        known = point_model.metadata(**changes)
        states = [point_model.state(known, values) for values in thresholds]
        return write_package(known, states, models / known.name, half=False, builder=point_model.build)

    return make


class Head:
    """A brain (100) with edema (150), core (190) and a rim that enhances (230), known in closed form, asymmetric."""

    AXES, CENTER, MIDDLE = (
        np.array([62.0, 78.0, 56.0]),
        np.array([5.0, -8.0, 12.0]),
        np.array([28.0, -25.0, 26.0]),
    )

    @staticmethod
    def grid(size, spacing, angles=(0.0, 0.0, 0.0), letters="LPS"):
        image = sitk.Image(list(size), sitk.sitkFloat32)
        axes = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
        image.SetSpacing(list(spacing))
        image.SetDirection(axes.ravel().tolist())
        half = (np.array(size) - 1) / 2 * np.array(spacing)
        image.SetOrigin((Head.CENTER - axes @ half).tolist())
        return sitk.DICOMOrient(image, letters)

    @staticmethod
    def points(image):
        index = np.indices(image.GetSize()[::-1]).reshape(3, -1)[::-1].T
        axes = np.reshape(image.GetDirection(), (3, 3)) * np.array(image.GetSpacing())
        return index @ axes.T + np.array(image.GetOrigin())

    @classmethod
    def labels(cls, image):
        points = cls.points(image)
        brain = np.sum(((points - cls.CENTER) / cls.AXES) ** 2, axis=1) < 1
        distance = np.linalg.norm((points - cls.MIDDLE) / (1.0, 0.8, 0.7), axis=1)
        made = np.select([distance < 8, distance < 13, distance < 22], [1, 4, 2], 0)
        return made.reshape(image.GetSize()[::-1]), brain.reshape(image.GetSize()[::-1])

    @classmethod
    def image(cls, grid, gain=1.0):
        labels, brain = cls.labels(grid)
        values = np.select([labels == 2, labels == 1, labels == 4], [150.0, 190.0, 230.0], 100.0) * gain
        image = sitk.GetImageFromArray(np.where(brain, values, 0).astype(np.float32))
        image.CopyInformation(grid)
        return image


@pytest.fixture(scope="session")
def head():
    return Head
