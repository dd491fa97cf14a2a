"""The GPU probe has one sentence for every state a machine can be in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from GliomaMRISetupLib.GpuProbe import GpuProbe


def a_torch(cuda: bool, mps: bool) -> SimpleNamespace:
    device = SimpleNamespace(name="A GPU", total_memory=8 * 1024**3)
    return SimpleNamespace(
        __version__="2.13.0",
        cuda=SimpleNamespace(is_available=lambda: cuda, get_device_properties=lambda index: device),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
    )


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [
        (True, False, "GPU: A GPU, 8 GB (PyTorch 2.13.0)."),
        (False, True, "GPU: Apple Metal (PyTorch 2.13.0)."),
        (False, False, "GPU: none that PyTorch 2.13.0 can use; networks run on the processor."),
    ],
)
def test_device_is_named(cuda, mps, expected):
    assert GpuProbe(lambda: a_torch(cuda, mps)).describe() == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [(ImportError("no torch"), "not installed"), (OSError("c10.dll"), "does not load (c10.dll)")],
)
def test_absent_or_broken_torch_is_told(error, expected):
    def fail():
        raise error

    assert expected in GpuProbe(fail).describe()
