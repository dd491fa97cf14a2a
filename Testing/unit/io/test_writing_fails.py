"""Full disk, read-only and missing folders: one sentence each, nothing left behind."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.images import write_image
from gliomamri.io.new_files import check_free_space, in_temporary_folder, new_file, write_text

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
import SimpleITK as sitk
from gliomamri.errors import UserError
from gliomamri.io.images import write_image

# A limit on the size of files fails a write just as a full disk does, in any folder and for any user.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
image = sitk.GetImageFromArray(np.random.default_rng(0).normal(size=(40, 50, 60)).astype(np.float32))
try:
    write_image(image, Path(sys.argv[1]))
except UserError as error:
    print(error.sentence)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize("extension", [".nii", ".nii.gz", ".nrrd"])
def test_full_disk_is_told_and_leaves_nothing(tmp_path, extension):
    (tmp_path / f"a{extension}").write_text("what was there before")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(tmp_path / f"a{extension}")],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip

    assert done.stdout.startswith("The disk is full (")
    assert "MB free" in done.stdout
    assert f"'{tmp_path.name}'" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == [f"a{extension}"]
    assert (tmp_path / f"a{extension}").read_text() == "what was there before"


def test_too_little_space_is_told_before_writing(tmp_path):
    with pytest.raises(UserError, match=r"1000000000000 MB are needed and \d+ MB are free"):
        check_free_space(tmp_path, 10**18)
    check_free_space(tmp_path, 1)


def test_only_a_temporary_folder_stays_without_a_name(tmp_path):
    own = f"for the folder '{tmp_path.name}': .* choose another folder"

    with pytest.raises(UserError, match=own):
        check_free_space(tmp_path, 10**18)
    with pytest.raises(UserError, match="for the folder for temporary files"), in_temporary_folder():
        check_free_space(tmp_path, 10**18)
    with pytest.raises(UserError, match=own):
        check_free_space(tmp_path, 10**18)


def test_read_only_folder(make_image, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write into read-only folders (root); the next test covers the sentence")

    with pytest.raises(UserError, match="read-only"):
        write_image(make_image(), folder / "a.nii")


def test_read_only_file_system_is_told(make_image, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.open", refuse)

    with pytest.raises(UserError, match="read-only") as caught:
        write_image(make_image(), tmp_path / "a.nii")
    assert str(tmp_path) in caught.value.details


@pytest.mark.parametrize("name", ["missing", "file"])
def test_missing_folder_and_file_in_its_place(make_image, tmp_path, name):
    (tmp_path / "file").touch()

    with pytest.raises(UserError, match="there is no such folder"):
        write_image(make_image(), tmp_path / name / "a.nii")


def test_failure_while_writing_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.csv"
    write_text("old", path)

    with pytest.raises(ZeroDivisionError), new_file(path) as temporary:
        temporary.write_text("half")
        1 / 0  # noqa: B018

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_writer_that_stays_silent_is_caught(tmp_path, monkeypatch):
    image = sitk.GetImageFromArray(np.ones((4, 5, 6), np.float32))
    write = sitk.WriteImage

    def half(image, name, *arguments):
        write(image, name, *arguments)
        os.truncate(name, Path(name).stat().st_size - 4)

    monkeypatch.setattr(sitk, "WriteImage", half)

    with pytest.raises(UserError, match="disk is full"):
        write_image(image, tmp_path / "a.nii")
    assert not list(tmp_path.iterdir())
