"""``gliomamri tasks``: what can be done, with roles, settings, units and defaults."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri.settings import SettingInfo
from gliomamri.tasks import TASKS, Task, find_task


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give its parser."""
    tasks = commands.add_parser("tasks", help="list tasks with their roles and settings")
    tasks.add_argument("task", nargs="?", metavar="TASK")
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
    lines += [_describe_setting(info) for info in task.settings.describe()]
    return "\n".join(lines)


def _tasks(options: argparse.Namespace) -> int:
    chosen = [find_task(options.task)] if options.task else list(TASKS.values())
    print("\n\n".join(describe_task(task) for task in chosen), flush=True)
    return 0


def _need(group: Sequence[str]) -> str:
    """Say how far a role is needed, by the group of roles of which at least one must be given."""
    if not group:
        return "optional"
    return "required" if len(group) == 1 else f"one of {', '.join(group)} is required"


def _describe_setting(info: SettingInfo) -> str:
    values = info.default if isinstance(info.default, tuple) else (info.default,)
    default = ",".join(map(str, values)) or "(empty)"
    unit = f" {info.unit}" if info.unit else ""
    choices = f" One of: {', '.join(info.choices)}." if info.choices else ""
    return f"    {info.name} = {default}{unit}\n        {info.help}{choices}"
