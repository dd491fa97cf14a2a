"""A small, faultless extension on disk, for tests that put one fault into it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

UI = """<ui version="4.0"><widget class="qMRMLWidget" name="Alpha">
<widget class="qMRMLNodeComboBox" name="inputSelector">
<property name="SlicerParameterName" stdset="0"><string>inputVolume</string></property></widget>
<widget class="QSlider" name="levelSlider">
<property name="SlicerParameterName" stdset="0"><string>limits.level</string></property></widget>
<widget class="QCheckBox" name="signedCheckBox">
<property name="SlicerParameterName" stdset="0"><string>fit.signed</string></property></widget>
</widget><connections><connection><sender>Alpha</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
<receiver>inputSelector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection></connections></ui>
"""
CODE = """import AlphaLib
import slicer
from AlphaLib.Section import Section
from slicer.parameterNodeWrapper import parameterNodeWrapper, parameterPack

@parameterPack
class Limits:
    level: float = 0.5

FitPack = makePack(find_task("fitting").settings, "FitPack")

@parameterNodeWrapper
class AlphaParameterNode:
    inputVolume: object
    limits: Limits
    fit: FitPack

class AlphaWidget:
    def setup(self):
        self.ui.levelSlider.value = 1
"""
FILES = {
    "CMakeLists.txt": """project(Small)
set(EXTENSION_HOMEPAGE "https://github.com/Small/SlicerSmall#readme")
set(EXTENSION_ICONURL "https://raw.githubusercontent.com/Small/SlicerSmall/main/Small.png")
set(EXTENSION_SCREENSHOTURLS "https://raw.githubusercontent.com/Small/SlicerSmall/main/Small.png")
set(EXTENSION_DEPENDS "PyTorch") # or NA
add_subdirectory(Core)
add_subdirectory(Alpha)
""",
    "Small.json": """{"$schema": "s", "category": "Neuroimaging", "build_dependencies": ["PyTorch"],
"scm_url": "https://github.com/Small/SlicerSmall.git"}
""",
    "pyproject.toml": """[project]
name = "gliomamri"
dependencies = ["numpy>=1.26"]
[project.optional-dependencies]
slicer = ["slicer-core==5.11.0.6"]
dev = ["gliomamri[slicer]"]
""",
    "constraints.txt": "# pins\nnumpy==2.0\nslicer-core==5.11.0.6\n",
    "README.md": "# Small\n\n## Alpha panel\n\nSee [below](#alpha-panel), ![icon](Small.png).\n",
    "Core/CMakeLists.txt": "# CONFIGURE_DEPENDS\n" * 2
    + "set(CORE_PACKAGES gliomamri gliomamri_slicer gliomamri_widgets)\n",
    "Core/gliomamri/__init__.py": "",
    "Core/gliomamri/tasks.py": "def find():\n    from gliomamri.fitting import fit\n    return fit\n",
    "Core/gliomamri/fitting/__init__.py": "",
    "Core/gliomamri/fitting/fit.py": "import numpy\n",
    "Core/gliomamri/fitting/settings.py": "class Settings:\n    signed: bool\n    times: tuple[float, ...]\n",
    "Core/gliomamri_slicer/__init__.py": "import slicer\n",
    "Core/gliomamri_widgets/__init__.py": "import qt\nfrom gliomamri_slicer import x\n",
    "Alpha/Alpha.py": CODE,
    "Alpha/AlphaLib/__init__.py": "core = 'Core'\n",
    "Alpha/AlphaLib/Section.py": "import qt\n",
    "Alpha/Resources/UI/Alpha.ui": UI,
    "Alpha/CMakeLists.txt": """set(MODULE_NAME Alpha)
set(MODULE_PYTHON_SCRIPTS
  ${MODULE_NAME}.py
  ${MODULE_NAME}Lib/__init__.py
  # a comment
  ${MODULE_NAME}Lib/Section.py
  )
set(MODULE_PYTHON_RESOURCES
  Resources/Icons/${MODULE_NAME}.png
  Resources/UI/${MODULE_NAME}.ui
  )
""",
    "Alpha/Testing/Python/AlphaTest.py": "",
    "Alpha/Testing/Python/CMakeLists.txt": "slicer_add_python_unittest(SCRIPT ${MODULE_NAME}Test.py)\n",
}
ICONS = ("Small.png", "Alpha/Resources/Icons/Alpha.png")


def png_header(width: int, height: int) -> bytes:
    """As much of a PNG file as says its size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def replace(path: Path, old: str, new: str) -> None:
    """Put a fault into a file; the place must be there."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """Root of a faultless extension with one module, Alpha."""
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    for name in ICONS:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png_header(128, 128))
    return tmp_path
