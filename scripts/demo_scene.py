"""The scene of ``make demo``: results in a Slicer scene, drawn with Slicer's own libraries, saved as ``case.mrb``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from demo_patients import DemoPatient

from gliomamri.io.results import read_result
from gliomamri.io.studies import read_study
from gliomamri.tasks import find_task

_REPOSITORY = Path(__file__).resolve().parent.parent
_SIZE = (640, 640)

Pictures = list[tuple[str, str]]
"""File beside the index, and caption."""


def show_slice(raw: Path, result: Path, out: Path) -> Pictures:
    """Put a raw slice and its maps into a scene of their own; draw the T1 map with outlines."""
    slicer, picture = _boot()
    slicer.mrmlScene.Clear()
    from gliomamri.result import LabelMap
    from gliomamri.roles import ROLES
    from gliomamri_slicer.dicom_headers import writeParameters
    from gliomamri_slicer.segmentations import addSegmentation
    from gliomamri_slicer.volumes import addImageVolume

    study = read_study(raw, roles=find_task("relaxometry").roles)
    references = {}
    for role, series in study.series.items():
        (varying,) = ROLES[role].varying
        for image, value in zip(series.images, series.parameters[varying], strict=True):
            node = addImageVolume(image, f"{role} {value:g} ms")
            writeParameters(node, {varying: value})
            references.setdefault(role, node)
    regions = LabelMap("Segmentation", study.segments[0], "Simulated regions")
    segmentation = addSegmentation(regions, references["IRT1"])
    imported = _import(result, references)
    _outline(segmentation, ("enhancing rim", "edema"))
    view = picture("Red", "Axial", _SIZE)
    caption = "T1 of a raw slice; outlines: edema (green), enhancing rim (yellow)."
    return [_draw(view, imported.nodes["T1map"], out, "slice-T1map.png", caption)]


def show_patient(patient: DemoPatient, result: Path, out: Path) -> Pictures:
    """Put a patient's images and result into a new scene, draw what was found, save ``case.mrb``."""
    slicer, picture = _boot()
    slicer.mrmlScene.Clear()
    from gliomamri_slicer.volumes import addImageVolume

    roles = ("T1w", "ceT1w", "T2w", "FLAIR")
    study = read_study(patient.subject, roles=roles)
    references = {role: addImageVolume(study.images[role], role) for role in roles}
    imported = _import(result, references)
    regions = imported.nodes["lesion_regions"]
    _outline(regions, None)
    for name in (
        "mirror_regions",
        "normal_regions",
        "dR1_significant",
        "dR2_significant",
        "segmentation",
        "brain_mask",
    ):
        if name in imported.nodes:
            imported.nodes[name].SetDisplayVisibility(False)
    view = picture("Red", "Axial", _SIZE)
    largest = middle_of_largest_slice(sitk.ReadImage(str(patient.annotation)))
    drawn = (
        (
            "ceT1w segment",
            imported.nodes["ceT1w"],
            "T1-weighted after contrast agent; annotation (inner outline) and shells up to 5, 10 and 20 mm.",
        ),
        ("R1", imported.nodes["R1map"], "R1 (1/s) before contrast agent."),
        ("ceR1", imported.nodes["ceR1map"], "R1 (1/s) after contrast agent."),
        ("dR1", imported.nodes["dR1"], "Change of R1 (1/s); orange is an increase."),
        (
            "dR1 z",
            imported.nodes["dR1_z"],
            "Standard deviations by which the change exceeds that of healthy tissue, at the first point for biopsy.",
        ),
    )
    pictures = []
    for number, (_, node, caption) in enumerate(drawn):
        regions.SetDisplayVisibility(number in (0, 4))
        for points in imported.points:
            points.SetDisplayVisibility(number == 4)
        place = _first_point(imported) if number == 4 else None
        pictures.append(_draw(view, node, out, f"patient-{number}.png", caption, place or largest))
    _without_chatter(lambda: slicer.mrmlScene.WriteToMRB(str(out / "case.mrb")))
    return pictures


def _boot() -> tuple[Any, Callable]:
    testing = str(_REPOSITORY / "Testing")
    if testing not in sys.path:
        sys.path.insert(0, testing)
    from bench.headless import boot
    from bench.slice_pictures import slice_picture

    return boot(), slice_picture


def _import(folder: Path, references: dict[str, Any]) -> Any:
    from gliomamri_slicer.results import importResult

    provenance = json.loads((folder / "result.json").read_text(encoding="utf-8"))["provenance"]
    return importResult(read_result(folder), provenance, references)


def _outline(segmentation: Any, names: tuple[str, ...] | None) -> None:
    """Show the outlines of some segments, or of all."""
    display = segmentation.GetDisplayNode()
    display.SetVisibility2DFill(False)
    if names is not None:
        display.SetAllSegmentsVisibility(False)
        for name in names:
            display.SetSegmentVisibility(segmentation.GetSegmentation().GetSegmentIdBySegmentName(name), True)


def _draw(
    view: Any,
    node: Any,
    out: Path,
    file: str,
    caption: str,
    place: tuple[float, float, float] | None = None,
) -> tuple[str, str]:
    import slicer

    from gliomamri_slicer.show import addLegend, showMap

    view.node.RotateToVolumePlane(node)
    view.show(node)
    if place is not None:
        view.node.JumpSliceByOffsetting(*place)
    is_map = node.GetAttribute("GliomaMRI.quantity") is not None
    if is_map:
        showMap(node)
        addLegend(node)
    view.save(out / file)
    if is_map:
        slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node).SetVisibility(False)
    return file, caption


def middle_of_largest_slice(annotation: sitk.Image) -> tuple[float, float, float]:
    """Middle (RAS, mm) of the annotation in the slice that holds most of it; the image's middle without any."""
    voxels = sitk.GetArrayViewFromImage(annotation) > 0
    index = [(size - 1) / 2 for size in annotation.GetSize()]
    if voxels.any():
        z = int(np.count_nonzero(voxels, axis=(1, 2)).argmax())
        index = [*(float(middle) for middle in np.argwhere(voxels[z]).mean(axis=0)[::-1]), float(z)]
    x, y, z = annotation.TransformContinuousIndexToPhysicalPoint(index)
    return -x, -y, z


def _first_point(imported: Any) -> tuple[float, float, float] | None:
    """Position (RAS, mm) of the first point for biopsy; None where there is none."""
    for points in imported.points:
        if points.GetNumberOfControlPoints():
            return tuple(points.GetNthControlPointPosition(0))
    return None


def _without_chatter(action: Callable[[], object]) -> None:
    """Keep VTK from telling every file it packs."""
    import vtk

    screen = vtk.vtkOutputWindow.GetInstance()
    vtk.vtkOutputWindow.SetInstance(vtk.vtkStringOutputWindow())
    try:
        action()
    finally:
        vtk.vtkOutputWindow.SetInstance(screen)
