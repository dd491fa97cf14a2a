import numpy as np
import pytest

from gliomamri.phantom.lesions.labels import (
    PART_VALUES,
    annotation,
    brats_labels,
    infiltration,
    part_labels,
)
from gliomamri.phantom.lesions.lesion import Part

SHAPE = (1, 1, 1)


def one(**shares):
    return {Part[name]: np.full(SHAPE, value, np.float32) for name, value in shares.items()}


@pytest.mark.parametrize(
    ("weights", "label"),
    [
        (one(EDEMA=0.25), 0),
        (one(EDEMA=0.35), 2),
        (one(EDEMA=0.2, INFILTRATION=0.15), 2),
        (one(EDEMA=0.6, ENHANCING=0.4), 2),
        (one(EDEMA=0.4, ENHANCING=0.6), 4),
        (one(NECROSIS=0.6, ENHANCING=0.4), 1),
        (one(NECROSIS=0.2, NON_ENHANCING=0.2, CYST=0.15), 1),
        (one(HEMORRHAGE=0.7), 1),
        (one(ENHANCING=0.3, NECROSIS=0.3), 4),
        (one(ENHANCING=0.4), 2),
        (one(MENINGIOMA=0.8), 4),
        (one(WHITE_MATTER_LESION=1.0), 0),
        (one(ACTIVE_WHITE_MATTER_LESION=1.0), 0),
        (one(CAVITY=1.0), 0),
        (one(CAVITY=0.3, ENHANCING=0.7), 4),
        ({}, 0),
    ],
)
def test_brats_label(weights, label):
    assert brats_labels(weights, SHAPE)[0, 0, 0] == label


def test_finer_labels_take_the_largest_share_of_a_tumor():
    assert part_labels(one(EDEMA=0.2), SHAPE)[0, 0, 0] == 0
    assert part_labels(one(EDEMA=0.2, CYST=0.15), SHAPE)[0, 0, 0] == PART_VALUES[Part.EDEMA]
    assert part_labels(one(CAVITY=0.9), SHAPE)[0, 0, 0] == PART_VALUES[Part.CAVITY]
    assert len(set(PART_VALUES.values())) == len(Part)
    assert 0 not in PART_VALUES.values()


def test_annotation_is_the_core_and_infiltration_is_apart():
    weights = one(ENHANCING=0.3, NON_ENHANCING=0.15, CYST=0.1, INFILTRATION=0.4)
    assert annotation(weights, SHAPE)[0, 0, 0]
    assert infiltration(weights, SHAPE)[0, 0, 0] == np.float32(0.4)
    assert not annotation(one(EDEMA=0.5, INFILTRATION=0.5), SHAPE)[0, 0, 0]
    assert infiltration({}, SHAPE)[0, 0, 0] == 0
