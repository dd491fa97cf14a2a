"""What needs only Slicer's bundled packages imports with everything else out of reach."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("torch", "monai", "skimage", "sklearn", "matplotlib", "pandas", "nibabel")
SLICER = ("slicer", "vtk", "qt", "ctk", "PySide6", "trame", "gliomamri_slicer")
# gliomamri part -> what it must come without, beyond HEAVY and SLICER
PARTS = {
    "relaxometry": ("pydicom",),
    "regions": ("pydicom",),
    "imaging": ("pydicom",),
    "jobs": ("pydicom", "scipy"),
    "cli": ("pydicom", "scipy"),
    "tasks": ("pydicom", "scipy"),
    "io": ("pydicom",),
    "report": ("pydicom",),
    "networks.registry": ("pydicom", "scipy"),
    "training.schedules": ("pydicom", "scipy"),
}
BLOCKER = """
import importlib.abc, importlib, sys
blocked = set(sys.argv[2].split(","))
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ModuleNotFoundError(f"blocked: {name}", name=name)
sys.meta_path.insert(0, Blocker())
importlib.import_module(sys.argv[1])
"""


def import_without(name: str, blocked: tuple[str, ...], path: str) -> subprocess.CompletedProcess[str]:
    """Import `name` in a fresh Python in which the `blocked` packages cannot be found."""
    return subprocess.run(
        [sys.executable, "-P", "-c", BLOCKER, name, ",".join(blocked)],
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("part", PARTS)
def test_part_imports_without_heavy_libraries(repository, part):
    done = import_without(f"gliomamri.{part}", HEAVY + SLICER + PARTS[part], str(repository / "Core"))
    assert done.returncode == 0, done.stderr


def test_blocker_stops_an_early_import(tmp_path):
    (tmp_path / "early.py").write_text("import scipy.optimize\n", "utf-8")
    done = import_without("early", ("scipy",), str(tmp_path))
    assert done.returncode != 0
    assert "blocked: scipy" in done.stderr


def test_blocker_lets_a_late_import_pass(tmp_path):
    (tmp_path / "late.py").write_text("def f():\n    import scipy.optimize\n", "utf-8")
    assert import_without("late", ("scipy",), str(tmp_path)).returncode == 0
