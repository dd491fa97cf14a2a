"""Patches that can be told apart and patches that cannot."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.experiments.phantom_realism.classifier import judge, to_markdown
from gliomamri.experiments.phantom_realism.patches import PATCH, patch_features, sample_patches
from gliomamri.experiments.phantom_realism.tissue_classes import find_tissue_classes


def patients(count, rng, *, blur=0.0, patches=12):
    """Patients with white patches of noise, blurred in the plane and brought back to sd 1."""
    side = {}
    for index in range(count):
        noise = rng.standard_normal((patches, 4, 2, PATCH, PATCH))
        smooth = ndimage.gaussian_filter(noise, (0, 0, 0, blur, blur)) if blur else noise
        side[f"{blur} {index}"] = {"white": (smooth / smooth.std()).astype(np.float32)}
    return side


def test_equal_patches_cannot_be_told():
    rng = np.random.default_rng(3)

    verdicts = judge(patients(3, rng), patients(6, rng), rng)

    overall = [v for v in verdicts if v.kind == "all"]
    assert [v.auc for v in overall] == pytest.approx([0.5, 0.5], abs=0.12)
    assert all(v.low < 0.55 for v in overall)


def test_blur_is_told_by_detail():
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(4)

    verdicts = judge(patients(3, rng), patients(5, rng, blur=1.0), rng)

    auc = {(v.classifier, v.kind): v.auc for v in verdicts}
    assert auc["forest", "all"] > 0.95
    assert auc["forest", "detail"] > 0.95
    assert verdicts[0].telling[0].feature.startswith("detail")
    best = {t.feature: t.alone for t in verdicts[0].telling}
    assert best["detail: T1w lag 1 / 2"] < 0.05  # blurred, simulated patches have less fine detail
    assert "| white | forest | all |" in to_markdown(verdicts)


def test_one_patient_is_too_few():
    rng = np.random.default_rng(5)

    with pytest.raises(UserError, match="at least two patients"):
        judge(patients(1, rng), patients(3, rng), rng)


def test_features_know_direction_and_relation():
    rng = np.random.default_rng(6)
    patches = rng.standard_normal((40, 4, 2, PATCH, PATCH)).astype(np.float32)
    patches[:, 0] = ndimage.gaussian_filter1d(patches[:, 0], 1.5, axis=-1)  # smooth along x
    patches[:, 2] = -patches[:, 3]

    values, names = patch_features(patches)

    mean = dict(zip(names, values.mean(0), strict=True))
    assert mean["detail: T1w x / y"] < -0.5
    assert abs(mean["detail: ceT1w x / y"]) < 0.1
    assert mean["relation: T2w-FLAIR coarse"] == pytest.approx(-1, abs=0.01)
    assert np.isfinite(values).all()


def test_patches_lie_in_the_brain_around_their_tissue(a_case):
    tissue = find_tissue_classes(a_case)

    first, second = (sample_patches(a_case, tissue, np.random.default_rng(7), 30) for _ in range(2))

    assert first["white"].shape == (30, 4, 2, PATCH, PATCH)
    assert set(first) == {"white", "gray", "tumor"}
    assert np.array_equal(first["gray"], second["gray"])
    flair = a_case.images["FLAIR"]
    inside = flair[a_case.brain]
    middle = first["tumor"][:, 3, 0, PATCH // 2, PATCH // 2] * inside.std() + inside.mean()
    assert (
        set(middle) <= set(np.unique(flair[a_case.labels > 0]))
        or np.isin(middle.round(1), flair[a_case.labels > 0].round(1)).mean() > 0.9
    )
