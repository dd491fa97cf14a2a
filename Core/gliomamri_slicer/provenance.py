"""Where a result came from: the job's description as a text node, referred to by every node of the run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import slicer

from gliomamri_slicer.nodes import addNode

PROVENANCE_ROLE = "GliomaMRI.provenance"


def addProvenance(
    description: Mapping[str, Any], name: str = "provenance", warnings: Iterable[str] = ()
) -> slicer.vtkMRMLTextNode:
    """Add what ``job.json`` says (task, settings, inputs with checksums, versions, seed) as a text node.

    Parameters
    ----------
    description : mapping
        Content of ``job.json``.
    warnings : iterable of str
        Sentences the task had for the user, kept with it.
    """
    kept = {**description, "warnings": list(warnings)}
    node = addNode("vtkMRMLTextNode", name)
    node.SetText(json.dumps(kept, indent=1))
    return node


def markNodes(nodes: Iterable[slicer.vtkMRMLNode], provenance: slicer.vtkMRMLTextNode) -> None:
    """Write task and version as attributes on each node and let it refer to its provenance."""
    description = json.loads(provenance.GetText())
    for node in nodes:
        node.SetAttribute("GliomaMRI.task", str(description.get("task", "")))
        node.SetAttribute("GliomaMRI.version", str(description.get("versions", {}).get("gliomamri", "")))
        node.SetNodeReferenceID(PROVENANCE_ROLE, provenance.GetID())


def readProvenance(node: slicer.vtkMRMLNode) -> dict[str, Any] | None:
    """Description of the run that made a node; None for nodes that are not ours."""
    text = node if node.IsA("vtkMRMLTextNode") else node.GetNodeReference(PROVENANCE_ROLE)
    if text is None:
        return None
    try:
        found = json.loads(text.GetText() or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) and "task" in found else None
