"""Maps of the task ``segment``: probabilities, disagreement and entropy, and the image they lie on.

Called by :mod:`gliomamri.tumor.segmentation.task`; tested by Testing/unit/tumor/test_segment_task.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.result import Map
from gliomamri.roles import ROLES
from gliomamri.tumor.asking import Asked
from gliomamri.tumor.native import NativeBox
from gliomamri.tumor.regions import CORE, ENHANCING_TUMOR, WHOLE_TUMOR

_LARGEST_DEVIATION = 0.5
"""Of numbers between 0 and 1."""


def result_maps(
    asked: Asked, box: NativeBox, probabilities: Mapping[str, NDArray[np.float32]]
) -> tuple[Map, ...]:
    """Return the maps, the probability of the whole tumor first."""
    role, notice = asked.given.reference_role, asked.model.notice
    found = []
    for name in (WHOLE_TUMOR, CORE, ENHANCING_TUMOR):
        if name not in probabilities:
            continue
        inside = np.clip(np.where(box.brain, probabilities[name], np.float32(0)), 0, 1)
        found.append(
            Map(
                f"{name.replace(' ', '_')}_probability", box.image(inside), "probability", "",
                f"Probability of {name}, mean of the ensemble. {notice}", "heat", (0.0, 1.0), role,
                main=name == WHOLE_TUMOR,
            )
        )  # fmt: skip
    if len(asked.prediction.singles) > 1:
        found.append(
            Map(
                "disagreement", _inside(asked, box, asked.prediction.disagreement), "standard deviation", "",
                "Standard deviation of the probability of tumor over the single answers: each network, as it is and "
                "mirrored. Whether it tells errors was not shown.",
                "heat", (0.0, _LARGEST_DEVIATION), role, main=True,
            )
        )  # fmt: skip
    found.append(
        Map(
            "entropy", _inside(asked, box, asked.prediction.entropy), "entropy", "",
            "Entropy of the mean probabilities, as a share of the largest possible.", "heat", (0.0, 1.0), role,
        )
    )  # fmt: skip
    return (*found, _reference(asked))


def _inside(asked: Asked, box: NativeBox, values: NDArray[np.float32]) -> sitk.Image:
    brought = box.bring(values, asked.given.grid.image)
    return box.image(np.where(box.brain, brought, np.float32(0)))


def _reference(asked: Asked) -> Map:
    """Return the image that results lie on, for whoever looks at them without the patient's images."""
    image, role = sitk.Cast(asked.given.reference, sitk.sitkFloat32), asked.given.reference_role
    values = sitk.GetArrayViewFromImage(image)
    shown = values[values != 0][::7]
    high = float(np.percentile(shown, 99.5)) if shown.size else 1.0
    title, unit = ROLES[role].title, ROLES[role].unit
    return Map(
        role, image, title, unit, f"The {title} that results lie on.", "gray", (0.0, high), role, role=role
    )
