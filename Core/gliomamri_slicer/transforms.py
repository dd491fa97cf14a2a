"""Transforms of a result as transform nodes, applied to nothing.

A result's matrix says, as ITK does, where a point of the fixed image lies in the moving image, in LPS. A node's
transform *to* its parent says where the moving image's content goes. So the matrix, turned into RAS, is the node's
transform *from* parent: the moving volume under the node lies on the fixed one. Slicer reads ``NAME.tfm`` the same way.

Called by :mod:`gliomamri_slicer.results`; tested by Testing/scene/test_points_and_transforms.py.
"""

from __future__ import annotations

import slicer
import vtk

from gliomamri.result import Transform
from gliomamri_slicer.nodes import addNode

MOVING_ATTRIBUTE, FIXED_ATTRIBUTE = "GliomaMRI.moving", "GliomaMRI.fixed"
"""Attributes of a transform node: the roles it connects."""

_LPS = (-1.0, -1.0, 1.0, 1.0)


def addTransform(transform: Transform, name: str = "") -> slicer.vtkMRMLLinearTransformNode:
    """Add a transform in RAS; harden it or put the moving volume under it to apply it."""
    matrix = vtk.vtkMatrix4x4()
    for row in range(4):
        for column in range(4):
            matrix.SetElement(row, column, _LPS[row] * float(transform.matrix[row][column]) * _LPS[column])
    node = addNode("vtkMRMLLinearTransformNode", name or transform.name)
    node.SetMatrixTransformFromParent(matrix)
    node.SetDescription(transform.description)
    node.SetAttribute(MOVING_ATTRIBUTE, transform.moving)
    node.SetAttribute(FIXED_ATTRIBUTE, transform.fixed)
    return node
