"""A study: one patient's images and series by role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gliomamri.roles import ROLES
from gliomamri.series import Series

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True)
class Segments:
    """Named regions on one grid.

    Attributes
    ----------
    image : SimpleITK.Image
        3-D integer label map; 0 is background.
    names : mapping of int to str
        Name of each label value.
    colors : mapping of int to (red, green, blue)
        In [0, 1]; optional per label.
    """

    image: sitk.Image
    names: Mapping[int, str]
    colors: Mapping[int, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """What is known of one patient, keyed by a role of :data:`gliomamri.roles.ROLES`.

    Attributes
    ----------
    images : mapping of str to SimpleITK.Image
        Single images by role (``brain_mask`` among them).
    series : mapping of str to Series
        Series by role.
    segments : tuple of Segments
        Annotation or any other segmentation whose regions the user wants numbers for; regions that overlap lie
        on different layers.
    notes : tuple of str
        What reading the files had to say (unit converted, image clipped ...), one sentence each.
    """

    images: Mapping[str, sitk.Image] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    segments: tuple[Segments, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (*self.images, *self.series):
            if name not in ROLES:
                raise ValueError(f"unknown role {name!r}; known: {', '.join(ROLES)}")

    @property
    def roles(self) -> frozenset[str]:
        """Roles that are filled."""
        segments = {"segmentation"} if self.segments else set()
        return frozenset({*self.images, *self.series, *segments})
