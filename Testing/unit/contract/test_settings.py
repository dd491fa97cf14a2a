"""Settings know their ranges, refuse nonsense in a sentence and survive text and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from gliomamri.errors import UserError
from gliomamri.settings import Settings, setting


@dataclass(frozen=True)
class Example(Settings):
    times: tuple[float, ...] = setting((), label="Times", unit="ms", minimum=0.0, help="When.")
    cap: float = setting(6000.0, label="Cap", unit="ms", minimum=500.0, maximum=9000.0, help="Most.")
    count: int = setting(3, label="Count", minimum=1, help="How many.")
    kind: str = setting(
        "fast", label="Kind", choices={"fast": "quick one", "slow": "slow one"}, help="Which."
    )
    live: bool = setting(False, label="Live", help="Whether.")


def test_defaults_have_no_problems():
    assert Example().problems() == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"cap": 100.0}, "Cap is 100.0 ms; it must be between 500 and 9000."),
        ({"cap": float("nan")}, "Cap is nan ms; it must be between 500 and 9000."),
        ({"times": (50.0, -1.0)}, "Times is -1.0 ms; it must be 0 or more."),
        ({"count": 0}, "Count is 0; it must be 1 or more."),
        ({"kind": "odd"}, "Kind is 'odd'; choose one of fast, slow."),
    ],
)
def test_problems_are_sentences(values, sentence):
    assert Example(**values).problems() == [sentence]


def test_text_becomes_values():
    made = Example.from_text(
        {"times": "50, 100;200", "cap": "5e3", "count": "7", "kind": "slow", "live": "Yes"}
    )

    assert made == Example((50.0, 100.0, 200.0), 5000.0, 7, "slow", True)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"cpa": "1"}, "There is no setting 'cpa'; did you mean 'cap'?"),
        ({"cap": "high"}, "Cap (cap) must be a number, not 'high'."),
        ({"count": "2.5"}, "Count (count) must be a whole number, not '2.5'."),
        ({"live": "perhaps"}, "Live (live) must be yes or no, not 'perhaps'."),
        ({"times": "a,b"}, "Times (times) must be numbers separated by commas, not 'a,b'."),
        ({"times": None}, "Times (times) must be numbers separated by commas, not 'None'."),
    ],
)
def test_wrong_text_is_told_in_a_sentence(values, sentence):
    with pytest.raises(UserError) as caught:
        Example.from_text(values)

    assert caught.value.sentence == sentence


def test_json_round_trip():
    example = Example((50.0, 75.5), 1234.5, 4, "slow", True)

    assert Example.from_dict(json.loads(json.dumps(example.to_dict()))) == example


def test_description_carries_unit_range_and_default():
    cap = {info.name: info for info in Example.describe()}["cap"]

    assert (cap.unit, cap.minimum, cap.maximum, cap.default, cap.type) == ("ms", 500.0, 9000.0, 6000.0, float)
