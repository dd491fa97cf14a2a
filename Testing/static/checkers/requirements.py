"""What is imported against what is declared, and what is declared against what is pinned."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from static.checkers.imports import imports
from static.checkers.tree import files, modules

# import name -> distribution that brings it, where they differ
DISTRIBUTIONS = {
    "itk": "itk-elastix",
    "PIL": "pillow",
    "PySide6": "pyside6-essentials",
    "shiboken6": "pyside6-essentials",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slicer": "slicer-core",
    "vtk": "slicer-core",
    "vtkmodules": "slicer-core",
}
# Exist inside the application only; tests put stand-ins there.
APPLICATION = {"qt", "ctk", "PyTorchUtils", "SampleData", "PythonQt"}


def normalized(requirement: str) -> str:
    """Distribution name of a requirement, as package hosts compare it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement).group(0)).lower()


def declared(root: Path) -> dict[str, str]:
    """All requirements of pyproject.toml, extras included, by normalized name."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    lines = list(project.get("dependencies", []))
    for extra in project.get("optional-dependencies", {}).values():
        lines += extra
    return {normalized(line): line for line in lines if normalized(line) != project["name"]}


def undeclared_problems(root: Path) -> list[str]:
    """Imports that no requirement of pyproject.toml brings."""
    names = set(declared(root))
    scripts = list(files(root, "*.py"))
    known = sys.stdlib_module_names | APPLICATION | {path.stem for path in scripts}
    known |= {folder.name for path in scripts for folder in path.parents if folder.is_relative_to(root)}
    problems = set()
    for path in scripts:
        base = root / "Core" if path.is_relative_to(root / "Core") else root
        for found in imports(path, base):
            distribution = DISTRIBUTIONS.get(found.root, normalized(found.root or "x"))
            if found.root and found.root not in known and distribution not in names:
                problems.add(
                    f"{path.relative_to(root).as_posix()} imports {found.root}, which is not declared"
                )
    return sorted(problems)


def pin_problems(root: Path) -> list[str]:
    """Declared requirements without an exact pin, and pins of another version than an exact requirement."""
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    problems = [f"{line} is no exact pin" for line in pins if not re.fullmatch(r"[\w.-]+==[\w.+]+", line)]
    versions = {normalized(line): line.partition("==")[2] for line in pins}
    for name, requirement in declared(root).items():
        exact = requirement.partition("==")[2]
        if name not in versions:
            problems.append(f"{name} is not pinned")
        elif exact and exact != versions[name]:
            problems.append(f"{name}: {exact} is required, {versions[name]} is pinned")
    return problems


def slicer_requirement_problems(root: Path) -> list[str]:
    """Requirements installed inside Slicer whose bounds differ from pyproject.toml's; more than one such file."""
    paths = [path for module in modules(root) for path in sorted(module.glob("Resources/*equirements.txt"))]
    problems = [f"{path.name}: there is one requirements file already" for path in paths[1:]]
    for path in paths[:1]:
        for line in path.read_text("utf-8").splitlines():
            requirement = line.split("#")[0].strip()
            if requirement and declared(root).get(normalized(requirement)) != requirement:
                problems.append(f"{path.name}: {requirement} differs from pyproject.toml")
    return problems
