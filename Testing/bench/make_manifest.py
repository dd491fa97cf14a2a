"""Write manifest.json: the names that Slicer's and CTK's widget classes give to Python, read from their C++ headers.

PythonQt shows properties, slots, signals and Q_INVOKABLE methods of these classes, nothing else. With that list the
bench tells "the real class has no such name" from "the real class has it, the bench does not model it".

Usage: ``python make_manifest.py <header folder> [<header folder> ...]``, for instance Slicer's ``Libs/MRML/Widgets``,
``Modules/Loadable``, ``Base/QTGUI`` and CTK's ``Libs/Widgets``. Sub-folders are searched; private headers are not.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

CLASS = re.compile(
    r"^class\s+(?:[A-Z_0-9]+_EXPORT\s+)?(ctk\w+|q(?:MRML|Slicer)\w+)\s*:\s*public\s+([\w:]+)", re.MULTILINE
)
PROPERTY = re.compile(r"(?:Q_PROPERTY|QVTK_PROPERTY)\s*\(\s*([\w:<>*]+)\s+(\w+)")
QT_MACROS = re.compile(r"\b(?:Q_OBJECT|Q_(?:ENUM|FLAG)S?\([^)]*\)|Q_(?:DECLARE|DISABLE)\w+\([^)]*\))")
SECTION = re.compile(
    r"^\s*(?:(public|protected|private)\s+(?:slots|Q_SLOTS)|(signals|Q_SIGNALS)|(public|protected|private))\s*:",
)
METHOD = re.compile(r"(?:^|[\s*&>])(~?\w+)\s*\(")
KEPT_BASES = ("ctk", "qMRML", "qSlicer")


def withoutComments(text: str) -> str:
    """Return C++ source without comments and preprocessor lines."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"//[^\n]*", " ", text)
    return re.sub(r"^\s*#[^\n]*", " ", text, flags=re.MULTILINE)


def classBody(text: str, start: int) -> str:
    """Return what lies between the braces that open first after `start`."""
    first = text.index("{", start)
    depth = 0
    for position in range(first, len(text)):
        depth += (text[position] == "{") - (text[position] == "}")
        if depth == 0:
            return text[first + 1 : position]
    return text[first + 1 :]


def declarations(body: str) -> list[tuple[str, str]]:
    """Return (section, declaration) pairs; a section is ``public``, ``slots``, ``signals`` or ``hidden``."""
    # Inline bodies hold calls that would read as declarations.
    while re.search(r"\{[^{}]*\}", body):
        body = re.sub(r"\{[^{}]*\}", ";", body)
    section, found, pending = "hidden", [], ""
    for line in body.splitlines():
        heading = SECTION.match(line)
        if heading:
            slots, signals, access = heading.groups()
            visible = "slots" if slots else "public"
            section = "signals" if signals else visible if "public" in (slots, access) else "hidden"
            line = line[heading.end() :]
        pending += " " + line.strip()
        while ";" in pending:
            declaration, _, pending = pending.partition(";")
            found.append((section, " ".join(declaration.split())))
    return found


def signature(declaration: str) -> str:
    """Return ``name(type,type)`` of a signal's declaration, without argument names, as Qt normalizes it."""
    name = METHOD.search(declaration).group(1)
    arguments = declaration[declaration.index("(") + 1 : declaration.rindex(")")]
    types = []
    for argument in filter(None, (part.strip() for part in re.split(r",(?![^<]*>)", arguments))):
        kind = argument.partition("=")[0].strip()
        kind = re.sub(r"\bconst\b|&", " ", kind)
        kind = (
            re.sub(r"(?<=[\s*>])[a-z]\w*$", "", kind.strip()) if re.search(r"[\s*>]", kind.strip()) else kind
        )
        types.append(kind.replace(" ", ""))
    return f"{name}({','.join(types)})"


def describe(body: str, base: str) -> dict:
    """Return base, properties, slots, signals and invokable methods of one class body."""
    properties = [found.group(2) for found in PROPERTY.finditer(body)]
    body = re.sub(r"Q_PROPERTY\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*;?", " ", body)
    body = QT_MACROS.sub(" ", body)
    names: dict[str, list[str]] = {"slots": [], "signals": [], "invokable": []}
    for section, declaration in declarations(body):
        method = METHOD.search(declaration)
        if method is None or "(" not in declaration:
            continue
        if section == "signals":
            names["signals"].append(signature(declaration))
        elif section == "slots":
            names["slots"].append(method.group(1))
        elif "Q_INVOKABLE" in declaration:
            names["invokable"].append(METHOD.search(declaration.partition("Q_INVOKABLE")[2]).group(1))
    unique = {kind: list(dict.fromkeys(found)) for kind, found in names.items()}
    return {"base": base, "properties": properties, **unique, "constants": enumerators(body)}


def enumerators(body: str) -> list[str]:
    """Return the names inside the class's enumerations."""
    found = []
    for inside in re.findall(r"\benum\s+(?:class\s+)?\w+\s*\{([^}]*)\}", body):
        found += [item.partition("=")[0].strip() for item in inside.split(",") if item.strip()]
    return found


def readHeaders(folders: list[Path]) -> dict[str, dict]:
    """Return one description per public widget class found in the folders."""
    classes: dict[str, dict] = {}
    for path in sorted(header for folder in folders for header in folder.rglob("*.h")):
        if path.name.endswith("_p.h") or {"Testing", "DesignerPlugins"} & set(path.parts):
            continue
        text = withoutComments(path.read_text(encoding="utf-8", errors="replace"))
        for found in CLASS.finditer(text):
            classes[found.group(1)] = describe(classBody(text, found.end()), found.group(2))
    return classes


def main() -> None:
    """Read the folders named on the command line and write manifest.json beside this file."""
    folders = [Path(argument) for argument in sys.argv[1:]]
    if not folders or not all(folder.is_dir() for folder in folders):
        sys.exit(__doc__)
    classes = readHeaders(folders)
    target = Path(__file__).with_name("manifest.json")
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(classes[name])}" for name in sorted(classes))
    target.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    print(f"{len(classes)} classes in {target.name}")


if __name__ == "__main__":
    main()
