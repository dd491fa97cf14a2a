"""Settings of the task ``segment``.

Tested by Testing/unit/tumor/test_settings.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.settings import setting
from gliomamri.tumor.comparison import MEANINGS
from gliomamri.tumor.postprocess import Rules
from gliomamri.tumor.settings import ModelSettings

_DECISION, _ANNOTATION, _RUN, _DETECTION = "Decision", "Annotation", "Running the model", "Detection"
_DEFAULT = Rules()


@dataclass(frozen=True)
class Settings(ModelSettings):
    """Which model, what counts as tumor, and what the annotation means."""

    rules: str = setting(
        "model",
        label="Rules",
        section=_DECISION,
        choices={"model": "the model's own, where it has some", "set": "as set below"},
        help="What counts as found: thresholds and smallest volumes.",
    )
    whole_threshold: float = setting(
        _DEFAULT.whole, label="Threshold of tumor", minimum=0.01, maximum=0.99, section=_DECISION,
        help="Probability from which on a voxel is tumor.",
    )  # fmt: skip
    core_threshold: float = setting(
        _DEFAULT.core, label="Threshold of core", minimum=0.01, maximum=0.99, section=_DECISION,
        help="Probability, given that there is tumor, from which on it is core.",
    )  # fmt: skip
    enhancing_threshold: float = setting(
        _DEFAULT.enhancing, label="Threshold of enhancing tumor", minimum=0.01, maximum=0.99, section=_DECISION,
        help="Probability, given that there is core, from which on it is enhancing.",
    )  # fmt: skip
    smallest_part: float = setting(
        _DEFAULT.smallest, label="Smallest part", unit="ml", minimum=0.0, maximum=100.0, section=_DECISION,
        help="Smaller separate parts are left out.",
    )  # fmt: skip
    smallest_share: float = setting(
        _DEFAULT.share, label="Smallest share", minimum=0.0, maximum=1.0, section=_DECISION,
        help="Separate parts smaller than this share of the largest are left out.",
    )  # fmt: skip
    least_enhancing: float = setting(
        _DEFAULT.least_enhancing, label="Least enhancing tumor", unit="ml", minimum=0.0, maximum=100.0,
        section=_DECISION, help="Less than this in all counts as non-enhancing core.",
    )  # fmt: skip
    annotation: str = setting(
        "auto",
        label="Meaning of the annotation",
        section=_ANNOTATION,
        choices=dict(MEANINGS),
        help="What the segmentation that is given stands for, where the result is compared with it.",
    )
    extent: str = setting(
        "auto",
        label="Brain seen",
        section=_RUN,
        choices={
            "auto": "whole where it fits into memory, else in windows",
            "whole": "whole",
            "windows": "in windows of the model's size",
        },
        help="Windows take less memory and more time.",
    )
    detection_model: str = setting(
        "off",
        label="Detection beside it",
        section=_DETECTION,
        help="Name of a model for detection whose probability per slice is charted too, 'automatic', or 'off'.",
    )

    @property
    def own_rules(self) -> Rules:
        """The rules as they are set."""
        return Rules(
            self.whole_threshold,
            self.core_threshold,
            self.enhancing_threshold,
            self.smallest_part,
            self.smallest_share,
            self.least_enhancing,
        )
