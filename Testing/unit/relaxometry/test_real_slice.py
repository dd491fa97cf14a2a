"""The raw slice of a real volunteer (qmri/ir_se_slice) gives the relaxation times known at 3 T."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage, signal, stats

from gliomamri.io.studies import read_study
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import find_task


@pytest.fixture(scope="module", params=["signed", "magnitude"])
def maps(request, real_data):
    task = find_task("relaxometry")
    study = read_study(real_data / "qmri" / "ir_se_slice", roles=task.roles)
    if request.param == "magnitude":
        signed = study.series["IRT1"]
        magnitude = Series(tuple(map(sitk.Abs, signed.images)), signed.parameters, signed=False)
        study = Study(series={**study.series, "IRT1": magnitude})
    result = task.run(study, task.settings())
    return {m.name: sitk.GetArrayFromImage(m.image)[0] for m in result.maps}


@pytest.fixture(scope="module")
def brain(maps):
    """The head less scalp and skull: a crude peel is enough for the place of the peaks."""
    head = ndimage.binary_fill_holes(maps["T1map"] > 0)
    return ndimage.binary_erosion(head, iterations=14)


def test_white_and_gray_matter_peak_in_the_ranges_of_3_tesla(maps, brain):
    T1 = maps["T1map"][brain & (maps["T1map"] > 400) & (maps["T1map"] < 4500)]
    at = np.linspace(np.log(400), np.log(4500), 2000)
    density = stats.gaussian_kde(np.log(T1), bw_method=0.05 / np.log(T1).std())(at)

    peaks = np.exp(at[signal.find_peaks(density, prominence=0.005 * density.max())[0]])

    assert len(peaks) == 2
    assert 750 <= peaks[0] <= 1000
    assert 1200 <= peaks[1] <= 1650


def test_T2_lies_between_55_and_90_ms(maps, brain):
    for low, high in ((750, 1000), (1200, 1650)):
        tissue = brain & (maps["T1map"] > low) & (maps["T1map"] < high)
        T2 = maps["T2map"][tissue & (maps["T2map"] > 0)]

        assert 55 <= np.median(T2) <= 90


def test_nearly_every_voxel_of_the_brain_is_measured(maps, brain):
    assert maps["T1_valid"][brain].mean() > 0.95
    assert maps["T2_valid"][brain].mean() > 0.95
