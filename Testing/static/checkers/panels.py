"""Panels: .ui files against the code that uses them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from static.checkers.tree import files, module_code, modules

UI_NAMES = {"ui", "_ui"}


@dataclass
class Panel:
    """What one module's .ui files declare."""

    names: set[str] = field(default_factory=set)
    parameters: list[str] = field(default_factory=list)
    unconnected: list[str] = field(default_factory=list)


def read_panel(module: Path) -> Panel:
    """Collect names, bound parameters and unconnected MRML widgets of all .ui files of a module."""
    panel = Panel()
    for path in sorted((module / "Resources" / "UI").glob("*.ui")):
        tree = ET.parse(path)
        top = tree.find("widget")
        connected = {
            connection.findtext("receiver")
            for connection in tree.iterfind("connections/connection")
            if connection.findtext("sender") == top.get("name")
            and connection.findtext("signal") == "mrmlSceneChanged(vtkMRMLScene*)"
            and connection.findtext("slot") == "setMRMLScene(vtkMRMLScene*)"
        }
        for widget in tree.iter("widget"):
            name = widget.get("name")
            panel.names.add(name)
            if widget.get("class").startswith("qMRML") and widget is not top and name not in connected:
                panel.unconnected.append(f"{path.name}: {name}")
            panel.parameters += [
                prop.findtext("string") or ""
                for prop in widget.findall("property")
                if prop.get("name") == "SlicerParameterName"
            ]
        panel.names |= {action.get("name") for action in tree.iter("action")}
    return panel


def used_names(path: Path) -> set[str]:
    """Widgets that a Python file takes from ``self.ui``, ``self._ui`` or ``ui``."""
    used = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = node.value
            if (isinstance(owner, ast.Attribute) and owner.attr in UI_NAMES) or (
                isinstance(owner, ast.Name) and owner.id in UI_NAMES
            ):
                used.add(node.attr)
    return used


def name_problems(root: Path) -> list[str]:
    """Widgets used in code that no .ui of the module has."""
    problems = []
    for module in modules(root):
        names = read_panel(module).names
        for path in module_code(module):
            problems += [
                f"{path.name} uses ui.{name}, which no .ui has" for name in sorted(used_names(path) - names)
            ]
    return problems


def scene_problems(root: Path) -> list[str]:
    """MRML widgets that would never learn which scene they show."""
    return [
        f"{module.name}: {widget} is not connected to mrmlSceneChanged"
        for module in modules(root)
        for widget in read_panel(module).unconnected
    ]


@dataclass
class Declarations:
    """Classes of a source tree by name: the annotated fields, the decorators, and aliases made by a call."""

    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)
    decorated: dict[str, set[str]] = field(default_factory=dict)
    aliases: dict[str, list[str]] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Add the declarations of one file."""
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                self.fields[node.name] = {
                    item.target.id: ast.unparse(item.annotation)
                    for item in node.body
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
                }
                self.bases[node.name] = [ast.unparse(base).split(".")[-1] for base in node.bases]
                # Every task's settings class is called Settings: keep it under its room's name too.
                room_name = f"{path.parent.name}.{node.name}"
                self.fields[room_name], self.bases[room_name] = self.fields[node.name], []
                self.decorated[node.name] = {ast.unparse(item).split("(")[0] for item in node.decorator_list}
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                names = [item.id for item in ast.walk(node.value) if isinstance(item, ast.Name)]
                names += [item.attr for item in ast.walk(node.value) if isinstance(item, ast.Attribute)]
                # A pack made from find_task("room").settings has the fields of that room's Settings.
                names += [
                    f"{item.args[0].value}.Settings"
                    for item in ast.walk(node.value)
                    if isinstance(item, ast.Call)
                    and ast.unparse(item.func) == "find_task"
                    and isinstance(item.args[0], ast.Constant)
                ]
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.aliases[target.id] = names

    def fields_of(self, name: str, depth: int = 0) -> dict[str, str]:
        """Fields of a class, those of its bases, or those of the classes a generated pack is made from."""
        if depth > 4:
            return {}
        if name in self.fields:
            inherited: dict[str, str] = {}
            for base in self.bases[name]:
                inherited |= self.fields_of(base, depth + 1)
            return inherited | self.fields[name]
        found: dict[str, str] = {}
        for source in self.aliases.get(name, []):
            if source != name:
                found |= self.fields_of(source, depth + 1)
        # Lists and tuples cannot be bound to a widget: a generated pack leaves them out.
        return {key: kind for key, kind in found.items() if not kind.startswith(("tuple", "list"))}

    def has(self, owner: str, dotted: str) -> bool:
        """True where ``dotted`` leads from class ``owner`` through packs to a field."""
        first, _, rest = dotted.partition(".")
        fields = self.fields_of(owner)
        if first not in fields:
            return False
        return not rest or any(self.has(name, rest) for name in re.findall(r"\w+", fields[first]))


def read_declarations(root: Path, module: Path) -> tuple[Declarations, list[str]]:
    """Declarations that a module can see, and the names of its own parameter nodes."""
    declarations, own = Declarations(), Declarations()
    for path in [*files(root / "Core", "*.py"), *module_code(module)]:
        declarations.read(path)
    for path in module_code(module):
        own.read(path)
    return declarations, [name for name, marks in own.decorated.items() if "parameterNodeWrapper" in marks]


def parameter_problems(root: Path) -> list[str]:
    """SlicerParameterName values that lead to no field of the module's parameter node."""
    problems = []
    for module in modules(root):
        declarations, nodes = read_declarations(root, module)
        problems += [
            f"{module.name}: no parameter node has the field {name!r}"
            for name in read_panel(module).parameters
            if not any(declarations.has(node, name) for node in nodes)
        ]
    return problems


WRAPPER_NAMES = {
    *(
        "parameterNode",
        "StartModify",
        "EndModify",
        "AddObserver",
        "RemoveObserver",
        "Modified",
        "getValue",
        "setValue",
    ),
    *("connectGui", "connectParametersToGui", "disconnectGui", "dataType", "default"),
}
"""What every parameter node offers beside its fields."""

FORMS = {"SettingsForm", "RoleSelectors"}
"""Builders of widgets whose argument ``pack``, the third, names a field of the parameter node."""


def code_parameters(path: Path) -> set[str]:
    """Parameters that code names: attributes of a parameter node, packs of generated forms, keys of ``bindings``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and _is_parameter_node(node.value):
            found.add(node.attr)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in FORMS:
            found |= {item.value for item in node.args[2:3] if isinstance(item, ast.Constant)}
        elif isinstance(node, ast.FunctionDef) and node.name == "bindings":
            mappings = [item for item in ast.walk(node) if isinstance(item, ast.Dict)]
            keys = [key for mapping in mappings for key in mapping.keys]
            found |= {key.value for key in keys if isinstance(key, ast.Constant)}
    return found - WRAPPER_NAMES


def _is_parameter_node(owner: ast.expr) -> bool:
    if isinstance(owner, ast.Name):
        return owner.id == "parameterNode"
    return isinstance(owner, ast.Attribute) and owner.attr == "_parameterNode"


def code_parameter_problems(root: Path) -> list[str]:
    """Parameters that code names and no parameter node of the module has."""
    problems = []
    for module in modules(root):
        declarations, nodes = read_declarations(root, module)
        for path in module_code(module):
            problems += [
                f"{path.name} uses the parameter {name!r}, which no parameter node has"
                for name in sorted(code_parameters(path))
                if nodes and not any(declarations.has(node, name) for node in nodes)
            ]
    return problems
