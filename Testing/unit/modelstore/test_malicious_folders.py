"""Packages made to harm: each is refused with its own sentence, quickly, and nothing is written."""

from __future__ import annotations

import json
import os
import pickle
import time
from pathlib import Path

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.importing import import_model
from gliomamri.modelstore.weights import state_bytes
from unit.modelstore.example_model import build, renew_manifest, replace_file, states, tree

torch = pytest.importorskip("torch")


class Evil:
    """Runs a command when unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return (os.mkdir, (str(self.mark),))


@pytest.fixture
def refused(package, tmp_path):
    """Import the package, which must fail; give the sentence once nothing is found changed."""

    def check() -> str:
        before = tree(tmp_path)
        start = time.process_time()
        with pytest.raises(UserError) as caught:
            import_model(package, build)
        assert time.process_time() - start < 3
        assert tree(tmp_path) == before
        return caught.value.sentence

    return check


def edit_metadata(package: Path, change) -> None:
    found = json.loads((package / "metadata.json").read_text())
    change(found)
    replace_file(package, "metadata.json", json.dumps(found).encode())


def test_pickle_inside(package, refused, tmp_path):
    replace_file(package, "model.pt", pickle.dumps(Evil(tmp_path / "ran")))
    assert "'model.pt' may hold a program" in refused()


def test_pickle_with_a_false_name(package, refused, tmp_path):
    replace_file(package, "first.safetensors", pickle.dumps(Evil(tmp_path / "ran")))
    assert "'first.safetensors' are a pickle or archive with a false name" in refused()


def test_torch_file_with_a_false_name(package, refused, tmp_path):
    torch.save({"a": Evil(tmp_path / "ran")}, package / "first.safetensors")
    renew_manifest(package)
    assert "'first.safetensors' are a pickle or archive with a false name" in refused()


def test_manifest_that_leads_out_of_the_package(package, refused, tmp_path):
    (tmp_path / "secret.json").write_text("{}")
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["files"]["../secret.json"] = {"bytes": 2, "sha256": "0" * 64}
    (package / "manifest.json").write_text(json.dumps(manifest))
    assert "'../secret.json' leads out of the package" in refused()


def test_metadata_with_an_absolute_path(package, refused, tmp_path):
    name = str(tmp_path / "first.safetensors")
    edit_metadata(package, lambda f: f["gliomamri"]["network"].update(members=[name]))
    sentence = refused()
    assert "gliomamri.network.members[0]" in sentence
    assert "is an absolute path" in sentence


def test_link_to_another_file(package, refused, tmp_path):
    (tmp_path / "secret.md").write_bytes((package / "README.md").read_bytes())
    (package / "README.md").unlink()
    (package / "README.md").symlink_to(tmp_path / "secret.md")
    assert "its file 'README.md' is a link to another place" in refused()


def test_link_that_replaces_a_file_while_it_is_read(package, refused, tmp_path, monkeypatch):
    """The file is a file when the folder is listed, and a link when it is opened."""
    (tmp_path / "secret.md").write_bytes((package / "README.md").read_bytes())
    (tmp_path / "link").symlink_to(tmp_path / "secret.md")
    real = os.open

    def swapped(path, *arguments, **options):
        swapped_path = tmp_path / "link" if Path(path) == package / "README.md" else path
        return real(swapped_path, *arguments, **options)

    monkeypatch.setattr("gliomamri.modelstore.files.os.open", swapped)
    assert "its file 'README.md' is a link to another place" in refused()


def test_folder_inside(package, refused):
    (package / "code").mkdir()
    assert "it holds the folder 'code'" in refused()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_pipe_that_never_ends(package, refused):
    (package / "README.md").unlink()
    os.mkfifo(package / "README.md")
    assert "'README.md' is no ordinary file" in refused()


def test_wrong_hash(package, refused):
    data = bytearray((package / "second.safetensors").read_bytes())
    data[-1] ^= 1
    (package / "second.safetensors").write_bytes(data)
    assert "'second.safetensors' is damaged or was changed" in refused()


def test_missing_file(package, refused):
    (package / "second.safetensors").unlink()
    assert "'second.safetensors' is missing" in refused()


def test_file_that_the_manifest_does_not_know(package, refused):
    (package / "extra.txt").write_text("x")
    assert "it holds 'extra.txt', which its manifest does not know" in refused()


def test_weights_that_nothing_names(package, refused):
    replace_file(package, "third.safetensors", (package / "first.safetensors").read_bytes())
    assert "nothing in its metadata names 'third.safetensors'" in refused()


def test_network_that_is_not_on_the_list(package, refused):
    edit_metadata(package, lambda f: f["gliomamri"]["network"].update(name="os.system"))
    assert "no network 'os.system'" in refused()


def test_network_that_is_not_on_the_real_list(package, tmp_path):
    before = tree(tmp_path)
    with pytest.raises(UserError, match="There is no network 'tiny'; known are"):
        import_model(package)
    assert tree(tmp_path) == before


def test_arguments_out_of_range(package, refused):
    edit_metadata(package, lambda f: f["gliomamri"]["network"]["arguments"].update(filters=65))
    assert "filters = 65" in refused()


def test_arguments_that_ask_for_all_memory(package, refused):
    edit_metadata(package, lambda f: f["gliomamri"]["network"]["arguments"].update(filters=10**8))
    assert "gliomamri.network.arguments.filters is 100000000; expected a number of at most 65536" in refused()


def test_weights_that_are_no_numbers(package, refused):
    from safetensors.torch import save

    state = states()[0]
    state["0.weight"][1, 2] = float("nan")
    replace_file(package, "first.safetensors", save(state))
    assert "'first.safetensors' hold values in '0.weight' that are no numbers" in refused()


def test_weights_of_another_shape(package, refused):
    replace_file(package, "first.safetensors", state_bytes(states(filters=8)[0], half=True, name="w"))
    assert "'first.safetensors' do not fit the network" in refused()


@pytest.mark.parametrize("name", ["metadata.json", "manifest.json"])
def test_json_of_a_gigabyte_is_not_read(package, refused, name):
    with (package / name).open("r+b") as file:
        file.truncate(10**9)  # sparse: takes no room on the disk
    assert f"its file '{name}' has 1000.0 MB, and 1 MB is the most" in refused()


def test_package_of_many_gigabytes(package, refused):
    for name in ("first.safetensors", "second.safetensors"):
        with (package / name).open("r+b") as file:
            file.truncate(1_500_000_000)
    assert "it has 3.0 GB, and 2 GB is the most" in refused()


def test_too_many_files(package, refused):
    for number in range(70):
        (package / f"{number}.png").touch()
    assert "more than 64 files" in refused()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"gliomamri": ' + b"[" * 300_000 + b"]" * 300_000 + b"}", "nested deeper than 16 levels"),
        (b'{"version": "1.0.0", "version": "2.0.0"}', "gives 'version' twice"),
        (b'{"version": "\xc3\x28"}', "not written in UTF-8"),
        (b'{"value": NaN}', "holds NaN, which is no number"),
        (b'{"value": 1' + b"0" * 500_000 + b"}", "which is too large"),
        (b'{"value": 1e400}', "which is too large"),
    ],
)
def test_json_made_to_harm(package, refused, data, told):
    replace_file(package, "metadata.json", data)
    sentence = refused()
    assert "'metadata.json'" in sentence
    assert told in sentence


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs a file system in which case counts")
def test_names_that_are_one_on_other_systems(package, refused):
    replace_file(package, "Scores.png", b"x")
    assert "'Scores.png' and 'scores.png' are one file" in refused()


@pytest.mark.skipif(os.name == "nt", reason="Windows itself refuses the name")
def test_names_that_windows_keeps(package, refused):
    replace_file(package, "aux.png", b"x")
    assert "'aux.png' has a name that Windows keeps for a device" in refused()


def test_every_sentence_ends_and_names_no_exception(package, refused):
    (package / "run.py").write_text("x")
    sentence = refused()
    assert sentence.endswith(".")
    assert "Error" not in sentence
