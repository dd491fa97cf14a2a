"""``gliomamri tasks``: what can be done, with roles, settings, units and defaults."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri.settings import SettingInfo
from gliomamri.tasks import TASKS, Task, find_task

_LONG_CHOICES = 80
"""Characters; longer lists of choices get a line of their own."""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give its parser."""
    tasks = commands.add_parser("tasks", help="list tasks with their roles and settings")
    tasks.add_argument("task", nargs="?", metavar="TASK", help="tell its settings too")
    tasks.set_defaults(command=_tasks)
    return [tasks]


def describe_task(task: Task) -> str:
    """Describe a task's roles and settings as text, with units and defaults."""
    lines = [f"{task.name}: {task.summary}"]
    if task.roles:
        lines.append("  images (--image ROLE=FILE):")
    required = {role: group for group in task.needs for role in group}
    for name in task.roles:
        role = ROLES[name]
        need = _need(required.get(name, ()))
        words = " and ".join(f"{key.replace('_', ' ')} ({PARAMETERS[key]})" for key in role.varying)
        varying = f"; one per {words}" if words else ""
        lines.append(f"    {name:<14}{role.title}{varying} [{need}]")
    lines.append("  settings (--set KEY=VALUE):")
    section = ""
    infos = task.settings.describe()
    for info in infos:
        if info.section != section and len({other.section for other in infos}) > 1:
            section = info.section
            lines += ["", f"   {section}"]
        lines.append(_describe_setting(info))
    return "\n".join(lines)


def _tasks(options: argparse.Namespace) -> int:
    if options.task:
        print(describe_task(find_task(options.task)), flush=True)
    else:
        print("\n".join(f"{task.name}: {task.summary}" for task in TASKS.values()))
        print("'gliomamri tasks TASK' tells a task's images and settings.", flush=True)
    return 0


def _need(group: Sequence[str]) -> str:
    """Say how far a role is needed, by the group of roles of which at least one must be given."""
    if not group:
        return "optional"
    return "required" if len(group) == 1 else f"one of {', '.join(group)} is required"


def _plain(value: object) -> str:
    """Write a default as one would type it: ``yes``, ``160``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _describe_setting(info: SettingInfo) -> str:
    values = info.default if isinstance(info.default, tuple) else (info.default,)
    default = ",".join(_plain(value) for value in values) or "(empty)"
    unit = f" {info.unit}" if info.unit else ""
    choices = f" One of: {', '.join(info.choices)}." if info.choices else ""
    about = f"{info.help}{choices}" if len(choices) < _LONG_CHOICES else f"{info.help}\n       {choices}"
    return f"    {info.name} = {default}{unit}\n        {about}"
