"""What a MONAI bundle says of images, windows and labels, in the words of our metadata.

Taken from its preprocessing, inferer, postprocessing and ``network_data_format``; a step of preprocessing that we do
not do ourselves is refused, since the network would see other images than in training. Called by
:mod:`gliomamri.modelstore.convert`; tested by Testing/unit/modelstore/test_bundle.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gliomamri.errors import UserError
from gliomamri.modelstore.bundle_config import plain, target

_HARMLESS = (
    *(
        "LoadImage",
        "EnsureChannelFirst",
        "AsChannelFirst",
        "AddChannel",
        "EnsureType",
        "ToTensor",
        "CastToType",
    ),
    *("CropForeground", "SpatialPad", "DivisiblePad", "ConcatItems", "SelectItems", "DeleteItems"),
)
"""Transforms that change no value inside the image."""

_ROLES = {
    "ceT1w": ("t1c", "t1ce", "t1gd", "t1gad", "t1post", "t1wce", "cet1w", "cet1"),
    "T1w": ("t1", "t1w", "t1n", "t1pre"),
    "T2w": ("t2", "t2w"),
    "FLAIR": ("flair", "t2flair", "t2f"),
}
_REGIONS = {
    "tumorcore": (1, 4),
    "tumourcore": (1, 4),
    "tc": (1, 4),
    "wholetumor": (1, 2, 4),
    "wholetumour": (1, 2, 4),
    "wt": (1, 2, 4),
    "enhancingtumor": (4,),
    "enhancingtumour": (4,),
    "et": (4,),
}
_BRATS = [
    {"value": 0, "name": "background", "meaning": ""},
    {"value": 1, "name": "non-enhancing core", "meaning": "Necrosis and non-enhancing tumor."},
    {"value": 2, "name": "edema", "meaning": "Edema and infiltration around the core."},
    {"value": 4, "name": "enhancing", "meaning": "Enhancing tumor."},
]


def describe(config: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of our metadata that a bundle tells; what it does not tell is absent.

    Parameters
    ----------
    config : mapping
        ``configs/inference.json``.
    metadata : mapping
        ``configs/metadata.json``.

    Raises
    ------
    UserError
        If images are prepared in a way that ours are not.
    """
    found: dict[str, Any] = {}
    steps = _steps(config, "preprocessing")
    method = _normalization(config, steps)
    roles = _input_roles(metadata)
    if method and roles:
        found["inputs"] = [{"role": role, "normalization": method} for role in roles]
        found["brain_only"] = True
    grid = _grid(config, steps)
    if grid:
        found["grid"] = grid
    return found | _outputs(config, metadata)


def _steps(config: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the transforms of a ``Compose`` that are written out; others are referred to and looked up."""
    composed = config.get(key)
    transforms = composed.get("transforms") if isinstance(composed, Mapping) else None
    if isinstance(transforms, str):
        transforms = plain(config, transforms, f"{key}.transforms")
    return [step for step in transforms if isinstance(step, Mapping)] if isinstance(transforms, list) else []


def _kind(step: Mapping[str, Any], where: str) -> str:
    """Return the class of a transform, without the ``d`` of those that work on dictionaries."""
    return re.sub(r"(d|D|Dict)$", "", target(step, where))


def _normalization(config: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> str:
    method = ""
    for place, step in enumerate(steps):
        where = f"preprocessing.transforms[{place}]"
        kind = _kind(step, where)
        if kind == "NormalizeIntensity":
            flags = [
                plain(config, step.get(key, False), f"{where}.{key}") for key in ("nonzero", "channel_wise")
            ]
            if flags != [True, True] or "subtrahend" in step or "divisor" in step:
                raise UserError(
                    "The bundle normalizes intensities over all voxels or by fixed numbers; GliomaMRI's z-score is "
                    "that of each image's brain ('nonzero' and 'channel_wise')."
                )
            method = "z-score"
        elif kind not in (*_HARMLESS, "Orientation", "Spacing"):
            raise UserError(
                f"The bundle prepares images by '{kind}', which GliomaMRI does not do; it cannot be converted."
            )
    return method


def _grid(config: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is told of the grid: window of the inferer, voxel size and orientation of the preparation."""
    grid: dict[str, Any] = {"plane": "volume"}
    inferer = config.get("inferer", {})
    if isinstance(inferer, Mapping) and "roi_size" in inferer:
        size = plain(config, inferer["roi_size"], "inferer.roi_size")
        grid["window"] = size if isinstance(size, list) else [size] * 3
    for place, step in enumerate(steps):
        where = f"preprocessing.transforms[{place}]"
        if _kind(step, where) == "Spacing":
            size = plain(config, step.get("pixdim"), f"{where}.pixdim")
            grid["voxel_size"] = size if isinstance(size, list) else [size] * 3
        elif _kind(step, where) == "Orientation":
            grid["orientation"] = plain(config, step.get("axcodes"), f"{where}.axcodes")
    return grid


def _input_roles(metadata: Mapping[str, Any]) -> list[str]:
    """Return the role of each channel by its description; empty when one is not understood."""
    names = {alias: role for role, aliases in _ROLES.items() for alias in aliases}
    roles = [names.get(_letters(text), "") for text in _channels(metadata, "inputs")]
    return roles if roles and all(roles) else []


def _outputs(config: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return labels and inference if the output is BraTS's three regions that overlap."""
    found: dict[str, Any] = {}
    inference: dict[str, Any] = {}
    for place, step in enumerate(_steps(config, "postprocessing")):
        where = f"postprocessing.transforms[{place}]"
        if _kind(step, where) == "Activations":
            chosen = [
                n for n in ("sigmoid", "softmax") if plain(config, step.get(n, False), f"{where}.{n}") is True
            ]
            inference |= {"activation": chosen[0]} if len(chosen) == 1 else {}
    regions = [_REGIONS.get(_letters(text), ()) for text in _channels(metadata, "outputs")]
    if regions and all(regions):
        found["labels"] = _BRATS
        inference["channels"] = [list(region) for region in regions]
    inferer = config.get("inferer", {})
    if isinstance(inferer, Mapping) and "overlap" in inferer:
        inference["overlap"] = plain(config, inferer["overlap"], "inferer.overlap")
    return found | ({"inference": inference} if inference else {})


def _channels(metadata: Mapping[str, Any], group: str) -> list[str]:
    """Return the description of each channel of the first tensor of a group, in order."""
    tensors = metadata.get("network_data_format", {})
    tensors = tensors.get(group) if isinstance(tensors, Mapping) else None
    first = next(iter(tensors.values()), None) if isinstance(tensors, Mapping) else None
    channels = first.get("channel_def") if isinstance(first, Mapping) else None
    if not isinstance(channels, Mapping) or not all(key.isdigit() for key in channels):
        return []
    return [str(channels[key]) for key in sorted(channels, key=int)]


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
