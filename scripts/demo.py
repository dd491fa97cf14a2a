"""``make demo``: the whole way of two users, as reports and as a Slicer scene.

A clinician's patient with MAGIC images before and after contrast agent, in thick slices, moved between series, with an
annotated tumor: maps, registration, regions, change after contrast agent, points. A scientist's cohort of small
patients: the same task on each, pooled. And a raw inversion-recovery slice. All are simulated. What a user's own images
go through is used: files are read, tasks run as jobs, results are put into a scene by the same code as in Slicer.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demo_index import write_index
from demo_patients import write_cohort, write_patient
from demo_scene import show_patient, show_slice

from gliomamri.cli import main as gliomamri
from gliomamri.phantom.raw_slices import simulate_raw_slices, write_raw_slices

_REPOSITORY = Path(__file__).resolve().parent.parent
VOXEL_SIZE = 1.5
"""mm, of the common grid: coarser than the images, for a quick demo and a small scene."""


class DemoFailedError(Exception):
    """A step of the demo gave an exit code other than 0."""


def main() -> int:
    """Make the demo; print where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_REPOSITORY / "build" / "demo")
    out = parser.parse_args().out.resolve()
    start = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    try:
        pictures = _slice(out) + _patient(out)
        _cohort(out)
    except DemoFailedError as error:
        print(error, file=sys.stderr)
        return 1
    index = write_index(out, pictures)
    print(f"Done in {time.monotonic() - start:.0f} s.")
    print(index)
    print(out / "case.mrb")
    return 0


def _slice(out: Path) -> list[tuple[str, str]]:
    """A raw slice: inversion recovery and spin echoes."""
    raw = write_raw_slices(simulate_raw_slices(), out / "raw-slice")
    _run("run", "relaxometry", raw, "--out", out / "relaxometry")
    return show_slice(raw, out / "relaxometry", out)


def _patient(out: Path) -> list[tuple[str, str]]:
    """A patient before and after contrast agent, from raw MAGIC images to rates by region."""
    print("Simulating a patient", flush=True)
    patient = write_patient(out / "patient")
    _run(
        "run", "quantitative", patient.subject, "--image", f"segmentation={patient.annotation}",
        "--set", f"spacing={VOXEL_SIZE:g}", "--out", out / "quantitative",
    )  # fmt: skip
    return show_patient(patient, out / "quantitative", out)


def _cohort(out: Path) -> None:
    """Several small patients: the task on each, and what they have in common."""
    print("Simulating a cohort", flush=True)
    dataset, annotations = write_cohort(out / "cohort-images")
    _run(
        "cohort", "quantitative", dataset, "--image", f"segmentation={annotations}", "--processes", "2",
        "--set", "bootstrap_samples=500", "--out", out / "cohort",
    )  # fmt: skip


def _run(*arguments: object) -> None:
    code = gliomamri([str(argument) for argument in arguments])
    if code != 0:
        raise DemoFailedError(f"'gliomamri {' '.join(map(str, arguments[:2]))}' ended with {code}.")


if __name__ == "__main__":
    sys.exit(main())
