"""A small label map becomes a head: sides, sizes, what is added, and sentences for what is no label map."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.phantom.anatomy import find_heads, label_maps
from gliomamri.phantom.anatomy.label_files import read_labels
from gliomamri.phantom.anatomy.label_maps import label_map_head
from gliomamri.phantom.anatomy.landmarks import MNI_CENTERS, mni_affine
from gliomamri.phantom.anatomy.sampling import centered_grid
from gliomamri.phantom.tissues import BRAIN, FLUIDS, Tissue
from unit.phantom.anatomy.small_head import write_labels


@pytest.fixture(scope="module")
def head(label_file):
    return label_map_head(label_file)


def ml(head, *tissues):
    return np.isin(head.tissue, tissues).sum() * head.step**3 / 1000


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "LIA", "PIR", "SAL"])
def test_every_orientation_reads_as_the_same_array(tmp_path, labels, orientation):
    path = write_labels(tmp_path / "turned.nii.gz", labels, orientation)

    assert np.array_equal(read_labels(path), labels)


def test_other_spacing_is_brought_to_1_mm(tmp_path, labels):
    path = write_labels(tmp_path / "thick.nii.gz", labels[::2], "LIA", spacing=(1.0, 1.0, 2.0))

    result = read_labels(path)

    assert result.shape == labels.shape
    assert (result == labels).mean() > 0.95


def test_left_lies_at_positive_x(head, labels):
    x = centered_grid(head.tissue.shape, head.step).x
    ventricle = head.tissue == Tissue.VENTRICLE

    left, right = ventricle[:, :, x > 0].sum(), ventricle[:, :, x < 0].sum()

    # The left one was drawn larger: 8x24x6 against 4x16x3 voxels.
    assert left > 3 * right > 0
    thalamus = np.argwhere(head.tissue == Tissue.THALAMUS)
    assert x[thalamus[:, 2]].min() > 0


def test_middle_is_the_brains_centroid_and_top_is_up(head):
    grid = centered_grid(head.tissue.shape, head.step)
    inside = np.isin(head.tissue, [*BRAIN, Tissue.VENTRICLE])

    centroid = [
        (axis * inside.sum(tuple(k for k in range(3) if k != n))).sum() / inside.sum()
        for n, axis in enumerate(grid.axes)
    ]

    assert centroid == pytest.approx((0, 0, 0), abs=1.5)
    hind = np.argwhere(head.tissue == Tissue.CEREBELLAR_CORTEX).mean(0)
    assert grid.z[int(hind[0])] < -5  # below
    assert grid.y[int(hind[1])] > 5  # and behind


def test_volumes_survive(head, labels):
    for tissue, wanted in (
        (Tissue.VENTRICLE, (4, 43)),
        (Tissue.WHITE_MATTER, (2, 41)),
        (Tissue.CEREBELLAR_CORTEX, (8, 47)),
        (Tissue.SKIN, (511,)),
    ):
        truth = np.isin(labels, wanted).sum() / 1000
        made = ml(head, tissue) + (ml(head, Tissue.CHOROID_PLEXUS) if tissue is Tissue.VENTRICLE else 0)
        assert made == pytest.approx(truth, rel=0.17), tissue  # sheets and sinuses take their part


def test_what_labels_lack_is_added(head):
    for tissue in (Tissue.FALX, Tissue.DURA, Tissue.VEIN, Tissue.ARTERY, Tissue.FAT):
        assert ml(head, tissue) > 0.05, tissue
    assert head.has_head


def test_calvaria_has_marrow_between_two_compact_tables(head):
    grid = centered_grid(head.tissue.shape, head.step)
    marrow = head.tissue == Tissue.MARROW
    heights = grid.z[np.flatnonzero(marrow.any((1, 2)))]
    touching = [np.roll(marrow, shift, axis) & ~marrow for axis in range(3) for shift in (1, -1)]
    beside = head.tissue[np.logical_or.reduce(touching)]

    # The bone of the small head, labeled as compact only, is 5 mm thick.
    assert 0.03 < ml(head, Tissue.MARROW) / ml(head, Tissue.MARROW, Tissue.CORTICAL_BONE) < 0.5
    assert heights.min() > 8
    assert (beside == Tissue.CORTICAL_BONE).mean() > 0.98


def test_thick_sinuses_lose_their_wall_and_thin_veins_stay():
    tissue = np.zeros((20, 22, 40), np.uint8)
    tissue[5:10, 5:12, 4:36] = Tissue.VEIN
    tissue[15, 16, 4:36] = Tissue.VEIN

    label_maps._wall_sinuses(tissue)

    assert (tissue[6:9, 6:11, 5:35] == Tissue.VEIN).all()
    assert (tissue[5, 6:11, 5:35] == Tissue.DURA).all()
    assert (tissue[15, 16, 4:36] == Tissue.VEIN).all()
    assert (tissue == Tissue.VEIN).sum() < 500  # of 1152; corners stay


def test_falx_is_a_thin_sheet_in_the_middle_plane(head):
    grid = centered_grid(head.tissue.shape, head.step)
    falx = np.argwhere(head.tissue == Tissue.FALX)
    upper = falx[grid.z[falx[:, 0]] > 5]

    assert len(upper) > 500
    assert np.abs(grid.x[upper[:, 2]]).max() < 1.6
    _, thickness = np.unique(upper[:, :2], axis=0, return_counts=True)
    assert np.median(thickness) * head.step <= 1.5


def test_dura_lies_between_fluid_and_skull(head):
    dura = head.tissue == Tissue.DURA
    bone = head.tissue == Tissue.CORTICAL_BONE
    white = head.tissue == Tissue.WHITE_MATTER
    grown = dura.copy()
    for axis in range(3):
        for shift in (1, -1):
            grown |= np.roll(dura, shift, axis)

    assert (grown & bone).sum() > 0.15 * dura.sum()
    assert not (grown & white).any()


def test_distances_agree_with_tissue(head):
    coarse = head.hull_distance
    middle = tuple(n // 2 for n in coarse.shape)
    assert coarse[middle] < -15
    assert coarse[0, 0, 0] > 5
    assert coarse.shape == head.ventricle_distance.shape == tuple(round(n / 4) for n in head.tissue.shape)
    cortex = np.isin(head.tissue, [Tissue.CORTEX, Tissue.CEREBELLAR_CORTEX])
    assert (head.pial_depth[cortex] > 0).all()
    fluid = np.isin(head.tissue, FLUIDS)
    assert (head.pial_depth[fluid] > 0).all()
    assert not head.pial_depth[~cortex & ~fluid].any()


def test_brain_without_a_head(tmp_path, labels):
    brain = np.where(labels > 500, 0, labels)

    head = label_map_head(write_labels(tmp_path / "brain.nii.gz", brain, "RAS"))

    assert not head.has_head
    assert ml(head, Tissue.DURA) > 1
    assert ml(head, Tissue.CORTICAL_BONE, Tissue.SKIN) == 0
    assert not head.tissue[0].any()


def test_unknown_labels_take_their_neighbors_tissue(tmp_path, labels):
    odd = labels.copy()
    odd[55:58, 40:43, 60:63] = 9999
    white = ml(label_map_head(write_labels(tmp_path / "plain.nii.gz", labels)), Tissue.WHITE_MATTER)

    head = label_map_head(write_labels(tmp_path / "odd.nii.gz", odd))

    assert head.tissue.max() < 26
    assert ml(head, Tissue.WHITE_MATTER) == pytest.approx(white, rel=1e-3)


def test_mgz_reads_like_nifti(tmp_path, labels):
    nibabel = pytest.importorskip("nibabel")
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    nibabel.save(nibabel.MGHImage(labels.T.astype(np.int32), affine), tmp_path / "head.mgz")

    assert np.array_equal(read_labels(tmp_path / "head.mgz"), labels)


def test_landmarks_give_back_the_affine_they_were_made_with():
    affine = np.array([[-0.9, 0.05, 0, 1], [0.03, -1.1, 0.1, 2], [0, 0.1, 0.95, 3.0]])
    centers = {k: tuple(affine[:, :3] @ p + affine[:, 3]) for k, p in MNI_CENTERS.items()}

    assert mni_affine(centers, 90) == pytest.approx(affine, abs=1e-6)
    few = mni_affine({10: (11, 0, 0)}, 88)
    assert few[:, :3] == pytest.approx(np.diag([-1, -1, 1]))


def test_folders_get_sentences(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        find_heads(tmp_path / "absent")
    with pytest.raises(UserError, match="empty"):
        find_heads(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UserError, match="no label map"):
        find_heads(tmp_path)
    for name in ("head10.nii.gz", "head2.mgz"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in find_heads(tmp_path)] == ["head2.mgz", "head10.nii.gz"]


def test_an_image_is_no_label_map(tmp_path, labels):
    image = (labels * 0.37 + 0.1).astype(np.float32)
    with pytest.raises(UserError, match="not a label map"):
        label_map_head(write_labels(tmp_path / "t1.nii.gz", image))


def test_labels_without_cortex_are_refused(tmp_path):
    tumor = np.zeros((20, 20, 20), np.uint8)
    tumor[5:9, 5:9, 5:9] = 4
    with pytest.raises(UserError, match="cortex"):
        label_map_head(write_labels(tmp_path / "tumor.nii.gz", tumor))


def test_a_truncated_file_is_refused(tmp_path, label_file):
    content = label_file.read_bytes()
    (tmp_path / "cut.nii.gz").write_bytes(content[: len(content) // 2])
    raw = gzip.decompress(content)
    (tmp_path / "cut.nii").write_bytes(raw[: len(raw) // 2])
    for name in ("cut.nii.gz", "cut.nii"):
        with pytest.raises(UserError):
            label_map_head(tmp_path / name)


@pytest.mark.real_data
def test_real_head_is_physiological(real_data):
    path = next(Path(real_data, "anatomy").glob("training_seg_01.nii.gz"))
    image = sitk.ReadImage(str(path))
    assert sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection()) == "LIA"
    stored = sitk.GetArrayFromImage(image)

    labels = read_labels(path)
    head = label_map_head(path)

    # FreeSurfer's left cortex (3) lies at larger x than the right (42).
    assert np.argwhere(labels == 3)[:, 2].mean() > np.argwhere(labels == 42)[:, 2].mean() + 40
    assert (stored == 3).sum() == (labels == 3).sum()
    gray = ml(head, *BRAIN[:6])
    white = ml(head, Tissue.WHITE_MATTER, Tissue.BRAINSTEM, Tissue.CEREBELLAR_WHITE_MATTER)
    fluid = ml(head, Tissue.CSF, Tissue.VENTRICLE, Tissue.CHOROID_PLEXUS)
    assert 450 < gray < 800
    assert 350 < white < 700
    assert 150 < fluid < 450
    assert 1100 < gray + white + fluid < 1800
