"""Truncation of k-space: what lies beyond the acquired frequencies is lost, and edges ring.

One axis at a time, as a matrix (points out, points in): the discrete Fourier series over the field of view, cut at
the acquired frequency, with a cosine taper (Tukey window) at its edge, evaluated at any points. Zero-filling,
resolution and ringing are one product.

Tested by Testing/unit/phantom/artifacts/test_gibbs.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.artifacts.severity import GibbsPriors, happens
from gliomamri.phantom.grid import FloatArray


@dataclass(frozen=True)
class Truncation:
    """K-space of one series.

    Attributes
    ----------
    keep : (y, x)
        Part of the acquired voxels' frequencies that is really sampled along each axis, 0..1.
    taper : float
        Part of the kept band over which the window falls from 1 to 0.
    zero_fill : int
        Reconstructed points per acquired point.
    """

    keep: tuple[float, float]
    taper: float
    zero_fill: int


def draw_truncation(generator: np.random.Generator, priors: GibbsPriors) -> Truncation | None:
    """Draw the truncation of one series: one axis (the phase encoding) is sampled less than the other."""
    if not happens(generator, priors.probability):
        return None
    phase, taper = generator.uniform(*priors.keep), generator.uniform(*priors.taper)
    keep = (float(phase), 1.0) if generator.random() < 0.5 else (1.0, float(phase))
    return Truncation(keep, float(taper), 2 if happens(generator, priors.zero_fill) else 1)


def truncation_matrix(
    points_in: FloatArray, points_out: FloatArray, spacing: float, keep: float = 1.0, taper: float = 0.0
) -> FloatArray:
    """Return the matrix (points out, points in) of a windowed, truncated Fourier series; rows sum to 1.

    Parameters
    ----------
    points_in
        mm, evenly spaced samples of one period (the field of view is their number times their step).
    points_out
        mm, where the truncated series is evaluated.
    spacing
        mm, acquired voxel: frequencies up to ``keep / (2 spacing)`` are kept.
    keep, taper
        See :class:`Truncation`.
    """
    count = len(points_in)
    field_of_view = count * float(points_in[1] - points_in[0])
    highest = min(keep * field_of_view / (2 * spacing), count / 2)
    order = np.arange(int(np.floor(highest + 1e-6)) + 1)
    start = (1 - taper) * highest
    place = np.clip((order - start) / max(highest - start, 1e-9), 0, 1)
    window = (
        np.where(order > start, (1 + np.cos(np.pi * place)) / 2, 1.0) if taper > 0 else np.ones(len(order))
    )
    weights = np.where(order == 0, 1, 2) * window
    # The highest frequency of an even number of points is its own mirror image.
    weights[2 * order == count] = window[2 * order == count]
    shape = 2 * np.pi / field_of_view * order
    inside, outside = np.outer(points_in, shape), np.outer(points_out, shape)
    product = (np.cos(outside) * weights) @ np.cos(inside).T + (np.sin(outside) * weights) @ np.sin(inside).T
    return (product / count).astype(np.float32)
