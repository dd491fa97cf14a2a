"""The common grid: the reference's own, coarser where it would not fit, as set where the user says so."""

from __future__ import annotations

import math

import pytest
import SimpleITK as sitk

from gliomamri.quantitative.grid import MOST_VOXELS, bounded
from gliomamri.quantitative.settings import Settings
from gliomamri.study import Study


def study(size, spacing):
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(spacing)
    return Study({"ceT1w": image, "T1map": sitk.Image((8, 8, 8), sitk.sitkFloat32)})


def test_thick_slices_and_ordinary_volumes_keep_their_grid():
    for size, spacing in (((512, 512, 24), (0.43, 0.43, 5.0)), ((192, 224, 192), (1.0, 1.0, 1.0))):
        settings, notes = bounded(study(size, spacing), Settings())

        assert settings == Settings()
        assert notes == ()


def test_a_fine_volume_gets_voxels_that_fit():
    fine = study((400, 400, 240), (0.5, 0.5, 0.7))

    settings, notes = bounded(fine, Settings())

    cells = 400 * 400 * 240 * 0.5 * 0.5 * 0.7 / settings.spacing**3
    assert 0.6 * MOST_VOXELS < cells <= MOST_VOXELS
    assert settings.spacing == pytest.approx(round(settings.spacing, 1))
    assert f"voxels of {settings.spacing:g} mm" in notes[0]
    assert math.isfinite(settings.spacing)
    assert bounded(fine, Settings(spacing=0.5)) == (Settings(spacing=0.5), ())
