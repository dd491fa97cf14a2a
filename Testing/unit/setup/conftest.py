"""Puts the module's folder on the path, as Slicer does."""

from __future__ import annotations

import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parents[3] / "GliomaMRISetup"
if str(MODULE) not in sys.path:
    sys.path.append(str(MODULE))
