"""A head is the same whether made, read or remembered, and trouble with the cache is nobody's trouble."""

from __future__ import annotations

import os

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.anatomy import cache as disk
from gliomamri.phantom.anatomy import heads
from gliomamri.phantom.anatomy.label_maps import label_map_head


def same(one, other):
    arrays = ("tissue", "pial_depth", "hull_distance", "ventricle_distance")
    scalars = ("name", "step", "coarse_step", "has_head")
    return all(np.array_equal(getattr(one, a), getattr(other, a)) for a in arrays) and all(
        getattr(one, s) == getattr(other, s) for s in scalars
    )


def test_same_bytes_made_read_and_remembered(label_file, cache):
    made = heads.load_head(label_file)
    remembered = heads.load_head(label_file)
    heads.forget_heads()
    read = heads.load_head(label_file)

    assert remembered.tissue is made.tissue
    assert read.tissue is not made.tissue
    assert same(made, read)
    assert same(made, label_map_head(label_file))
    assert len(list((cache / "heads").iterdir())) == 1


def test_a_head_cannot_be_written_to(label_file, cache):
    head = heads.load_head(label_file)

    with pytest.raises(ValueError, match="read-only"):
        head.tissue[0, 0, 0] = 1


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "text"])
def test_a_broken_file_is_made_anew(label_file, cache, harm):
    made = heads.load_head(label_file)
    [file] = (cache / "heads").iterdir()
    content = bytearray(file.read_bytes())
    if harm == "cut":
        content = content[: len(content) // 2]
    elif harm == "flipped":
        middle = len(content) // 2
        content[middle : middle + 40] = bytes(255 - b for b in content[middle : middle + 40])
    else:
        content = b"" if harm == "empty" else b"no archive"
    file.write_bytes(content)
    heads.forget_heads()

    again = heads.load_head(label_file)

    assert same(made, again)
    heads.forget_heads()
    assert disk.read_cached(file.stem) is not None


def test_a_folder_that_cannot_be_made_is_no_error(label_file, tmp_path, monkeypatch):
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    monkeypatch.setenv("GLIOMAMRI_CACHE", str(blocker))
    heads.forget_heads()

    head = heads.load_head(label_file)

    assert head.has_head
    assert blocker.read_text() == "in the way"
    heads.forget_heads()


def test_other_name_same_content_uses_the_cache_under_its_own_name(label_file, tmp_path, cache):
    copy = tmp_path / "other.nii.gz"
    copy.write_bytes(label_file.read_bytes())

    first, second = heads.load_head(label_file), heads.load_head(copy)

    assert (first.name, second.name) == ("small", "other")
    assert first.tissue is second.tissue


def test_memory_holds_few_heads(label_file, tmp_path, cache, monkeypatch):
    head = label_map_head(label_file)
    monkeypatch.setattr(heads, "label_map_head", lambda path: head)
    for number in range(5):
        path = tmp_path / f"{number}.nii"
        path.write_bytes(os.urandom(16))
        heads.load_head(path)

    assert len(heads._heads) == heads.REMEMBERED


def test_the_oldest_files_go(cache, label_file, monkeypatch):
    monkeypatch.setattr(disk, "MOST_FILES", 2)
    head = label_map_head(label_file)
    for number in range(4):
        disk.write_cached(f"key{number}", head)
        os.utime(cache / "heads" / f"key{number}.npz", (number, number))

    assert sorted(p.name for p in (cache / "heads").iterdir()) == ["key2.npz", "key3.npz"]


def test_a_missing_file_gets_a_sentence(cache, tmp_path):
    with pytest.raises(UserError, match="missing"):
        heads.load_head(tmp_path / "absent.nii.gz")
    with pytest.raises(UserError, match="cannot be opened"):
        heads.load_head(tmp_path)
