import json

import pytest

from gliomamri.errors import UserError
from gliomamri.io.sidecars import facts, read_sidecar, sidecar_path, to_fields


def test_seconds_become_milliseconds_and_back():
    fields = {
        "InversionTime": 0.05,
        "EchoTime": 0.0117,
        "RepetitionTime": 15.0,
        "FlipAngle": 170,
        "Signed": True,
    }

    found = facts(fields)

    assert found.parameters == {
        "inversion_time": (pytest.approx(50.0),),
        "echo_time": (pytest.approx(11.7),),
        "repetition_time": (pytest.approx(15000.0),),
        "flip_angle": (170.0,),
    }
    assert found.signed is True
    again = to_fields({name: values[0] for name, values in found.parameters.items()}, found.signed)
    assert again == {key: pytest.approx(value) for key, value in fields.items()}


def test_interval_between_inversions_wins_over_the_one_between_excitations():
    fields = {"RepetitionTimeExcitation": 0.008, "RepetitionTimePreparation": 5.0}

    assert facts(fields).parameters == {"repetition_time": (5000.0,)}
    assert facts({"RepetitionTimeExcitation": 0.008}).parameters == {"repetition_time": (8.0,)}


def test_lists_for_four_dimensional_files_and_unit():
    found = facts({"EchoTime": [0.01, 0.02], "Units": "ms"})

    assert found.parameters == {"echo_time": (10.0, 20.0)}
    assert (found.signed, found.units) == (None, "ms")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"EchoTime": 90}, "EchoTime 90 s; BIDS wants seconds, so write 0.09 if 90 ms is meant"),
        ({"InversionTime": 4000}, "InversionTime 4000 s"),
        ({"RepetitionTime": -1}, "negative RepetitionTime"),
        ({"EchoTime": "short"}, "EchoTime 'short', which is no number"),
        ({"EchoTime": True}, "no number"),
        ({"EchoTime": float("nan")}, "no number"),
    ],
)
def test_impossible_times_are_refused(fields, words):
    with pytest.raises(UserError, match=words):
        facts(fields)


def test_sidecar_lies_beside_its_image(tmp_path):
    path = sidecar_path(tmp_path / "inv-1_IRT1.nii.gz")
    assert path == tmp_path / "inv-1_IRT1.json"
    assert read_sidecar(path) == {}
    path.write_text(json.dumps({"EchoTime": 0.01}), encoding="utf-8-sig")
    assert read_sidecar(path) == {"EchoTime": 0.01}


@pytest.mark.parametrize("text", ["{", "[1]", ""])
def test_damaged_sidecar_is_told(tmp_path, text):
    (tmp_path / "a.json").write_text(text)

    with pytest.raises(UserError, match="json file beside the T1 map"):
        read_sidecar(tmp_path / "a.json", what="T1 map")
