"""Settings of both tasks: defaults, rules, problems in words."""

from __future__ import annotations

from gliomamri.tasks import find_task
from gliomamri.tumor.postprocess import Rules


def test_defaults_are_the_rules_of_the_code():
    assert find_task("segment").settings().own_rules == Rules()


def test_texts_become_settings_and_wrong_ones_are_told():
    made = find_task("segment").settings.from_text(
        {"smallest_part": "2.5", "whole_threshold": "0.35", "half": "no"}
    )

    assert made.own_rules == Rules(whole=0.35, smallest=2.5)
    assert made.half is False
    wrong = find_task("segment").settings(whole_threshold=1.5, device="tpu").problems()
    assert len(wrong) == 2
    assert "between 0.01 and 0.99" in " ".join(wrong)
    assert find_task("detect").settings(threshold=-1.0).problems()
