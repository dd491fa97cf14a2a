"""Where an acquisition lies is found and judged: moved, left alone, or doubted in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.acquisitions import Acquisition
from gliomamri.imaging.alignable import alignable
from gliomamri.imaging.alignment_quality import LocalShifts
from gliomamri.imaging.moves import _doubts, agrees, find_move
from gliomamri.imaging.registration import RigidAlignment

FINE = RigidAlignment(
    matrix=np.eye(4),
    similarity_before=0.2,
    similarity_after=0.4,
    overlap_before=0.8,
    overlap=0.95,
    displacement=5.0,
    translation=4.0,
    rotation=3.0,
    search="30",
)
NEAR = LocalShifts(np.zeros((20, 3)), np.full((20, 3), 0.1), np.full(20, 0.1))
FAR = replace(NEAR, shifts=np.full((20, 3), 2.0))


@pytest.fixture(scope="module")
def reference(head):
    return head.image("T1w", head.grid((50, 58, 44), (3.2, 3.2, 3.2), angles=(4.0, 0.0, -3.0)), parts=1)


def found(reference, role, image):
    return find_move(Acquisition(role, image, (role,)), alignable(reference), reference, "30")


def test_moved_stack_is_found(head, reference):
    motion = head.rigid((6.0, -4.0, 9.0), (8.0, -5.0, 6.0))
    stack = head.grid((64, 72, 26), (2.6, 2.5, 5.0), angles=(0.0, 5.0, 2.0))

    move = found(reference, "T2w", head.image("T2w", stack, motion, parts=1, seed=1))

    assert head.error(move.matrix, motion) < 1.0
    assert move.note == ""
    assert move.warnings == ()


def test_image_that_agrees_stays_exactly_where_it_is(head, reference):
    move = found(reference, "T1map", head.image("T1map", reference, parts=1, seed=2))

    assert np.array_equal(move.matrix, np.eye(4))
    assert move.note == "agreed already"


def test_few_slices_stay(head, reference):
    move = found(reference, "T2w", head.grid((40, 40, 2)))

    assert move.note.startswith("too few slices")
    assert move.residual == 0


def test_constant_image_is_named(reference):
    move = found(reference, "FLAIR", sitk.Image([20, 20, 20], sitk.sitkFloat32) + 5)

    assert move.note.startswith("shows nothing")
    assert "FLAIR" in move.warnings[0]


@pytest.mark.parametrize(
    ("change", "shifts", "words"),
    [
        ({"similarity_after": 0.01}, NEAR, "hardly resembles"),
        ({"overlap": 0.3}, NEAR, "covers only 30%"),
        ({"rotation": 31.0}, NEAR, "turned by 31 degrees"),
        ({}, FAR, "3.5 mm off"),
    ],
)
def test_what_looks_wrong_is_told(change, shifts, words):
    doubts = _doubts("T2 map", replace(FINE, **change), shifts, 1.5)

    assert len(doubts) == 1
    assert words in doubts[0]
    assert "T2 map" in doubts[0]


def test_what_looks_right_or_is_not_known_raises_no_doubt():
    few = LocalShifts(FAR.points[:3], FAR.shifts[:3], FAR.errors[:3])

    assert _doubts("T2 map", FINE, NEAR, 1.5) == []
    assert _doubts("T2 map", FINE, few, 1.5) == []


def test_agreement_is_a_small_move_or_a_flat_optimum(head):
    grid = head.grid((10, 10, 10), (2.0, 2.0, 2.0))

    assert agrees(replace(FINE, displacement=0.15), grid)
    assert not agrees(replace(FINE, displacement=0.25), grid)
    assert agrees(replace(FINE, displacement=0.25, similarity_before=0.399), grid)
