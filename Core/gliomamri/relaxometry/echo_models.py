"""Shapes of a multi-echo decay, and where to start their fit.

Each model gives the signal for unit amplitude with its derivatives (`shape`), and a grid start for a batch
(`start`, shape parameters only). Arrays are image-major, (m, n).

Called by multi_echo.py; tested by Testing/unit/relaxometry/test_multi_echo.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.relaxometry.curves import exponential_curve
from gliomamri.relaxometry.echo_surface import EchoSurface, pulse_angle, pulse_weight
from gliomamri.relaxometry.separable import SeparableModel, fit_separable
from gliomamri.relaxometry.signals import FloatArray

DICTIONARY_RATIO = 1.15
DICTIONARY_ANGLES = 16


class MonoExponential:
    """``exp(-TE/T2)``; one shape parameter, log T2."""

    def __init__(self, echo_times: FloatArray, bounds: tuple[float, float]) -> None:
        self.separable = SeparableModel(
            exponential_curve(echo_times), has_offset=False, sign=1, bounds=bounds
        )
        self.log_range = (np.log(bounds[0]), np.log(bounds[1]))

    def shape(self, parameters: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
        """Return the unit signal and its derivative by log T2, for parameters (1, n)."""
        phi, first, _ = self.separable.curve(parameters[0])
        return phi, [first]

    def start(self, signals: FloatArray, _known: FloatArray | None) -> FloatArray:
        """Return the least-squares log T2, (1, n)."""
        return fit_separable(signals, self.separable).log_time[None]


class CPMGTrain:
    """Magnitude of a CPMG train; two shape parameters, log T2 and w = cos^2(refocusing angle / 2).

    At a short T2 and an angle well below 180 degrees the late, purely stimulated echoes turn negative (to -0.5 % of
    M0), so that the model of magnitude images is the absolute value of the train.

    Parameters
    ----------
    echo_numbers
        1-based numbers of the fitted echoes, (m,).
    echo_spacing, T1
        In ms; T1 is assumed, not fitted.
    bounds
        Of T2, in ms.
    angle_range
        Refocusing angles that the surface covers, (low, high) in degrees, up to 180.
    """

    def __init__(
        self,
        echo_numbers: np.ndarray,
        echo_spacing: float,
        T1: float,
        bounds: tuple[float, float],
        angle_range: tuple[float, float],
    ) -> None:
        self._echoes = np.asarray(echo_numbers) - 1
        self.log_range = (np.log(bounds[0]), np.log(bounds[1]))
        self.weight_range = (float(pulse_weight(angle_range[1])), float(pulse_weight(angle_range[0])))
        self._surface = EchoSurface(
            echo_spacing, int(np.max(echo_numbers)), T1, self.log_range, self.weight_range
        )
        count = int(np.ceil((self.log_range[1] - self.log_range[0]) / np.log(DICTIONARY_RATIO))) + 1
        self._grid = np.linspace(*self.log_range, count)
        self._weights = pulse_weight(np.linspace(*pulse_angle(self.weight_range), DICTIONARY_ANGLES))
        log_T2, weight = (axis.ravel() for axis in np.meshgrid(self._grid, self._weights, indexing="ij"))
        atoms = np.abs(self._surface(log_T2, weight)[0][self._echoes])
        self._atoms = atoms / np.sqrt((atoms**2).sum(axis=0))

    def shape(self, parameters: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
        """Return the unit signal and its derivatives by log T2 and w, for parameters (2, n)."""
        value, by_T2, by_weight = (
            surface[self._echoes] for surface in self._surface(parameters[0], parameters[1])
        )
        sign = np.where(value < 0, -1.0, 1.0)
        return sign * value, [sign * by_T2, sign * by_weight]

    def start(self, signals: FloatArray, known: FloatArray | None) -> FloatArray:
        """Return the best dictionary entry (2, n); where w is ``known`` (n,), the best T2 near that w."""
        scores = (self._atoms.T @ signals).reshape(self._grid.size, self._weights.size, -1)
        if known is not None:
            nearest = np.abs(self._weights[:, None] - known[None, :]).argmin(axis=0)
            best = scores[:, nearest, np.arange(known.size)].argmax(axis=0)
            return np.stack([self._grid[best], known])
        best_T2, best_weight = np.divmod(
            scores.reshape(-1, signals.shape[1]).argmax(axis=0), self._weights.size
        )
        return np.stack([self._grid[best_T2], self._weights[best_weight]])


EchoModel = MonoExponential | CPMGTrain
