"""A simulated patient in the scene: volumes with units, named segments, tables, provenance."""

from __future__ import annotations

import sys
from pathlib import Path

import slicer

from gliomamri.phantom.settings import Settings
from gliomamri.phantom.task import to_result
from gliomamri_slicer.provenance import readProvenance
from gliomamri_slicer.results import importResult

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "phantom" / "output"))

import fake_patient


def test_a_simulated_patient_comes_without_any_input():
    result = to_result(fake_patient.simulate_patient(Settings(adc=True, magic=True), 7))

    found = importResult(result, {"task": "simulate", "seed": 7}, {})

    assert [node.GetName() for node in found.images] == ["T1w", "ceT1w", "T2w", "FLAIR"]
    assert [node.GetName() for node in found.maps] == ["ADC"]
    assert found.nodes["ADC"].GetVoxelValueUnits().GetCodeValue() == "um2/ms"
    assert found.nodes["T1w"].GetVoxelValueUnits().GetCodeValue() == "[arb'U]"
    assert found.nodes["true_concentration"].GetAttribute("GliomaMRI.unit") == "mmol/L"
    segmentation = found.nodes["tumor"].GetSegmentation()
    names = [
        segmentation.GetNthSegment(index).GetName() for index in range(segmentation.GetNumberOfSegments())
    ]
    assert names == ["necrotic and non-enhancing core", "edema", "enhancing tumor"]
    assert "Non-Enhancing Lesion" in segmentation.GetNthSegment(0).GetTerminology()
    assert found.nodes["lesions"].GetTable().GetNumberOfRows() == 2
    assert readProvenance(found.nodes["T1w"])["warnings"] == list(result.warnings)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    assert hierarchy.GetItemName(found.folder) == "Simulated patient"
