"""Who imports whom: layers, rooms, and what is loaded at file scope."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from static.checkers.tree import files, module_code, modules

SLICER = {"slicer", "vtk", "vtkmodules", "mrml", "vtkAddon", "vtkITK", "vtkSegmentationCore", "sitkUtils"}
WIDGETS = {"qt", "ctk", "PySide6", "PythonQt", "trame", "trame_slicer", "trame_vuetify"}
NUMERICS = {"numpy", "scipy", "SimpleITK", "skimage", "sklearn", "pandas", "torch", "monai"}
BUNDLED = {"numpy", "scipy", "SimpleITK"}
MODULE_FILE_SCOPE = {"slicer", "vtk", "qt", "ctk", "SampleData"}
# Asking PyTorch about the GPU is that class's whole purpose.
NUMERICS_EXEMPT = {"GliomaMRISetupLib/SlicerTorch.py": {"torch"}}
# room -> rooms it must never know, not even inside a function
FORBIDDEN_ROOMS = {
    "attribution": {"relevance"},
    "networks": {"training", "tumor", "attribution", "relevance", "contrast", "experiments"},
    "relaxometry": {"jobs", "cli", "report", "experiments", "training", "networks"},
    "imaging": {"jobs", "cli", "report", "relaxometry", "tumor", "relevance", "contrast", "experiments"},
    "metrics": {"experiments", "training"},
    "statistics": {"experiments", "training"},
}


@dataclass(frozen=True)
class Import:
    """One imported module name.

    Parameters
    ----------
    name : str
        Absolute dotted name.
    line : int
        Where.
    file_scope : bool
        False inside a function.
    typing_only : bool
        True under ``if TYPE_CHECKING``.
    """

    name: str
    line: int
    file_scope: bool
    typing_only: bool

    @property
    def root(self) -> str:
        """First part of the dotted name."""
        return self.name.split(".")[0]


def dotted_name(path: Path, base: Path) -> str:
    """Module name of a file whose package tree starts under `base`."""
    parts = list(path.relative_to(base).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, base: Path) -> Iterator[Import]:
    """Every import statement of a file, relative ones resolved."""
    package = dotted_name(path, base).split(".")
    if path.name != "__init__.py":
        package = package[:-1]

    def names(node: ast.Import | ast.ImportFrom) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        start = package[: len(package) - node.level + 1] if node.level else []
        origin = ".".join([*start, *([node.module] if node.module else [])])
        # `from package import part` may name a module: keep both readings.
        return [origin, *(f"{origin}.{alias.name}" for alias in node.names)]

    def walk(node: ast.AST, file_scope: bool, typing_only: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield from (Import(name, child.lineno, file_scope, typing_only) for name in names(child))
                continue
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from walk(child, file_scope and not inside, typing_only or typing)

    yield from walk(ast.parse(path.read_text("utf-8")), True, False)


def offenders(path: Path, base: Path, banned: set[str]) -> list[str]:
    """Sentences about imports of `path` whose first name is banned."""
    return sorted(
        {
            f"{path.relative_to(base).as_posix()}:{found.line} imports {found.root}"
            for found in imports(path, base)
            if found.root in banned
        }
    )


def layer_problems(root: Path) -> list[str]:
    """Imports that look upward: core knows no Slicer, scene no Qt, widgets no module, panels compute nothing."""
    panels = {module.name for module in modules(root)} | {f"{module.name}Lib" for module in modules(root)}
    core = root / "Core"
    problems = []
    for path in files(core / "gliomamri", "*.py"):
        problems += offenders(
            path, core, SLICER | WIDGETS | panels | {"gliomamri_slicer", "gliomamri_widgets"}
        )
    for path in files(core / "gliomamri_slicer", "*.py"):
        problems += offenders(path, core, WIDGETS | panels | {"gliomamri_widgets"})
    for path in files(core / "gliomamri_widgets", "*.py"):
        problems += offenders(path, core, NUMERICS | panels)
    for module in modules(root):
        for path in module_code(module):
            name = path.relative_to(module).as_posix()
            # A module's scene adapter is its piece of the scene layer and may hand arrays over.
            if path.stem.endswith(("Adapter", "Scene")):
                problems += offenders(path, module, WIDGETS)
            elif not path.stem.endswith("Test"):
                problems += offenders(path, module, NUMERICS - NUMERICS_EXEMPT.get(name, set()))
    return problems


def file_scope_problems(root: Path) -> list[str]:
    """Third-party imports that Slicer would pay for at start-up, direct or through our own files.

    The module file itself may name the standard library, Slicer and its own Lib. What these load in turn may
    also be the numerics that Slicer bundles, nothing else.
    """
    problems = []
    for module in modules(root):
        script, lib = module / f"{module.name}.py", f"{module.name}Lib"
        own = {lib, "gliomamri", "gliomamri_slicer", "gliomamri_widgets"}
        standard = set(sys.stdlib_module_names) | MODULE_FILE_SCOPE
        pending, seen = [script], set()
        while pending:
            path = pending.pop()
            if path in seen:
                continue
            seen.add(path)
            base = module if path.is_relative_to(module) else root / "Core"
            for found in imports(path, base):
                if not found.file_scope or found.typing_only:
                    continue
                allowed = standard | own | (set() if path == script else BUNDLED)
                if found.root not in allowed:
                    problems.append(f"{path.relative_to(root).as_posix()}:{found.line} loads {found.root}")
                elif found.root in own:
                    pending += located(found.name, module, root)
    return sorted(set(problems))


def developer_path_problems(root: Path) -> list[str]:
    """Modules whose first import is not their Lib, which finds the shared packages in developer mode."""
    problems = []
    for module in modules(root):
        script, lib = module / f"{module.name}.py", f"{module.name}Lib"
        first = next((found.root for found in imports(script, module) if found.file_scope), "nothing")
        if first != lib:
            problems.append(f"{script.name} imports {first} before {lib}")
    return problems


def located(name: str, module: Path, root: Path) -> list[Path]:
    """Files that importing a dotted name of ours executes."""
    paths = []
    parts = name.split(".")
    for base in (module, root / "Core"):
        for count in range(1, len(parts) + 1):
            stem = base.joinpath(*parts[:count])
            paths += [path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file()]
    return paths


def room(name: str) -> str:
    """Room of the core that a dotted name lies in: ``gliomamri.jobs.run`` -> ``jobs``."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "gliomamri" else ""


def room_problems(root: Path) -> list[str]:
    """Rooms that know what they must not, the task list loading rooms early, and circles between rooms."""
    core = root / "Core"
    rooms = {path.parent.name for path in (core / "gliomamri").glob("*/__init__.py")}
    edges: dict[str, set[str]] = {}
    problems = []
    for path in files(core / "gliomamri", "*.py"):
        here = room(dotted_name(path, core))
        for found in imports(path, core):
            there = room(found.name)
            if there in FORBIDDEN_ROOMS.get(here, set()):
                problems.append(
                    f"{path.relative_to(core).as_posix()}:{found.line}: {here} must not know {there}"
                )
            if not found.file_scope or found.typing_only:
                continue
            if path.name == "tasks.py" and path.parent.name == "gliomamri" and there in rooms:
                problems.append(f"tasks.py:{found.line} loads {there} before a task asks for it")
            if (
                here
                and there
                and here != there
                and (there in rooms or (core / "gliomamri" / f"{there}.py").is_file())
            ):
                edges.setdefault(here, set()).add(there)
    circle = first_circle(edges)
    return sorted(set(problems)) + ([f"rooms import each other: {' -> '.join(circle)}"] if circle else [])


def first_circle(edges: dict[str, set[str]]) -> list[str]:
    """A closed walk in a directed graph, or an empty list."""
    done: set[str] = set()

    def visit(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return []
        for following in sorted(edges.get(node, ())):
            circle = visit(following, [*trail, node])
            if circle:
                return circle
        done.add(node)
        return []

    return next((circle for node in sorted(edges) if (circle := visit(node, []))), [])
