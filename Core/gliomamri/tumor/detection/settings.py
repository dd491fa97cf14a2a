"""Settings of the task ``detect``.

Tested by Testing/unit/tumor/test_settings.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.settings import setting
from gliomamri.tumor.settings import ModelSettings


@dataclass(frozen=True)
class Settings(ModelSettings):
    """Which model, and from what probability on a slice is said to show tumor."""

    threshold: float = setting(
        0.0, label="Threshold", minimum=0.0, maximum=0.99, section="Decision",
        help="Probability from which on a slice counts as showing tumor; 0 takes the model's own.",
    )  # fmt: skip
