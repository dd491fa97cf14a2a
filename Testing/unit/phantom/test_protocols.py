"""Protocols: every one that is drawn can be played and shows tissues in the right order."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.protocols import DIFFUSION_RELAXATION, PRESETS, draw_protocol, nulling_inversion_time
from gliomamri.phantom.sequences import Sequence
from gliomamri.phantom.tissue_values import draw_tissue_values
from gliomamri.phantom.tissues import Tissue
from gliomamri.relaxometry.spin_echo import Readout, inversion_prepared_spin_echo

EDEMA = (0.82, 1000 / 1350, 1000 / 130, 4.0)  # PD, R1, R2, R2'


def many(preset, count=200):
    rng = np.random.default_rng(21)
    return [draw_protocol(rng, preset) for _ in range(count)]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_drawn_protocol_can_be_played(preset):
    for protocol in many(preset):
        assert protocol.problems() == []
        assert {"T1w", "ceT1w", "FLAIR"} <= set(protocol.roles)
        assert protocol["FLAIR"].role == "FLAIR"


@pytest.mark.parametrize("preset", PRESETS)
def test_every_drawn_sequence_shows_tissues_in_order(preset):
    rng = np.random.default_rng(3)
    tissues = [Tissue.WHITE_MATTER, Tissue.CORTEX, Tissue.VENTRICLE]
    flair_gray_over_white = []
    for protocol in many(preset, 100):
        values = draw_tissue_values(rng, protocol.field_strength, spread=0.5)
        parts = [getattr(values, name)[tissues] for name in ("PD", "R1", "R2", "R2_prime")]
        for sequence in protocol.sequences:
            (white, gray, fluid), edema = sequence.signal(*parts), sequence.signal(*EDEMA)
            if sequence.role == "T2w":
                assert fluid > edema > gray > white > 0.03
            elif sequence.role == "FLAIR":
                assert edema > 1.05 * max(gray, white)
                assert white > 1.1 * fluid
                assert white > 0.03
                flair_gray_over_white.append(gray / white)
            else:
                assert white > 1.05 * gray > 1.05 * fluid
    assert 1.02 < np.median(flair_gray_over_white) < 1.35


def test_standard_draws_every_kind_and_changes_it_after_contrast_in_some():
    protocols = many("standard", 400)
    kinds = Counter(protocol["T1w"].kind for protocol in protocols)
    changed = np.mean([protocol["T1w"].kind != protocol["ceT1w"].kind for protocol in protocols])

    assert set(kinds) == {"SPGR", "MPRAGE", "SE", "IR-SE"}
    assert min(kinds.values()) > 40
    assert 0.12 < changed < 0.32
    assert {protocol.field_strength for protocol in protocols} == {1.5, 3.0}
    assert 0.1 < np.mean([protocol["FLAIR"].is_3d for protocol in protocols]) < 0.6


def test_standard_stays_in_clinical_ranges():
    for protocol in many("standard"):
        T2, flair = protocol["T2w"], protocol["FLAIR"]
        assert 3000 <= T2.repetition_time <= 7000
        assert 80 <= T2.echo_time <= 115
        assert 4800 <= flair.repetition_time <= 10500
        assert 1350 < flair.inversion_time < 2700
        assert all(0.4 < s.in_plane < 1.2 and s.slice_thickness <= 5 for s in protocol.sequences)


def test_shifted_is_unlike_standard():
    standard, shifted = many("standard"), many("shifted")

    assert {p["T1w"].orientation for p in shifted} == {"sagittal", "coronal"}
    assert {p["T1w"].orientation for p in standard} == {"axial"}
    assert min(p["T2w"].echo_time for p in shifted) > max(p["T2w"].echo_time for p in standard)
    assert {p["T1w"].kind for p in shifted} == {"MPRAGE", "SE"}
    assert min(p["FLAIR"].slice_thickness for p in shifted) > max(
        p["FLAIR"].slice_thickness for p in standard
    )


def test_paper_000_has_magic_before_and_after():
    protocol = draw_protocol(np.random.default_rng(0), "quantitative")

    assert protocol.field_strength == 3.0
    assert [series.role for series in protocol.magic] == ["MAGIC", "ceMAGIC"]
    T1 = protocol["T1w"]
    assert (T1.repetition_time, T1.inversion_time, T1.signed) == (2524.0, 798.0, True)
    assert T1.in_plane == 0.43
    assert T1.slice_thickness + T1.slice_gap == 5


@pytest.mark.parametrize(
    ("field", "before", "after"), [(1.5, (9.0, 4.2), (6.1, 1.2)), (3.0, (5.9, 2.1), (6.1, 2.1))]
)
def test_paper_001_scans_otherwise_after_contrast(field, before, after):
    protocol = draw_protocol(np.random.default_rng(0), "low-dose", field)

    found = [(s.repetition_time, s.echo_time) for s in protocol.sequences[:3]]

    assert protocol.roles == ("T1w", "lowdose_ceT1w", "ceT1w", "FLAIR")
    assert found == [before, after, after]
    assert protocol.ADC.b_values == (0.0, 1000.0)


def test_same_seed_same_protocol():
    first, second, other = (draw_protocol(np.random.default_rng(seed)) for seed in (4, 4, 5))

    assert first == second
    assert first != other


def test_user_overrides_parameters_of_a_role():
    protocol = draw_protocol(np.random.default_rng(1))

    changed = protocol.with_changes({"T2w": {"echo_time": 101.0, "repetition_time": 4321.0}})

    assert (changed["T2w"].echo_time, changed["T2w"].repetition_time) == (101.0, 4321.0)
    assert changed["T1w"] == protocol["T1w"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"T2w": {"echo_time": -3.0}}, "T2w: the echo time is -3 ms"),
        ({"FLAIR": {"inversion_time": -100.0}}, "must not be negative"),
        ({"T2w": {"te": 90.0}}, "no parameter 'te'"),
        ({"T2w": {"role": "T1w"}}, "no parameter 'role'"),
        ({"PET": {"echo_time": 1.0}}, "no image 'PET'"),
    ],
)
def test_bad_overrides_get_a_sentence(changes, words):
    with pytest.raises(UserError, match=words):
        draw_protocol(np.random.default_rng(1)).with_changes(changes)


@pytest.mark.parametrize(("preset", "field", "words"), [("best", None, "'best'"), ("standard", 7.0, "7 T")])
def test_bad_presets_and_fields_get_a_sentence(preset, field, words):
    with pytest.raises(UserError, match=words):
        draw_protocol(np.random.default_rng(1), preset, field)


def test_nulling_inversion_time_nulls_the_fluid():
    readout = Readout(120.0, 21, 9.0)
    TI = nulling_inversion_time(8000.0, readout.last_pulse)

    fluid = inversion_prepared_spin_echo(1.0, 1000 / 4100, 0.7, 8000.0, TI, readout)

    assert abs(fluid) < 2e-3
    assert inversion_prepared_spin_echo(1.0, 1000 / 4100, 0.7, 8000.0, TI * 1.1, readout) > 0.05


def test_nulling_accounts_for_the_T2_preparation():
    prepared = Sequence(
        *("FLAIR", "IR-SE", 6000.0, 120.0), train=150, spacing=4.0, preparation_time=120.0, signed=True
    )
    TI = nulling_inversion_time(6000.0, 149.5 * 4, preparation_time=120.0)

    def fluid(inversion_time):
        return replace(prepared, inversion_time=inversion_time).signal(1.0, 1000 / 4100, 1 / 1.2)

    assert abs(fluid(TI)) < 2e-3
    assert abs(fluid(nulling_inversion_time(6000.0, 149.5 * 4))) > 0.03


def test_diffusion_relaxation_has_21_images():
    for series in DIFFUSION_RELAXATION.values():
        assert len(series.parameters) == 21
        assert series.problems() == []
