"""Threads of numerical libraries: many small problems run fastest where each keeps to one.

Called by the simulation and by the MAGIC fit; tested by Testing/unit/relaxometry/test_magic_fit.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


def one_blas_thread() -> AbstractContextManager:
    """Return a context in which BLAS uses one thread; without threadpoolctl it changes nothing.

    Matrices of a few hundred rows gain nothing from more, and lose much where other programs use the processors.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(limits=1, user_api="blas")
