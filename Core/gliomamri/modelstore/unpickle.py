"""A ``.pt`` file's tensors, read by a child process; the one place where a pickle is opened at all.

Called by :mod:`gliomamri.modelstore.convert`; tested by Testing/unit/modelstore/test_convert.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import gliomamri
from gliomamri.errors import UserError
from gliomamri.jobs.child import child_python, end_group, reap, start_options
from gliomamri.modelstore.limits import PACKAGE_BYTES
from gliomamri.modelstore.weights import read_header

if TYPE_CHECKING:
    import torch

TIMEOUT = 600.0
"""Seconds; importing PyTorch from a slow disk is most of it."""

_PASSED_ON = (
    *("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH"),
)
"""Variables of the environment that a Python needs to start; the child is given no other."""


def read_pickled_state(path: Path, *, timeout: float = TIMEOUT) -> dict[str, torch.Tensor]:
    """Return the state dictionary that a ``.pt`` file holds, float32 and int64.

    Raises
    ------
    UserError
        If it is TorchScript, of PyTorch's old format, too large, or holds anything but named tensors.
    """
    _check_pickle(path)
    with tempfile.TemporaryDirectory(prefix="gliomamri-convert-") as temporary:
        target = Path(temporary) / "weights.safetensors"
        _run_child(path, target, Path(temporary), timeout)
        if not target.is_file() or target.stat().st_size > PACKAGE_BYTES:
            raise UserError("The weights of the bundle could not be read.", "the child wrote nothing")
        data = target.read_bytes()
    read_header(data, path.name)
    from safetensors.torch import load

    return load(data)


def _check_pickle(path: Path) -> None:
    """Look at the file from outside: its size, and what its zip file lists."""
    if path.is_symlink() or not path.is_file():
        raise UserError(
            f"The bundle has no weights '{path.name}', or they are a link; PyTorch's model.pt is needed."
        )
    if path.stat().st_size > PACKAGE_BYTES:
        raise UserError(f"The weights '{path.name}' are larger than {PACKAGE_BYTES / 1e9:g} GB; refused.")
    try:
        with zipfile.ZipFile(path) as opened:
            infos = opened.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UserError(
            f"The weights '{path.name}' are damaged or of PyTorch's format before 1.6; save them again with PyTorch.",
            str(error),
        ) from error
    if any("/code/" in info.filename or info.filename.endswith("constants.pkl") for info in infos):
        raise UserError(
            f"The weights '{path.name}' are TorchScript, which is a program; a state dictionary is needed."
        )
    if sum(info.file_size for info in infos) > PACKAGE_BYTES:
        raise UserError(
            f"The weights '{path.name}' grow beyond {PACKAGE_BYTES / 1e9:g} GB when unpacked; refused."
        )


def _run_child(source: Path, target: Path, folder: Path, timeout: float) -> None:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    core = str(Path(gliomamri.__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (core, environment.get("PYTHONPATH"))))
    command = [
        child_python(),
        "-P",
        "-m",
        "gliomamri.modelstore.unpickle_child",
        str(source.resolve()),
        str(target),
    ]
    options = {**start_options(), "stdin": subprocess.DEVNULL}
    try:
        child = subprocess.Popen(  # noqa: S603  (our own program, no shell)
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            cwd=folder,
            **options,
        )
    except OSError as error:
        raise UserError(
            "The weights of the bundle could not be read: Python was not found.", str(error)
        ) from error
    try:
        output, errors = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise UserError(
            "Reading the weights of the bundle took too long and was ended.", str(error)
        ) from error
    finally:
        end_group(child)
        reap(child)
    if child.returncode != 0:
        raise _problem(output, f"exit code {child.returncode}\n{errors[-2000:]}")


def _problem(output: str, otherwise: str) -> UserError:
    """Turn the child's last line into an error; a child that died without one was stopped by its limits."""
    try:
        said = json.loads(output.strip().splitlines()[-1])
        return UserError(str(said["problem"]), str(said["details"]))
    except (IndexError, ValueError, KeyError, TypeError):
        return UserError(
            "The weights of the bundle could not be read within the memory and time that such a file may need.",
            otherwise,
        )
