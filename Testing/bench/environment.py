"""Off-screen settings of VTK and Qt, made before either is imported.

Called by every entry point of the bench, so that no test needs a display or a wrapper script.
"""

from __future__ import annotations

import os


def prepare() -> None:
    """Choose EGL for VTK and the off-screen platform for Qt; forget any display.

    VTK looks for an X server first and prints warnings where it finds none; with the class named it does not look.
    """
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.pop("DISPLAY", None)
    os.environ.pop("WAYLAND_DISPLAY", None)
