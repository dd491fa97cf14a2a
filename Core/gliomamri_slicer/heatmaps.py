"""Heat maps laid over anatomy: with a sign (diverging) or without (one-sided), transparent where they say nothing."""

from __future__ import annotations

import numpy as np
import slicer

from gliomamri.errors import UserError
from gliomamri.report.colormaps import colormap
from gliomamri.result import Map
from gliomamri_slicer.colors import colorTable
from gliomamri_slicer.volumes import addQuantityVolume


def addDivergingHeatMap(
    heat: Map,
    reference: slicer.vtkMRMLVolumeNode | None = None,
    *,
    limit: float | None = None,
    transparentShare: float = 0.1,
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a map whose sign matters, such as relevance for (orange) and against (blue) a class.

    Zero is transparent; opacity grows linearly with the distance from zero and is full from
    ``2 * transparentShare * limit`` on, nothing being shown below half of that.

    Parameters
    ----------
    heat : Map
        Its window and color map are not used: the range is symmetric, the colors safe for the color-blind.
    reference : vtkMRMLVolumeNode, optional
        The image it explains; see :func:`~gliomamri_slicer.volumes.addMapVolume`.
    limit : float, optional
        Value of full color, in the map's unit; by default the largest magnitude in the map (1 for a map of zeros).
    transparentShare : float
        Share of ``limit`` up to which nothing is shown, in [0, 0.5].

    Raises
    ------
    UserError
        If a value is not finite or the limit is not positive; nothing is added then.
    """
    if limit is None:
        limit = _largestMagnitude(heat) or 1.0
    if not limit > 0:
        raise UserError(f"The limit of the heat map '{heat.name}' is {limit:g}; it must be above zero.")
    colors = divergingColors(transparentShare)
    node = colorTable(f"diverging, transparent within {transparentShare:.0%}", colors)
    return addQuantityVolume(_windowed(heat, -limit, limit), reference, node)


def divergingColors(transparentShare: float) -> np.ndarray:
    """Blue over white to orange, transparent around the middle; red, green, blue, opacity, shape (256, 4)."""
    colors = colormap("diverging")
    magnitude = np.abs(np.linspace(-1, 1, len(colors)))
    ramp = max(transparentShare, 1.0 / len(colors))
    opacity = np.clip((magnitude - transparentShare) / ramp, 0.0, 1.0)
    return np.column_stack([colors, opacity])


def addOneSidedHeatMap(
    heat: Map,
    reference: slicer.vtkMRMLVolumeNode | None = None,
    *,
    threshold: float,
    maximum: float | None = None,
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a map that is never negative, such as a probability; nothing is drawn below ``threshold``.

    Parameters
    ----------
    heat : Map
        Its color map is used, its window is not.
    reference : vtkMRMLVolumeNode, optional
        The image it lies on; see :func:`~gliomamri_slicer.volumes.addMapVolume`.
    threshold : float
        Lowest value drawn, in the map's unit; :func:`setThreshold` moves it live.
    maximum : float, optional
        Value of full color; by default the largest value of the map (but above ``threshold``).

    Raises
    ------
    UserError
        If a value is not finite or the range is empty; nothing is added then.
    """
    if maximum is None:
        maximum = max(_largestMagnitude(heat), np.nextafter(threshold, np.inf))
    node = colorTable(f"{heat.colormap}, one-sided", colormap(heat.colormap))
    volume = addQuantityVolume(_windowed(heat, threshold, maximum), reference, node)
    setThreshold(volume, threshold)
    return volume


def setThreshold(heatNode: slicer.vtkMRMLScalarVolumeNode, threshold: float) -> None:
    """Draw a heat map from ``threshold`` upward only; the colors of values do not change."""
    display = heatNode.GetDisplayNode()
    display.SetThreshold(threshold, np.finfo(np.float32).max)
    display.ApplyThresholdOn()


def _largestMagnitude(heat: Map) -> float:
    import SimpleITK as sitk

    values = sitk.GetArrayViewFromImage(heat.image)
    finite = values[np.isfinite(values)]  # what is not finite is refused when the volume is made
    return float(np.abs(finite).max()) if finite.size else 0.0


def _windowed(heat: Map, low: float, high: float) -> Map:
    from dataclasses import replace

    return replace(heat, window=(float(low), float(high)))
