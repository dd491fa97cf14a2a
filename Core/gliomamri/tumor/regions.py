"""Whole tumor, core and enhancing tumor from the outputs of a network, whatever they stand for.

    softmax over labels    P(region) = sum of P(label) over the region's labels
    sigmoid per region     P(region) = that of the output that stands for it

Labels are those of BraTS (Menze et al., IEEE Trans Med Imaging 34:1993, 2015): 1 necrosis and non-enhancing core,
2 edema, 4 enhancing tumor; whole tumor = 1 + 2 + 4, core = 1 + 4.

Called by :mod:`gliomamri.tumor.native` and the task ``segment``; tested by Testing/unit/tumor/test_regions.py.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gliomamri.modelstore.metadata import ModelMetadata

NECROSIS, EDEMA, ENHANCING = 1, 2, 4
LABELS: dict[int, str] = {EDEMA: "edema", NECROSIS: "non-enhancing core", ENHANCING: "enhancing tumor"}
COLORS: dict[int, tuple[float, float, float]] = {
    EDEMA: (0.337, 0.706, 0.914),
    NECROSIS: (0.941, 0.894, 0.259),
    ENHANCING: (0.835, 0.369, 0.0),
}
"""Sky blue, yellow and vermilion of Okabe and Ito, told apart by the color-blind and by lightness."""

WHOLE_TUMOR, CORE, ENHANCING_TUMOR = "whole tumor", "core", "enhancing tumor"
REGIONS: dict[str, tuple[int, ...]] = {
    WHOLE_TUMOR: (NECROSIS, EDEMA, ENHANCING),
    CORE: (NECROSIS, ENHANCING),
    ENHANCING_TUMOR: (ENHANCING,),
}
"""Each lies within the one before."""


def known_labels(model: ModelMetadata) -> tuple[int, ...]:
    """Return the labels of tumor that a model gives."""
    return tuple(sorted(label.value for label in model.labels if label.value))


def known_regions(model: ModelMetadata) -> dict[str, tuple[int, ...]]:
    """Return the regions a model tells apart, with its own labels in each.

    Of a model with other labels than BraTS's there is the whole tumor only.
    """
    labels = known_labels(model)
    if not set(labels) <= set(LABELS):
        return {WHOLE_TUMOR: labels}
    found = {name: tuple(v for v in values if v in labels) for name, values in REGIONS.items()}
    return {name: values for name, values in found.items() if values}


def region_probabilities(
    outputs: NDArray[np.float32], model: ModelMetadata
) -> dict[str, NDArray[np.float32]]:
    """Return the probability of each region that the model knows.

    Parameters
    ----------
    outputs : float array (outputs, slice, row, column)
    model : ModelMetadata

    Returns
    -------
    dict of str to float32 array (slice, row, column)
    """
    return {name: _probability(outputs, model, labels) for name, labels in known_regions(model).items()}


def _probability(outputs: NDArray, model: ModelMetadata, labels: Iterable[int]) -> NDArray[np.float32]:
    channels, wanted = model.inference.channels, set(labels)
    within = [place for place, held in enumerate(channels) if set(held) <= wanted]
    if model.inference.activation == "softmax":
        # An output that stands for labels inside and outside of the region counts as outside.
        return outputs[within].sum(axis=0, dtype=np.float32) if within else np.zeros_like(outputs[0])
    whole = [place for place in within if set(channels[place]) == wanted]
    return outputs[whole or within].max(axis=0).astype(np.float32)
