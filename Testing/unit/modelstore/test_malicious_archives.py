"""Zip files made to harm: each is refused with its own sentence, and nothing is written."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.importing import import_model
from unit.modelstore.example_model import build, tree

torch = pytest.importorskip("torch")


def pack(archive: Path, files: dict[str, bytes], *, method=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(archive, "w", method) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return archive


@pytest.fixture
def files(written) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in written.iterdir()}


@pytest.fixture
def archive(tmp_path) -> Path:
    return tmp_path / "model.zip"


@pytest.fixture
def refused(archive, tmp_path):
    def check() -> str:
        before = tree(tmp_path)
        with pytest.raises(UserError) as caught:
            import_model(archive, build)
        assert tree(tmp_path) == before
        return caught.value.sentence

    return check


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system = 3
    made.external_attr = mode << 16
    return made


@pytest.mark.parametrize("prefix", ["", "my model/"])
def test_sound_archives_are_imported(files, archive, models, prefix):
    pack(archive, {prefix + name: data for name, data in files.items()} | {"__MACOSX/._a.json": b"x"})
    found = import_model(archive, build)
    assert found.sentence == "The model 'Tiny tumor model' 1.2.0 was imported."
    assert tree(models) == ["tiny-tumor-1.2.0", *sorted(f"tiny-tumor-1.2.0/{name}" for name in files)]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../evil.json", "leads out"),
        ("a/../../evil.json", "leads out"),
        ("..\\evil.json", "leads out"),
        ("/tmp-evil.json", "absolute path"),
        ("C:\\evil.json", "absolute path"),
        ("sub/evil.json", "lies in a folder"),
        ("inner.zip", "is an archive within the package"),
        ("model.pt", "may hold a program"),
        ("nul.json", "Windows keeps"),
        ("readme.MD", "of no kind"),
    ],
)
def test_names_made_to_harm(files, archive, refused, name, told):
    pack(archive, files | {name: b"{}"})
    assert told in refused()


def test_names_that_lead_out_in_every_file(files, archive, refused):
    pack(archive, {f"../{name}": data for name, data in files.items()})
    assert "leads out of the package" in refused()


def test_names_that_are_one_on_other_systems(files, archive, refused):
    pack(archive, files | {"SCORES.png": b"x"})
    assert "are one file on Windows and macOS" in refused()


def test_one_name_twice(files, archive, refused):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(archive, "w") as opened:
        for name, data in [*files.items(), ("README.md", b"other")]:
            opened.writestr(name, data)
    assert "'README.md' and 'README.md' are one file" in refused()


def test_name_cut_by_a_zero(files, archive, refused):
    pack(archive, files | {"aXevil.json": b"{}"})
    archive.write_bytes(archive.read_bytes().replace(b"aXevil.json", b"a\x00evil.json"))
    assert "cut by a zero" in refused()


def test_link_inside(files, archive, refused):
    pack(archive, {name: data for name, data in files.items() if name != "README.md"})
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(entry("README.md", stat.S_IFLNK | 0o777), "/etc/passwd")
    assert "its file 'README.md' is a link to another place" in refused()


def test_device_inside(files, archive, refused):
    pack(archive, files)
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(entry("a.png", stat.S_IFIFO | 0o777), "")
    assert "'a.png' is no ordinary file" in refused()


def test_bomb_by_ratio(files, archive, refused):
    pack(archive, files | {"a.png": bytes(10_000_000)})
    assert "'a.png' grows " in refused()


def test_bomb_that_lies_about_its_size(files, archive, refused):
    """The table of contents says 500 bytes, and 10 MB come out."""
    pack(archive, files | {"a.png": bytes(10_000_000)})
    data = archive.read_bytes()
    true, false = struct.pack("<I", 10_000_000), struct.pack("<I", 500)
    assert data.count(true) == 2
    archive.write_bytes(data.replace(true, false))
    assert "no readable zip file" in refused()


def test_files_longer_than_the_archive(files, archive, refused):
    """No ratio is suspicious, but the table of contents claims more packed bytes than there are."""
    pack(archive, files | {"a.safetensors": bytes(50), "b.safetensors": bytes(51)}, method=zipfile.ZIP_STORED)
    data = archive.read_bytes()
    for name in (b"a.safetensors", b"b.safetensors"):
        start = data.rindex(name) - 46
        data = data[: start + 20] + struct.pack("<II", 1_500_000_000, 1_500_000_000) + data[start + 28 :]
    archive.write_bytes(data)
    assert "its files overlap" in refused()


def test_bomb_by_total_size(files, archive, refused, monkeypatch):
    monkeypatch.setattr("gliomamri.modelstore.files.PACKAGE_BYTES", 2000)
    pack(archive, files)
    assert "GB is the most" in refused()


def test_files_that_overlap(files, archive, refused):
    """Two entries of the table of contents share the bytes of one file."""
    big = bytes(range(256)) * 4000
    pack(archive, files | {"a.png": big, "b.png": big[:1]}, method=zipfile.ZIP_STORED)
    data = archive.read_bytes()
    first, second = data.rindex(b"a.png") - 46, data.rindex(b"b.png") - 46
    same = data[first + 16 : first + 28]  # checksum and both sizes
    data = data[: second + 16] + same + data[second + 28 :]
    data = data[: second + 42] + data[first + 42 : first + 46] + data[second + 46 :]
    archive.write_bytes(data)
    assert "overlap" in refused()


def test_table_of_contents_that_fills_the_memory(files, archive, refused):
    pack(archive, files)
    data = archive.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    archive.write_bytes(data[: end + 12] + struct.pack("<I", 2**31) + data[end + 16 :])
    assert "lists far more files" in refused()


def test_too_many_files(files, archive, refused):
    pack(archive, files | {f"{number}.png": b"x" for number in range(70)})
    assert "more than 64 files" in refused()


def test_password(files, archive, refused):
    pack(archive, files)
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    archive.write_bytes(data)
    assert "locked with a password" in refused()


def test_unusual_packing(files, archive, refused):
    pack(archive, files, method=zipfile.ZIP_LZMA)
    assert "packed in an unusual way" in refused()


def test_damaged_archive(files, archive, refused):
    pack(archive, files, method=zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    data[data.index(b"# Tiny tumor model") + 3] ^= 1
    archive.write_bytes(data)
    assert "no readable zip file; it is damaged" in refused()


def test_archive_that_is_none(archive, refused):
    archive.write_bytes(b"hello" * 100)
    assert "no readable zip file" in refused()
    archive.unlink()
    assert "There is no model package" in refused()


def test_archive_of_many_gigabytes_is_not_read(archive, refused):
    with archive.open("wb") as file:
        file.truncate(3_000_000_000)
    assert "has 3.0 GB, and 2 GB is the most" in refused()


def test_damaged_weights_inside(files, archive, refused):
    pack(archive, files | {"first.safetensors": files["second.safetensors"]})
    assert "'first.safetensors' is damaged or was changed" in refused()
