"""Weights as safetensors: what a file holds against what the network wants, before and after it is read.

The file's header (8 bytes of length, then JSON with type, shape and place of each tensor) is compared with the network
built without memory (PyTorch's meta device), so that neither a file nor arguments can ask for memory that the other
does not confirm. Tensors stored as float16 become float32. Source: safetensors format 1.0.

Used by :mod:`gliomamri.modelstore.package` and :mod:`gliomamri.modelstore.write`; tested by
Testing/unit/modelstore/test_weights.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gliomamri.errors import UserError
from gliomamri.modelstore.limits import WEIGHTS_HEADER_BYTES
from gliomamri.modelstore.strict_json import parse_json

if TYPE_CHECKING:
    import torch

Builder = Callable[..., "torch.nn.Module"]
"""``builder(name, **arguments)``: :func:`gliomamri.networks.registry.build` or what a test puts in its place."""

Shape = tuple[bool, tuple[int, ...]]
"""Of a tensor: whether it holds floating-point numbers, and its shape."""

FLOATS = {"F16": 2, "BF16": 2, "F32": 4}
WHOLE_NUMBERS = {"I64": 8}
"""Types a weights file may hold and their bytes; counters of batches are whole numbers."""

_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


def read_header(data: bytes, name: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return type and shape of each tensor of a safetensors file.

    Raises
    ------
    UserError
        If it is a pickle or archive with another name, or no safetensors file.
    """
    if data.startswith(_PICKLE_STARTS):
        raise UserError(
            f"The weights '{name}' are a pickle or archive with a false name, which may hold a program; refused."
        )
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(WEIGHTS_HEADER_BYTES, len(data) - 8):
        raise UserError(f"The weights '{name}' are no safetensors file; the package is damaged.")
    header = parse_json(data[8 : 8 + length], name, most_bytes=WEIGHTS_HEADER_BYTES)
    header.pop("__metadata__", None)
    tensors = {}
    for key, entry in header.items():
        kind, shape = (entry.get("dtype"), entry.get("shape")) if isinstance(entry, Mapping) else (None, None)
        if kind not in {**FLOATS, **WHOLE_NUMBERS}:
            raise UserError(
                f"The weights '{name}' hold '{key[:80]}' as {kind}; float16, float32 and int64 may be."
            )
        if not isinstance(shape, list) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise UserError(f"The weights '{name}' are no safetensors file; the package is damaged.")
        tensors[key] = (kind, tuple(shape))
    stored = sum(math.prod(shape) * {**FLOATS, **WHOLE_NUMBERS}[kind] for kind, shape in tensors.values())
    if stored != len(data) - 8 - length:
        raise UserError(f"The weights '{name}' are not as long as their tensors; the package is damaged.")
    return tensors


def load_network(data: bytes, name: str, builder: Builder, network: str, arguments: Mapping[str, Any]) -> Any:
    """Build a network and put its weights in; the random numbers of the session stay as they are.

    Parameters
    ----------
    data : bytes
        Safetensors file; checked against its manifest already.
    name : str
        Its name, for messages.
    builder : callable
    network, arguments
        What the builder is given.

    Returns
    -------
    torch.nn.Module
        On the CPU, float32, in evaluation mode, no gradients kept for weights. Memory at the peak: the file, and the
        float32 weights once or twice.

    Raises
    ------
    UserError
        If the network is not on the list, its arguments are out of range, or the file holds other tensors, shapes or
        types, or values that are not finite.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from gliomamri.networks.weights import load_weights

    wanted = shapes(builder, network, arguments)
    _compare(read_header(data, name), wanted, name)
    try:
        stored = load(data)
    except SafetensorError as error:
        raise UserError(
            f"The weights '{name}' are no safetensors file; the package is damaged.", str(error)
        ) from error
    for key, tensor in stored.items():
        _check_finite(tensor, key, name)
    with torch.random.fork_rng(devices=[]):
        module = _build(builder, network, arguments)
    load_weights(module, stored)
    return module.eval().requires_grad_(False)


def shapes(builder: Builder, network: str, arguments: Mapping[str, Any]) -> dict[str, Shape]:
    """Return kind and shape of each tensor that a network stores, by name, without memory for them.

    Raises
    ------
    UserError
        If the network is not on the list or its arguments are out of range.
    """
    from gliomamri.networks.meta import without_memory
    from gliomamri.networks.packages import require
    from gliomamri.networks.weights import weights

    require("torch")
    with without_memory():
        tensors = weights(_build(builder, network, arguments))
    return {key: (t.is_floating_point(), tuple(t.shape)) for key, t in tensors.items()}


def state_bytes(state: Mapping[str, torch.Tensor], *, half: bool, name: str) -> bytes:
    """Return a state dictionary as a safetensors file: the same bytes for the same values, in the order of names.

    Parameters
    ----------
    state : mapping of str to torch.Tensor
    half : bool
        Store kernels (two dimensions or more) as float16; biases and statistics of normalization, which are small and
        may be tiny numbers, stay float32 [our choice].
    name : str
        Name of the file, for messages.

    Raises
    ------
    UserError
        If a value is not finite, or beyond float16.
    """
    import torch
    from safetensors.torch import save

    made = {}
    for key in sorted(state):
        tensor = state[key].detach().to("cpu").contiguous()
        if tensor.is_floating_point():
            tensor = tensor.to(torch.float16 if half and tensor.ndim >= 2 else torch.float32)
            _check_finite(tensor, key, name)
        elif tensor.dtype != torch.int64:
            raise UserError(
                f"The weights '{name}' hold '{key}' as {tensor.dtype}, which a model package cannot keep."
            )
        made[key] = tensor.clone()  # tensors that share memory are refused by safetensors
    return save(made)


def _build(builder: Builder, network: str, arguments: Mapping[str, Any]) -> torch.nn.Module:
    try:
        return builder(network, **arguments)
    except UserError:
        raise
    except (
        TypeError,
        ValueError,
        RuntimeError,
        IndexError,
        KeyError,
        AttributeError,
        ArithmeticError,
    ) as error:
        raise UserError(
            f"The network '{network}' cannot be built with the model's arguments; ask its maker.", str(error)
        ) from error


def _compare(held: Mapping[str, tuple[str, tuple[int, ...]]], wanted: Mapping[str, Shape], name: str) -> None:
    missing, extra = sorted(set(wanted) - set(held)), sorted(set(held) - set(wanted))
    if missing or extra:
        word, key = ("lack", missing[0]) if missing else ("hold", extra[0])
        raise UserError(
            f"The weights '{name}' do not fit the network: they {word} '{key[:80]}'; the package is damaged.",
            f"{len(missing)} missing, {len(extra)} unknown",
        )
    for key, (is_float, shape) in wanted.items():
        kind, found = held[key]
        if found != shape or (kind in FLOATS) != is_float:
            raise UserError(
                f"The weights '{name}' do not fit the network: '{key[:80]}' is {kind} of shape {found} instead of "
                f"{'float' if is_float else 'int64'} of shape {shape}; the package is damaged."
            )


def _check_finite(tensor: torch.Tensor, key: str, name: str) -> None:
    import torch

    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise UserError(
            f"The weights '{name}' hold values in '{key[:80]}' that are no numbers (NaN or infinite); refused."
        )
