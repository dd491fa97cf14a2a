import pytest
import slicer

from gliomamri_slicer.dicom_headers import acquisitionParameters, signalHasSign, writeParameters
from gliomamri_slicer.found_parameters import Source, guessFromName, inOurUnit, parameterName
from scene.builders import ramp, volume


class Database:
    """Double of Slicer's DICOM database: texts by instance and tag."""

    def __init__(self, values, files=None):
        self.values, self.files = values, files or {}

    def instanceValue(self, uid, tag):
        return self.values.get(uid, {}).get(tag, "")

    def fileForInstance(self, uid):
        return self.files.get(uid, "")


def dicom_volume(name="series 7", uids="1.1 1.2 1.3"):
    node = volume(name, ramp())
    node.SetAttribute("DICOM.instanceUIDs", uids)
    return node


def test_headers_give_values_and_say_so():
    tags = {"0018,0082": "50", "0018,0081": "7.5", "0018,0080": "2550", "0018,1314": "180"}
    database = Database(dict.fromkeys(("1.1", "1.2", "1.3"), tags))

    found = acquisitionParameters(dicom_volume(), database)

    assert {name: each.value for name, each in found.items()} == {
        "inversion_time": 50.0,
        "echo_time": 7.5,
        "repetition_time": 2550.0,
        "flip_angle": 180.0,
    }
    assert {each.source for each in found.values()} == {Source.DICOM}


def test_parameter_that_varies_within_a_volume_is_unknown():
    echoes = {"1.1": "10", "1.2": "10", "1.3": "20"}
    database = Database({uid: {"0018,0081": te, "0018,0080": "2000"} for uid, te in echoes.items()})

    found = acquisitionParameters(dicom_volume(), database)

    assert set(found) == {"repetition_time"}


def write_header(path, fill):
    """Write a DICOM file without pixels; `fill` adds to its data set."""
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    header = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    fill(header)
    pydicom.dcmwrite(path, header, enforce_file_format=True)
    return str(path)


def test_private_b_value_is_read_from_the_file(tmp_path):
    def fill(header):
        header.Manufacturer = "GE MEDICAL SYSTEMS"
        header.add_new(0x00430010, "LO", "GEMS_PARM_01")
        header.add_new(0x00431039, "IS", ["1000000700", "8", "0", "0"])

    path = write_header(tmp_path / "ge.dcm", fill)
    database = Database({"1.1": {"0018,0081": "60"}}, {"1.1": path})

    found = acquisitionParameters(dicom_volume(uids="1.1"), database)

    assert found["b_value"].value == 700
    assert found["echo_time"].value == 60


def test_enhanced_image_is_read_from_its_file(tmp_path):
    pydicom = pytest.importorskip("pydicom")

    def fill(header):
        timing, echo, shared = (pydicom.Dataset() for _ in range(3))
        timing.RepetitionTime = 3000.0
        timing.FlipAngle = 90.0
        echo.EffectiveEchoTime = 85.0
        shared.MRTimingAndRelatedParametersSequence = [timing]
        shared.MREchoSequence = [echo]
        header.SharedFunctionalGroupsSequence = [shared]
        header.PerFrameFunctionalGroupsSequence = [pydicom.Dataset(), pydicom.Dataset()]

    path = write_header(tmp_path / "enhanced.dcm", fill)

    found = acquisitionParameters(dicom_volume(uids="1.1"), Database({}, {"1.1": path}))

    assert found["echo_time"].value == 85.0
    assert found["repetition_time"].value == 3000.0
    assert found["flip_angle"].value == 90.0


def test_value_varying_in_the_database_is_not_taken_from_one_file(tmp_path):
    path = write_header(tmp_path / "one.dcm", lambda header: setattr(header, "EchoTime", "10"))
    values = {"1.1": {"0018,0081": "10"}, "1.2": {"0018,0081": "20"}}

    found = acquisitionParameters(dicom_volume(uids="1.1 1.2"), Database(values, {"1.1": path}))

    assert found == {}


@pytest.mark.parametrize(("kind", "signed"), [("M", False), ("R", True)])
def test_sign_of_the_signal_is_read_from_the_image_type(tmp_path, kind, signed):
    path = write_header(
        tmp_path / "image.dcm", lambda h: setattr(h, "ImageType", ["ORIGINAL", "PRIMARY", kind])
    )

    assert signalHasSign(dicom_volume(uids="1.1"), Database({}, {"1.1": path})) is signed
    assert signalHasSign(volume("no header", ramp())) is None


def test_unreadable_file_is_no_error(tmp_path):
    path = tmp_path / "broken.dcm"
    path.write_bytes(b"nothing")

    assert acquisitionParameters(dicom_volume(uids="1.1"), Database({}, {"1.1": str(path)})) == {}


def test_what_the_user_set_goes_before_header_and_name():
    node = dicom_volume("TI_70ms", uids="1.1")
    database = Database({"1.1": {"0018,0082": "60"}})

    assert acquisitionParameters(node)["inversion_time"].source is Source.NAME
    assert acquisitionParameters(node, database)["inversion_time"].value == 60
    writeParameters(node, {"inversion_time": 50.25})

    found = acquisitionParameters(node, database)["inversion_time"]
    assert (found.value, found.source, found.isGuess) == (50.25, Source.TYPED, False)


def test_unknown_parameter_is_not_written():
    with pytest.raises(ValueError, match="'TI'"):
        writeParameters(volume("x", ramp()), {"TI": 5})


def test_database_of_the_application_is_used(monkeypatch):
    tags = {"0018,0081": "12"}
    monkeypatch.setattr(slicer, "dicomDatabase", Database({"1.1": tags}), raising=False)

    assert acquisitionParameters(dicom_volume(uids="1.1"))["echo_time"].value == 12


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TI_50ms", {"inversion_time": 50}),
        ("IR 0.05s", {"inversion_time": 50}),
        ("IR_2", {}),
        ("TE=95", {"echo_time": 95}),
        ("TE 0,095", {"echo_time": 95}),
        ("TR2550 TE 12.5 ms FA15", {"repetition_time": 2550, "echo_time": 12.5, "flip_angle": 15}),
        ("dwi_b1000_trace", {"b_value": 1000}),
        ("T1w", {}),
        ("sub1b2", {}),
        ("inv-1_IRT1", {}),
        ("STIR 3", {}),
        ("TI deg 5", {}),
        ("TI 5 deg", {}),
        ("FA 5 ms", {}),
    ],
)
def test_guesses_from_names(name, expected):
    found = guessFromName(name)

    assert {key: each.value for key, each in found.items()} == pytest.approx(expected)
    assert all(each.isGuess for each in found.values())


def test_names_and_units_of_other_programs():
    assert parameterName("EchoTime") == parameterName("TE") == parameterName("echo time") == "echo_time"
    assert parameterName("TriggerTime") == ""
    assert inOurUnit("echo_time", 0.095, "s") == pytest.approx(95)
    assert inOurUnit("echo_time", 95, "") == 95
    assert inOurUnit("echo_time", 95, "furlong") is None
    assert inOurUnit("flip_angle", float("nan"), "") is None
