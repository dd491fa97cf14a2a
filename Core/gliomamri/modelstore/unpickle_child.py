"""Child process that turns a ``.pt`` file into safetensors: ``python -m gliomamri.modelstore.unpickle_child IN OUT``.

PyTorch reads it with ``weights_only=True``, which builds tensors and plain containers only; should that ever fail to
hold, this process has no more memory, time, files or children than it needs. It prints one line of JSON and exits
with 0, or with 1 and the problem. Started by :mod:`gliomamri.modelstore.unpickle`; tested by
Testing/unit/modelstore/test_convert.py.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gliomamri.errors import UserError
from gliomamri.modelstore.limits import PACKAGE_BYTES

if TYPE_CHECKING:
    import torch

_CPU_SECONDS = 300
_SPARE_BYTES = 1 << 30
_MOST_TENSORS = 20_000
_NESTED = ("state_dict", "model", "network", "net", "model_state_dict")
"""Where checkpoints keep the state of the network."""


def main(arguments: list[str]) -> int:
    """Convert one file; give the exit code."""
    source, target = map(Path, arguments)
    import torch
    from safetensors.torch import save_file

    torch.set_num_threads(1)
    _limit_resources(4 * source.stat().st_size + _SPARE_BYTES)
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)
        save_file(_plain_state(loaded), target)
    except UserError as error:
        return _say(error.sentence, error.details)
    except MemoryError as error:
        return _say("The weights of the bundle need more memory than such a file may.", str(error))
    except Exception as error:  # noqa: BLE001  (whatever a strange file provokes is told, not shown as a crash)
        return _say(
            "The weights of the bundle hold more than numbers, or are damaged; they were not opened any further.",
            f"{type(error).__name__}: {str(error)[:2000]}",
        )
    return 0


def _say(problem: str, details: str) -> int:
    sys.stdout.write(json.dumps({"problem": problem, "details": details}) + "\n")
    return 1


def _plain_state(loaded: Any) -> dict[str, torch.Tensor]:
    """Return the tensors of a state dictionary, or of a checkpoint that holds one, each with memory of its own."""
    import torch

    for _ in range(3):
        nested = next((key for key in _NESTED if isinstance(loaded, Mapping) and key in loaded), None)
        if nested is None or isinstance(loaded[nested], torch.Tensor):
            break
        loaded = loaded[nested]
    if not isinstance(loaded, Mapping) or not loaded or len(loaded) > _MOST_TENSORS:
        raise UserError(
            "The weights of the bundle are no state dictionary; save network.state_dict() with PyTorch."
        )
    total, made = 0, {}
    for key, tensor in loaded.items():
        if not isinstance(key, str) or not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
            raise UserError(
                "The weights of the bundle hold other things than named tensors; they cannot be used."
            )
        kind = torch.float32 if tensor.is_floating_point() else tensor.dtype
        if kind not in (torch.float32, torch.int64):
            raise UserError(
                f"The weights of the bundle hold '{key[:80]}' as {kind}, which a package cannot keep."
            )
        total += tensor.numel() * kind.itemsize
        if total > PACKAGE_BYTES:
            raise UserError("The weights of the bundle need more memory than such a file may.")
        made[key.removeprefix("module.")] = tensor.detach().to(kind).contiguous().clone()
    return made


def _limit_resources(memory: int) -> None:
    """Limit what this process may use, where the system can: memory, time, size of files, children."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {"RLIMIT_CPU": _CPU_SECONDS, "RLIMIT_FSIZE": PACKAGE_BYTES + (1 << 20), "RLIMIT_NPROC": 0}
    with contextlib.suppress(OSError, ValueError, IndexError):  # no /proc: memory is not limited
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limits["RLIMIT_AS"] = pages * resource.getpagesize() + memory
    for name, limit in limits.items():
        with contextlib.suppress(OSError, ValueError, AttributeError):
            hard = resource.getrlimit(getattr(resource, name))[1]
            wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(getattr(resource, name), (wanted, wanted))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
