"""Settings of the task ``prepare``."""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.roles import ROLES
from gliomamri.settings import Settings as TaskSettings
from gliomamri.settings import setting

SEARCHES: dict[str, str] = {
    "off": "from where the scanner put the images",
    "30": "up to 30 degrees",
    "90": "up to 90 degrees",
}
"""Extent of the search: value and words."""

_PREPARE, _MASK = "Prepare", "Brain mask"
_NO_REFERENCE = ("brain_mask", "segmentation")


@dataclass(frozen=True)
class Settings(TaskSettings):
    """Settings of the task; the defaults suit images of one or several examinations of one head."""

    reference: str = setting(
        "auto",
        label="Reference",
        section=_PREPARE,
        choices={
            "auto": "T1-weighted after contrast agent, else T1-weighted, else the T1 map",
            **{name: role.title for name, role in ROLES.items() if name not in _NO_REFERENCE},
        },
        help="The image that stays where it is; all others are laid on it.",
    )
    registration: str = setting(
        "auto",
        label="Registration",
        section=_PREPARE,
        choices={"auto": "rigid, where images do not agree", "off": "off: trust the scanner's coordinates"},
        help="Images that agree already are left as they are.",
    )
    search: str = setting(
        "30",
        label="Rotation that is searched",
        section=_PREPARE,
        choices=dict(SEARCHES),
        help="Larger searches take longer; they help where the head lay very differently.",
    )
    spacing: float = setting(
        0.0, label="Voxel size", unit="mm", minimum=0.0, maximum=10.0, section=_PREPARE,
        help="Edge of the voxels that all images get; 0 keeps the reference's grid.",
    )  # fmt: skip
    template: str = setting(
        "off",
        label="ICBM 2009a template",
        section=_PREPARE,
        choices={
            "off": "off",
            "transform": "give the transform only",
            "grid": "bring the images to the template",
        },
        help="Affine registration to the brain template; needs the package nilearn.",
    )
    brain_mask: str = setting(
        "auto",
        label="Brain mask",
        section=_MASK,
        choices={
            "auto": "given, else of skull-stripped images, else found",
            "support": "where skull-stripped images are not zero",
            "found": "found in images of whole heads",
            "off": "none",
        },
        help="Found masks were validated on simulated heads only: look at them.",
    )

    def problems(self) -> list[str]:
        """Ranges, and voxels too small to be meant."""
        found = super().problems()
        if not found and 0 < self.spacing < 0.3:
            found.append(
                f"The voxel size is {self.spacing:g} mm; give 0.3 mm or more, or 0 to keep the grid."
            )
        return found
