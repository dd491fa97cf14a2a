"""Mattes mutual information of two images at one scale, and its ascent, by SimpleITK.

    MI = sum_kl p_kl ln( p_kl / (p_k p_l) )                                                          in nats

The metric is sampled at voxels in the fixed head, drawn by a fixed seed and shaken by a fraction of a voxel (which
blurs the artifacts of equal grids). A regular-step gradient descent follows it; the parameters are scaled by what they
move in mm. One thread is used: ITK sums what its threads find in the order in which they finish, so that the last
digits would differ from run to run. The gradient is that of the interpolated image, not of a smoothed one: it is the
slope of what is maximized, and takes a third of the time.

Source: Mattes et al., IEEE Trans Med Imaging 2003;22:120-128, as implemented in ITK.

Used by :mod:`gliomamri.imaging.registration` and :mod:`gliomamri.imaging.template`; tested by
Testing/unit/imaging/test_mattes.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.alignable import Alignable
from gliomamri.imaging.rigid import Matrix, placed, transform_of

BINS = 32
"""Bins per image [our choice]: enough for tissue classes, few enough for 2000 samples of a thick stack."""

_SEED = 1

_PADDING = 8.0
"""Scales of zeros that are added around a skull-stripped moving image: samples there count instead of being dropped."""

_SMALLEST_STEP = 0.005
"""Of the descent, in scales."""

_RELAXATION = 0.6
"""Steps shrink by this factor where the gradient turns back; ITK's 0.5 stops too early far from the optimum."""


@dataclass(frozen=True)
class Comparison:
    """Two images at one scale.

    Attributes
    ----------
    fixed, moving : SimpleITK.Image
        float32.
    mask : SimpleITK.Image
        uint8, where the fixed image is sampled, on its grid.
    share : float
        Share of the mask's voxels that are sampled.
    scale : float
        mm.
    """

    fixed: sitk.Image
    moving: sitk.Image
    mask: sitk.Image
    share: float
    scale: float

    @classmethod
    def at(
        cls, fixed: Alignable, moving: Alignable, scale: float, most: int, *, margin: float = 0.0
    ) -> Comparison:
        """Take about ``most`` voxels of the fixed head and of a ``margin`` in mm around it, at a ``scale`` in mm."""
        a, b = fixed.at_scale(scale), moving.at_scale(scale).padded(_PADDING * scale)
        image = placed(a.values, a.to_physical)
        support = placed(fixed.near(margin).astype(np.uint8), fixed.support_to_physical)
        mask = sitk.Resample(support, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
        count = int(np.count_nonzero(sitk.GetArrayViewFromImage(mask)))
        share = most / count if count > most else 1.0
        return cls(image, placed(b.values, b.to_physical), mask, share, scale)

    def similarity(self, matrix: Matrix) -> float:
        """Return the mutual information in nats for a transform from fixed to moving points; 0 without overlap."""
        method = self._method()
        method.SetMetricFixedMask(
            self._thinned()
        )  # ITK evaluates at every voxel of the mask, whatever is sampled
        method.SetInitialTransform(transform_of(matrix))
        try:
            with _one_thread():
                return max(0.0, -float(method.MetricEvaluate(self.fixed, self.moving)))
        except RuntimeError:  # ITK's word for: no sample lies on the moving image
            return 0.0

    def climb(self, start: sitk.Transform, step: float, steps: int) -> tuple[sitk.Transform, float]:
        """Follow mutual information uphill.

        Parameters
        ----------
        start : SimpleITK.Transform
            From fixed to moving points, any kind with parameters; it is not changed.
        step : float
            First step in mm.
        steps : int
            Most steps.

        Returns
        -------
        transform : SimpleITK.Transform
            Of the same kind; the start where no sample lies on the moving image.
        similarity : float
            Mutual information in nats at the end; 0 where no sample lies on the moving image.
        """
        method = self._method()
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=step,
            minStep=_SMALLEST_STEP * self.scale,
            numberOfIterations=steps,
            relaxationFactor=_RELAXATION,
            gradientMagnitudeTolerance=1e-8,
        )
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetInitialTransform(start, inPlace=False)
        try:
            with _one_thread():
                found = method.Execute(self.fixed, self.moving)
        except RuntimeError:
            return start, 0.0
        return found, max(0.0, -float(method.GetMetricValue()))

    def _thinned(self) -> sitk.Image:
        if self.share == 1:
            return self.mask
        values = sitk.GetArrayFromImage(self.mask)
        found = np.flatnonzero(values)
        kept = np.random.default_rng(_SEED).random(len(found)) < self.share
        values.flat[found[~kept]] = 0
        mask = sitk.GetImageFromArray(values)
        mask.CopyInformation(self.mask)
        return mask

    def _method(self) -> sitk.ImageRegistrationMethod:
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(BINS)
        method.SetMetricFixedMask(self.mask)
        method.SetInterpolator(sitk.sitkLinear)
        method.MetricUseFixedImageGradientFilterOff()
        method.MetricUseMovingImageGradientFilterOff()
        if self.share < 1:
            method.SetMetricSamplingStrategy(method.RANDOM)
            method.SetMetricSamplingPercentage(self.share, _SEED)
        return method


@contextmanager
def _one_thread() -> Iterator[None]:
    # The method's own number of threads is not passed on to the metric.
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
