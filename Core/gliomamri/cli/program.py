"""The program ``gliomamri``: its commands, and how errors end it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import gliomamri
from gliomamri.cli import cohort, crossvalidate, evaluate, models, run, simulate, tasks, train
from gliomamri.cli.console import EXIT_CANCELLED, EXIT_USER_ERROR, say
from gliomamri.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code.

    0 is success, 1 failure, 2 an error the user can mend, 130 cancelled; ``job`` has its own,
    :data:`gliomamri.jobs.outcome.EXIT_CODES`.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except BrokenPipeError:  # the reader of our output (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say("Error: Cancelled; nothing was changed.")
        return EXIT_CANCELLED
    except UserError as error:
        say(f"Error: {error.sentence}")
        if options.verbose and error.details:
            say(error.details)
        return EXIT_USER_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gliomamri",
        description="Quantitative and explained MRI of brain tumors. For research, not for diagnosis.",
    )
    parser.add_argument("--version", action="version", version=gliomamri.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (run, cohort, simulate, tasks, models, train, evaluate, crossvalidate):
        for command in part.add_commands(commands):
            command.add_argument("--verbose", action="store_true", help="show the cause behind an error")
    return parser
