"""Choices of the panel that belong to no task, declared like a task's settings and kept as packs."""

from dataclasses import dataclass

from gliomamri.relaxometry.weighted_images import WEIGHTED_IMAGES
from gliomamri.roles import ROLES
from gliomamri.settings import Settings, setting
from QMRIAnalysisLib.InputChoices import SERIES_ROLES


@dataclass(frozen=True)
class AcquisitionSettings(Settings):
    """Which kind of raw acquisition the section Inputs shows."""

    role: str = setting(
        SERIES_ROLES[0],
        label="Acquisition",
        choices={role: ROLES[role].title for role in SERIES_ROLES},
        help="The kind of acquisition whose images and times are shown.",
    )


@dataclass(frozen=True)
class SyntheticSettings(Settings):
    """Which synthetic image the section Maps shows; its times are kept with the image itself."""

    kind: str = setting(
        next(iter(WEIGHTED_IMAGES)),
        label="Kind",
        choices={name: image.title for name, image in WEIGHTED_IMAGES.items()},
        help="The kind of image that is computed from T1, T2 and PD.",
    )
    contrast: str = setting(
        "before",
        label="Maps",
        choices={"before": "before contrast agent", "after": "after contrast agent"},
        help="Whose maps are taken.",
    )
