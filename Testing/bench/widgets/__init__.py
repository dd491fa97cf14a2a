"""Stand-ins of Slicer's and CTK's widgets, and the modules under which a scripted module finds them.

`modelled` maps class names to stand-ins. Every other class of the manifest exists too, so that Slicer's own Python
files can name it, but making one raises NotImplementedError.
"""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

import slicer

from bench import manifest, pythonqt


def _unmodelled(className: str) -> type:
    def refuse(_self: Any, *_arguments: Any) -> None:
        raise NotImplementedError(f"the bench does not model {className}")

    return type(className, (), {"__init__": refuse, "__module__": __name__})


@functools.cache
def modelled() -> dict[str, type]:
    """Return the stand-ins by the real class's name."""
    pythonqt.install()
    from bench.widgets import (
        checkable_node_combo,
        collapsible,
        module_widget,
        node_combo,
        numbers,
        paths,
        plain,
        ranges,
        scene_widgets,
        segments_table,
    )

    modules = (
        checkable_node_combo, collapsible, module_widget, node_combo, numbers, paths, plain, ranges, scene_widgets,
        segments_table,
    )  # fmt: skip
    return {
        name: cls
        for module in modules
        for name, cls in vars(module).items()
        if isinstance(cls, type)
        and name.startswith(manifest.WIDGET_PREFIXES)
        and cls.__module__ == module.__name__
    }


@functools.cache
def install() -> None:
    """Register the module ``ctk`` and the classes ``slicer.qMRML*`` and ``slicer.qSlicer*``."""
    everything = {name: _unmodelled(name) for name in manifest.classes()} | modelled()
    ctk = types.ModuleType("ctk")
    for name, cls in everything.items():
        setattr(ctk if name.startswith("ctk") else slicer, name, cls)
    sys.modules["ctk"] = ctk
