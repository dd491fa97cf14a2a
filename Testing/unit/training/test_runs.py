"""From a recipe to a package: stopped and resumed the same, folders guarded, data that cannot be used told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gliomamri.errors import UserError
from gliomamri.jobs import locks
from gliomamri.training import cohort, runs
from gliomamri.training.batches import Batch
from gliomamri.training.checkpoint import load_checkpoint
from gliomamri.training.designs import DESIGNS
from gliomamri.training.recipes import Recipe
from gliomamri.training.runs import MODEL, PATIENTS, RECIPE, as_shown, batch_plan, train

CMRI = ("ceT1w", "T1w", "FLAIR", "T2w")
ALL = (*CMRI, "T1map", "T2map", "PDmap", "ceT1map", "ceT2map", "cePDmap")
SMALL = {
    "stack": {"patch": (5, 64, 64), "width": 0.17, "batch": 2},
    "volume": {"patch": (32, 32, 32), "width": 0.25, "batch": 1},
    "unet2d": {"patch": (1, 32, 32), "width": 0.15, "batch": 2},
    "sdm4": {"patch": (1, 32, 32), "width": 0.05, "batch": 4},
}


def recipe(design="stack", **changes):
    values = {
        "task": DESIGNS[design].task,
        "design": design,
        "patients": 3,
        "steps": 4,
        **SMALL[design],
        **changes,
    }
    return Recipe(**values)


@pytest.fixture(autouse=True)
def patients(monkeypatch, make_example):
    """Small examples instead of simulated patients; the seeds that were asked for."""
    asked = []

    def fill_pool(folder, settings, seeds, *, processes, maps, progress):
        folder.mkdir(parents=True, exist_ok=True)
        asked.append((list(seeds), maps))
        paths = [folder / f"{seed}.npz" for seed in seeds]
        for seed, path in zip(seeds, paths, strict=True):
            make_example(f"simulated-{seed}", ALL if maps else CMRI, seed=seed).save(path)
        progress(1.0, "simulated")
        return paths

    monkeypatch.setattr(cohort, "fill_pool", fill_pool)
    return asked


def weights(folder):
    state = load_checkpoint(folder)
    return {**state["average"], **{f"own {name}": tensor for name, tensor in state["network"].items()}}


@pytest.mark.parametrize("design", DESIGNS)
def test_every_design_is_trained_to_a_package(tmp_path, design, patients):
    told = []
    package = train(
        recipe(design, first_patient=10), tmp_path / "run", lambda share, words: told.append(share)
    )

    assert patients == [([10, 11, 12], False)]
    assert package.folder == tmp_path / "run" / MODEL
    package.verify()
    (network,) = package.build()
    assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert Recipe.from_json((tmp_path / "run" / RECIPE).read_text()) == recipe(design, first_patient=10)


def test_one_network_for_any_configuration(tmp_path, patients):
    package = train(recipe(config="any", steps=2), tmp_path)
    assert patients[0][1]
    assert package.metadata.roles == ALL
    assert all(channel.optional for channel in package.metadata.inputs)


def test_stopped_and_resumed_is_the_same_to_the_bit(tmp_path):
    train(recipe(), tmp_path / "through")
    asked = iter([False, False, True])
    assert train(recipe(), tmp_path / "stopped", until=lambda: next(asked)) is None
    assert load_checkpoint(tmp_path / "stopped")["step"] == 2
    train(recipe(), tmp_path / "stopped")

    one, other = weights(tmp_path / "through"), weights(tmp_path / "stopped")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    files = [(tmp_path / name / MODEL / "model.safetensors").read_bytes() for name in ("through", "stopped")]
    assert files[0] == files[1]


def test_another_seed_makes_other_weights(tmp_path):
    train(recipe(), tmp_path / "a")
    train(recipe(seed=1), tmp_path / "b")
    one, other = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_a_finished_run_gives_its_package_again(tmp_path, monkeypatch):
    first = train(recipe(), tmp_path)
    monkeypatch.setattr(runs, "Engine", lambda *_, **__: pytest.fail("was trained again"))
    assert train(recipe(), tmp_path).digest == first.digest


def test_another_recipe_in_the_folder_is_refused(tmp_path):
    train(recipe(), tmp_path)
    with pytest.raises(UserError, match="training with other width, steps; use the same"):
        train(recipe(steps=9, width=0.3), tmp_path)


def test_a_folder_in_use_is_refused_and_free_afterwards(tmp_path):
    assert locks.hold(tmp_path / ".lock")
    with pytest.raises(UserError, match="Another training is running"):
        train(recipe(), tmp_path)
    locks.release(tmp_path / ".lock")
    train(recipe(), tmp_path)
    assert locks.hold(tmp_path / ".lock")
    locks.release(tmp_path / ".lock")


def test_what_failed_before_it_began_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "new", tmp_path / "there"):
        with monkeypatch.context() as patch:
            patch.setattr(cohort, "fill_pool", lambda *_, **__: (_ for _ in ()).throw(UserError("No heads.")))
            with pytest.raises(UserError, match="No heads"):
                train(recipe(steps=9), folder)
        assert not folder.exists() or not any(folder.iterdir())
        train(recipe(), folder)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="not of a training"):
        train(recipe(), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        train(recipe(), tmp_path / "file" / "run")


def test_nothing_to_learn_from_is_told(tmp_path, monkeypatch, make_example):
    def healthy(folder, settings, seeds, **_):
        folder.mkdir(parents=True, exist_ok=True)
        make_example(roles=CMRI, tumor=False).save(folder / "1.npz")
        return [folder / "1.npz"]

    monkeypatch.setattr(cohort, "fill_pool", healthy)
    with pytest.raises(UserError, match="None of the patients has a labeled tumor"):
        train(recipe(), tmp_path)


def test_a_damaged_example_is_told(tmp_path, monkeypatch):
    def damaged(folder, settings, seeds, **_):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "1.npz").write_bytes(b"half")
        return [folder / "1.npz"]

    monkeypatch.setattr(cohort, "fill_pool", damaged)
    with pytest.raises(UserError, match=r"'1\.npz' cannot be read; delete it"):
        train(recipe(), tmp_path)


def test_too_many_patients_for_the_memory_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(cohort, "available_memory", lambda: 1000)
    with pytest.raises(UserError, match="GB of memory"):
        train(recipe(), tmp_path)


def test_an_empty_data_set_is_told(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError, match="holds no patient"):
        train(recipe(patients=0, data=str(tmp_path / "data")), tmp_path / "run")
    with pytest.raises(UserError, match="is missing"):
        train(recipe(patients=0, data=str(tmp_path / "none")), tmp_path / "run2")


def test_patients_of_a_data_set_are_read_once(tmp_path, monkeypatch, make_example):
    read = []

    def patient_example(folder, configuration, voxel_size):
        read.append(folder.name)
        return make_example(folder.name, configuration.roles, seed=len(read))

    monkeypatch.setattr(cohort, "patient_example", patient_example)
    for name in ("sub-1", "sub-2", "sub-3"):
        (tmp_path / "data" / name).mkdir(parents=True)
    one = recipe(patients=0, data=str(tmp_path / "data"), subjects=("sub-3", "sub-1"))
    train(one, tmp_path / "run", until=lambda: True)
    train(one, tmp_path / "run")
    assert read == ["sub-3", "sub-1"]
    assert {path.name for path in (tmp_path / "run" / PATIENTS).iterdir()} == {"sub-1.npz", "sub-3.npz"}


@pytest.mark.parametrize(
    ("design", "patch"), [("stack", (5, 60, 64)), ("volume", (32, 32, 16)), ("unet2d", (1, 8, 32))]
)
def test_patches_that_the_network_cannot_take_are_told(tmp_path, design, patch):
    with pytest.raises(UserError, match="multiples of"):
        train(recipe(design, patch=patch), tmp_path)


def test_slices_become_channels_role_by_role():
    channels = torch.zeros(1, 2, 5, 4, 3)
    for role in range(2):
        for z in range(5):
            channels[0, role, z] = 10 * role + z
    classes = torch.arange(5)[None, :, None, None].expand(1, 5, 4, 3)
    shown = as_shown(DESIGNS["stack"], Batch(channels, classes))
    assert shown.channels.shape == (1, 10, 4, 3)
    assert shown.channels[0, :, 0, 0].tolist() == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    assert torch.all(shown.classes == 2)
    assert shown.classes.shape == (1, 4, 3)


def test_a_slice_is_labeled_by_any_tumor_in_it():
    classes = torch.zeros(3, 1, 6, 6, dtype=torch.int64)
    classes[1, 0, 5, 0] = 2
    classes[2, 0, 2:4, 2:4] = 3
    shown = as_shown(DESIGNS["sdm4"], Batch(torch.zeros(3, 4, 1, 6, 6), classes))
    assert shown.classes.tolist() == [0, 1, 1]
    assert shown.channels.shape == (3, 4, 6, 6)


def test_batches_are_planned_as_the_recipe_says():
    plan = batch_plan(recipe(config="any"))
    assert plan.roles == ALL
    assert plan.steps == (2.0, 1.0, 1.0)
    assert plan.missing > 0
    assert {role for kept in plan.configurations for role in kept} == set(ALL)
    assert batch_plan(recipe("sdm4")).slices
    assert not batch_plan(recipe("volume")).slices
    assert np.prod(batch_plan(Recipe(patients=1)).shape) == 5 * 160 * 128
