"""The module's self-test: from simulated raw volumes in the scene to maps in the scene."""

import time

import numpy as np
import slicer

from gliomamri.jobs import Outcome
from gliomamri.phantom.raw_slices import ECHO_TIMES, INVERSION_TIMES, IR_REPETITION_TIME, simulate_raw_slices
from gliomamri_slicer.dicom_headers import writeParameters
from gliomamri_slicer.volumes import addImageVolume

_LONGEST_WAIT_SECONDS = 300


def addSimulatedSlices():
    """Add the raw images of a simulated patient to the scene, with their times; give the truth."""
    slices = simulate_raw_slices()
    for image, inversionTime in zip(slices.inversion_recovery, INVERSION_TIMES, strict=True):
        node = addImageVolume(image, f"IR {inversionTime:g} ms")
        writeParameters(node, {"inversion_time": inversionTime, "repetition_time": IR_REPETITION_TIME})
    for image, echoTime in zip(slices.spin_echo, ECHO_TIMES, strict=True):
        writeParameters(addImageVolume(image, f"SE {echoTime:g} ms"), {"echo_time": echoTime})
    return slices


def fitSimulatedSlices(logic):
    """Run the whole way with a module logic; give the median relative error of T1 and T2 in white matter."""
    slices = addSimulatedSlices()
    parameterNode = logic.getParameterNode()
    logic.assignByName(parameterNode, slicer.mrmlScene)
    logic.start("relaxometry", parameterNode)
    end = time.monotonic() + _LONGEST_WAIT_SECONDS
    while (state := logic.bridge.poll()).outcome is None and time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.05)
    if state.outcome is not Outcome.SUCCEEDED:
        raise RuntimeError(f"{state.message} {state.details}")
    import SimpleITK as sitk

    whiteMatter = sitk.GetArrayFromImage(slices.segmentation) == 1
    errors = {}
    for symbol, truth in (("T1", slices.T1), ("T2", slices.T2)):
        found = slicer.util.arrayFromVolume(state.imported.nodes[f"{symbol}map"])[whiteMatter]
        expected = sitk.GetArrayFromImage(truth)[whiteMatter]
        errors[symbol] = float(np.median(np.abs(found / expected - 1)))
    return errors
