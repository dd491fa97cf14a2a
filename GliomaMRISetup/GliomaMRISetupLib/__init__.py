"""Parts of the GliomaMRISetup module: one class per file.

In an installed extension the core package lies beside the modules. In developer mode it lies in ``Core``.
"""

import sys
from pathlib import Path

if (_core := Path(__file__).resolve().parents[2] / "Core").is_dir() and str(_core) not in sys.path:
    sys.path.append(str(_core))
