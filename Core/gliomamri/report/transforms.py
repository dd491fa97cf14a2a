"""Transforms in words a clinician reads: how far and by which angles the moving image was moved.

A matrix is split as A = R S (polar decomposition, R the rotation nearest to A), R into turns about the patient's axes.
Called by :mod:`gliomamri.report.page`; tested by Testing/unit/report/test_report_kinds.py.

Source: N. Higham, Computing the polar decomposition, SIAM J Sci Stat Comput 7, 1986 (here by SVD).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gliomamri.result import Transform

_TO_RAS = np.diag([-1.0, -1.0, 1.0])
_RIGID = 1e-4
"""Stretch below which a transform is called rigid."""


@dataclass(frozen=True)
class Movement:
    """A movement in RAS.

    Attributes
    ----------
    shift : (right, anterior, superior)
        In mm, of the origin of the patient's coordinates.
    angle : float
        Whole turn, in degrees.
    turns : (about R, about A, about S)
        In degrees: nodding, tilting, shaking the head; applied in this order.
    stretch : float
        Largest relative change of a length; 0 for a rigid movement.
    """

    shift: tuple[float, float, float]
    angle: float
    turns: tuple[float, float, float]
    stretch: float


def movement(transform: Transform) -> Movement:
    """Describe where the moving image's content goes when it is put onto the fixed image.

    ITK's matrix goes from fixed to moving points; the movement is its inverse, in RAS.
    """
    inverse = np.linalg.inv(np.asarray(transform.matrix, dtype=float))
    linear = _TO_RAS @ inverse[:3, :3] @ _TO_RAS
    u, lengths, v = np.linalg.svd(linear)
    rotation = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))]) @ v
    shift = _TO_RAS @ inverse[:3, 3]
    cosine = np.clip((np.trace(rotation) - 1) / 2, -1, 1)
    stretch = float(np.abs(lengths - 1).max())
    return Movement(
        tuple(map(float, shift)),
        float(np.degrees(np.arccos(cosine))),
        _turns(rotation),
        stretch if stretch > _RIGID else 0.0,
    )


def transform_rows(transforms: Sequence[Transform]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of the table of transforms, all as texts."""
    header = ("image", "onto", "shift R, A, S (mm)", "turn about R, A, S (degrees)", "whole turn (degrees)")
    header += ("stretch (%)", "")
    rows = []
    for one in transforms:
        found = movement(one)
        stretch = f"{100 * found.stretch:.2f}" if found.stretch else "none"
        rows.append(
            (
                one.moving,
                one.fixed,
                _numbers(found.shift),
                _numbers(found.turns),
                f"{found.angle:.2f}",
                stretch,
                one.description,
            )
        )
    return header, rows


def _turns(rotation: np.ndarray) -> tuple[float, float, float]:
    """Angles a, b, c in degrees with rotation = Rz(c) Ry(b) Rx(a)."""
    b = np.arcsin(np.clip(-rotation[2, 0], -1, 1))
    a = np.arctan2(rotation[2, 1], rotation[2, 2])
    c = np.arctan2(rotation[1, 0], rotation[0, 0])
    return tuple(float(np.degrees(angle)) for angle in (a, b, c))


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value + 0.0:.2f}".replace("-0.00", "0.00") for value in values)
