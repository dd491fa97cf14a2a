"""Sizes, links, pictures and line ends."""

from __future__ import annotations

import ast
import re
import struct
from pathlib import Path
from urllib.parse import unquote

from static.checkers.tree import files, modules, text_files

MODULE_LINES = 300
FILE_LINES = 450
FUNCTION_LINES = 70
ICON_SIZE = (128, 128)
# Split so that this file does not contain what it looks for.
MACHINE_PATH = re.compile(
    "|".join(
        (
            r"(?<![\w.:/$}*-])/" + r"(?:work|tmp|root|home|opt|Users)/\w",
            r"[A-Z]:\\" + r"Users",
            r"py" + r"pi\.org",
            r"python" + r"hosted\.org",
        )
    )
)


def size_problems(root: Path) -> list[str]:
    """Module files, files and functions that outgrew their limit (in lines)."""
    problems = []
    module_files = {module / f"{module.name}.py" for module in modules(root)}
    for path in files(root, "*.py"):
        name, text = path.relative_to(root).as_posix(), path.read_text("utf-8")
        limit = MODULE_LINES if path in module_files else FILE_LINES
        length = text.count("\n")
        if length > limit:
            problems.append(f"{name} has {length} lines, at most {limit} are allowed")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # A numpydoc block is not the function's length; its statements are.
                start = node.body[0].lineno if ast.get_docstring(node) is None else node.body[0].end_lineno
                length = node.end_lineno - start + 1
                if length > FUNCTION_LINES:
                    problems.append(
                        f"{name}: {node.name} has {length} lines, at most {FUNCTION_LINES} are allowed"
                    )
    return problems


def machine_path_problems(root: Path) -> list[str]:
    """Text files that name a folder of somebody's machine or a package host."""
    return [
        f"{path.relative_to(root).as_posix()}:{number} names {found.group(0)!r}"
        for path in text_files(root)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := MACHINE_PATH.search(line))
    ]


def line_end_problems(root: Path) -> list[str]:
    """Text files with carriage returns, or whose last line does not end."""
    problems = []
    for path in text_files(root):
        content = path.read_bytes()
        if b"\r" in content:
            problems.append(f"{path.relative_to(root).as_posix()} has carriage returns")
        if content and not content.endswith(b"\n"):
            problems.append(f"{path.relative_to(root).as_posix()} does not end with a line end")
    return problems


def png_size(path: Path) -> tuple[int, int]:
    """Width and height from a PNG file's header, pixels; (0, 0) where it is none."""
    header = path.read_bytes()[:24]
    if header[:8] != b"\x89PNG\r\n\x1a\n":
        return (0, 0)
    return struct.unpack(">II", header[16:24])


def icon_problems(root: Path) -> list[str]:
    """Icons that are absent or have another size than Slicer shows."""
    extension = next(iter(root.glob("*.json"))).stem
    icons = [root / f"{extension}.png"]
    icons += [module / "Resources" / "Icons" / f"{module.name}.png" for module in modules(root)]
    return [
        f"{path.relative_to(root).as_posix()} is not a PNG of {ICON_SIZE[0]} x {ICON_SIZE[1]} pixels"
        for path in icons
        if not path.is_file() or png_size(path) != ICON_SIZE
    ]


def anchors(text: str) -> set[str]:
    """Anchors that GitHub makes from a page's headings."""
    headings = re.findall(r"(?m)^#+\s+(.+?)\s*$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_problems(root: Path) -> list[str]:
    """Relative links and pictures of Markdown pages that lead nowhere."""
    problems = []
    for page in files(root, "*.md"):
        text = page.read_text("utf-8")
        links = re.findall(r"\]\(([^)\s]+)[^)]*\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
        for link in links:
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = unquote(link).partition("#")
            path = (page.parent / target) if target else page
            name = page.relative_to(root).as_posix()
            if not path.exists():
                problems.append(f"{name} links to {target}, which does not exist")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text("utf-8")):
                problems.append(f"{name} links to {link}, which has no such heading")
    return problems


def lib_start_problems(root: Path) -> list[str]:
    """Lib packages whose start code differs from the first one's: it is the same three lines in each."""
    codes = {}
    for module in modules(root):
        path = module / f"{module.name}Lib" / "__init__.py"
        if not path.is_file():
            continue
        statements = ast.parse(path.read_text("utf-8")).body
        without_docstring = [node for node in statements if not isinstance(node, ast.Expr)]
        codes[path.parent.name] = "\n".join(ast.unparse(node) for node in without_docstring)
    if not codes:
        return []
    first = next(iter(codes))
    problems = [
        f"{name}/__init__.py differs from {first}'s" for name, code in codes.items() if code != codes[first]
    ]
    if "Core" not in codes[first]:
        problems.append(f"{first}/__init__.py does not add Core to the path")
    return problems


def named_test_problems(root: Path) -> list[str]:
    """Files whose docstring names a test file that is not there."""
    problems = []
    for path in files(root, "*.py"):
        if "Testing" in path.relative_to(root).parts:
            continue
        about = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        name = path.relative_to(root).as_posix()
        problems += [
            f"{name} says that {named} tests it, which does not exist"
            for named in re.findall(r"Testing/[\w/]+\.py", about)
            if not (root / named).exists()
        ]
    return problems
