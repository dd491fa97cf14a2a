"""Settings of the phantom: every bad value gets a sentence, and what is typed reaches the generator's own words."""

from __future__ import annotations

import pytest

from gliomamri.phantom.settings import ARTIFACTS, KINDS, OUTPUT_ROLES, SWITCHES, Settings
from gliomamri.roles import ROLES


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"FLAIR_TI": -5.0}, "FLAIR: TI is -5.0 ms; it must be between 0 and 30000."),
        ({"dose": 0.0}, "Dose is 0.0 mmol/kg; it must be between 0.005 and 0.3."),
        ({"core_volume": 500.0}, "A tumor core of 500 ml does not fit into the brain; give at most 300 ml"),
        ({"kind": "healthy", "core_volume": 5.0}, "of the kind 'healthy' has no tumor core"),
        ({"kind": "gliom"}, "Kind is 'gliom'; choose one of glioma,"),
        ({"low_dose": 0.2}, "The low dose (0.2 mmol/kg) is higher than the full dose (0.1 mmol/kg)"),
        ({"field_strength": 7.0}, "The field strength is 7 T; it must be from 1.5 to 3 T"),
        ({"field_strength": 0.5}, "The field strength is 0.5 T; it must be from 1.5 to 3 T"),
        (
            {"T1w_sequence": "SPGR", "T1w_TI": 450.0},
            "T1w: spoiled gradient echo (SPGR) has no inversion; set its TI to 0, or choose MPRAGE or IR-SE.",
        ),
        ({"ceT1w_sequence": "TSE", "ceT1w_TI": 900.0}, "ceT1w: turbo spin echo (TSE) has no inversion"),
        ({"T1w_TR": 10.0, "T1w_TE": 20.0}, "The echo time of T1w (20 ms) must be shorter than its"),
        ({"FLAIR_TR": 2000.0, "FLAIR_TI": 2500.0}, "The inversion time of FLAIR (2500 ms) must be shorter"),
        (
            {"ceT1w_sequence": "IR-SE", "ceT1w_TR": 700.0, "ceT1w_TI": 900.0},
            "The inversion time of ceT1w (900 ms) must be shorter than its repetition time (700 ms)",
        ),
        ({"matrix": (160.0, 192.0)}, "The matrix is 160 x 192; give three whole numbers from 16 to 512."),
        ({"matrix": (160.5, 192.0, 160.0)}, "The matrix is 160.5 x 192 x 160; give three whole numbers"),
        ({"matrix": (8.0, 192.0, 160.0)}, "The matrix is 8 x 192 x 160; give three whole numbers"),
        ({"matrix": (512.0, 512.0, 512.0)}, "A matrix of 134 million voxels needs too much memory"),
        ({"matrix": ()}, "The matrix is empty"),
        ({"matrix": (float("nan"), 32.0, 32.0)}, "Matrix is nan voxels; it must be a number."),
        ({"spacing": (1.0, 1.0)}, "The voxel size has 2 numbers; give three, in mm."),
        ({"spacing": (1.0, 1.0, 0.0)}, "Voxel size is 0.0 mm; it must be between 0.3 and 10."),
        ({"anatomy": "absent"}, "There is no folder 'absent' for the anatomy"),
        ({"conventional": False}, "No image is asked for"),
        ({"noise": "much"}, "Noise is 'much'; choose one of auto, off, clinical, hard."),
    ],
)
def test_bad_values_get_one_sentence(values, sentence):
    (problem,) = Settings(**values).problems()

    assert sentence in problem


def test_defaults_and_every_kind_are_fine():
    assert Settings().problems() == []
    assert [Settings(kind=kind).problems() for kind in KINDS] == [[]] * len(KINDS)


def test_an_empty_anatomy_folder_is_told_apart_from_one_with_label_maps(tmp_path):
    assert "holds no label maps" in Settings(anatomy=str(tmp_path)).problems()[0]
    (tmp_path / "notes.txt").touch()
    assert "holds no label maps" in Settings(anatomy=str(tmp_path)).problems()[0]
    (tmp_path / "aseg.mgz").touch()
    assert Settings(anatomy=str(tmp_path)).problems() == []


def test_no_series_goes_missing_unless_asked_for():
    assert Settings(artifacts="hard").strength("missing_series") == "off"
    assert Settings(artifacts="hard", missing_series="auto").strength("missing_series") == "hard"


def test_strength_is_the_artifacts_own_or_that_of_all():
    settings = Settings(artifacts="hard", noise="off", gibbs="clinical")

    assert [settings.strength(name) for name in ("noise", "gibbs", "gain")] == ["off", "clinical", "hard"]
    assert settings.switches()["brain_mask"] == "hard"


def test_every_switch_of_the_artifacts_can_be_set():
    from gliomamri.phantom.artifacts.severity import STRENGTHS
    from gliomamri.phantom.artifacts.severity import SWITCHES as KNOWN

    assert list(SWITCHES) == list(ARTIFACTS)
    assert sorted(SWITCHES.values()) == sorted(KNOWN)
    assert set(Settings().switches().values()) <= set(STRENGTHS)


def test_protocols_are_known_to_the_generator():
    from gliomamri.phantom.protocols import PRESETS

    choices = next(info for info in Settings.describe() if info.name == "protocol").choices
    made = {
        Settings(protocol=choice, preset=p).protocol_preset
        for choice in choices
        for p in ("standard", "shifted")
    }
    assert made == set(PRESETS)


def test_typed_sequences_reach_the_protocol():
    settings = Settings(T1w_sequence="SPGR", T1w_TR=8.2, T1w_FA=12.0, FLAIR_TI=2400.0)

    assert settings.sequence_changes() == {
        "T1w": {"kind": "SPGR", "repetition_time": 8.2, "flip_angle": 12.0},
        "FLAIR": {"inversion_time": 2400.0},
    }


def test_outputs_are_roles():
    everything = Settings(low_dose_image=True, adc=True, magic=True, diffusion_relaxation=True)

    assert Settings().roles == ("T1w", "ceT1w", "T2w", "FLAIR")
    assert set(everything.roles) == {role for roles in OUTPUT_ROLES.values() for role in roles} <= set(ROLES)


def test_matrix_is_given_as_clinicians_say_it_and_used_as_arrays_are():
    assert Settings(matrix=(100.0, 120.0, 30.0)).shape == (30, 120, 100)
