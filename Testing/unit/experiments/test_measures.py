"""All measures of a synthetic case, whose truth is known, and of a moved one."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.experiments.phantom_realism.appearance import alignment_measures, texture_sd
from gliomamri.experiments.phantom_realism.brain_measures import asymmetry
from gliomamri.experiments.phantom_realism.case import Case
from gliomamri.experiments.phantom_realism.measures import measure_case
from unit.experiments.synthetic_head import INTENSITIES, head_images


@pytest.fixture(scope="module")
def measures(a_case):
    return measure_case(a_case)


def test_ratios_are_those_put_in(measures):
    for role, (white, gray, csf) in INTENSITIES.items():
        assert measures[f"{role} gray / white"].value == pytest.approx(gray / white, rel=0.06)
        assert measures[f"{role} CSF / white"].value == pytest.approx(csf / white, rel=0.06)
    assert measures["FLAIR edema / white"].value == pytest.approx(900 / 500, rel=0.05)
    assert measures["ceT1w/T1w white"].value == pytest.approx(850 / 800, rel=0.02)


def test_every_measure_has_unit_and_group_and_is_finite(measures):
    assert len(measures) > 120
    assert all(np.isfinite(m.value) and m.unit and m.group for m in measures.values())
    assert {m.group for m in measures.values()} >= {"contrast", "noise", "sharpness", "tumor shape", "brain"}


def test_gain_of_a_sequence_changes_no_ratio(a_case, measures):
    louder = {role: image * (3 if role == "T2w" else 1) for role, image in a_case.images.items()}

    found = measure_case(Case.from_arrays("louder", louder, labels=a_case.labels))

    for name, measure in measures.items():
        assert found[name].value == pytest.approx(measure.value, rel=1e-3, abs=1e-4), name


def test_offset_between_sequences_is_found(tissue):
    images = head_images(tissue, blur=(1, 1, 1))
    images["FLAIR"] = np.roll(images["FLAIR"], 1, axis=2)

    found = alignment_measures(Case.from_arrays("moved", images))

    assert found["FLAIR offset to T1w"][0] == pytest.approx(1, abs=0.35)
    assert found["T2w offset to T1w"][0] < 0.1


def test_symmetric_head_stays_symmetric_when_turned(tissue):
    from scipy import ndimage

    image = head_images(tissue)["T1w"]
    even = image + image[:, :, ::-1]
    turned = ndimage.rotate(even, 8, axes=(1, 2), reshape=False, order=1)
    lopsided = even.copy()
    lopsided[40:60, 30:60, 55:75] *= 0.5

    values = [asymmetry(Case.from_arrays("head", {"T1w": array})) for array in (even, turned, lopsided)]

    assert values[0] < 0.01
    assert values[1] < 0.03
    assert values[2] > 2 * values[1]


def test_texture_ignores_what_lies_outside_the_mask():
    rng = np.random.default_rng(2)
    image = rng.standard_normal((20, 40, 40)).astype(np.float32)
    mask = np.zeros(image.shape, bool)
    mask[5:15, 10:30, 10:30] = True
    loud = np.where(mask, image, 1000).astype(np.float32)

    assert texture_sd(loud, mask, (1, 1, 1)) == texture_sd(image * mask, mask, (1, 1, 1))
    assert texture_sd(3 * image, mask, (1, 1, 1)) == pytest.approx(
        3 * texture_sd(image, mask, (1, 1, 1)), rel=1e-4
    )
