import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.dicom import (
    dicom_files,
    find_acquisitions,
    header_parameters,
    header_signed,
    read_stack,
    scan,
)
from gliomamri.io.studies import read_study
from unit.io.dicom_writer import ORIGIN, SPACING, write_enhanced, write_series

TIMES = (50.0, 400.0, 1500.0, 3000.0)


@pytest.fixture
def axes(oblique_direction):
    return oblique_direction


def _volumes(count):
    return np.random.default_rng(9).integers(-900, 900, (count, 5, 6, 7)).astype(np.int16)


def _assert_placed(image, volume, axes):
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), volume)
    for index in ((0, 0, 0), (6, 0, 0), (0, 5, 0), (0, 0, 4), (3, 2, 1)):
        place = ORIGIN + axes @ (np.array(SPACING) * index)
        np.testing.assert_allclose(image.TransformIndexToPhysicalPoint(index), place, atol=1e-6)


def test_shuffled_series_of_inversion_times_becomes_one_series(axes, tmp_path):
    volumes = _volumes(4)
    shuffled = np.random.default_rng(1).permutation(20)
    for number, (volume, time) in enumerate(zip(volumes, TIMES, strict=True)):
        write_series(
            tmp_path / "x" / str(shuffled[number]), axes, volume, InversionTime=time, EchoTime=12.0,
            RepetitionTime=9000.0, FlipAngle=90.0, ImageType=["ORIGINAL", "PRIMARY", "R", "NONE"],
            names=[f"IM{shuffled[5 * number + z]:03d}" for z in range(5)],
        )  # fmt: skip
    write_series(tmp_path / "localizer", np.eye(3), _volumes(1)[0], EchoTime=5.0, RepetitionTime=20.0)
    (tmp_path / "x" / "notes.txt").write_text("not an image")

    study = read_study(tmp_path, roles=("IRT1", "MESE", "brain_mask"))

    assert study.roles == {"IRT1"}
    series = study.series["IRT1"]
    assert series.parameters["inversion_time"] == TIMES
    assert series.parameters["repetition_time"] == (9000.0,) * 4
    assert series.signed is True
    for image, volume in zip(series.images, volumes, strict=True):
        _assert_placed(image, volume, axes)
        assert np.linalg.det(np.reshape(image.GetDirection(), (3, 3))) == pytest.approx(1)
        assert not image.GetMetaDataKeys()


def test_echoes_within_one_series_are_split_and_ordered_by_time(axes, tmp_path):
    volumes = np.abs(_volumes(4))
    series = None
    for volume, time in zip(volumes[::-1], (80.0, 40.0, 20.0, 10.0), strict=True):
        series = write_series(
            tmp_path, axes, volume, series=series, EchoTime=time, RepetitionTime=3000.0, ScanningSequence="SE",
            ImageType=["ORIGINAL", "PRIMARY", "M", "SE"],
        )  # fmt: skip

    stacks = scan(dicom_files(tmp_path))
    (found,) = find_acquisitions(stacks)

    assert len(stacks) == 4
    assert found.role == "MESE"
    assert [stack.parameters["echo_time"] for stack in found.stacks] == [10.0, 20.0, 40.0, 80.0]
    assert {stack.signed for stack in found.stacks} == {False}
    for stack, volume in zip(found.stacks, volumes, strict=True):
        _assert_placed(read_stack(stack).images[0], volume, axes)


@pytest.mark.parametrize(
    "change", [{"ScanningSequence": "GR"}, {"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}]
)
def test_gradient_echoes_and_phase_images_are_no_spin_echo_series(axes, tmp_path, change):
    for volume, time in zip(_volumes(3), TIMES, strict=False):
        write_series(tmp_path, axes, volume, EchoTime=time, RepetitionTime=3000.0, **change)

    assert find_acquisitions(scan(dicom_files(tmp_path))) == []


def test_magnitude_and_real_images_are_told_apart_and_magnitude_is_taken(axes, tmp_path):
    volumes = _volumes(3)
    for volume, time in zip(volumes, TIMES, strict=False):
        for letter, values in (("R", volume), ("M", np.abs(volume))):
            write_series(
                tmp_path, axes, values, InversionTime=time, EchoTime=10.0, RepetitionTime=9000.0,
                ImageType=["ORIGINAL", "PRIMARY", letter, "IR"],
            )  # fmt: skip

    series = read_study(tmp_path, roles=("IRT1",)).series["IRT1"]

    assert len(series) == 3
    assert series.signed is False
    np.testing.assert_array_equal(sitk.GetArrayFromImage(series.images[2]), np.abs(volumes[2]))


def test_left_handed_slice_order_is_read_right_handed_at_the_same_places(axes, tmp_path):
    left = axes * np.array((1, 1, -1))
    volume = _volumes(1)[0]
    write_series(tmp_path, left, volume)

    (stack,) = scan(dicom_files(tmp_path))
    image = read_stack(stack).images[0]

    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), volume[::-1])
    place = ORIGIN + left @ (np.array(SPACING) * (1, 2, 4))
    np.testing.assert_allclose(image.TransformIndexToPhysicalPoint((1, 2, 0)), place, atol=1e-6)


def test_rescale_slope_is_applied_per_slice(axes, tmp_path):
    volume = _volumes(1)[0]
    write_series(tmp_path, axes, volume, RescaleSlope_of=lambda z: 0.5 + z, RescaleIntercept=3.0)

    image = read_stack(scan(dicom_files(tmp_path))[0]).images[0]

    expected = volume * (0.5 + np.arange(5))[:, None, None] + 3
    np.testing.assert_allclose(sitk.GetArrayFromImage(image), expected, rtol=1e-6)
    assert image.GetPixelID() == sitk.sitkFloat32


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"keep": (0, 1, 3, 4)}, "lacks 1 slice in between"),
        ({"keep": (0, 4)}, None),
        ({"ImagePositionPatient_of": "doubled"}, "In the image, 1 slice lies at the place of another"),
        ({"ImagePositionPatient_of": "uneven"}, "unevenly spaced"),
        ({"ImagePositionPatient_of": "sheared"}, "shifted against each other"),
        ({"ImageOrientationPatient_of": "turned"}, "different orientations"),
    ],
)
def test_broken_stacks_are_told(axes, tmp_path, fields, words):
    def place(z, in_plane=0.0):
        return (ORIGIN + axes @ (in_plane, 0, SPACING[2] * z)).tolist()

    functions = {
        "doubled": lambda z: place(min(z, 3)),
        "uneven": lambda z: place(z + 0.2 * (z == 2)),
        "sheared": lambda z: place(z, in_plane=0.3 * z),
        "turned": lambda z: (axes[:, [0, 1]] if z else axes[:, [1, 2]]).T.ravel().tolist(),
    }
    fields = {
        name: functions.get(value, value) if isinstance(value, str) else value
        for name, value in fields.items()
    }
    write_series(tmp_path, axes, _volumes(1)[0], **fields)
    (stack,) = scan(dicom_files(tmp_path))

    if words is None:  # two slices far apart: nothing says that more existed
        assert read_stack(stack).images[0].GetSpacing()[2] == pytest.approx(14.0)
        return
    with pytest.raises(UserError, match=words):
        read_stack(stack)


def test_repeated_volumes_are_split_by_temporal_position(axes, tmp_path):
    volumes = _volumes(2)
    series = None
    for number, volume in enumerate(volumes, start=1):
        series = write_series(
            tmp_path, axes, volume, series=series, TemporalPositionIdentifier=number, EchoTime=30.0
        )

    stacks = scan(dicom_files(tmp_path))

    found = sorted((read_stack(stack).images[0] for stack in stacks), key=lambda i: i[0, 0, 0])
    assert len(found) == 2
    for image, volume in zip(found, sorted(volumes, key=lambda v: v[0, 0, 0]), strict=True):
        _assert_placed(image, volume, axes)


def test_truncated_file_is_told(axes, tmp_path):
    write_series(tmp_path, axes, _volumes(1)[0], names=[f"{z}.dcm" for z in range(5)])
    data = (tmp_path / "2.dcm").read_bytes()
    (tmp_path / "2.dcm").write_bytes(data[:-20])

    with pytest.raises(UserError, match="DICOM file of the T1 map is damaged, incomplete") as caught:
        read_stack(scan(dicom_files(tmp_path))[0], what="T1 map")
    assert "2.dcm" in caught.value.details


@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_file_cut_off_anywhere_is_told(axes, tmp_path):
    write_series(tmp_path, axes, _volumes(1)[0], names=[f"{z}.dcm" for z in range(5)])
    data = (tmp_path / "4.dcm").read_bytes()  # the last slice: no gap would give it away

    for length in range(0, len(data) - 1, 13):
        (tmp_path / "4.dcm").write_bytes(data[:length])
        with pytest.raises(UserError, match="incomplete"):
            read_stack(scan(dicom_files(tmp_path))[0])


def test_enhanced_file_is_split_into_echoes(axes, tmp_path):
    volumes = np.abs(_volumes(3))
    write_enhanced(tmp_path / "enhanced.dcm", axes, volumes, (15.0, 30.0, 60.0), slope=2.0)

    series = read_study(tmp_path, roles=("IRT1", "MESE")).series["MESE"]

    assert series.parameters["echo_time"] == (15.0, 30.0, 60.0)
    assert series.parameters["repetition_time"] == (3000.0,) * 3
    assert series.signed is False
    for image, volume in zip(series.images, volumes, strict=True):
        _assert_placed(image, 2 * volume, axes)


def test_header_parameters_of_one_volume(axes, tmp_path):
    write_series(
        tmp_path, axes, _volumes(1)[0], InversionTime=400.0, EchoTime_of=lambda z: 10.0 + z, RepetitionTime=5000.0,
        FlipAngle=180.0, ImageType=["ORIGINAL", "PRIMARY", "M"],
    )  # fmt: skip
    files = dicom_files(tmp_path)
    expected = {"inversion_time": 400.0, "repetition_time": 5000.0, "flip_angle": 180.0}

    assert header_parameters(files) == expected
    assert header_parameters([str(path) for path in files]) == expected
    assert header_parameters([pydicom.dcmread(path) for path in files]) == expected
    assert header_signed(files) is False
    assert header_parameters([]) == {}
    assert header_signed([]) is None


@pytest.mark.parametrize(
    ("group", "creator", "element", "vr", "value"),
    [
        (0x0019, "SIEMENS MR HEADER", 0x0C, "IS", "800"),
        (0x0043, "GEMS_PARM_01", 0x39, "IS", ["1000000800", "8", "0", "0"]),
        (0x0043, "GEMS_PARM_01", 0x39, "UN", b"800\\8\\0\\0"),
        (0x2001, "Philips Imaging DD 001", 0x03, "FL", 800.0),
    ],
)
def test_private_b_values(group, creator, element, vr, value):
    dataset = pydicom.Dataset()
    dataset.private_block(group, creator, create=True).add_new(element, vr, value)

    assert header_parameters([dataset]) == {"b_value": 800.0}
    dataset.DiffusionBValue = 50.0
    assert header_parameters([dataset]) == {"b_value": 50.0}


@pytest.mark.parametrize(
    ("fields", "signed"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M_IR", "M", "IR"], "PixelRepresentation": 1}, False),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "R_IR", "R", "IR"], "PixelRepresentation": 0}, True),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "OTHER"], "PixelRepresentation": 0}, False),
        (
            {
                "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"],
                "PixelRepresentation": 0,
                "RescaleIntercept": -4096,
            },
            None,
        ),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "OTHER"], "PixelRepresentation": 1}, None),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"], "PixelRepresentation": 0}, None),
    ],
)
def test_sign_of_the_signal(fields, signed):
    dataset = pydicom.Dataset()
    for name, value in fields.items():
        setattr(dataset, name, value)

    assert header_signed([dataset]) is signed


def test_magnitude_and_real_images_in_one_series_are_split(axes, tmp_path):
    volume = _volumes(1)[0]
    series = write_series(tmp_path, axes, volume, ImageType=["ORIGINAL", "PRIMARY", "R", "IR"])
    write_series(tmp_path, axes, np.abs(volume), series=series, ImageType=["ORIGINAL", "PRIMARY", "M", "IR"])

    stacks = {stack.component: stack for stack in scan(dicom_files(tmp_path))}

    assert {name: stack.signed for name, stack in stacks.items()} == {"real": True, "magnitude": False}
    _assert_placed(read_stack(stacks["real"]).images[0], volume, axes)
    _assert_placed(read_stack(stacks["magnitude"]).images[0], np.abs(volume), axes)


def test_acquisitions_at_two_places_are_two_and_have_to_be_chosen(axes, tmp_path):
    for side, shift in (("a", 0.0), ("b", 1.5)):
        for volume, time in zip(_volumes(3), TIMES, strict=False):
            write_series(
                tmp_path / side, axes, volume, InversionTime=time, EchoTime=10.0, RepetitionTime=9000.0,
                ImagePositionPatient_of=lambda z, shift=shift: (ORIGIN + axes @ (shift, 0, SPACING[2] * z)).tolist(),
            )  # fmt: skip

    assert [len(found.stacks) for found in find_acquisitions(scan(dicom_files(tmp_path)))] == [3, 3]
    with pytest.raises(UserError, match="2 series of inversion-recovery images; give the folder of one"):
        read_study(tmp_path, roles=("IRT1",))
    chosen = read_study(tmp_path, [("IRT1", tmp_path / "b")], roles=("IRT1",)).series["IRT1"]
    np.testing.assert_allclose(chosen.images[0].GetOrigin(), ORIGIN + axes @ (1.5, 0, 0))
