"""A package is read when it is whole, and each damage has its sentence."""

from __future__ import annotations

import json

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.manifest import parse_manifest
from gliomamri.modelstore.package import read_package
from unit.modelstore import example_model
from unit.modelstore.example_model import PNG, build, metadata, states


def test_what_was_written_is_read_verified_and_built(written):
    torch = pytest.importorskip("torch")
    found = read_package(written)
    found.verify()
    assert found.metadata == metadata()
    assert found.figures == ("scores.png",)
    assert found.figure("scores.png") == PNG
    assert found.card().startswith("# Tiny tumor model")
    for module, state in zip(found.build(build), states(), strict=True):
        assert torch.equal(module.state_dict()["0.weight"], state["0.weight"].half().float())


def test_digest_changes_with_any_byte(package):
    before = read_package(package).digest
    example_model.replace_file(package, "scores.png", PNG + b"x")
    assert read_package(package).digest != before


def test_what_a_file_manager_left_is_no_harm(package):
    (package / ".DS_Store").write_bytes(b"x")
    (package / "Thumbs.db").write_bytes(b"x")
    read_package(package).verify()


@pytest.mark.parametrize("name", ["first.safetensors", "README.md", "scores.png"])
def test_a_changed_byte_is_found(package, name):
    data = bytearray((package / name).read_bytes())
    data[-1] ^= 1
    (package / name).write_bytes(data)
    with pytest.raises(UserError, match=f"'{name}' is damaged or was changed: its checksum"):
        read_package(package).verify()


def test_weights_changed_after_verifying_are_not_used(package):
    found = read_package(package)
    found.verify()
    data = bytearray((package / "second.safetensors").read_bytes())
    data[-1] ^= 1
    (package / "second.safetensors").write_bytes(data)
    with pytest.raises(UserError, match=r"'second.safetensors' is damaged or was changed"):
        found.build(build)


def test_changed_metadata_are_not_even_parsed(package):
    data = (package / "metadata.json").read_bytes()
    (package / "metadata.json").write_bytes(data.replace(b"Tiny", b"Tidy"))
    with pytest.raises(UserError, match=r"'metadata.json' is damaged or was changed"):
        read_package(package)


@pytest.mark.parametrize("name", ["first.safetensors", "README.md", "metadata.json", "scores.png"])
def test_a_missing_file_is_named(package, name):
    (package / name).unlink()
    with pytest.raises(UserError, match=f"not whole: '{name}' is missing"):
        read_package(package)


@pytest.mark.parametrize("name", ["README.md", "second.safetensors"])
def test_a_file_that_manifest_forgot_too_is_missed(package, name):
    (package / name).unlink()
    example_model.renew_manifest(package)
    with pytest.raises(UserError, match=f"not whole: '{name}' is missing"):
        read_package(package)


def test_a_shorter_file_is_named_with_both_sizes(package):
    data = (package / "scores.png").read_bytes()
    (package / "scores.png").write_bytes(data[:-3])
    with pytest.raises(
        UserError, match=f"'scores.png' has {len(data) - 3} bytes, and its manifest says {len(data)}"
    ):
        read_package(package)


def test_a_folder_without_manifest_is_no_package(tmp_path):
    with pytest.raises(UserError, match=r"no model package: it has no 'manifest.json'"):
        read_package(tmp_path)
    with pytest.raises(UserError, match="no readable model package"):
        read_package(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: m.update(format=2), "newer version"),
        (lambda m: m.update(files=[]), "does not list its files"),
        (
            lambda m: m["files"].update({"a.png": {"bytes": -1, "sha256": "0" * 64}}),
            "no size and checksum of 'a.png'",
        ),
        (
            lambda m: m["files"].update({"a.png": {"bytes": 1, "sha256": "0" * 63}}),
            "no size and checksum of 'a.png'",
        ),
        (lambda m: m["files"].update({"a.png": 3}), "no size and checksum of 'a.png'"),
        (lambda m: m["files"].update({"../a.png": m["files"]["README.md"]}), "leads out"),
        (
            lambda m: m["files"].update({f"{n}.png": m["files"]["README.md"] for n in range(64)}),
            "does not list",
        ),
        (lambda m: m["files"].update({"manifest.json": m["files"]["README.md"]}), "and not itself"),
        (lambda m: m["files"]["README.md"].update(bytes=10**7), "1 MB is the most"),
    ],
)
def test_wrong_manifests_are_refused(written, change, told):
    found = json.loads((written / "manifest.json").read_text())
    change(found)
    with pytest.raises(UserError) as caught:
        parse_manifest(json.dumps(found).encode())
    assert told in caught.value.sentence


def test_a_figure_that_is_none_is_found(package):
    example_model.replace_file(package, "scores.png", b"<html><script>")
    with pytest.raises(UserError, match=r"'scores.png' is no PNG"):
        read_package(package).verify()
