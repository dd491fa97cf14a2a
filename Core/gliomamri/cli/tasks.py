"""``gliomamri tasks``: what can be done, with roles, settings, units and defaults, in lines that fit the terminal.

Tested by Testing/unit/cli/test_cli.py.
"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from statistics import median

from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri.settings import SettingInfo
from gliomamri.tasks import TASKS, Task, find_task

_NARROWEST, _USUAL, _WIDEST = 50, 80, 110
"""Columns: lines are never wrapped to fewer; where the terminal does not say; never filled beyond."""
_ROLE, _SETTING = 14, 8
"""Columns for the name of a role, and before what is said of a setting."""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give its parser."""
    title = "list the tasks; with a name, the images and settings of one"
    tasks = commands.add_parser("tasks", help=title, description=title)
    tasks.add_argument("task", nargs="?", metavar="TASK", help="one of them, such as quantitative")
    tasks.set_defaults(command=_tasks)
    return [tasks]


def describe_task(task: Task, width: int = _USUAL) -> str:
    """Describe a task's roles and settings as text, with units and defaults.

    Parameters
    ----------
    task : Task
    width : int
        Columns that a line may have; a name, or a list without a space, may be longer.
    """
    lines = [f"{task.name}: {task.title}", *_wrapped(task.summary, 2, width)]
    if task.roles:
        lines += ["", "Images, from the patient's folder or by --image ROLE=FILE"]
        for need, roles in _roles_by_need(task):
            lines += ["", f"  {need}", *(line for role in roles for line in _role(role, width))]
    lines += ["", "Settings and their defaults; --set KEY=VALUE changes one"]
    for section, infos in _by_section(task.settings.describe()):
        lines += ["", f"  {section}"]
        lines += [line for info in infos for line in _setting(info, width)]
    return "\n".join(lines)


def _tasks(options: argparse.Namespace) -> int:
    width = min(max(shutil.get_terminal_size((_USUAL, 0)).columns, _NARROWEST), _WIDEST)
    if options.task:
        print(describe_task(find_task(options.task), width), flush=True)
        return 0
    for task in TASKS.values():
        print("\n".join(_wrapped(task.summary, _ROLE, width, first=task.name)))
    print("\n'gliomamri tasks TASK' tells a task's images and settings.", flush=True)
    return 0


def _roles_by_need(task: Task) -> Iterator[tuple[str, Sequence[str]]]:
    """Roles under the words that say how far they are needed."""
    for group in task.needs:
        yield ("required" if len(group) == 1 else "at least one of"), group
    if task.accepts:
        yield "optional", task.accepts


def _role(name: str, width: int) -> list[str]:
    role = ROLES[name]
    words = " and ".join(f"{key.replace('_', ' ')} ({PARAMETERS[key]})" for key in role.varying)
    about = role.title + (f"; one per {words}" if words else "") + (f" ({role.unit})" if role.unit else "")
    return _wrapped(about, 4 + _ROLE, width, first=f"    {name}")


def _by_section(infos: Sequence[SettingInfo]) -> Iterator[tuple[str, list[SettingInfo]]]:
    """Settings by section, each section once, where most of its settings are declared."""
    places: dict[str, list[int]] = {}
    for place, info in enumerate(infos):
        places.setdefault(info.section, []).append(place)
    for section in sorted(places, key=lambda name: median(places[name])):
        yield section, [infos[place] for place in places[section]]


def _setting(info: SettingInfo, width: int) -> list[str]:
    values = info.default if isinstance(info.default, tuple) else (info.default,)
    default = ",".join(_plain(value) for value in values) or "(empty)"
    unit = f" {info.unit}" if info.unit else ""
    lines = [f"    {info.name} = {default}{unit}", *_wrapped(info.help, _SETTING, width)]
    if info.choices:
        lines += _wrapped(f"One of: {', '.join(info.choices)}.", _SETTING, width)
    return lines


def _plain(value: object) -> str:
    """Write a default as one would type it: ``yes``, ``160``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _wrapped(words: str, indent: int, width: int, first: str = "") -> list[str]:
    """Lines of at most ``width`` columns, set in by ``indent``; the first one begins with ``first``."""
    start = f"{first} ".ljust(indent)
    return textwrap.wrap(
        words, width, initial_indent=start, subsequent_indent=" " * indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
