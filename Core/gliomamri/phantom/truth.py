"""What is true of a simulated patient: labels, maps, lesions, on the common grid.

Tested by Testing/unit/phantom/test_patient.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.examination import adc_image
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions import Part
from gliomamri.phantom.lesions.catalog import CatalogedLesion
from gliomamri.phantom.placing import Placement
from gliomamri.phantom.sequences import DiffusionSeries
from gliomamri.phantom.signals import agent_concentration, diffusion_series, relaxation_rates
from gliomamri.phantom.voxels import Voxels

if TYPE_CHECKING:
    import SimpleITK as sitk

    from gliomamri.phantom.draw import DrawnPatient


@dataclass(frozen=True)
class Truth:
    """What is true of a patient; images lie on the common grid.

    Attributes
    ----------
    labels : SimpleITK.Image
        Tumor in the BraTS convention: 1 necrotic and non-enhancing core, 2 edema, 4 enhancing.
    parts, part_names
        Every lesion part by its own number.
    tissue, tissue_names
        Healthy tissue at the voxel's middle, as if no lesion had replaced it (but displaced by it).
    annotation : SimpleITK.Image
        Tumor core as an expert outlines it.
    maps : dict of str to SimpleITK.Image
        ``T1map``, ``T2map`` (ms), ``PDmap`` (%), ``ceT1map``, ``ceT2map``, ``concentration`` (mmol/L, and
        ``lowdose_concentration``), ``infiltration`` (share of the voxel), ``B1``, ``ADC`` (um2/ms), where they apply.
    displacement : SimpleITK.Image
        Vectors (x, y, z) in mm, LPS: tissue found at p was at p + d before the lesion grew.
    brain_mask, given_mask : SimpleITK.Image
        True brain, and as a skull-stripping tool with its errors gives it.
    lesions : tuple of dict
        One per lesion: kind, center, axes, volumes, enhancing or not.
    transforms : dict of str to 4 x 4 lists
        By role, what moved between series: the point ``p`` of the truth (mm, LPS) lies at ``M p`` in the series.
    drawn : dict
        Everything that was drawn, for provenance.
    """

    labels: sitk.Image
    parts: sitk.Image
    part_names: dict[int, str]
    tissue: sitk.Image
    tissue_names: dict[int, str]
    annotation: sitk.Image
    maps: dict[str, sitk.Image]
    displacement: sitk.Image
    brain_mask: sitk.Image
    given_mask: sitk.Image
    lesions: tuple[dict[str, Any], ...]
    transforms: dict[str, list[list[float]]] = field(default_factory=dict)
    drawn: dict[str, Any] = field(default_factory=dict)


def map_arrays(patient: DrawnPatient, voxels: Voxels, grid: Grid) -> dict[str, NDArray]:
    """Return the true maps of ``voxels`` by name, arrays (z, y, x); finite, 0 outside the head."""
    examination = patient.examination
    maps = {
        "T1map": _time(voxels.mean_rate("R1")),
        "T2map": _time(voxels.mean_rate("R2")),
        "PDmap": 100 * voxels.water,
    }
    concentration = agent_concentration(voxels, examination.uptakes["ceT1w"])
    R1, R2 = relaxation_rates(voxels, examination.agent, concentration)
    maps["ceT1map"] = _time(voxels.mean_rate("R1", R1 - voxels.R1))
    maps["ceT2map"] = _time(voxels.mean_rate("R2", R2 - voxels.R2))
    share = np.divide(voxels.PD, voxels.water, out=np.zeros_like(voxels.PD), where=voxels.water > 0.02)
    maps["concentration"] = concentration * share
    low = examination.uptakes.get("lowdose_ceT1w")
    if low is not None:
        maps["lowdose_concentration"] = agent_concentration(voxels, low) * share
    maps["infiltration"] = voxels.parts.get(Part.INFILTRATION, np.zeros_like(voxels.PD))
    if examination.transmit is not None:
        maps["B1"] = examination.transmit.at(grid)
    scan = examination.scans.get("ADC")
    if isinstance(scan, DiffusionSeries):
        ADC = adc_image(diffusion_series(voxels, scan), scan)
        maps["ADC"] = np.where(voxels.water > 0.02, ADC, 0).astype(np.float32)
    return maps


def _time(rate: NDArray) -> NDArray[np.float32]:
    """Turn 1/s into ms; 0 where there is no rate."""
    return np.divide(np.float32(1000), rate, out=np.zeros_like(rate), where=rate > 0)


def lesion_entry(lesion: CatalogedLesion, placement: Placement) -> dict[str, Any]:
    """Return a lesion of the list as plain values; its center (x, y, z) in scanner coordinates, mm LPS."""
    center = placement.matrix @ np.array([*lesion.center, 1.0])
    return {
        "kind": lesion.kind,
        "center": [round(float(value), 2) for value in center[:3]],
        "axes": [round(value, 2) for value in lesion.axes],
        "volumes": {
            "core": round(lesion.core_volume, 4),
            "edema": round(lesion.edema_volume, 4),
            "enhancing": round(lesion.enhancing_volume, 4),
        },
        "enhancing": lesion.enhancing,
        "voxels": lesion.voxels,
    }
