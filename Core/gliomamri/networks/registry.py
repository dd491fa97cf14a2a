"""The networks that may be built, by name and plain arguments.

A model package names its network and lists its arguments; :func:`build` makes it, and nothing in the package is
executed. Called by the training engine, the model store and inference; tested by
Testing/unit/networks/test_registry.py. To add a network, write its file and add one entry to :data:`NETWORKS`.

Examples
--------
>>> parameters("sdm4", in_channels=4)
4755970
>>> size_multiple("unet2d", in_channels=4, out_channels=2)
8
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gliomamri.errors import UserError
from gliomamri.networks.arguments import Argument, checked
from gliomamri.networks.packages import require

if TYPE_CHECKING:
    from torch import nn

MOST_PARAMETERS = 200_000_000
"""Largest network that is built [our choice]: 0.8 GB of weights in float32, 84 times the published U-Net."""


@dataclass(frozen=True)
class Network:
    """One entry of the table.

    Attributes
    ----------
    title : str
        The words shown to the user.
    source : str
        Paper or library it comes from.
    builder : str
        ``module:callable`` inside :mod:`gliomamri.networks`; its keyword arguments are `arguments`.
    arguments : dict of str to Argument
        What it may be asked for.
    multiple : callable
        Checked arguments -> whole number that every edge of its input must be a multiple of (voxels).
    output : str
        ``"image"`` for one answer per image (N, classes), ``"voxels"`` for a map (N, classes, *space).
    packages : tuple of str
        Python packages needed.
    """

    title: str
    source: str
    builder: str
    arguments: Mapping[str, Argument]
    multiple: Callable[[dict[str, Any]], int]
    output: str = "voxels"
    packages: tuple[str, ...] = ("torch",)


_IN_CHANNELS = Argument(int, "input channels", minimum=1, maximum=64)
_OUT_CHANNELS = Argument(int, "classes or regions", minimum=1, maximum=32)
_WIDTH = Argument(float, "factor on the published numbers of filters", 1.0, minimum=0.05, maximum=4)
_DIMENSIONS = Argument(int, "2 for slices, 3 for volumes", minimum=2, maximum=3)
_LEVELS = Argument(int, "resolutions, the full one included", 5, minimum=3, maximum=7)
_FILTERS = Argument(int, "filters at full resolution, doubled per level", 16, minimum=4, maximum=64)
_MOST_FILTERS = Argument(int, "filters are not doubled beyond this", 256, minimum=16, maximum=512)
_NO_DROPOUT = Argument(float, "probability of dropout", 0.0, minimum=0, maximum=0.9)


def _halvings(arguments: dict[str, Any]) -> int:
    return 2 ** (arguments["levels"] - 1)


NETWORKS: dict[str, Network] = {
    "sdm4": Network(
        title="2D-SDM4, detection per slice",
        source="Tampu et al., 2D-SDM4 (paper 000, figure 2)",
        builder="sdm4:SDM4",
        arguments={
            "in_channels": _IN_CHANNELS,
            "out_channels": Argument(int, "classes", 2, minimum=2, maximum=32),
            "width": _WIDTH,
            "dropout": Argument(float, "probability of dropout", 0.2, minimum=0, maximum=0.9),
        },
        multiple=lambda _: 1,
        output="image",
    ),
    "unet2d": Network(
        title="2D U-Net as published, segmentation per slice",
        source="Tampu et al., 2D U-Net (paper 000, figure 2)",
        builder="unet2d:UNet2D",
        arguments={
            "in_channels": _IN_CHANNELS,
            "out_channels": _OUT_CHANNELS,
            "width": _WIDTH,
            "dropout": Argument(float, "probability of dropout", 0.3, minimum=0, maximum=0.9),
        },
        multiple=lambda _: 8,
    ),
    "unet": Network(
        title="U-Net with a residual encoder, 2D or 3D",
        source="Isensee et al. 2024, nnU-Net revisited (arXiv 2404.09556)",
        builder="residual_unet:ResidualUNet",
        arguments={
            "dimensions": _DIMENSIONS,
            "in_channels": _IN_CHANNELS,
            "out_channels": _OUT_CHANNELS,
            "filters": _FILTERS,
            "levels": _LEVELS,
            "most_filters": _MOST_FILTERS,
            "blocks": Argument(int, "residual blocks per level of the encoder", 1, minimum=1, maximum=6),
            "norm": Argument(str, "normalization", "instance", choices=("instance", "batch")),
            "dropout": _NO_DROPOUT,
        },
        multiple=_halvings,
    ),
    "segresnet": Network(
        title="SegResNet of MONAI, 2D or 3D",
        source="Myronenko 2018 (arXiv 1810.11654), MONAI",
        builder="monai_networks:segresnet",
        arguments={
            "dimensions": _DIMENSIONS,
            "in_channels": _IN_CHANNELS,
            "out_channels": _OUT_CHANNELS,
            "filters": Argument(int, "filters at full resolution", 16, minimum=4, maximum=64),
            "blocks_down": Argument(
                tuple, "blocks per level, downward", (1, 2, 2, 4), minimum=1, maximum=8, shortest=2, longest=6
            ),
            "blocks_up": Argument(
                tuple, "blocks per level, upward", (1, 1, 1), minimum=1, maximum=8, shortest=1, longest=5
            ),
            "norm": Argument(str, "normalization", "group", choices=("group", "instance", "batch")),
            "dropout": _NO_DROPOUT,
            "upsampling": Argument(
                str,
                "linear interpolation or transposed convolution",
                "linear",
                choices=("linear", "transposed"),
            ),
        },
        multiple=lambda arguments: 2 ** (len(arguments["blocks_down"]) - 1),
        packages=("torch", "monai"),
    ),
    "dynunet": Network(
        title="DynUNet of MONAI, 2D or 3D",
        source="Isensee et al. 2021, nnU-Net (doi 10.1038/s41592-020-01008-z), MONAI",
        builder="monai_networks:dynunet",
        arguments={
            "dimensions": _DIMENSIONS,
            "in_channels": _IN_CHANNELS,
            "out_channels": _OUT_CHANNELS,
            "filters": _FILTERS,
            "levels": _LEVELS,
            "most_filters": _MOST_FILTERS,
            "norm": Argument(str, "normalization", "instance", choices=("instance", "batch")),
            "residual": Argument(bool, "residual blocks", default=False),
            "dropout": _NO_DROPOUT,
        },
        multiple=_halvings,
        packages=("torch", "monai"),
    ),
}


def find(name: str) -> Network:
    """Return the entry of a network.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    if not isinstance(name, str) or name not in NETWORKS:
        raise UserError(f"There is no network {reprlib.repr(name)}; known are {', '.join(NETWORKS)}.")
    return NETWORKS[name]


def complete_arguments(name: str, **arguments: Any) -> dict[str, Any]:
    """Check arguments and fill in defaults, without PyTorch.

    Raises
    ------
    UserError
        If the network or an argument is unknown, or a value is missing, of the wrong type or out of range.
    """
    return checked(name, find(name).arguments, arguments)


def size_multiple(name: str, **arguments: Any) -> int:
    """Return the number of voxels that every edge of the network's input must be a multiple of."""
    return find(name).multiple(complete_arguments(name, **arguments))


def build(name: str, *, seed: int = 0, **arguments: Any) -> nn.Module:
    """Build a network with fresh weights, in training mode, on the CPU.

    Parameters
    ----------
    name : str
        Key of :data:`NETWORKS`.
    seed : int
        Of the initial weights; PyTorch's own random stream is left as it was.
    arguments : plain values
        See the entry's ``arguments``.

    Returns
    -------
    torch.nn.Module
        (N, in_channels, *space) -> logits (N, out_channels) or (N, out_channels, *space).

    Raises
    ------
    UserError
        As :func:`complete_arguments`; if the network has more than `MOST_PARAMETERS`; if a package is missing.
    """
    number = parameters(name, **arguments)
    if number > MOST_PARAMETERS:
        raise UserError(
            f"The network '{name}' would have {number:,} parameters with these arguments; at most "
            f"{MOST_PARAMETERS:,} are allowed."
        )
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _construct(name, arguments)


def parameters(name: str, **arguments: Any) -> int:
    """Count the trainable parameters of a network without allocating them."""
    return sum(tensor.numel() for tensor in _without_memory(name, arguments).parameters())


def running_statistics(name: str, **arguments: Any) -> int:
    """Count the means and variances that batch normalization keeps, without allocating them."""
    buffers = _without_memory(name, arguments).buffers()
    return sum(tensor.numel() for tensor in buffers if tensor.is_floating_point())


def _without_memory(name: str, arguments: Mapping[str, Any]) -> nn.Module:
    require(*find(name).packages)
    from gliomamri.networks.meta import without_memory

    with without_memory():
        return _construct(name, arguments)


def _construct(name: str, arguments: Mapping[str, Any]) -> nn.Module:
    complete = complete_arguments(name, **arguments)
    file, _, attribute = NETWORKS[name].builder.partition(":")
    return getattr(import_module(f"gliomamri.networks.{file}"), attribute)(**complete)
