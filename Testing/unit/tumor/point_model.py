"""A model that looks at each voxel by itself: what it gives can be told without running it."""

from __future__ import annotations

import json

import torch
from torch import nn

from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.records import from_plain

STEEPNESS = 40.0

FIELDS = {
    "name": "point-tumor",
    "version": "1.0.0",
    "title": "Point model",
    "task": "tumor.segmentation",
    "description": "Tumor is bright.",
    "authors": "GliomaMRI contributors",
    "copyright": "2026 GliomaMRI contributors",
    "license": "Apache-2.0",
    "intended_use": "Tests.",
    "limits": ["Knows no brain."],
    "inputs": [
        {"role": "T1map", "normalization": "by role"},
        {"role": "FLAIR", "normalization": "by role", "optional": True, "missing_value": 0.0},
    ],
    "brain_only": True,
    "grid": {"plane": "volume", "voxel_size": [None, None, None], "window": [32, 32, 16], "multiple": 4},
    "labels": [
        {"value": 0, "name": "none"},
        {"value": 1, "name": "core"},
        {"value": 2, "name": "edema"},
        {"value": 4, "name": "enhancing"},
    ],
    "inference": {"activation": "softmax", "channels": [[0], [2], [1], [4]], "flips": ["x"]},
    "network": {"name": "point", "arguments": {}, "members": ["one.safetensors"]},
    "training": {"data": [{"name": "simulated", "license": "CC0-1.0", "patients": 1, "simulated": True}]},
}


def metadata(**changes) -> ModelMetadata:
    """Metadata with changes; ``grid__plane`` changes a field of a part."""
    fields = json.loads(json.dumps(FIELDS))
    for key, value in changes.items():
        part, _, inner = key.partition("__")
        if inner:
            fields[part][inner] = value
        else:
            fields[part] = value
    channels, slices = len(fields["inputs"]), fields["grid"].get("slices", 1)
    fields["network"]["arguments"] = {
        "dimensions": 3 if fields["grid"]["plane"] == "volume" else 2,
        "in_channels": channels * slices,
        "out_channels": len(fields["inference"]["channels"]),
        "answers": "voxels" if fields["task"] == "tumor.segmentation" else "image",
    }
    return from_plain(ModelMetadata, fields)


class Point(nn.Module):
    """One convolution of one voxel; for an image, the largest of its voxels' answers."""

    def __init__(self, dimensions, in_channels, out_channels, answers):
        super().__init__()
        self.conv = (nn.Conv2d if dimensions == 2 else nn.Conv3d)(in_channels, out_channels, 1)
        self.answers = answers

    def forward(self, image):
        found = self.conv(image)
        return found if self.answers == "voxels" else found.flatten(2).max(2).values


def build(name, **arguments):
    """Stands in for the registry."""
    assert name == "point"
    return Point(**arguments)


def state(known: ModelMetadata, thresholds):
    """Weights for which output k wins where the first channel lies between thresholds k - 1 and k.

    Thresholds are in ms of the T1 map: x = ln(T1 / 1200) / 0.5. Logits a k x - a sum of thresholds give straight
    lines whose upper envelope changes from k - 1 to k at threshold k.
    """
    network = Point(**known.network.arguments)
    scaled = [float(torch.tensor(value / 1200.0).log() / 0.5) for value in thresholds]
    with torch.no_grad():
        network.conv.weight.zero_()
        network.conv.bias.zero_()
        middle = known.grid.slices // 2
        for k in range(1, len(thresholds) + 1):
            network.conv.weight[k, middle] = STEEPNESS * k
            network.conv.bias[k] = -STEEPNESS * sum(scaled[:k])
    return network.state_dict()
