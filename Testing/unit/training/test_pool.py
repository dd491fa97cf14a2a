"""A folder of simulated patients: filled once, resumed, refused for other settings."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.settings import Settings
from gliomamri.training import pool
from gliomamri.training.example import load_example
from gliomamri.training.pool import example_path, fill_pool
from gliomamri.training.simulated import training_settings


@pytest.fixture
def made(monkeypatch, make_example):
    """Seeds of the patients that are made; a patient is a small example of that seed."""
    calls = []

    def simulated_example(settings, seed, *, maps):
        calls.append((seed, maps))
        return make_example(f"simulated-{seed}", seed=seed)

    monkeypatch.setattr(pool, "simulated_example", simulated_example)
    return calls


def test_one_file_per_seed_in_their_order(tmp_path, made):
    told = []
    tell = lambda share, words: told.append((share, words))  # noqa: E731
    paths = fill_pool(tmp_path / "new", Settings(), [5, 3, 9], progress=tell)
    assert [load_example(path).name for path in paths] == ["simulated-5", "simulated-3", "simulated-9"]
    assert sorted(made) == [(3, True), (5, True), (9, True)]
    assert told[-1] == (1.0, "3 of 3 patients simulated")


def test_only_what_is_missing_is_made_and_leftovers_are_removed(tmp_path, made):
    fill_pool(tmp_path, Settings(), range(4), maps=False)
    example_path(tmp_path, 2).unlink()
    (tmp_path / "simulated-00000002.99.part").write_bytes(b"half")
    made.clear()
    fill_pool(tmp_path, Settings(), range(5), maps=False)
    assert sorted(made) == [(2, False), (4, False)]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(("settings", "maps"), [(Settings(preset="shifted"), True), (Settings(), False)])
def test_other_settings_in_the_folder_are_refused(tmp_path, made, settings, maps):
    fill_pool(tmp_path, Settings(), [1])
    with pytest.raises(UserError, match="other settings"):
        fill_pool(tmp_path, settings, [2], maps=maps)
    assert made == [(1, True)]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        fill_pool(tmp_path / "file" / "pool", Settings(), [1])


def test_an_error_of_a_patient_is_told_and_what_was_made_stays(tmp_path, made, monkeypatch):
    good = pool.simulated_example

    def sometimes(settings, seed, *, maps):
        if seed == 3:
            raise UserError("The label map cannot be read.")
        return good(settings, seed, maps=maps)

    monkeypatch.setattr(pool, "simulated_example", sometimes)
    with pytest.raises(UserError, match="label map"):
        fill_pool(tmp_path, Settings(), [1, 2, 3, 4])
    assert {path.name for path in tmp_path.glob("*.npz")} == {example_path(tmp_path, n).name for n in (1, 2)}


def test_runs_hold_every_seed_once_by_head_first_pieces_first(monkeypatch):
    monkeypatch.setattr(pool, "find_heads", lambda folder: ["a", "b", "c"])
    runs = list(pool._runs(range(200), Settings(anatomy="heads")))
    assert sorted(seed for run in runs for seed in run) == list(range(200))
    assert max(map(len, runs)) == pool._RUN

    def head(seed):
        return int(pool.Streams(seed).generator("anatomy").integers(3))

    heads = [{head(seed) for seed in run} for run in runs]
    assert all(len(one) == 1 for one in heads)
    assert set().union(*heads[:3]) == {0, 1, 2}
    assert collections.Counter(len(run) for run in runs)[pool._RUN] >= 20


@pytest.mark.slow
def test_two_processes_make_the_same_as_one(tmp_path):
    settings = training_settings(voxel_size=5.0)
    one = fill_pool(tmp_path / "one", settings, [1, 2], processes=1, maps=False)
    two = fill_pool(tmp_path / "two", settings, [1, 2], processes=2, maps=False)
    for first, second in zip(one, two, strict=True):
        a, b = load_example(first), load_example(second)
        assert np.array_equal(a.classes, b.classes)
        np.testing.assert_allclose(a.channels.astype(float), b.channels.astype(float), atol=2e-2)
