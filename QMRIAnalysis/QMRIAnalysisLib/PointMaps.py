"""Which maps are measured at the user's points: rates and changes of the run of a chosen map; no widget in here."""

import slicer

from gliomamri_slicer.point_measurement import MeasuredMap
from QMRIAnalysisLib.MapPairs import nameOf
from QMRIAnalysisLib.RunTables import sameRun


def mapsToMeasure(mapNode):
    """
    Give R1, R2 and their changes of the run that made a map; of a map that belongs to none of these, itself.

    :param mapNode: vtkMRMLScalarVolumeNode of ours
    :return: list of :class:`gliomamri_slicer.point_measurement.MeasuredMap`
    """
    run = {
        nameOf(node): node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetAttribute("GliomaMRI.quantity") and sameRun(mapNode, node)
    }
    run[nameOf(mapNode)] = mapNode
    rates = (_rate(run, f"{contrast}{rate}") for contrast in ("", "ce") for rate in ("R1", "R2"))
    found = [one for one in rates if one is not None]
    found += [MeasuredMap(name, "1/s", run[name]) for name in ("dR1", "dR2") if name in run]
    if found:
        return found
    quantity, unit = (mapNode.GetAttribute(f"GliomaMRI.{name}") or "" for name in ("quantity", "unit"))
    return [MeasuredMap(quantity or mapNode.GetName(), unit, mapNode)]


def _rate(run, rate):
    """A rate from its own map, or from that of the time."""
    node, isTime = run.get(f"{rate}map"), False
    if node is None:
        node, isTime = run.get(f"{rate.replace('R', 'T')}map"), True
    return None if node is None else MeasuredMap(rate, "1/s", node, run.get(f"{rate}error"), isTime)
