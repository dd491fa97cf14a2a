"""Say in one sentence that PyTorch or MONAI is missing.

Called by :mod:`gliomamri.networks.registry` before a network is built, and to be called first by every task that
trains or runs one; tested by Testing/unit/networks/test_registry.py.
"""

from __future__ import annotations

from importlib import import_module

from gliomamri.errors import UserError

_TITLES = {"torch": "PyTorch", "monai": "MONAI"}


def require(*packages: str) -> None:
    """Import packages that networks need, or say that they are missing.

    Parameters
    ----------
    packages : str
        Names as they are imported, ``"torch"`` or ``"monai"``.

    Raises
    ------
    UserError
        If one cannot be imported.
    """
    for name in packages:
        try:
            import_module(name)
        except (ImportError, OSError) as error:
            # OSError: a shared library of PyTorch cannot be loaded.
            raise UserError(
                f"Networks need the Python package {_TITLES.get(name, name)}, which is not installed or does not load: "
                f'install it in the module GliomaMRI Setup, or with "pip install {name}".',
                f"{type(error).__name__}: {error}",
            ) from error
