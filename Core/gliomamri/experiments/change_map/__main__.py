"""``python -m gliomamri.experiments.change_map``: simulate, analyze, tabulate.

Examples
--------
::

    python -m gliomamri.experiments.change_map --patients 3 --out RESULT
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.experiments.change_map import rates
from gliomamri.experiments.change_map.patients import PRESETS, make_case

_log = logging.getLogger(__name__)

_TITLE = (
    "Simulated patients, raw MAGIC through the whole task. Shares in percent of healthy voxels whose z-score of dR1 "
    "exceeds the nominal one-sided level; dR1 in 1/s."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment; give the exit code."""
    parser = argparse.ArgumentParser(prog="change_map", description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=3, metavar="N", help="of each generator")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1, help="of the first patient")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        run(options.patients, options.out, options.seed)
    except UserError as error:
        _log.error("Error: %s", error.sentence)
        return 2
    return 0


def run(patients: int, out: Path, seed: int = 1) -> tuple[list[rates.Row], list[rates.Row]]:
    """Write ``false_positives.csv``, ``shells.csv`` and ``change_map.md`` to a folder; give the rows of both tables.

    Parameters
    ----------
    patients : int
        Of each generator.
    out : Path
        A folder.
    seed : int
        Of the first patient.
    """
    positives: list[rates.Row] = []
    shells: list[rates.Row] = []
    for preset in PRESETS:
        for number in range(seed, seed + patients):
            start = time.monotonic()
            case = make_case(preset, number)
            result = rates.analyze(case)
            positives += rates.false_positives(case, result)
            shells += rates.shells(case, result)
            _log.info("%s: %.0f s", case.name, time.monotonic() - start)
    (out / "false_positives.csv").write_text(rates.to_csv(positives), encoding="utf-8")
    (out / "shells.csv").write_text(rates.to_csv(shells), encoding="utf-8")
    text = f"{_TITLE}\n\n{rates.to_markdown(positives)}\n{rates.to_markdown(shells)}"
    (out / "change_map.md").write_text(text, encoding="utf-8")
    return positives, shells


if __name__ == "__main__":
    sys.exit(main())
