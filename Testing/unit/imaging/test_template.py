"""The way to the template: exactly invertible, an affine that is found, a clear word where the template is missing."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.acquisitions import Acquisition
from gliomamri.imaging.alignable import alignable
from gliomamri.imaging.moves import Move
from gliomamri.imaging.prepare import Prepared, to_template_chain
from gliomamri.imaging.rigid import apply
from gliomamri.imaging.template import TemplateAlignment, align_to_template, load_template
from gliomamri.study import Study


@pytest.fixture
def affine(head):
    """Oblique, sheared, stretched, not a mere turn."""
    matrix = head.rigid((7.0, -5.0, 11.0), (12.3, -45.6, 30.1))
    matrix[:3, :3] = matrix[:3, :3] @ np.array([[1.08, 0.04, -0.02], [0.0, 0.93, 0.03], [0.01, 0.0, 1.11]])
    return matrix


def prepared_with(head, template):
    image = head.grid((5, 5, 5))
    moves = (
        Move(Acquisition("T1w", image, ("T1w",))),
        Move(
            Acquisition("T1map", image, ("T1map", "T2map")),
            head.rigid((20.0, 10.0, -30.0), (15.0, -22.0, 9.0)),
        ),
    )
    return Prepared(Study({}), "T1w", moves, None, template)


def test_chain_there_and_back_is_the_identity_to_a_billionth_of_a_millimeter(head, affine):
    prepared = prepared_with(head, TemplateAlignment(affine, 0.2, 0.4))
    points = np.random.default_rng(0).uniform(-150, 150, (1000, 3))

    there, back = to_template_chain(prepared, "T2map")

    assert np.abs(apply(back, apply(there, points)) - points).max() < 1e-9
    assert np.abs(apply(there, apply(back, points)) - points).max() < 1e-9


def test_chain_goes_through_the_reference(head, affine):
    prepared = prepared_with(head, TemplateAlignment(affine, 0.2, 0.4))
    on_reference = np.random.default_rng(1).uniform(-80, 80, (50, 3))
    on_image = apply(prepared.move_of("T1map").matrix, on_reference)

    there, _ = to_template_chain(prepared, "T1map")

    np.testing.assert_allclose(apply(there, on_image), apply(affine, on_reference), atol=1e-9)
    np.testing.assert_allclose(to_template_chain(prepared, "T1w")[0], affine, atol=1e-12)


def test_without_registration_to_the_template_there_is_no_chain(head):
    with pytest.raises(ValueError, match="not registered to the template"):
        to_template_chain(prepared_with(head, None), "T1w")


def test_stretched_and_sheared_head_is_found(head):
    stretch = head.rigid((4.0, -3.0, 6.0), (5.0, -8.0, 4.0))
    stretch[:3, :3] = stretch[:3, :3] @ np.array([[1.07, 0.03, 0.0], [0.0, 0.94, 0.0], [0.0, 0.02, 1.05]])
    template = head.image("T1w", head.grid((60, 68, 52)), stretch, parts=1, noise=0.01)
    reference = head.image("T2w", head.grid((62, 66, 40), (2.8, 2.9, 3.6), angles=(3.0, 2.0, -4.0)), parts=1)

    found = align_to_template(alignable(reference), template)

    assert head.error(found.matrix, stretch) < 1.0
    assert found.similarity_after > found.similarity_before


def test_template_is_in_scanner_coordinates():
    pytest.importorskip("nilearn")

    template = load_template()

    assert template.GetSpacing() == (1.0, 1.0, 1.0)
    middle = np.array(
        template.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in template.GetSize()])
    )
    assert np.abs(middle).max() < 40
    values = sitk.GetArrayViewFromImage(template)
    z = np.argwhere(values > 0)[:, 0]
    top = template.TransformIndexToPhysicalPoint((0, 0, int(z.max())))[2]
    assert 60 < top < 100  # the vertex, in mm above the anterior commissure


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "nilearn", None)
    monkeypatch.setitem(sys.modules, "nilearn.datasets", None)

    with pytest.raises(UserError, match="package nilearn"):
        load_template()
