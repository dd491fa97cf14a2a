"""Working through a head slab by slab, in threads, so that no more than a few slabs' temporaries are in memory.

numpy lets go of the interpreter's lock in the work that matters here, so threads suffice. BLAS is held to one thread
meanwhile: its own threads would wait for each other on the small matrices of lattice fields, and make the whole many
times slower.

Tested by Testing/unit/phantom/test_head.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.grid import Grid
from gliomamri.threads import one_blas_thread

SLAB = 20
"""Slices per slab: large enough for numpy, small enough for memory."""
_MOST_THREADS = 4

Arrays = Mapping[str, NDArray]


def in_slabs(grid: Grid, work: Callable[[Grid], Arrays], told: Callable[[float], None] | None = None) -> dict:
    """Evaluate ``work`` on slabs of ``grid`` and join the arrays it gives along z.

    Parameters
    ----------
    work
        Gives arrays whose axis -3 is z, by name; the same names for every slab. Must not depend on the slab.
    told
        Called with the fraction done, after every slab.

    Returns
    -------
    dict of str to array
    """
    starts = range(0, grid.shape[0], SLAB)
    slabs = [grid.slab(start, start + SLAB) for start in starts]
    whole: dict[str, NDArray] = {}
    with one_blas_thread(), ThreadPoolExecutor(worker_threads()) as pool:
        for number, (start, arrays) in enumerate(zip(starts, _in_order(pool, work, slabs), strict=True), 1):
            for name, part in arrays.items():
                if name not in whole:
                    shape = (*part.shape[:-3], grid.shape[0], *part.shape[-2:])
                    whole[name] = np.empty(shape, part.dtype)
                whole[name][..., start : start + part.shape[-3], :, :] = part
            if told is not None:
                told(number / len(slabs))
    return whole


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[Grid], Arrays], slabs: list[Grid]
) -> Iterator[Arrays]:
    """Yield results in order, with no more slabs in memory than there are threads, and one."""
    ahead = worker_threads() + 1
    waiting = [pool.submit(work, slab) for slab in slabs[:ahead]]
    following = iter(slabs[ahead:])
    while waiting:
        yield waiting.pop(0).result()
        waiting.extend(pool.submit(work, slab) for slab in (next(following, None),) if slab is not None)


def worker_threads() -> int:
    """Return how many threads a render uses; GLIOMAMRI_THREADS overrides the number of processors."""
    wanted = os.environ.get("GLIOMAMRI_THREADS", "")
    return max(1, int(wanted) if wanted.isdigit() else min(_MOST_THREADS, os.cpu_count() or 1))
