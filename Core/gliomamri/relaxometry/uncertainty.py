r"""Standard errors from the Jacobian at the optimum.

For unknowns p with covariance :math:`\sigma^2 (J^T W J)^{-1}` and a derived quantity q with gradient g,
:math:`\mathrm{se}(q) = \sigma \sqrt{g^T (J^T W J)^{-1} g}` (Seber and Wild, Nonlinear Regression, 1989, section 5.1).
W is 1 for Gaussian noise and the Fisher information per image times sigma^2 for Rician noise.

Called by the fits; coverage is tested by Testing/unit/relaxometry/test_coverage.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.small_systems import cholesky, forward, normal_matrix


def unit_standard_errors(
    columns: Sequence[FloatArray], gradients: Sequence[FloatArray], weights: FloatArray | None = None
) -> tuple[list[FloatArray], np.ndarray]:
    """Return the standard errors for sigma = 1, one (n,) per gradient, and regular (n,).

    Parameters
    ----------
    columns
        The p columns of J, each (m, n): derivative of every image's signal by one unknown.
    gradients
        One (p, n) array per derived quantity.
    weights
        Optional (m, n) weights.

    Notes
    -----
    Where the Jacobian is rank deficient the standard error is 0 and ``regular`` False.
    """
    matrix = normal_matrix(columns, weights)
    scale = np.sqrt(np.einsum("iin->in", matrix))
    scale = np.where(scale > 0, scale, 1.0)
    factor, regular = cholesky(matrix / (scale[:, None] * scale[None, :]))
    errors = []
    for gradient in gradients:
        reduced = forward(factor, gradient / scale)
        errors.append(np.where(regular, np.sqrt((reduced**2).sum(axis=0)), 0.0))
    return errors, regular
