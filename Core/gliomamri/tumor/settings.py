"""Settings that segmentation and detection share: which model, on what device, how it is asked.

Tested by Testing/unit/tumor/test_settings.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.settings import Settings, setting
from gliomamri.tumor.models import AUTOMATIC

_MODEL, _RUN = "Model", "Running the model"


@dataclass(frozen=True)
class ModelSettings(Settings):
    """Which model, and how it is run."""

    model: str = setting(
        AUTOMATIC,
        label="Model",
        section=_MODEL,
        help="Name of an installed model; 'automatic' takes the one that uses most of the images given.",
    )
    model_folder: str = setting(
        "",
        label="Model folder",
        section=_MODEL,
        help="Folder of a model package that is not installed; it wins over the name.",
    )
    device: str = setting(
        "auto",
        label="Device",
        section=_RUN,
        choices={"auto": "GPU where there is one, else CPU", "cpu": "CPU", "cuda": "GPU (NVIDIA)"},
        help="What the model runs on.",
    )
    flips: str = setting(
        "model",
        label="Mirrored images",
        section=_RUN,
        choices={"model": "those the model asks for", "off": "none: faster"},
        help="The model is also asked about mirrored images, and its answers are averaged.",
    )
    half: bool = setting(
        True,
        label="Half precision",
        section=_RUN,
        help="On a GPU: faster, with half the memory; probabilities differ in the third digit.",
    )
