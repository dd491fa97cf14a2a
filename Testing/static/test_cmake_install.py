"""The extension's CMake files configure and install, and the installed tree works as Slicer would use it.

Slicer's macros are stood in for by ``slicer_stub``; only a build against a real Slicer proves the package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from static.checkers.cmake import shipped
from static.checkers.tree import files, modules

STUB = Path(__file__).parent / "slicer_stub"
INSTALLED = Path("lib/Slicer-5.12/qt-scripted-modules")


def cmake(*arguments: str) -> str:
    done = subprocess.run(["cmake", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(repository, tmp_path_factory) -> Path:
    """Folder of the installed extension that Slicer puts on Python's path."""
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    build, target = tmp_path_factory.mktemp("extension-build"), tmp_path_factory.mktemp("extension")
    cmake(
        "-S",
        str(repository),
        "-B",
        str(build),
        f"-DSlicer_DIR={STUB}",
        "-DBUILD_TESTING=ON",
        f"-DCMAKE_INSTALL_PREFIX={target}",
        "-DCMAKE_C_COMPILER_WORKS=1",
        "-DCMAKE_CXX_COMPILER_WORKS=1",
    )
    cmake("--install", str(build))
    return target / INSTALLED


def test_installed_tree_equals_the_sources(repository, installed):
    expected = {name for module in modules(repository) for name in shipped(module)}
    core = repository / "Core"
    for package in ("gliomamri", "gliomamri_slicer", "gliomamri_widgets"):
        expected |= {path.relative_to(core).as_posix() for path in files(core / package)}
    assert {path.relative_to(installed).as_posix() for path in files(installed)} == expected


def test_installed_core_runs_from_there_alone(installed, tmp_path):
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import gliomamri.tasks; print(gliomamri.__file__)"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installed)


def test_only_module_files_lie_where_slicer_looks_for_modules(repository, installed):
    assert {path.stem for path in installed.glob("*.py")} == {module.name for module in modules(repository)}
