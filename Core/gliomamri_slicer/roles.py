"""Which role a volume has in a task, and which volumes are plain images rather than quantitative maps.

A map measures a quantity in a unit, and selectors of maps offer it; a weighted image, made by the tasks ``prepare`` and
``simulate``, measures nothing and is offered wherever an image is asked for.

Called by :mod:`gliomamri_slicer.results`, ``simulated_patient`` and ``role_assignment``; tested by
Testing/scene/test_results.py and test_role_assignment.py.
"""

from __future__ import annotations

import slicer

from gliomamri.result import Map
from gliomamri.roles import ROLES

ROLE_ATTRIBUTE = "GliomaMRI.role"
"""Attribute of a volume: its role, a name of :data:`gliomamri.roles.ROLES`."""

IMAGE_QUANTITIES = ("image", "signal")
"""Quantities of result maps that are weighted images."""


def isImage(resultMap: Map) -> bool:
    """Tell whether a map of a result is a weighted image."""
    return resultMap.quantity in IMAGE_QUANTITIES


def roleOf(resultMap: Map) -> str:
    """Role of a result's map; a weighted image without one has that which its name begins with (MAGIC_TI170_TE22)."""
    if resultMap.role or not isImage(resultMap):
        return resultMap.role
    return max((role for role in ROLES if f"{resultMap.name}_".startswith(f"{role}_")), key=len, default="")


def markRole(node: slicer.vtkMRMLScalarVolumeNode, resultMap: Map) -> None:
    """Write the role of a result's map on its node, and make weighted images plain ones."""
    role = roleOf(resultMap)
    if role:
        node.SetAttribute(ROLE_ATTRIBUTE, role)
    if isImage(resultMap):
        _becomeImage(node)


def _becomeImage(node: slicer.vtkMRMLScalarVolumeNode) -> None:
    """Take off what only a quantitative map has, so that selectors of maps do not offer it."""
    node.RemoveAttribute("GliomaMRI.quantity")
    node.RemoveAttribute("GliomaMRI.unit")
    node.SetVoxelValueQuantity(None)
    node.GetDisplayNode().InterpolateOn()
