"""Maps of one acquisition move together, led by the T1 map; a series is led by its strongest image."""

from __future__ import annotations

import pytest
import SimpleITK as sitk

from gliomamri.imaging.acquisitions import acquisitions, choose_reference, strongest
from gliomamri.series import Series
from gliomamri.study import Study


def image(value=1.0, size=(6, 5, 4), angle=0.0):
    made = sitk.Image(list(size), sitk.sitkFloat32) + value
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.0, 0.0, angle)
    made.SetDirection(turn.GetMatrix())
    made.SetSpacing((0.5, 0.7, 5.0))
    return made


def test_maps_before_and_after_contrast_agent_are_two_acquisitions():
    roles = ("PDmap", "ceT2map", "T1map", "ceT1map", "T2map", "T1w", "brain_mask")
    found = {one.leader: one for one in acquisitions(Study({role: image() for role in roles}))}

    assert set(found) == {"T1map", "ceT1map", "T1w"}
    assert set(found["T1map"].roles) == {"T1map", "PDmap", "T2map"}
    assert set(found["ceT1map"].roles) == {"ceT1map", "ceT2map"}
    assert found["T1w"].roles == ("T1w",)


def test_every_role_is_in_exactly_one_acquisition_and_the_leaders_image_is_registered():
    images = {"T2map": image(2.0), "PDmap": image(3.0), "T1map": image(4.0), "ADC": image(5.0)}
    found = acquisitions(Study(images))

    assert sorted(role for one in found for role in one.roles) == sorted(images)
    assert all(one.image is images[one.leader] for one in found)
    assert found[0].leader == "T1map"


def test_map_on_another_grid_is_registered_by_itself():
    images = {"T1map": image(), "T2map": image(angle=0.05), "PDmap": image()}
    found = {one.leader: set(one.roles) for one in acquisitions(Study(images))}

    assert found == {"T1map": {"T1map", "PDmap"}, "T2map": {"T2map"}}


def test_strongest_image_of_a_signed_series_leads():
    weak, negative = image(3.0), image(-8.0)
    series = Series(
        (weak, negative), {"inversion_time": (170.0, 670.0), "echo_time": (22.0, 22.0)}, signed=True
    )

    found = acquisitions(Study({}, {"MAGIC": series}))

    assert found[0].image is series.images[1]
    assert strongest((weak, negative)) is negative


@pytest.mark.parametrize(
    ("roles", "wanted", "expected"),
    [
        (("T2w", "T1w", "ceT1w"), "auto", "ceT1w"),
        (("T2map", "T1map", "FLAIR"), "auto", "T1map"),
        (("ADC", "brain_mask"), "auto", "ADC"),
        (("T1w", "FLAIR"), "FLAIR", "FLAIR"),
        (("T1w",), "FLAIR", ""),
        (("brain_mask",), "auto", ""),
    ],
)
def test_reference(roles, wanted, expected):
    assert choose_reference(Study({role: image() for role in roles}), wanted) == expected
