"""Checkpoints: whole or not there; nothing but tensors and plain values is read."""

from __future__ import annotations

import pathlib

import pytest
import torch

from gliomamri.errors import UserError
from gliomamri.training.checkpoint import NAME, load_checkpoint, remove_parts, save_checkpoint


def test_state_comes_back(tmp_path):
    assert load_checkpoint(tmp_path) is None
    save_checkpoint(tmp_path, {"step": 3, "weights": {"a": torch.arange(4.0)}, "plan": "x"})
    found = load_checkpoint(tmp_path)
    assert (found["step"], found["plan"]) == (3, "x")
    assert torch.equal(found["weights"]["a"], torch.arange(4.0))
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
def test_damaged_file_is_told(tmp_path, share):
    save_checkpoint(tmp_path, {"weights": torch.zeros(1000)})
    data = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(UserError, match=r"damaged; delete 'checkpoint.pt'"):
        load_checkpoint(tmp_path)


def test_a_program_in_the_file_is_not_run(tmp_path):
    torch.save({"step": pathlib.PurePosixPath("anything but a plain value")}, tmp_path / NAME)
    with pytest.raises(UserError, match="damaged"):
        load_checkpoint(tmp_path)


def test_what_cannot_be_saved_leaves_the_earlier_state(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, {"step": 1})

    def full(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(UserError, match="free space"):
        save_checkpoint(tmp_path, {"step": 2})
    monkeypatch.undo()
    assert load_checkpoint(tmp_path) == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_parts_of_killed_runs_are_removed(tmp_path):
    save_checkpoint(tmp_path, {"step": 1})
    (tmp_path / f"{NAME}.123.part").write_bytes(b"half")
    (tmp_path / "other.part").write_bytes(b"mine")
    remove_parts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {NAME, "other.part"}
