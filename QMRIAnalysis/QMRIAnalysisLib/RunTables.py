"""Which table of the scene belongs to a map, by the run that made both; no widget in here."""

import slicer

from gliomamri_slicer.provenance import PROVENANCE_ROLE
from gliomamri_slicer.tables import readTable
from QMRIAnalysisLib.MapPairs import nameOf


def sameRun(node, other):
    """Whether both nodes come from one run of a task."""
    run = node.GetNodeReferenceID(PROVENANCE_ROLE)
    return run is not None and other is not None and other.GetNodeReferenceID(PROVENANCE_ROLE) == run


def regionsOf(mapNode):
    """
    Find the numbers by region that a run gave for one of its maps.

    :return: :class:`gliomamri.result.Table`, or None
    """
    wanted = f"{nameOf(mapNode).removesuffix('map')}_regions"
    for node in slicer.util.getNodesByClass("vtkMRMLTableNode"):
        if sameRun(mapNode, node) and nameOf(node) == wanted:
            return readTable(node)
    return None


def valuesOf(pointsNode, names):
    """
    Give the values of a run's points.

    :param names: quantities that are wanted
    :return: column of numbers by header, ``R1 (1/s)``, for those that there are
    """
    for node in slicer.util.getNodesByClass("vtkMRMLTableNode"):
        if sameRun(pointsNode, node) and nameOf(node) == f"{nameOf(pointsNode)} table":
            table = readTable(node)
            return {table.header(name): table.columns[name] for name in names if name in table.columns}
    return {}
