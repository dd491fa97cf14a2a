"""``make demo``: from raw images of a simulated patient to maps, as a report and as a Slicer scene.

Everything a user's own images go through is used here: the files are read, the task runs as a job, and the result
is put into a scene by the same code as in Slicer.
"""

from __future__ import annotations

import argparse
import html
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gliomamri.cli import main as gliomamri
from gliomamri.io.results import read_result
from gliomamri.io.studies import read_study
from gliomamri.phantom.raw_slices import simulate_raw_slices, write_raw_slices
from gliomamri.tasks import find_task

_REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> int:
    """Make the demo; print where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_REPOSITORY / "build" / "demo")
    out = parser.parse_args().out.resolve()
    start = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    patient = write_raw_slices(simulate_raw_slices(), out / "patient")
    code = gliomamri(["run", "relaxometry", str(patient), "--out", str(out / "relaxometry")])
    if code != 0:
        return code
    pictures = _make_scene(patient, out)
    index = _write_index(out, pictures)
    print(f"Done in {time.monotonic() - start:.0f} s.")
    print(index)
    print(out / "case.mrb")
    return 0


def _make_scene(patient: Path, out: Path) -> list[tuple[str, str]]:
    """Put inputs and result into a scene, save it as case.mrb, and give (file, caption) of pictures of it."""
    sys.path.insert(0, str(_REPOSITORY / "Testing"))
    from bench.headless import boot
    from bench.slice_pictures import slice_picture

    slicer = boot()
    from gliomamri.result import LabelMap
    from gliomamri.roles import ROLES
    from gliomamri_slicer.dicom_headers import writeParameters
    from gliomamri_slicer.results import importResult
    from gliomamri_slicer.segmentations import addSegmentation
    from gliomamri_slicer.show import addLegend, showMap
    from gliomamri_slicer.volumes import addImageVolume

    study = read_study(patient, roles=find_task("relaxometry").roles)
    references = {}
    for role, series in study.series.items():
        (varying,) = ROLES[role].varying
        for image, value in zip(series.images, series.parameters[varying], strict=True):
            node = addImageVolume(image, f"{role} {value:g} ms")
            writeParameters(node, {varying: value})
            references.setdefault(role, node)
    segmentation = addSegmentation(
        LabelMap("Segmentation", study.segments[0], "Simulated regions"), references["IRT1"]
    )
    provenance = json.loads((out / "relaxometry" / "result.json").read_text())["provenance"]
    imported = importResult(read_result(out / "relaxometry"), provenance, references)

    view = slice_picture("Red", "Axial", (640, 640))
    pictures = []
    segmentation.GetDisplayNode().SetVisibility2DFill(False)
    segmentation.GetDisplayNode().SetAllSegmentsVisibility(False)
    for label in ("enhancing rim", "edema"):
        segment = segmentation.GetSegmentation().GetSegmentIdBySegmentName(label)
        segmentation.GetDisplayNode().SetSegmentVisibility(segment, True)
    for name in ("T1map", "T2map", "R1map"):
        node = imported.nodes[name]
        view.node.RotateToVolumePlane(node)
        view.show(node)
        showMap(node)
        addLegend(node)
        caption = (
            f"{name[:2]}; outlines: edema (green), enhancing rim (yellow). Drawn with Slicer's libraries."
        )
        pictures.append((f"scene-{name}.png", caption))
        view.save(out / pictures[-1][0])
        slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node).SetVisibility(False)
    showMap(imported.nodes["R1map"])
    _without_chatter(lambda: slicer.mrmlScene.WriteToMRB(str(out / "case.mrb")))
    return pictures


def _without_chatter(action: Callable[[], object]) -> None:
    """Keep VTK from telling every file it packs."""
    import vtk

    screen = vtk.vtkOutputWindow.GetInstance()
    vtk.vtkOutputWindow.SetInstance(vtk.vtkStringOutputWindow())
    try:
        action()
    finally:
        vtk.vtkOutputWindow.SetInstance(screen)


def _write_index(out: Path, pictures: list[tuple[str, str]]) -> Path:
    figures = "".join(
        f'<figure><img src="{file}" alt=""><figcaption>{html.escape(caption)}</figcaption></figure>'
        for file, caption in pictures
    )
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>GliomaMRI demo</title><style>
body {{ font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1d2733; background: #f6f7f9; margin: 0; }}
main {{ max-width: 1060px; margin: 0 auto; padding: 28px 24px; }} h1 {{ margin: 0; }}
.row {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 14px; }}
figure {{ margin: 0; background: #fff; border: 1px solid #e1e5ea; border-radius: 6px; padding: 8px; }}
img {{ width: 100%; display: block; }} figcaption {{ font-size: 13px; color: #3c4856; margin-top: 6px; }}
</style></head><body><main><h1>GliomaMRI demo</h1>
<p>Raw inversion-recovery and spin-echo images of a simulated head with a tumor, fitted to maps of T1, T2 and their
rates. A stylized head made by code, for research software demonstration, not a patient.</p>
<p><a href="relaxometry/report.html">Report of the fit</a> (maps, errors, distributions by region) &middot;
<a href="case.mrb">case.mrb</a> (open it in 3D Slicer) &middot; <code>relaxometry/</code> holds every map as NIfTI and
every table as CSV.</p><div class="row">{figures}</div></main></body></html>"""
    path = out / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
