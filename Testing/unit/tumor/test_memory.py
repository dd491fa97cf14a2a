"""The estimate beside what a process really takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import gliomamri
from gliomamri.networks.registry import build
from gliomamri.tumor.acceleration import accelerated
from gliomamri.tumor.memory import memory_per_voxel

_MEASURE = """
import re, torch
from pathlib import Path
from gliomamri.networks.registry import build
from gliomamri.tumor.acceleration import accelerated, layout
torch.set_num_threads(1)
network = build("unet", dimensions=3, in_channels=4, out_channels=4, filters=8, levels=3).eval()
network = accelerated(network, 3)
def kilobytes(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
with torch.inference_mode():
    network(torch.zeros((1, 4, 16, 16, 16)))
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = kilobytes("VmRSS")
    network(torch.randn((1, 4, 80, 96, 96)).contiguous(memory_format=layout(3)))
print(kilobytes("VmHWM") - before)
"""


def test_counts_what_lives_at_once():
    class Chain(torch.nn.Conv3d):
        def forward(self, image):  # at most two of the three live at once
            return ((image + 1) * 2) - 3

    per_voxel = memory_per_voxel(Chain(1, 1, 1), (1, 1, 8, 8, 8))

    assert per_voxel == pytest.approx(2 * 3 * 4)  # twice for work space: input and two tensors of 4 bytes


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's account of memory")
def test_estimate_is_not_below_the_measured_and_not_far_above():
    network = build("unet", dimensions=3, in_channels=4, out_channels=4, filters=8, levels=3).eval()
    network = accelerated(network, 3)
    estimate = memory_per_voxel(network, (1, 4, 16, 16, 16)) * 80 * 96 * 96

    core = str(Path(gliomamri.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True, env={"PYTHONPATH": core}
    )
    measured = int(done.stdout) * 1024

    assert 0.9 * measured < estimate < 2.5 * measured
