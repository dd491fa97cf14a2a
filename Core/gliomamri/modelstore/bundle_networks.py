"""Networks of MONAI in the words of our registry; the weights keep MONAI's names.

Called by :mod:`gliomamri.modelstore.convert`; tested by Testing/unit/modelstore/test_bundle.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gliomamri.errors import UserError

Arguments = dict[str, Any]


def is_for_training(key: str) -> bool:
    """Tell whether a tensor is one of DynUNet's heads for deep supervision, which training alone uses."""
    return key.startswith("deep_supervision_heads.") or ".super_head." in key


def translate(name: str, given: Mapping[str, Any]) -> tuple[str, Arguments]:
    """Return the registry's name and arguments for a network of MONAI.

    Parameters
    ----------
    name : str
        MONAI's class: ``SegResNet``, ``DynUNet``.
    given : mapping
        Its arguments, plain; MONAI's defaults hold for what is missing.

    Raises
    ------
    UserError
        If the class is not on the list, or is asked for something ours has not.
    """
    if name not in _NETWORKS:
        raise UserError(
            f"The bundle's network '{name}' is not on the list of GliomaMRI; it has {', '.join(sorted(_NETWORKS))}."
        )
    ours, translated = _NETWORKS[name]
    return ours, translated(_Given(name, given))


class _Given:
    """Arguments of MONAI's, each to be taken once; what is left is not known to us."""

    def __init__(self, network: str, values: Mapping[str, Any]) -> None:
        self._network = network
        self._left = {key: value for key, value in values.items() if not key.startswith("_")}

    def take(self, key: str, default: Any) -> Any:
        return self._left.pop(key, default)

    def demand(self, key: str, default: Any, allowed: Callable[[Any], bool], wanted: str) -> Any:
        value = self._left.pop(key, default)
        if not allowed(value):
            raise UserError(
                f"The bundle's network {self._network} has {key} = {str(value)[:80]}; GliomaMRI's has {wanted} only."
            )
        return value

    def finish(self) -> None:
        if self._left:
            raise UserError(
                f"The bundle's network {self._network} has the argument '{min(self._left)}', which GliomaMRI's has not."
            )


def _named(value: Any) -> tuple[str, dict[str, Any]]:
    """Split MONAI's ``"instance"`` or ``["INSTANCE", {"affine": true}]`` into name and options."""
    if isinstance(value, str):
        return value.lower(), {}
    if (
        isinstance(value, Sequence)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], Mapping)
    ):
        return value[0].lower(), dict(value[1])
    return "", {}


def _segresnet(given: _Given) -> Arguments:
    # An old spelling of MONAI's: without a name the number of groups counts for nothing.
    named, groups = given.take("norm_name", ""), given.take("num_groups", 8)
    usual = ["GROUP", {"num_groups": groups if named else 8}]
    norm = given.demand("norm", usual, _is_known_norm, "group of 8, instance (affine) or batch")
    given.demand("act", "relu", lambda value: _named(value)[0] == "relu", "relu")
    given.demand("use_conv_final", True, lambda value: value is True, "use_conv_final true")
    modes = {"nontrainable": "linear", "deconv": "transposed"}
    mode = given.demand(
        "upsample_mode", "nontrainable", lambda v: str(v).lower() in modes, " or ".join(modes)
    )
    made = {
        "dimensions": given.take("spatial_dims", 3),
        "filters": given.take("init_filters", 8),
        "in_channels": given.take("in_channels", 1),
        "out_channels": given.take("out_channels", 2),
        "blocks_down": given.take("blocks_down", [1, 2, 2, 4]),
        "blocks_up": given.take("blocks_up", [1, 1, 1]),
        "dropout": given.take("dropout_prob", None) or 0.0,
        "norm": _named(norm)[0],
        "upsampling": modes[str(mode).lower()],
    }
    given.finish()
    return made


def _is_known_norm(value: Any) -> bool:
    known = {"group": ({"num_groups": 8},), "instance": ({"affine": True},), "batch": ({},)}
    name, options = _named(value)
    return options in known.get(name, ())


def _dynunet(given: _Given) -> Arguments:
    strides = given.take("strides", [])
    levels = len(strides) if isinstance(strides, list) else 0
    if levels < 2 or not _all_equal(strides[:1], 1) or not _all_equal(strides[1:], 2):
        raise UserError(
            "The bundle's network DynUNet has strides that GliomaMRI's has not; it has 1, 2, 2, ..."
        )
    given.demand(
        "kernel_size", [], lambda v: isinstance(v, list) and len(v) == levels and _all_equal(v, 3), "3"
    )
    given.demand("upsample_kernel_size", [], lambda v: isinstance(v, list) and _all_equal(v, 2), "2")
    norm = given.demand(
        "norm_name", ["INSTANCE", {"affine": True}], _is_known_norm, "instance (affine) or batch"
    )
    given.demand("act_name", "leakyrelu", lambda v: _named(v) in _LEAKY, "leakyrelu")
    given.demand("trans_bias", False, lambda v: v is False, "trans_bias false")
    dimensions = given.take("spatial_dims", 3)
    usual = [min(2 ** (5 + level), 320 if dimensions == 3 else 512) for level in range(levels)]
    filters = given.take("filters", None) or usual
    first, most = filters[0], max(filters)
    if filters != [min(first * 2**level, most) for level in range(levels)]:
        raise UserError(
            "The bundle's network DynUNet has filters that do not double per level, as GliomaMRI's do."
        )
    for key in ("deep_supervision", "deep_supr_num"):
        given.take(key, None)
    made = {
        "dimensions": dimensions,
        "in_channels": given.take("in_channels", 1),
        "out_channels": given.take("out_channels", 2),
        "filters": first,
        "levels": levels,
        "most_filters": most,
        "norm": _named(norm)[0],
        "residual": bool(given.take("res_block", False)),
        "dropout": given.take("dropout", None) or 0.0,
    }
    given.finish()
    return made


_LEAKY = (("leakyrelu", {}), ("leakyrelu", {"inplace": True, "negative_slope": 0.01}))


def _all_equal(values: Sequence[Any], wanted: int) -> bool:
    """Tell whether all are that number, or lists of it, one per axis."""
    return all(v == wanted or (isinstance(v, list) and v and all(n == wanted for n in v)) for v in values)


_NETWORKS: dict[str, tuple[str, Callable[[_Given], Arguments]]] = {
    "SegResNet": ("segresnet", _segresnet),
    "DynUNet": ("dynunet", _dynunet),
}
