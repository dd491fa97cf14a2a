"""Heat maps laid over anatomy: with a sign (diverging) or without (one-sided), transparent where they say nothing."""

from __future__ import annotations

import numpy as np
import slicer

from gliomamri.errors import UserError
from gliomamri.report.colormaps import colormap
from gliomamri.result import Map
from gliomamri_slicer.colors import colorTable
from gliomamri_slicer.volumes import addQuantityVolume

_FIRST_TINT = 0.3
"""Where a diverging map's arms begin, as share of their length: what is drawn must not end in a white rim."""

_DARK_SHARE = 0.2
"""Share of a one-sided color map that is left out at its dark end."""


def addDivergingHeatMap(
    heat: Map,
    reference: slicer.vtkMRMLVolumeNode | None = None,
    *,
    limit: float | None = None,
    transparentShare: float = 0.1,
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a map whose sign matters, such as relevance for (orange) and against (blue) a class.

    Zero is transparent: nothing is drawn within ``transparentShare`` of the limit.

    Parameters
    ----------
    heat : Map
        Its window and color map are not used: the range is symmetric, the colors safe for the color-blind.
    reference : vtkMRMLVolumeNode, optional
        The image it explains; see :func:`~gliomamri_slicer.volumes.addMapVolume`.
    limit : float, optional
        Value of full color, in the map's unit; by default the largest magnitude in the map (1 for a map of zeros).
    transparentShare : float
        Share of ``limit`` up to which nothing is drawn, in [0, 1).

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
    """Blue to orange, transparent around the middle; red, green, blue, opacity, shape (256, 4).

    Opacity is 0 or 1: Slicer's slice views draw every color that is not wholly transparent as opaque.

    Raises
    ------
    ValueError
        If the share is outside [0, 1).
    """
    if not 0 <= transparentShare < 1:
        raise ValueError(f"transparentShare must lie in [0, 1), not be {transparentShare}")
    colors = colormap("diverging")
    axis = np.linspace(-1, 1, len(colors))
    drawn = np.abs(axis) > transparentShare
    rise = (np.abs(axis) - transparentShare) / (1 - transparentShare)
    at = np.where(drawn, np.sign(axis) * (_FIRST_TINT + (1 - _FIRST_TINT) * rise), 0.0)
    tinted = np.column_stack([np.interp(at, axis, channel) for channel in colors.T])
    return np.column_stack([tinted, drawn.astype(float)])


def addOneSidedHeatMap(
    heat: Map,
    reference: slicer.vtkMRMLVolumeNode | None = None,
    *,
    threshold: float,
    maximum: float | None = None,
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a map that is never negative, such as a probability; nothing is drawn below ``threshold``.

    The darkest fifth of the color map is left out, or the lowest values drawn would pass for background.

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
    node = colorTable(f"{heat.colormap}, one-sided", oneSidedColors(heat.colormap))
    volume = addQuantityVolume(_windowed(heat, threshold, maximum), reference, node)
    setThreshold(volume, threshold)
    return volume


def oneSidedColors(name: str) -> np.ndarray:
    """Color map ``name`` without its darkest fifth, shape (256, 3)."""
    colors = colormap(name)
    positions = np.linspace(0, 1, len(colors))
    at = np.linspace(_DARK_SHARE, 1, len(colors))
    return np.column_stack([np.interp(at, positions, channel) for channel in colors.T])


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
