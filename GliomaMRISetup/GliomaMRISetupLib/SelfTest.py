"""The module's self-test of sample patients; also the pattern for scripts that want one."""

from __future__ import annotations

import time

import slicer

from gliomamri.jobs import Outcome
from gliomamri_slicer.simulated_patient import PatientNodes
from GliomaMRISetupLib.SamplePatient import SamplePatient

_LONGEST_WAIT_SECONDS = 300


def loadSamplePatient(samplePatient: SamplePatient, kind: str, seed: int) -> PatientNodes:
    """Make a patient, wait for it and give its nodes.

    Raises
    ------
    UserError
        If it cannot be started.
    RuntimeError
        If it was not made.
    """
    samplePatient.start(kind, seed)
    end = time.monotonic() + _LONGEST_WAIT_SECONDS
    while (state := samplePatient.bridge.poll()).outcome is None and time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.05)
    if state.outcome is not Outcome.SUCCEEDED or state.imported is None:
        samplePatient.bridge.cancel()
        raise RuntimeError(f"{state.message} {state.details}")
    return samplePatient.arrange(state.imported)
