"""Which volumes are taken for which series: by role, by header, by what varies among them."""

from __future__ import annotations

import slicer

from gliomamri_slicer.dicom_headers import writeParameters
from gliomamri_slicer.folders import addResultFolder, moveToFolder
from gliomamri_slicer.roles import ROLE_ATTRIBUTE
from gliomamri_slicer.series_candidates import seriesCandidates
from scene.builders import ramp, volume

DELAYS, ECHOES = (170.0, 670.0, 1840.0, 3840.0), (22.0, 95.0)


def image(name, role="", **parameters):
    node = volume(name, ramp())
    writeParameters(node, parameters)
    if role:
        node.SetAttribute(ROLE_ATTRIBUTE, role)
    return node


def magic(prefix, role="", **others):
    """Eight images, in an order that is not theirs."""
    return [
        image(f"{prefix} {n}{m}", role, inversion_time=delay, echo_time=echo, **others)
        for m, echo in enumerate(reversed(ECHOES))
        for n, delay in enumerate(DELAYS)
    ]


def times(nodes):
    return [
        (
            float(node.GetAttribute("GliomaMRI.inversion_time")),
            float(node.GetAttribute("GliomaMRI.echo_time")),
        )
        for node in nodes
    ]


def test_images_whose_delays_and_echoes_vary_are_magic_and_not_inversion_recovery(scene):
    magic("MDME", repetition_time=4000)

    assert times(seriesCandidates("MAGIC", scene)) == [(delay, echo) for delay in DELAYS for echo in ECHOES]
    assert seriesCandidates("IRT1", scene) == []
    assert seriesCandidates("ceMAGIC", scene) == []


def test_inversion_recovery_beside_magic_is_still_found(scene):
    magic("MDME", repetition_time=4000)
    inversion = [
        image(f"IR {time}", inversion_time=time, echo_time=12, repetition_time=8000)
        for time in (50, 400, 1600)
    ]

    assert seriesCandidates("IRT1", scene) == inversion
    assert len(seriesCandidates("MAGIC", scene)) == 8


def test_one_echo_time_is_no_magic(scene):
    nodes = [image(f"IR {time}", inversion_time=time, echo_time=12) for time in (50, 400, 1600)]

    assert seriesCandidates("MAGIC", scene) == []
    assert seriesCandidates("IRT1", scene) == nodes


def test_names_tell_magic_after_contrast_agent(scene):
    before, after = magic("MDME"), magic("MDME post Gd")

    assert set(seriesCandidates("MAGIC", scene)) == set(before)
    assert set(seriesCandidates("ceMAGIC", scene)) == set(after)


def test_volumes_with_a_role_go_before_all_others_and_serve_no_other(scene):
    magic("MDME post Gd")
    own = magic("one", "ceMAGIC")
    image("two", "FLAIR", inversion_time=2500, echo_time=120)

    assert set(seriesCandidates("ceMAGIC", scene)) == set(own)
    assert seriesCandidates("MAGIC", scene) == []
    assert seriesCandidates("IRT1", scene) == []


def test_series_of_two_patients_are_not_mixed_and_the_last_one_counts(scene):
    first, second = magic("first", "MAGIC"), magic("second", "MAGIC")
    for nodes in (first, second):
        moveToFolder(nodes, addResultFolder("Simulated patient"))
    slicer.mrmlScene.RemoveNode(first.pop())

    assert set(seriesCandidates("MAGIC", scene)) == set(second)


def test_two_flip_angles_of_one_protocol_are_a_series(scene):
    nodes = [image(f"SPGR {angle}", flip_angle=angle, repetition_time=15, echo_time=3) for angle in (26, 5)]
    image("T1 other", flip_angle=12, repetition_time=8, echo_time=3)

    assert seriesCandidates("VFA", scene) == nodes[::-1]


def test_one_image_per_protocol_is_no_variable_flip_angle_series(scene):
    image("T1", flip_angle=12, repetition_time=8, echo_time=3)
    image("T2", flip_angle=90, repetition_time=5000, echo_time=90)

    assert seriesCandidates("VFA", scene) == []
