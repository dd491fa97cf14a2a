"""MONAI's segmentation networks, behind our registry's plain arguments.

The modules are MONAI's own, so their weights have MONAI's names and a MONAI bundle of an allowed network can be taken
over. Built by :mod:`gliomamri.networks.registry`; tested by Testing/unit/networks/test_segmentation_networks.py.
"""

from __future__ import annotations

from typing import Any

from monai.networks.nets.dynunet import DynUNet
from monai.networks.nets.segresnet import SegResNet

from gliomamri.errors import UserError

GROUPS = 8
_NORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "group": ("GROUP", {"num_groups": GROUPS}),
    # MONAI's instance normalization has neither scale nor shift unless asked.
    "instance": ("INSTANCE", {"affine": True}),
    "batch": ("BATCH", {}),
}


def segresnet(
    dimensions: int,
    in_channels: int,
    out_channels: int,
    filters: int,
    blocks_down: tuple[int, ...],
    blocks_up: tuple[int, ...],
    norm: str,
    dropout: float,
    upsampling: str,
) -> SegResNet:
    """SegResNet (Myronenko 2018), without the autoencoder branch.

    Raises
    ------
    UserError
        If the blocks upward are not one level fewer than those downward, or groups do not divide the filters.
    """
    if len(blocks_up) != len(blocks_down) - 1:
        raise UserError(
            f"The network 'segresnet' has {len(blocks_down)} levels (blocks_down), so blocks_up must list "
            f"{len(blocks_down) - 1} numbers, not {len(blocks_up)}."
        )
    if norm == "group" and filters % GROUPS:
        raise UserError(
            f"The network 'segresnet' with group normalization needs filters in multiples of {GROUPS}, not {filters}."
        )
    return SegResNet(
        spatial_dims=dimensions,
        init_filters=filters,
        in_channels=in_channels,
        out_channels=out_channels,
        dropout_prob=dropout or None,
        norm=_NORMS[norm],
        blocks_down=blocks_down,
        blocks_up=blocks_up,
        upsample_mode="nontrainable" if upsampling == "linear" else "deconv",
    )


def dynunet(
    dimensions: int,
    in_channels: int,
    out_channels: int,
    filters: int,
    levels: int,
    most_filters: int,
    norm: str,
    residual: bool,
    dropout: float,
) -> DynUNet:
    """DynUNet, MONAI's U-Net after nnU-Net, with cubic kernels and without deep supervision."""
    return DynUNet(
        spatial_dims=dimensions,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=[3] * levels,
        strides=[1] + [2] * (levels - 1),
        upsample_kernel_size=[2] * (levels - 1),
        filters=[min(filters * 2**level, max(filters, most_filters)) for level in range(levels)],
        dropout=dropout or None,
        norm_name=_NORMS[norm],
        res_block=residual,
    )
