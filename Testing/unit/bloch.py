"""A small Bloch simulator for tests: spins along a voxel, rotations, relaxation, gradients, spoilers.

It knows no steady state: a sequence is played again and again until its signals no longer change.
"""

from collections.abc import Callable

import numpy as np


class Spins:
    """Isochromats with equilibrium magnetization 1 along z; times in ms, angles in degrees.

    ``R1`` and ``R2`` are in 1/s. A gradient turns the isochromats evenly over whole turns.
    """

    def __init__(self, R1: float, R2: float, count: int = 32) -> None:
        self.R1, self.R2 = R1, R2
        self.position = np.arange(count) / count
        self.magnetization = np.tile([[0.0], [0.0], [1.0]], count)

    def pulse(self, angle: float, axis: str = "x") -> None:
        """Turn all spins about an axis of the rotating frame."""
        cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        matrix = {
            "x": [[1, 0, 0], [0, cos, sin], [0, -sin, cos]],
            "y": [[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]],
        }[axis]
        self.magnetization = np.array(matrix) @ self.magnetization

    def wait(self, time: float) -> None:
        """Relax freely."""
        transverse, longitudinal = np.exp(-time * self.R2 / 1000), np.exp(-time * self.R1 / 1000)
        self.magnetization[:2] *= transverse
        self.magnetization[2] = 1 + (self.magnetization[2] - 1) * longitudinal

    def gradient(self, turns: int = 1) -> None:
        """Dephase the spins by whole turns across the voxel."""
        phase = 2 * np.pi * turns * self.position
        x, y, z = self.magnetization
        self.magnetization = np.array(
            [x * np.cos(phase) - y * np.sin(phase), x * np.sin(phase) + y * np.cos(phase), z]
        )

    def spoil(self) -> None:
        """Destroy transverse magnetization and every pattern of the longitudinal one."""
        self.magnetization[:2] = 0
        self.magnetization[2] = self.magnetization[2].mean()

    def refocus(self, angle: float = 180.0) -> None:
        """Play a refocusing pulse between two equal crushers; y is the axis of the echo (CPMG)."""
        self.gradient()
        self.pulse(angle, "y")
        self.gradient()

    @property
    def signal(self) -> complex:
        """Mean transverse magnetization."""
        return complex(self.magnetization[0].mean(), self.magnetization[1].mean())


def steady_state(
    spins: Spins, cycle: Callable[[Spins], list[complex]], tolerance: float = 1e-13
) -> np.ndarray:
    """Play ``cycle`` until the signals it returns stay the same; return them."""
    before = np.array(cycle(spins))
    for _ in range(20000):
        after = np.array(cycle(spins))
        if np.abs(after - before).max() < tolerance:
            return after
        before = after
    raise AssertionError("no steady state")
