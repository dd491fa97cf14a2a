"""Weighted images from maps with the user's TE, TR and TI, fast enough to follow a slider.

What does not depend on the times (rates, which voxels are measured) is prepared once in :class:`SyntheticMaps`. The
voxels are then computed in pieces that stay in the processor's cache, straight into the given memory.

Called by the scene layer (``gliomamri_slicer.synthetic_images``) and by whoever needs such an image; the kinds are in
:mod:`~gliomamri.relaxometry.weighted_images`. Tested by Testing/unit/relaxometry/test_synthetic.py.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gliomamri.errors import UserError
from gliomamri.relaxometry.rates import rates_of
from gliomamri.relaxometry.weighted_images import weighted_image

FULL_WATER = 100.0
"""PD in percent where no map of it is given."""

_PIECE = 1 << 15
_THREADS = 2
"""Threads that share a volume; more gain nothing, memory being the limit."""


class SyntheticMaps:
    """Maps of one acquisition, ready for any number of weighted images.

    Parameters
    ----------
    T1, T2 : arrays of one shape
        ms; what is not a positive number is no measurement.
    PD : array of the same shape, optional
        Percent of water; :data:`FULL_WATER` everywhere without it.

    Raises
    ------
    UserError
        If the shapes differ or no voxel is measured.
    """

    def __init__(self, T1: ArrayLike, T2: ArrayLike, PD: ArrayLike | None = None) -> None:
        T1, T2 = np.asarray(T1), np.asarray(T2)
        PD = np.broadcast_to(np.float32(FULL_WATER), T1.shape) if PD is None else np.asarray(PD)
        if not T1.shape == T2.shape == PD.shape:
            raise UserError(
                "The maps for a synthetic image differ in size: "
                f"T1 {_size(T1)}, T2 {_size(T2)}, proton density {_size(PD)} voxels. "
                "Prepare the images first, which lays them on one grid."
            )
        measured = np.ones(T1.shape, bool)
        for values in (T1, T2, PD):
            measured &= np.isfinite(values) & (values > 0)
        if not measured.any():
            raise UserError(
                "The maps hold no voxel where T1, T2 and proton density are all measured; "
                "select maps of one patient on one grid."
            )
        self.shape = T1.shape
        # 0 / 1 instead of a mask: a voxel without PD has no signal, whatever its rates.
        self._PD = np.where(measured, PD, 0).astype(np.float32).ravel()
        self._R1, self._R2 = (
            np.where(measured, rates_of(times).values, np.float32(1)).ravel() for times in (T1, T2)
        )

    def synthesize(
        self, kind: str, out: NDArray[np.float32] | None = None, **times: float
    ) -> NDArray[np.float32]:
        """Compute one image.

        Parameters
        ----------
        kind : str
            A name of :data:`~gliomamri.relaxometry.weighted_images.WEIGHTED_IMAGES`.
        out : array of float32, optional
            C-contiguous memory of the maps' shape to write to.
        **times : float
            Its parameters in ms (degrees); defaults where left out.

        Returns
        -------
        array of float32
            Signal in percent of water's; 0 where not measured.

        Raises
        ------
        UserError
            If the kind is unknown or a time does not fit.
        """
        image = weighted_image(kind)
        values = image.checked(times)
        if out is None:
            out = np.empty(self.shape, np.float32)
        if out.shape != self.shape or out.dtype != np.float32 or not out.flags.c_contiguous:
            raise ValueError(
                f"out must be C-contiguous float32 of shape {self.shape}, not {out.dtype} {out.shape}"
            )
        flat = out.reshape(-1)

        def fill(start: int) -> None:
            piece = slice(start, start + _PIECE)
            flat[piece] = image.signal(self._PD[piece], self._R1[piece], self._R2[piece], values)

        starts = range(0, flat.size, _PIECE)
        if len(starts) < 2 * _THREADS:
            for start in starts:
                fill(start)
        else:
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(fill, starts))
        return out


def synthesize(
    kind: str, PD: ArrayLike | None, T1: ArrayLike, T2: ArrayLike, **times: float
) -> NDArray[np.float32]:
    """Compute one weighted image from maps; see :class:`SyntheticMaps` and its ``synthesize``."""
    return SyntheticMaps(T1, T2, PD).synthesize(kind, **times)


def _size(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape[::-1]))
