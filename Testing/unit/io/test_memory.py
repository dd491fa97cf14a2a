import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io import memory
from gliomamri.io.memory import available_memory, check_memory, image_bytes
from gliomamri.io.studies import read_study
from unit.io.dicom_writer import write_series


@pytest.mark.parametrize(
    ("name", "dtype", "shape", "expected"),
    [
        ("a.nii.gz", np.float32, (5, 7, 3), 420),
        ("a.nii", np.int16, (5, 7, 3, 4), 840),
        ("a.nrrd", np.uint8, (5, 7, 3), 105),
        ("a.mhd", np.float64, (5, 7, 3), 840),
    ],
)
def test_bytes_of_a_file_by_its_header(tmp_path, name, dtype, shape, expected):
    values = np.random.default_rng(0).integers(0, 99, shape).astype(dtype)
    if ".nii" in name:
        nib.save(nib.Nifti1Image(values, np.eye(4)), tmp_path / name)
    else:
        sitk.WriteImage(sitk.GetImageFromArray(values), str(tmp_path / name))

    assert image_bytes(tmp_path / name) == expected


def test_list_of_volumes_counts_all_of_them(tmp_path):
    image = sitk.GetImageFromArray(np.zeros((4, 5, 6, 7), np.float32), isVector=True)
    sitk.WriteImage(image, str(tmp_path / "a.seq.nrrd"))

    assert image_bytes(tmp_path / "a.seq.nrrd") == 4 * 5 * 6 * 7 * 4


@pytest.mark.parametrize("extension", [".nii", ".nii.gz", ".nrrd"])
def test_damaged_file_that_claims_to_be_huge_is_left_to_the_reader(tmp_path, extension):
    path = tmp_path / f"a{extension}"
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((4, 5, 6), np.float32)), str(path), extension == ".nii.gz")
    image = nib.Nifti1Image(np.ones((4, 5, 6), np.float32), np.eye(4))
    if extension == ".nrrd":
        path.write_bytes(path.read_bytes().replace(b"sizes: 6 5 4", b"sizes: 30000 30000 30000"))
    else:
        data = bytearray(image.to_bytes())
        data[42:48] = np.array((30000,) * 3, "<i2").tobytes()
        path.write_bytes(gzip.compress(data) if extension == ".nii.gz" else data)

    assert image_bytes(path) == 0
    with pytest.raises(UserError, match="damaged or incomplete"):
        read_study(None, [("IRT1", path)], roles=("IRT1",))


def test_both_numbers_are_told(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 7_800_000_000)

    with pytest.raises(UserError, match=r"need about 12\.0 GB of memory, but 7\.8 GB are free"):
        check_memory(4_000_000_000)
    check_memory(2_600_000_000)
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    check_memory(10**18)


def test_study_of_files_is_refused_before_any_is_read(make_image, tmp_path, monkeypatch):
    for number in (1, 2, 3):
        sitk.WriteImage(make_image(), str(tmp_path / f"inv-{number}_IRT1.nii.gz"))
    sitk.WriteImage(make_image(dtype=np.uint8), str(tmp_path / "dseg.nii.gz"))
    needed = 3 * (3 * 4 * 5 * 6 * 4 + 4 * 5 * 6)
    roles = ("IRT1", "segmentation")

    monkeypatch.setattr(memory, "available_memory", lambda: needed)
    assert read_study(tmp_path, roles=roles).roles == set(roles)
    monkeypatch.setattr(memory, "available_memory", lambda: needed - 1)
    monkeypatch.setattr("gliomamri.io.pieces.read_file", None)
    with pytest.raises(UserError, match="of memory"):
        read_study(tmp_path, roles=roles)


@pytest.mark.parametrize(("fields", "voxel"), [({}, 2), ({"RescaleSlope": 0.5, "RescaleIntercept": 0}, 4)])
def test_study_of_dicom_is_refused_before_any_is_read(tmp_path, monkeypatch, fields, voxel):
    for time in (50.0, 400.0, 1500.0):
        write_series(
            tmp_path, np.eye(3), np.ones((5, 6, 7)), InversionTime=time, EchoTime=9.0, RepetitionTime=9000.0, **fields
        )  # fmt: skip
    needed = 3 * (3 * 5 * 6 * 7 * voxel)

    monkeypatch.setattr(memory, "available_memory", lambda: needed)
    assert len(read_study(tmp_path, roles=("IRT1",)).series["IRT1"]) == 3
    monkeypatch.setattr(memory, "available_memory", lambda: needed - 1)
    with pytest.raises(UserError, match="of memory"):
        read_study(tmp_path, roles=("IRT1",))


def test_available_memory_of_this_machine_is_plausible():
    available = available_memory()

    if available is None:
        pytest.skip("the memory of this system is unknown")
    assert 10**7 < available < 10**14


def test_available_memory_of_linux_and_of_an_unknown_system(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(
        "pathlib.Path.read_text", lambda _: "MemTotal:  100 kB\nMemFree: 5 kB\nMemAvailable:   64 kB\n"
    )
    assert available_memory() == 65536
    monkeypatch.setattr("pathlib.Path.read_text", lambda _: "MemTotal:  100 kB\n")
    assert available_memory() is None

    def missing(_):
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.read_text", missing)
    assert available_memory() is None
