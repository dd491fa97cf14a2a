"""A MONAI bundle made a model package, if its network is on our list.

What the bundle does not tell (terms of use, training patients, limits, often the voxel size) is given in a JSON file
with fields of :class:`gliomamri.modelstore.metadata.ModelMetadata`. MONAI's tensors have the axes (x, y, z), ours
(z, y, x): the kernels are turned once, here. Source: MONAI Bundle Specification.

Called by ``gliomamri models convert``; tested by Testing/unit/modelstore/test_convert.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gliomamri.errors import UserError
from gliomamri.io.publish import check_output_folder
from gliomamri.modelstore.bundle_config import plain, read_config, slug, target
from gliomamri.modelstore.bundle_networks import is_for_training, translate
from gliomamri.modelstore.bundle_settings import describe
from gliomamri.modelstore.limits import JSON_BYTES
from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.package import ModelPackage
from gliomamri.modelstore.records import from_plain, to_plain
from gliomamri.modelstore.strict_json import parse_json
from gliomamri.modelstore.unpickle import read_pickled_state
from gliomamri.modelstore.weights import Builder, shapes
from gliomamri.modelstore.write import write_package

if TYPE_CHECKING:
    import torch

WEIGHTS = "model.safetensors"


def convert_bundle(
    bundle: Path,
    folder: Path,
    *,
    description: Path | None = None,
    half: bool = False,
    builder: Builder | None = None,
) -> ModelPackage:
    """Convert a MONAI bundle, a folder with ``configs`` and ``models/model.pt``.

    Parameters
    ----------
    bundle, folder : Path
        From, and to: a new folder.
    description : Path, optional
        JSON file with fields of the metadata; they go before what the bundle says.
    half : bool, optional
        Store kernels as float16; results are then no longer the bundle's to the last digit.
    builder : callable, optional
        As :meth:`gliomamri.modelstore.package.ModelPackage.build`.

    Raises
    ------
    UserError
        If the bundle's network is not on the list or is configured by a program, its weights do not fit, its images
        are prepared in another way than ours, or something is not told.
    """
    check_output_folder(folder)
    metadata = _metadata(bundle, _read_description(description))
    if builder is None:
        from gliomamri.networks.registry import build as builder
    network = metadata.network
    wanted = shapes(builder, network.name, network.arguments)
    state = read_pickled_state(_weights_file(bundle))
    kept = _kept(state, wanted, dimensions=len(metadata.grid.window))
    return write_package(metadata, [kept], folder, half=half, builder=builder)


def _metadata(bundle: Path, given: Mapping[str, Any]) -> ModelMetadata:
    """Put together what the bundle tells and what the user tells."""
    monai = read_config(bundle, "metadata")
    config = read_config(bundle, "inference")
    definition = config.get("network_def", config.get("network"))
    if not isinstance(definition, Mapping):
        raise UserError("The bundle's configuration has no 'network_def'; it cannot be converted.")
    name, arguments = translate(target(definition, "network_def"), plain(config, definition, "network_def"))
    told = {
        "name": slug(bundle.resolve().name),
        "task": "tumor.segmentation",
        "title": monai.get("name") or monai.get("task"),
        **{key: monai.get(key) for key in ("version", "description", "authors", "copyright", "intended_use")},
        **{key: monai[key] for key in ("references", "changelog") if key in monai},
        **(describe(config, monai) if "inputs" not in given else _without_preparation(config, monai)),
    }
    values = {key: value for key, value in told.items() if value is not None}
    values["network"] = {"name": name, "arguments": arguments, "members": [WEIGHTS]}
    for key, value in given.items():
        joined = isinstance(value, Mapping) and isinstance(values.get(key), Mapping)
        values[key] = {**values[key], **value} if joined else value
    values.setdefault("grid", {}).setdefault("multiple", _multiple(name, arguments))
    missing = _missing(values)
    if missing:
        raise UserError(
            f"The bundle does not tell {', '.join(missing)}; give them in a JSON file (--describe).",
            "fields of gliomamri.modelstore.metadata.ModelMetadata",
        )
    return from_plain(ModelMetadata, values)


def _without_preparation(config: Mapping[str, Any], monai: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out how images are prepared, where the user tells it."""
    return describe({**config, "preprocessing": None}, monai)


def _multiple(name: str, arguments: Mapping[str, Any]) -> int:
    from gliomamri.networks.registry import size_multiple

    return size_multiple(name, **arguments)


def _missing(values: Mapping[str, Any]) -> list[str]:
    """Name the fields that nobody told, of the metadata and of their grid."""
    needed = [f.name for f in fields(ModelMetadata) if f.default is MISSING and f.default_factory is MISSING]
    missing = [name for name in needed if name not in values]
    grid = [f"grid.{name}" for name in ("voxel_size", "window", "orientation") if name not in values["grid"]]
    return missing + grid


def _read_description(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            data = file.read(JSON_BYTES + 1)
    except OSError as error:
        raise UserError(f"The description '{path.name}' cannot be read.", str(error)) from error
    return to_plain(parse_json(data, path.name))


def _weights_file(bundle: Path) -> Path:
    folder = bundle / "models"
    if folder.is_symlink():
        raise UserError("The bundle is refused: its folder 'models' is a link to another place.")
    return folder / "model.pt"


def _kept(
    state: Mapping[str, torch.Tensor], wanted: Mapping[str, tuple[bool, tuple[int, ...]]], *, dimensions: int
) -> dict[str, torch.Tensor]:
    """Return the tensors our network stores, kernels turned from (x, y, z) to (z, y, x).

    A second name of a tensor (DynUNet's skip layers hold its blocks again) and heads of deep supervision are left out;
    anything else that does not fit is told when the package is read back.
    """
    kept = {key: tensor for key, tensor in state.items() if not is_for_training(key)}
    aliases = {key for key in kept if key not in wanted and key.startswith("skip_layers.")}
    return {key: _turned(tensor, dimensions) for key, tensor in kept.items() if key not in aliases}


def _turned(tensor: torch.Tensor, dimensions: int) -> torch.Tensor:
    if tensor.ndim != dimensions + 2:
        return tensor
    return tensor.permute(0, 1, *reversed(range(2, tensor.ndim))).contiguous()
