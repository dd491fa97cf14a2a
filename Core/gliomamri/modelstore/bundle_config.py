"""A MONAI bundle's configuration read as data: nothing in it is executed or instantiated.

In MONAI a text that starts with ``$`` is a Python expression and one that starts with ``@`` stands for another entry.
Here a reference is looked up if it leads to plain values, ``$`` is taken if a literal or a reference follows, and any
other expression that is needed is refused. Source: MONAI Bundle Configuration, "config syntax".

Called by :mod:`gliomamri.modelstore.convert`; tested by Testing/unit/modelstore/test_bundle.py.
"""

from __future__ import annotations

import ast
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gliomamri.errors import UserError
from gliomamri.modelstore.files import open_file
from gliomamri.modelstore.limits import JSON_BYTES
from gliomamri.modelstore.strict_json import parse_json

_DEEPEST = 8
_REFERENCE = re.compile(r"@[A-Za-z_][\w]*((#|::)\w+)*")
_LONGEST_SHOWN = 80


def read_config(bundle: Path, name: str) -> dict[str, Any]:
    """Read ``configs/NAME.json`` of a bundle.

    Raises
    ------
    UserError
        If it is missing, YAML, a link, too large, or no safe JSON.
    """
    folder, file = bundle / "configs", f"{name}.json"
    if folder.is_symlink():
        raise UserError("The bundle is refused: its folder 'configs' is a link to another place.")
    try:
        found = (folder / file).lstat()
    except OSError as error:
        if any((folder / f"{name}{suffix}").exists() for suffix in (".yaml", ".yml")):
            raise UserError(
                f"The bundle's '{name}' is YAML; save it as 'configs/{file}' (JSON) first."
            ) from error
        raise UserError(
            f"'{bundle.name}' is no MONAI bundle: it has no 'configs/{file}'.", str(error)
        ) from error
    if stat.S_ISLNK(found.st_mode) or found.st_size > JSON_BYTES:
        raise UserError(
            f"The bundle's '{file}' is a link or has more than {JSON_BYTES / 1e6:g} MB; it is refused."
        )
    with open_file(folder, file, found.st_size) as opened:
        return parse_json(opened.read(found.st_size), file)


def plain(config: Mapping[str, Any], value: Any, where: str, depth: int = 0) -> Any:
    """Return a value of a configuration with its references looked up.

    Parameters
    ----------
    config : mapping
        The whole configuration.
    value : plain value
    where : str
        Its place, for messages: ``network_def.channels``.

    Raises
    ------
    UserError
        On an expression, a macro, a reference to nothing, or references that go round in a circle.
    """
    if depth > _DEEPEST:
        raise UserError(
            f"The bundle's '{where}' refers to itself or is nested too deeply; it cannot be converted."
        )
    if isinstance(value, Mapping):
        return {key: plain(config, item, f"{where}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(config, item, f"{where}[{place}]", depth + 1) for place, item in enumerate(value)]
    if not isinstance(value, str) or value[:1] not in ("$", "@", "%"):
        return value
    if value.startswith("%"):
        raise UserError(
            f"The bundle's '{where}' is taken from another file ({value[:_LONGEST_SHOWN]}); refused."
        )
    text = value.removeprefix("$").strip()
    if _REFERENCE.fullmatch(text):
        return plain(config, _looked_up(config, text[1:], where), where, depth + 1)
    try:
        return _listed(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise UserError(
            f"The bundle's '{where}' is a program ({text[:_LONGEST_SHOWN]!r}) and not a plain value; programs of a "
            "bundle are never executed."
        ) from error


def target(config: Mapping[str, Any], where: str) -> str:
    """Return the last part of an entry's ``_target_``, the name of its class."""
    name = config.get("_target_", "") if isinstance(config, Mapping) else ""
    if not isinstance(name, str) or not re.fullmatch(r"[\w.]{1,200}", name):
        raise UserError(f"The bundle's '{where}' names no class ('_target_'); it cannot be converted.")
    return name.rpartition(".")[2]


def slug(text: str) -> str:
    """Make the name of a model out of a folder's: ``Brats_MRI seg`` -> ``brats-mri-seg``."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    name = "-".join(words)[:64].strip("-")
    return name if name[:1].isalpha() else f"model-{name}"[:64].strip("-")


def _looked_up(config: Mapping[str, Any], path: str, where: str) -> Any:
    value: Any = config
    for part in re.split(r"#|::", path):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise UserError(
                f"The bundle's '{where}' refers to '{path}', which is not there; it cannot be converted."
            )
    return value


def _listed(value: Any) -> Any:
    """Let through the literals that JSON knows; tuples become lists."""
    if isinstance(value, tuple | list):
        return [_listed(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"{type(value).__name__} is no plain value")
