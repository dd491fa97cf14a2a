import json
from pathlib import Path

import pytest

from gliomamri.errors import UserError
from gliomamri.io.bids import find_files, parse_name, role_of, sidecar_fields


def _touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_name_is_taken_apart():
    name = parse_name(Path("x/sub-01_ses-2_odd_ce-gad_run-1_T1w.nii.gz"))

    assert name.entities == {"sub": "01", "ses": "2", "ce": "gad", "run": "1"}
    assert (name.suffix, name.rest) == ("T1w", ("odd",))


@pytest.mark.parametrize(
    ("file", "role"),
    [
        ("sub-01_T1w.nii.gz", "T1w"),
        ("sub-01_ce-gad_T1w.nii.gz", "ceT1w"),
        ("sub-01_ce-other_T1w.nii.gz", ""),
        ("ceT1map.nrrd", "ceT1map"),
        ("inv-10_IRT1.nii", "IRT1"),
        ("sub-01_echo-2_part-mag_MESE.nii.gz", "MESE"),
        ("sub-01_label-brain_mask.nii.gz", "brain_mask"),
        ("sub-01_desc-brain_mask.nii.gz", "brain_mask"),
        ("sub-01_desc-brain_mask.nii.gz", "brain_mask"),
        ("sub-01_label-tumor_mask.nii.gz", ""),
        ("sub-01_dseg.nii.gz", "segmentation"),
        ("a.seg.nrrd", "segmentation"),
        ("t1ce.nii.gz", ""),
        ("sub-01_desc-standarderror_R1map.nii.gz", "R1error"),
        ("sub-01_ce-gad_desc-standarderror_R2map.nii.gz", "ceR2error"),
        ("sub-01_desc-standarderror_T1map.nii.gz", ""),
        ("sub-01_R1map.nii.gz", ""),
        ("sub-01_TB1map.nii.gz", "B1map"),
        ("sub-0001_ce-gad_inv-1_echo-2_part-real_MAGIC.nii.gz", "ceMAGIC"),
        ("sub-01_flip-2_VFA.nii.gz", "VFA"),
    ],
)
def test_role_of_a_name(file, role):
    assert role_of(Path(file)) == role


def test_series_comes_in_natural_order_and_other_roles_are_left_alone(tmp_path):
    _touch(tmp_path, *(f"anat/sub-01_inv-{n}_IRT1.nii.gz" for n in (10, 2, 1)), "anat/sub-01_FLAIR.nii.gz")
    _touch(tmp_path, "derivatives/sub-01_inv-3_IRT1.nii.gz", "anat/.sub-01_inv-4_IRT1.nii.gz")

    found = find_files(tmp_path, ("IRT1", "MESE", "T1w"))

    assert {role: [p.name for p in paths] for role, paths in found.items()} == {
        "IRT1": ["sub-01_inv-1_IRT1.nii.gz", "sub-01_inv-2_IRT1.nii.gz", "sub-01_inv-10_IRT1.nii.gz"]
    }


def test_sessions_have_to_be_chosen(tmp_path):
    _touch(tmp_path, "ses-a/anat/sub-01_ses-a_T1w.nii.gz", "ses-b/anat/sub-01_ses-b_T1w.nii.gz")

    with pytest.raises(UserError, match=r"2 sessions \(a, b\); choose the folder of one session"):
        find_files(tmp_path, ("T1w",))
    assert find_files(tmp_path, ("T1w",), session="b")["T1w"][0].name == "sub-01_ses-b_T1w.nii.gz"
    assert find_files(tmp_path, ("T1w",), session="ses-a")["T1w"][0].name == "sub-01_ses-a_T1w.nii.gz"
    assert find_files(tmp_path / "ses-a", ("T1w",))["T1w"][0].name == "sub-01_ses-a_T1w.nii.gz"
    with pytest.raises(UserError, match="no session 'c'; known are a, b"):
        find_files(tmp_path, ("T1w",), session="c")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (("sub-01/sub-01_T1w.nii", "sub-02/sub-02_T1w.nii"), "2 subjects"),
        (("sub-01_run-1_T1w.nii", "sub-01_run-2_T1w.nii"), "2 images that could be the T1-weighted"),
        (("sub-01_T1w.nii", "sub-01_T1w.nrrd"), "2 images that could be"),
        (
            ("run-1_inv-1_IRT1.nii", "run-1_inv-2_IRT1.nii", "run-2_inv-1_IRT1.nii"),
            "2 series of inversion-recovery",
        ),
    ],
)
def test_ambiguous_folders_are_told(tmp_path, files, words):
    _touch(tmp_path, *files)

    with pytest.raises(UserError, match=words) as caught:
        find_files(tmp_path, ("T1w", "IRT1"))
    assert "choose" in caught.value.sentence


def test_magnitude_is_taken_before_real_and_phase_is_left_out(tmp_path):
    _touch(tmp_path, *(f"inv-{n}_part-{part}_IRT1.nii" for n in (1, 2) for part in ("mag", "real", "phase")))
    _touch(tmp_path, *(f"echo-{n}_part-{part}_MESE.nii" for n in (1, 2) for part in ("real", "imag")))

    found = find_files(tmp_path, ("IRT1", "MESE"))

    assert [path.name for path in found["IRT1"]] == ["inv-1_part-mag_IRT1.nii", "inv-2_part-mag_IRT1.nii"]
    assert [path.name for path in found["MESE"]] == ["echo-1_part-real_MESE.nii", "echo-2_part-real_MESE.nii"]


def test_nearer_sidecars_win_and_foreign_ones_do_not_count(tmp_path):
    image = tmp_path / "sub-01" / "ses-1" / "anat" / "sub-01_ses-1_inv-2_IRT1.nii.gz"
    _touch(image.parent, image.name)
    for path, fields in {
        tmp_path / "IRT1.json": {"RepetitionTime": 1, "EchoTime": 1, "InversionTime": 1},
        tmp_path / "MESE.json": {"FlipAngle": 9},
        tmp_path / "sub-01" / "sub-01_IRT1.json": {"EchoTime": 2, "InversionTime": 2},
        tmp_path / "sub-01" / "sub-02_IRT1.json": {"EchoTime": 9},
        image.with_name("sub-01_ses-1_inv-2_IRT1.json"): {"InversionTime": 3},
        image.with_name("sub-01_ses-1_inv-1_IRT1.json"): {"InversionTime": 9},
    }.items():
        path.write_text(json.dumps(fields))

    assert sidecar_fields(image) == {"RepetitionTime": 1, "EchoTime": 2, "InversionTime": 3}
