"""Pictures of many cases: rows are cases, columns sequences.

Pictures of real patients are for the developers' eyes only: they are never published.

Tested by Testing/unit/experiments/test_montage.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gliomamri.experiments.phantom_realism.case import SEQUENCES, Case

_SIZE = 176, 208  # mm, width and height of a tile


def save_montage(cases: Sequence[Case], path: Path, *, blocks: int = 2, coronal: bool = False) -> None:
    """Write a PNG of the cases: ``blocks`` groups of four columns (T1w, ceT1w, T2w, FLAIR), names at the left.

    Each tile shows the slice with most tumor, or one through the ventricles where there is none.
    """
    from matplotlib.figure import Figure

    rows = -(-len(cases) // blocks)
    figure = Figure(figsize=(2.0 * 4 * blocks, 2.36 * rows), facecolor="black")
    axes = figure.subplots(rows, 4 * blocks, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for index, case in enumerate(cases):
        row, block = index % rows, index // rows
        for column, role in enumerate(SEQUENCES):
            if role not in case.images:
                continue
            axis = axes[row, 4 * block + column]
            axis.imshow(
                _tile(case, role, coronal=coronal), cmap="gray", vmin=0, vmax=1, interpolation="lanczos"
            )
            title = case.name if column == 0 else role
            axis.text(3, 14, title, color="white", fontsize=7)
    figure.subplots_adjust(0, 0, 1, 1, 0.01, 0.01)
    figure.savefig(path, dpi=110)


def _tile(case: Case, role: str, *, coronal: bool) -> NDArray[np.float32]:
    image = case.images[role]
    inside = image[case.brain]
    low, high = 0.0, float(np.percentile(inside, 99.5))
    axis = 1 if coronal else 0
    others = tuple(a for a in range(3) if a != axis)
    tumor = (case.labels > 0).sum(others)
    at = int(tumor.argmax()) if tumor.any() else int(image.shape[axis] * (0.5 if coronal else 0.58))
    plane = np.take(image, at, axis)
    if coronal:
        plane = plane[::-1]
    return _centered(np.clip((plane - low) / (high - low), 0, 1))


def _centered(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    width, height = _SIZE
    tile = np.zeros((height, width), np.float32)
    cut = plane[max(0, (plane.shape[0] - height) // 2) :, max(0, (plane.shape[1] - width) // 2) :][
        :height, :width
    ]
    top, left = (height - cut.shape[0]) // 2, (width - cut.shape[1]) // 2
    tile[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return tile
