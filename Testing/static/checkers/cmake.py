"""CMake lists against the disk and against each other; catalog entry against CMake."""

from __future__ import annotations

import json
import re
from pathlib import Path

from static.checkers.tree import files, modules


def variable(text: str, name: str) -> list[str]:
    """Values of ``set(name ...)``, comments and quotes removed; empty where it is not set."""
    found = re.search(rf"set\(\s*{name}\s+(.*?)\)\s*(?:#.*)?$", text, re.DOTALL | re.MULTILINE)
    if not found:
        return []
    without_comments = re.sub(r"(?m)(^|\s)#.*$", "", found.group(1))
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|([^\s"]+)', without_comments)]


def listed(module: Path, name: str) -> list[str]:
    """One file list of a module's CMakeLists.txt, its own name put in."""
    text = (module / "CMakeLists.txt").read_text("utf-8")
    return [value.replace("${MODULE_NAME}", module.name) for value in variable(text, name)]


def shipped(module: Path) -> list[str]:
    """Everything that the module's CMakeLists.txt ships."""
    return listed(module, "MODULE_PYTHON_SCRIPTS") + listed(module, "MODULE_PYTHON_RESOURCES")


def list_problems(root: Path) -> list[str]:
    """Files on the disk that no list names, and names without a file."""
    problems = []
    for module in modules(root):
        if not (module / "CMakeLists.txt").is_file():
            problems.append(f"{module.name} has no CMakeLists.txt")
            continue
        present = {
            path.relative_to(module).as_posix()
            for path in files(module)
            if path.relative_to(module).parts[0] != "Testing" and path.name != "CMakeLists.txt"
        }
        names = shipped(module)
        problems += [f"{module.name}: {name} is not listed" for name in sorted(present - set(names))]
        problems += [f"{module.name}: {name} is listed but absent" for name in sorted(set(names) - present)]
        problems += [
            f"{module.name}: {name} is listed twice"
            for name in sorted({n for n in names if names.count(n) > 1})
        ]
        scripts = listed(module, "MODULE_PYTHON_SCRIPTS")
        problems += [f"{module.name}: {name} is no script" for name in scripts if not name.endswith(".py")]
    return problems


def self_test_problems(root: Path) -> list[str]:
    """Self-tests on the disk that ctest does not know, and the other way round."""
    problems = []
    for module in modules(root):
        folder = module / "Testing" / "Python"
        declared = folder / "CMakeLists.txt"
        text = declared.read_text("utf-8") if declared.is_file() else ""
        text = text.replace("${MODULE_NAME}", module.name)
        named = set(re.findall(r"slicer_add_python_unittest\(\s*SCRIPT\s+(\S+?)\s*\)", text))
        present = {path.name for path in folder.glob("*.py")}
        problems += [f"{module.name}: self-test {name} is not registered" for name in sorted(present - named)]
        problems += [f"{module.name}: self-test {name} is absent" for name in sorted(named - present)]
        if not named:
            problems.append(f"{module.name} registers no self-test")
    return problems


def clash_problems(root: Path) -> list[str]:
    """Relative paths that two modules ship: they install into one folder."""
    owner: dict[str, str] = {}
    problems = []
    for module in modules(root):
        for name in shipped(module):
            if name in owner:
                problems.append(f"{owner[name]} and {module.name} both ship {name}")
            owner[name] = module.name
    return problems


def top_level_problems(root: Path) -> list[str]:
    """Folders that the top CMakeLists.txt adds, against the folders that have one."""
    text = (root / "CMakeLists.txt").read_text("utf-8")
    added = re.findall(r"(?m)^\s*add_subdirectory\((\S+)\)", text)
    present = {module.name for module in modules(root)} | {"Core"}
    problems = [f"{name} is not added" for name in sorted(present - set(added))]
    return problems + [f"{name} is added but empty" for name in sorted(set(added) - present)]


def core_problems(root: Path) -> list[str]:
    """Packages of Core against the ones its CMakeLists.txt globs; folders that Python cannot import."""
    core = root / "Core"
    text = (core / "CMakeLists.txt").read_text("utf-8")
    globbed = set(variable(text, "CORE_PACKAGES"))
    present = {path.parent.name for path in core.glob("*/__init__.py")}
    problems = [f"Core/{name} is not shipped" for name in sorted(present - globbed)]
    problems += [f"Core/{name} is shipped but absent" for name in sorted(globbed - present)]
    if text.count("CONFIGURE_DEPENDS") < 2:
        problems.append("Core's globs are not refreshed by a new build (CONFIGURE_DEPENDS)")
    folders = {path.parent for package in present for path in files(core / package, "*.py")}
    problems += [
        f"{folder.relative_to(root).as_posix()} has no __init__.py"
        for folder in sorted(folders)
        if not (folder / "__init__.py").is_file()
    ]
    return problems


def catalog_problems(root: Path) -> list[str]:
    """The catalog's json against the extension's CMake fields."""
    text = (root / "CMakeLists.txt").read_text("utf-8")
    project = re.search(r"(?m)^project\((\w+)\)", text)
    entries = list(root.glob("*.json"))
    if not project or len(entries) != 1:
        return ["there must be one project() and one catalog json"]
    name, entry = project.group(1), json.loads(entries[0].read_text("utf-8"))
    problems = []
    if entries[0].stem != name:
        problems.append(f"{entries[0].name} does not carry the project's name {name}")
    allowed = {
        "$schema",
        "category",
        "scm_url",
        "scm_revision",
        "scm_type",
        "build_dependencies",
        "build_subdirectory",
        "enabled",
        "tier",
        "dicom_support_rule",
    }
    problems += [f"unknown key {key}" for key in sorted(set(entry) - allowed)]
    problems += [f"missing key {key}" for key in ("$schema", "category", "scm_url") if key not in entry]
    depends = [
        value for text_ in variable(text, "EXTENSION_DEPENDS") for value in text_.split() if value != "NA"
    ]
    if depends != entry.get("build_dependencies", []):
        problems.append(f"CMake depends on {depends}, the catalog on {entry.get('build_dependencies')}")
    if not str(entry.get("scm_url", "")).endswith(f"/Slicer{name}.git"):
        problems.append(f"the repository is not called Slicer{name}")
    homepage = "".join(variable(text, "EXTENSION_HOMEPAGE"))
    if str(entry.get("scm_url", "")).removesuffix(".git") not in homepage:
        problems.append("homepage and scm_url name different repositories")
    return problems + picture_url_problems(root, text)


def picture_url_problems(root: Path, cmake_text: str) -> list[str]:
    """Icon and screenshot URLs whose file is not in the repository."""
    problems = []
    for field in ("EXTENSION_ICONURL", "EXTENSION_SCREENSHOTURLS"):
        urls = " ".join(variable(cmake_text, field)).split()
        if not urls:
            problems.append(f"{field} is empty")
        for url in urls:
            path = re.sub(r"^https://raw\.githubusercontent\.com/[^/]+/[^/]+/[^/]+/", "", url)
            if not (root / path).is_file():
                problems.append(f"{field} names {path}, which is not in the repository")
    return problems
