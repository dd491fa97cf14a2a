"""One real slice (fsantini/qMRI_example, MIT): T1 and T2 of white and gray matter within one field's range."""

import json

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.relaxometry.inversion_recovery import fit_inversion_recovery
from gliomamri.relaxometry.multi_echo import fit_multi_echo

WHITE_3T, GRAY_3T, T2_RANGE = (750, 1000), (1200, 1650), (55, 90)


@pytest.fixture
def slice_of(real_data):
    sitk = pytest.importorskip("SimpleITK")

    def read(pattern, field):
        paths = sorted((real_data / "qmri" / "ir_se_slice").glob(pattern))
        sidecars = [
            json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text()) for path in paths
        ]
        images = [np.squeeze(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))) for path in paths]
        times = [1000 * sidecar[field] for sidecar in sidecars]
        return np.stack(images, axis=-1).astype(float), times, 1000 * sidecars[0]["RepetitionTime"]

    return read


def inside_of(first_echo):
    """Return the middle of the head, scalp and skull peeled off."""
    return ndimage.binary_erosion(ndimage.binary_fill_holes(first_echo > 200), iterations=14)


def peaks(values, low, high, bins):
    counts, edges = np.histogram(values, bins=bins, range=(low, high))
    counts = ndimage.gaussian_filter1d(counts.astype(float), 1.0)
    inner = np.flatnonzero((counts[1:-1] > counts[:-2]) & (counts[1:-1] >= counts[2:])) + 1
    inner = inner[counts[inner] > 0.1 * counts.max()]
    return (edges[inner] + edges[inner + 1]) / 2


@pytest.mark.parametrize("polarity", ["signed", "magnitude"])
def test_T1_and_T2_peaks_fit_one_field_strength(slice_of, polarity):
    recovery, TI, TR = slice_of("inv-*_IRT1.nii.gz", "InversionTime")
    echoes, TE, _ = slice_of("echo-*_MESE.nii.gz", "EchoTime")
    inside = inside_of(echoes[..., 0])
    signals = recovery[inside] if polarity == "signed" else np.abs(recovery[inside])

    T1 = fit_inversion_recovery(signals, TI, repetition_time=TR, polarity=polarity).T1
    T2 = fit_multi_echo(echoes[inside], TE).T2

    white, gray = (T1 > 600) & (T1 < 1050), (T1 > 1100) & (T1 < 1700)
    found = peaks(T1, 500, 2000, 60)
    assert np.any((found > WHITE_3T[0]) & (found < WHITE_3T[1])), found
    assert np.any((found > GRAY_3T[0]) & (found < GRAY_3T[1])), found
    for tissue in (white, gray):
        assert T2_RANGE[0] < np.median(T2[tissue]) < T2_RANGE[1]
