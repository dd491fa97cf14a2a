"""PyTorch inside Slicer, through the PyTorch extension."""

from __future__ import annotations

import logging
from types import ModuleType

from gliomamri.errors import UserError

EXTENSION_MISSING = (
    "Install the extension named PyTorch first (View > Extensions Manager), restart Slicer, then try again."
)


class SlicerTorch:
    """Installs and imports PyTorch with ``PyTorchUtils``, never with pip."""

    def ensure(self) -> None:
        """Install PyTorch where it is missing; the extension asks the user first.

        Raises
        ------
        UserError
            Where the PyTorch extension is missing, the user declined, or the installation failed.
        """
        logic = self._logic()
        if self._installed(logic):
            return
        try:
            torch = logic.installTorch(askConfirmation=True)
        except Exception as error:
            # Several libraries lie below, each with its own exceptions; to the user they mean the same.
            raise UserError("PyTorch could not be installed.", str(error)) from error
        if torch is None:
            raise UserError("PyTorch was not installed, as you chose.")

    def importTorch(self) -> ModuleType:
        """Import torch and return the module.

        Raises
        ------
        ImportError
            Where it is not installed.
        """
        import torch

        return torch

    @staticmethod
    def _logic():
        try:
            import PyTorchUtils
        except ImportError as error:
            raise UserError(EXTENSION_MISSING, str(error)) from error
        return PyTorchUtils.PyTorchUtilsLogic()

    @staticmethod
    def _installed(logic) -> bool:
        try:
            return bool(logic.torchInstalled())
        except TypeError:
            # A half-finished earlier installation leaves metadata without a version.
            logging.getLogger(__name__).warning("PyTorch is half installed; installing it again")
            return False
