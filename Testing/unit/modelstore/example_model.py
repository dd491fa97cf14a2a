"""A small model with all that a package has: two members, floats and counters, required and optional images."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.modelstore.manifest import FileRecord, manifest_bytes
from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.records import from_plain

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)

FIELDS = {
    "name": "tiny-tumor",
    "version": "1.2.0",
    "title": "Tiny tumor model",
    "task": "tumor.segmentation",
    "description": "Finds nothing in particular.",
    "authors": "GliomaMRI contributors",
    "copyright": "2026 GliomaMRI contributors",
    "license": "Apache-2.0",
    "intended_use": "Tests.",
    "limits": ["Knows no brain."],
    "inputs": [
        {"role": "ceT1w", "normalization": "z-score", "valid_range": [0, 4000]},
        {"role": "FLAIR", "normalization": "z-score"},
        {"role": "T1map", "normalization": "percentiles", "optional": True, "missing_value": -1.0},
    ],
    "brain_only": True,
    "grid": {"plane": "volume", "voxel_size": [1.0, 1.0, None], "window": [32, 48, 16], "multiple": 8},
    "labels": [
        {"value": 0, "name": "background"},
        {"value": 4, "name": "enhancing", "meaning": "Enhancing tumor."},
    ],
    "inference": {"activation": "softmax", "channels": [[0], [4]], "flips": ["x"]},
    "network": {
        "name": "tiny",
        "arguments": {"in_channels": 3, "filters": 4, "out_channels": 2, "levels": [1, 2]},
        "members": ["first.safetensors", "second.safetensors"],
    },
    "training": {
        "data": [{"name": "simulated brains", "license": "CC0-1.0", "patients": 60, "simulated": True}],
        "command": "gliomamri train segment --simulate 60",
        "seeds": [1, 2],
    },
    "scores": [
        {
            "cohort": "own",
            "metric": "Dice",
            "value": 0.5,
            "n": 60,
            "kind": "simulated",
            "interval": [0.4, 0.6],
        },
        {"cohort": "other anatomy", "metric": "Dice", "value": 0.4, "n": 60, "kind": "shifted"},
    ],
    "references": ["Somebody 2020"],
    "changelog": {"1.2.0": "Made."},
    "software": {"monai": "1.4.0", "torch": "2.4.0", "numpy": "1.26.0", "safetensors": "0.4.0"},
}


def metadata(**changes) -> ModelMetadata:
    """Metadata of the example; ``network__name`` changes a field of a part."""
    fields = json.loads(json.dumps(FIELDS))
    for key, value in changes.items():
        part, _, inner = key.partition("__")
        if inner:
            fields[part][inner] = value
        else:
            fields[part] = value
    return from_plain(ModelMetadata, fields)


def build(name, *, in_channels, filters, out_channels, levels=()):
    """Stands in for the registry: one network, ranges checked."""
    import torch

    if name != "tiny":
        raise UserError(f"There is no network '{name}'; known is tiny.")
    if not 1 <= filters <= 64:
        raise UserError(f"The network 'tiny' cannot be built with filters = {filters}: it must be 1 to 64.")
    return torch.nn.Sequential(
        torch.nn.Conv3d(in_channels, filters, 3, padding=1),
        torch.nn.BatchNorm3d(filters),
        torch.nn.Conv3d(filters, out_channels, 1),
    )


def states(seeds=(1, 2), **arguments):
    """Trained weights: every number of theirs random."""
    import torch

    made = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        state = build("tiny", **{**FIELDS["network"]["arguments"], **arguments}).state_dict()
        made.append(
            {
                key: torch.rand(tensor.shape, generator=generator) - 0.3
                if tensor.is_floating_point()
                else tensor + 7
                for key, tensor in state.items()
            }
        )
    return made


def replace_file(folder: Path, name: str, data: bytes) -> None:
    """Put another file into a package, and make the manifest say so."""
    (folder / name).write_bytes(data)
    renew_manifest(folder)


def renew_manifest(folder: Path) -> None:
    """Write the manifest that an attacker would write too: it knows all files that are there."""
    files = {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "manifest.json"
    }
    records = {name: FileRecord(len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    (folder / "manifest.json").write_bytes(manifest_bytes(records))


def tree(folder: Path) -> list[str]:
    """Every path below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
