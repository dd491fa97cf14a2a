"""One seed, many independent streams of randomness, each with a name.

A stream depends on the seed and its own name alone, so that asking for one image more, or switching an artifact off,
leaves everything else of the patient as it was.

Tested by Testing/unit/phantom/test_streams.py.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    """Named generators of one patient.

    Attributes
    ----------
    seed : int
        At least 0.
    """

    seed: int

    def generator(self, name: str) -> np.random.Generator:
        """Return the generator called ``name``, at its beginning."""
        return np.random.default_rng(self.sequence(name))

    def sequence(self, name: str) -> np.random.SeedSequence:
        """Return the seed sequence of the stream called ``name``."""
        return np.random.SeedSequence(entropy=self.seed, spawn_key=(zlib.crc32(name.encode()),))
