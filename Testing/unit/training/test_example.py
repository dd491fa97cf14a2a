"""Examples on disk come back as they were, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.training.example import CLASSES, load_example


def test_what_was_saved_comes_back(make_example, tmp_path):
    example = make_example()
    example.save(tmp_path / "a.npz")
    found = load_example(tmp_path / "a.npz")

    assert (found.name, found.kind, found.roles, found.voxel_size) == ("a", "glioma", ("ceT1w", "FLAIR"), 1.5)
    for name in ("channels", "classes", "brain"):
        one, other = getattr(example, name), getattr(found, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_cut_keeps_all_of_the_brain_and_a_margin(make_example):
    example = make_example()
    cut = example.cut_to_brain(margin=2)

    assert cut.brain.sum() == example.brain.sum()
    assert cut.classes.sum() == example.classes.sum()
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(cut.brain.any(others))
        assert filled[0] == 2
        assert cut.brain.shape[axis] - 1 - filled[-1] == 2
    assert cut.channels.shape[1:] == cut.classes.shape
    assert not np.shares_memory(cut.channels, example.channels)


def test_cut_at_the_border_is_not_beyond_it(make_example):
    example = make_example()
    example.brain[:] = True
    assert example.cut_to_brain().brain.shape == example.brain.shape


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_truncated_file_is_told(make_example, tmp_path, share):
    path = tmp_path / "a.npz"
    make_example().save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=r"'a.npz' cannot be read; delete it"):
        load_example(path)


def test_missing_and_foreign_files_are_told(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        load_example(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", values=np.ones(3))
    with pytest.raises(UserError, match="cannot be read"):
        load_example(tmp_path / "other.npz")
    np.savez(tmp_path / "pickle.npz", name=np.array([{}], dtype=object))
    with pytest.raises(UserError, match="cannot be read"):
        load_example(tmp_path / "pickle.npz")


def test_failed_save_leaves_what_was_there(make_example, tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    make_example(seed=1).save(path)
    before = path.read_bytes()

    def full(file, **_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="space"):
        make_example(seed=2).save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_classes_are_those_of_brats_in_order():
    assert CLASSES == tuple(sorted(CLASSES)) == (0, 1, 2, 4)
