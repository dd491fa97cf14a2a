"""The child's watch over its parent: when the parent is gone, for whatever reason, the job ends too."""

from __future__ import annotations

import os
import signal
import sys
import threading

STANDARD_INPUT = "stdin"


def watch_parent(sign: str) -> None:
    """Start a thread that ends this process, with what it has started, when the parent is gone.

    Parameters
    ----------
    sign : str
        ``stdin``: the parent holds the other end of standard input. A process number: wait for that process, for
        Windows, where a thread that blocks in reading standard input can hang the import of compiled modules.
    """
    threading.Thread(target=_end_with_parent, args=(sign,), daemon=True).start()


def _end_with_parent(sign: str) -> None:
    if sign == STANDARD_INPUT:
        while os.read(sys.stdin.fileno(), 1024):
            pass
    else:
        _wait_for_process(int(sign))
    # A group that is a whole session was started for this job; the leader may be a launcher instead of this process.
    if hasattr(os, "killpg") and os.getsid(0) == os.getpgrp():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _wait_for_process(pid: int) -> None:
    """Block until a process of Windows ends, or at once when there is none; its handle keeps the number from reuse."""
    import ctypes

    synchronize, forever = 0x00100000, 0xFFFFFFFF
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    handle = kernel.OpenProcess(synchronize, False, pid)
    if handle:
        kernel.WaitForSingleObject(handle, forever)
