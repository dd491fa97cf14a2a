"""``gliomamri models``, as a user meets it, with a network of the real list."""

from __future__ import annotations

import json
import shutil
import zipfile

import pytest

from gliomamri.cli import main
from gliomamri.modelstore.write import write_package
from unit.modelstore.example_model import metadata, replace_file

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def a_real_package(tmp_path_factory):
    from gliomamri.networks.registry import build
    from gliomamri.networks.weights import weights

    arguments = {"in_channels": 3, "out_channels": 2, "width": 0.05}
    made = metadata(
        name="small-unet",
        grid={"plane": "acquired", "voxel_size": [1, 1, None], "window": [64, 48], "multiple": 8},
        network={"name": "unet2d", "arguments": arguments, "members": ["one.safetensors"]},
    )
    folder = tmp_path_factory.mktemp("real") / "small"
    write_package(made, [weights(build("unet2d", seed=1, **arguments))], folder)
    return folder


def test_from_zip_to_removal(a_real_package, models, tmp_path, capsys):
    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in a_real_package.iterdir():
            opened.write(path, f"small/{path.name}")

    assert main(["models", "list"]) == 0
    assert "There are no models yet" in capsys.readouterr().out
    assert main(["models", "verify", str(a_real_package)]) == 0
    assert "is whole; 1 networks were built. SHA-256: " in capsys.readouterr().out
    assert main(["models", "import", str(archive)]) == 0
    assert capsys.readouterr().out == "The model 'Tiny tumor model' 1.2.0 was imported.\n"
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert "small-unet 1.2.0 (imported): Tiny tumor model" in out
    assert "tumor.segmentation; needs ceT1w+FLAIR; can use T1map" in out
    assert "Trained on simulated brains" in out
    assert main(["models", "show", "small-unet"]) == 0
    assert "## What it cannot do" in capsys.readouterr().out
    assert main(["models", "remove", "small-unet"]) == 0
    assert list(models.iterdir()) == []


def test_errors_are_sentences(a_real_package, models, tmp_path, capsys):
    assert main(["models", "show", "nothing"]) == 2
    assert capsys.readouterr().err == "Error: There is no model 'nothing'; known are none.\n"
    assert main(["models", "import", str(tmp_path / "nowhere.zip")]) == 2
    assert "There is no model package at" in capsys.readouterr().err
    assert main(["models", "convert", str(a_real_package), "--out", str(tmp_path / "out")]) == 2
    assert "is no MONAI bundle" in capsys.readouterr().err
    assert not models.exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda block: block["network"]["arguments"].update(width=1000), "cannot be built with width = 1000"),
        (lambda block: block["network"]["arguments"].update(more=1), "has no argument 'more'"),
        (lambda block: block["grid"].update(multiple=4), "grid.multiple is 4; expected a multiple of 8"),
    ],
)
def test_what_the_real_list_does_not_allow_is_refused(a_real_package, tmp_path, capsys, change, told):
    folder = shutil.copytree(a_real_package, tmp_path / "changed")
    found = json.loads((folder / "metadata.json").read_text())
    change(found["gliomamri"])
    replace_file(folder, "metadata.json", json.dumps(found).encode())
    assert main(["models", "verify", str(folder)]) == 2
    assert told in capsys.readouterr().err
