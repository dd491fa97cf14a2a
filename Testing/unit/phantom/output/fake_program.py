"""``gliomamri`` with a fake simulator: ``python fake_program.py SIMULATOR ARGUMENTS...``."""

from __future__ import annotations

import functools
import sys

import fake_patient

from gliomamri.phantom.output import cohort

if __name__ == "__main__":
    from gliomamri.cli import main

    simulate = getattr(fake_patient, sys.argv[1])
    cohort.make_patients = functools.partial(cohort.make_patients, simulate=simulate)
    sys.exit(main(sys.argv[2:]))
