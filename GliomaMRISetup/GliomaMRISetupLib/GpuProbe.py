"""Asks PyTorch, where it is installed, which device it would compute on."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

BYTES_PER_GB = 1024**3


class GpuProbe:
    """Describes the computing device in one sentence.

    Importing PyTorch takes seconds, so this runs on the user's click only.

    Parameters
    ----------
    importTorch : callable
        Returns the torch module; raises ImportError where it is absent, OSError where it does not load.
    """

    def __init__(self, importTorch: Callable[[], ModuleType]) -> None:
        self._importTorch = importTorch

    def describe(self) -> str:
        """Name the device and its memory, or the reason why there is none."""
        try:
            torch = self._importTorch()
        except ImportError:
            return "GPU: not known, because PyTorch is not installed."
        except OSError as error:
            return f"GPU: PyTorch is installed but does not load ({error})."
        if torch.cuda.is_available():
            device = torch.cuda.get_device_properties(0)
            memory = f"{device.total_memory / BYTES_PER_GB:.0f} GB"
            return f"GPU: {device.name}, {memory} (PyTorch {torch.__version__})."
        if torch.backends.mps.is_available():
            return f"GPU: Apple Metal (PyTorch {torch.__version__})."
        return f"GPU: none that PyTorch {torch.__version__} can use; networks run on the processor."
