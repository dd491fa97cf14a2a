"""The small head as labels and as a file, and an empty cache."""

from __future__ import annotations

import pytest

from gliomamri.phantom.anatomy.heads import forget_heads
from unit.phantom.anatomy.small_head import small_labels, write_labels


@pytest.fixture(scope="session")
def labels():
    return small_labels()


@pytest.fixture(scope="session")
def label_file(tmp_path_factory, labels):
    """The small head as FreeSurfer writes it: LIA."""
    return write_labels(tmp_path_factory.mktemp("heads") / "small.nii.gz", labels, "LIA")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder and an empty memory."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GLIOMAMRI_CACHE", str(folder))
    forget_heads()
    yield folder
    forget_heads()
