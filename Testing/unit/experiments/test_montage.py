"""The picture is written and holds the cases."""

from __future__ import annotations

import pytest

from gliomamri.experiments.phantom_realism.__main__ import main
from gliomamri.experiments.phantom_realism.montage import save_montage


def test_montage_has_a_tile_per_case_and_sequence(a_case, tmp_path):
    matplotlib_image = pytest.importorskip("matplotlib.image")

    save_montage([a_case] * 3, tmp_path / "m.png", blocks=1)

    picture = matplotlib_image.imread(tmp_path / "m.png")[..., 0]
    tiles = [picture[:, i * picture.shape[1] // 4 : (i + 1) * picture.shape[1] // 4] for i in range(4)]
    assert all(tile.std() > 0.05 for tile in tiles)


def test_command_tells_a_wrong_folder(tmp_path):
    empty = str(tmp_path)

    assert main(["--real", empty, "--simulated", empty, "--out", str(tmp_path / "out")]) == 2
