"""The scene half of the bench: files, logics, slice pictures."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from bench import headless
from bench.slice_pictures import slice_picture


def an_oblique_volume(name="T1"):
    """Every axis of another length and spacing, turned about two axes, left-handed, with values all different."""
    array = np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)
    about_z, about_x = np.deg2rad(20), np.deg2rad(-35)
    turn_z = np.array(
        [[np.cos(about_z), -np.sin(about_z), 0], [np.sin(about_z), np.cos(about_z), 0], [0, 0, 1]]
    )
    turn_x = np.array(
        [[1, 0, 0], [0, np.cos(about_x), -np.sin(about_x)], [0, np.sin(about_x), np.cos(about_x)]]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn_z @ turn_x @ np.diag([0.7, 1.3, -4.0])
    matrix[:3, 3] = (11.0, -7.0, 30.0)
    return slicer.util.addVolumeFromArray(array, ijkToRAS=slicer.util.vtkMatrixFromArray(matrix), name=name)


def geometry(volume):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def test_boot_is_done_once():
    scene = slicer.mrmlScene

    assert headless.boot() is slicer
    assert slicer.mrmlScene is scene


def test_every_module_logic_works_on_the_scene():
    for name in headless.MODULE_LOGICS:
        logic = getattr(slicer.modules, name.lower()).logic()
        assert logic.GetMRMLScene() is slicer.mrmlScene
        assert logic.GetMRMLApplicationLogic() is slicer.app.applicationLogic()


def assert_same_voxels(loaded, volume_geometry, array, tolerance):
    """Compare voxels where they lie: a left-handed grid comes back from a file with its third axis reversed."""
    for index in ((0, 0, 0, 1), (5, 0, 0, 1), (0, 4, 0, 1), (2, 1, 3, 1)):
        position = volume_geometry @ index
        i, j, k, _ = np.rint(np.linalg.solve(geometry(loaded), position)).astype(int)
        np.testing.assert_allclose(geometry(loaded) @ (i, j, k, 1), position, atol=tolerance)
        assert slicer.util.arrayFromVolume(loaded)[k, j, i] == array[index[2], index[1], index[0]]


@pytest.mark.parametrize(("ending", "tolerance"), [(".nrrd", 1e-10), (".nii.gz", 1e-4)])
def test_volume_survives_saving_and_loading(a_scene, tmp_path, ending, tolerance):
    volume = an_oblique_volume()
    path = str(tmp_path / f"volume{ending}")

    assert slicer.util.saveNode(volume, path)
    loaded = slicer.util.loadVolume(path)

    assert loaded is not volume
    assert_same_voxels(loaded, geometry(volume), slicer.util.arrayFromVolume(volume), tolerance)


def test_scene_survives_a_bundle(a_scene, tmp_path):
    volume = an_oblique_volume()
    expected, array = geometry(volume), slicer.util.arrayFromVolume(volume).copy()

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    headless.clear()
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert_same_voxels(slicer.util.getNode("T1"), expected, array, 1e-10)


def test_absent_and_broken_files_fail(a_scene, tmp_path):
    broken = tmp_path / "broken.nrrd"
    broken.write_text("not an image")

    with pytest.raises(RuntimeError):
        slicer.util.loadVolume(str(tmp_path / "absent.nrrd"))
    with pytest.raises(RuntimeError):
        slicer.util.loadVolume(str(broken))


def test_table_and_text_are_read(a_scene, tmp_path):
    (tmp_path / "times.csv").write_text("TI,TE\n30,10\n530,20\n")
    (tmp_path / "note.txt").write_text("from the scanner")

    table = slicer.util.loadTable(str(tmp_path / "times.csv"))
    text = slicer.util.loadText(str(tmp_path / "note.txt"))

    assert (table.GetNumberOfRows(), table.GetCellText(1, 0)) == (2, "530")
    assert text.GetText() == "from the scanner"


def test_slice_picture_shows_each_corner_where_it_lies(a_scene):
    array = np.zeros((3, 8, 8), np.float32)
    array[1, 0:2, 0:2] = 100.0  # anterior right in RAS with the matrix below
    array[1, 6:8, 0:2] = 50.0
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0])
    volume = slicer.util.addVolumeFromArray(
        array, ijkToRAS=slicer.util.vtkMatrixFromArray(matrix), name="corners"
    )
    volume.GetDisplayNode().AutoWindowLevelOff()
    volume.GetDisplayNode().SetWindowLevelMinMax(0, 100)

    view = slice_picture("Red", size=(200, 200))
    view.show(volume)
    view.jump((-3.5, -3.5, 1.0))
    picture = view.pixels()

    # Radiological axial view: the patient's right is on the left, anterior is up.
    assert picture.shape == (200, 200, 3)
    assert picture[20, 180].mean() == pytest.approx(0, abs=2)
    bright = np.argwhere(picture[..., 0] > 250).mean(axis=0)
    half = np.argwhere((picture[..., 0] > 120) & (picture[..., 0] < 135)).mean(axis=0)
    ras_bright = (geometry(volume) @ (0.5, 0.5, 1, 1))[:2]
    assert ras_bright[0] > (geometry(volume) @ (6.5, 0.5, 1, 1))[0]
    assert bright[1] < 100  # larger R, hence left in the picture
    assert bright[0] < 100 < half[0]  # larger A, hence above


def test_slice_pictures_repeat(a_scene, tmp_path):
    volume = an_oblique_volume()
    view = slice_picture("Yellow", "Sagittal", (120, 90))
    view.show(volume)

    first = view.pixels()

    np.testing.assert_array_equal(first, view.pixels())
    assert first.max() > 100
    assert view.save(tmp_path / "view.png").stat().st_size > 100


def test_one_view_serves_pictures_of_several_sizes(a_scene):
    volume = an_oblique_volume()
    view = slice_picture("Green", "Coronal", (100, 80))
    view.show(volume)

    small = view.pixels()
    large = slice_picture("Green", size=(300, 240)).pixels()

    assert (small.shape, large.shape) == ((80, 100, 3), (240, 300, 3))
    assert small.max() > 0
    np.testing.assert_allclose(large.mean(), small.mean(), rtol=0.05)  # the same part of the patient
