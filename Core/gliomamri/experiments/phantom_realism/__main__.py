"""``python -m gliomamri.experiments.phantom_realism``: measure, compare, classify, draw.

Examples
--------
::

    python -m gliomamri.experiments.phantom_realism --real BRATS --real MS --simulated COHORT --out RESULT
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.experiments.phantom_realism import classifier, comparison
from gliomamri.experiments.phantom_realism.case import Case
from gliomamri.experiments.phantom_realism.loading import read_cases
from gliomamri.experiments.phantom_realism.measures import Measure, measure_case
from gliomamri.experiments.phantom_realism.montage import save_montage
from gliomamri.experiments.phantom_realism.patches import sample_patches
from gliomamri.experiments.phantom_realism.tissue_classes import find_tissue_classes

_log = logging.getLogger(__name__)

Examined = tuple[dict[str, Measure], dict[str, NDArray[np.float32]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment; give the exit code."""
    parser = argparse.ArgumentParser(prog="phantom_realism", description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--simulated", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        real, simulated = read_cases(options.real), read_cases(options.simulated)
        options.out.mkdir(parents=True, exist_ok=True)
        run(real, simulated, options.out, seed=options.seed, processes=options.processes)
    except UserError as error:
        _log.error("Error: %s", error.sentence)
        return 2
    return 0


def run(
    real: Sequence[Case], simulated: Sequence[Case], out: Path, *, seed: int = 0, processes: int = 1
) -> dict[str, float]:
    """Write ``measures.csv``, ``realism.md`` and montages to a folder; give shares inside and AUCs by name."""
    looked_at = [examine_all(cases, seed, processes) for cases in (real, simulated)]
    rows = comparison.compare(*({name: seen[0] for name, seen in side.items()} for side in looked_at))
    verdicts = classifier.judge(
        *({name: seen[1] for name, seen in side.items()} for side in looked_at), np.random.default_rng(seed)
    )
    comparison.write_csv(rows, out / "measures.csv")
    text = (
        comparison.to_markdown(rows, simulated_count=len(simulated)) + "\n" + classifier.to_markdown(verdicts)
    )
    (out / "realism.md").write_text(text, encoding="utf-8")
    save_montage(simulated[:12], out / "simulated.png")
    side_by_side = [case for pair in zip(real, simulated, strict=False) for case in pair]
    save_montage(side_by_side, out / "development_only_real_and_simulated.png", blocks=1)
    shares = {f"inside: {group}": share for group, share in comparison.shares_inside(rows).items()}
    return shares | {f"AUC: {v.tissue}, {v.classifier}, {v.kind}": v.auc for v in verdicts}


def examine_all(cases: Sequence[Case], seed: int, processes: int) -> Mapping[str, Examined]:
    """Measure cases and draw their patches, by name, in parallel; the same for any number of processes."""
    seeds = [seed] * len(cases)
    if processes == 1:
        found = list(map(_examine, cases, seeds))
    else:
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(_examine, cases, seeds))
    return {case.name: seen for case, seen in zip(cases, found, strict=True)}


def _examine(case: Case, seed: int) -> Examined:
    tissue = find_tissue_classes(case)
    patches = sample_patches(case, tissue, np.random.default_rng(seed))
    return measure_case(case, tissue), patches


if __name__ == "__main__":
    sys.exit(main())
