from dataclasses import replace

import numpy as np
from scipy import ndimage

from gliomamri.phantom.lesions import STANDARD, LesionPlan, Part, grow
from gliomamri.phantom.lesions.priors import LogNormal
from gliomamri.phantom.tissues import Tissue

MANY = replace(STANDARD, sclerosis_count=LogNormal(80, 0.05, 60, 100), active_sclerosis=1.0)
SCLEROSIS = LesionPlan("multiple sclerosis", (0.0, 0.0, 0.0), 2.5)
VASCULAR = LesionPlan("white matter hyperintensity", (0.0, 0.0, 0.0), 2.5)


def test_sclerosis_has_many_small_lesions_mostly_in_white_matter(terrain, tissue_at, head_grid):
    lesion = grow(np.random.default_rng(1), SCLEROSIS, terrain, MANY)
    assert 60 <= len(lesion.spots) + len(lesion.active) <= 100
    weights = lesion.weights(head_grid)
    whole = weights[Part.WHITE_MATTER_LESION] + weights.get(Part.ACTIVE_WHITE_MATTER_LESION, 0)
    assert ndimage.label(whole > 0.4)[1] > 20
    tissue = tissue_at(head_grid)[whole > 0.4]
    assert np.isin(tissue, (Tissue.WHITE_MATTER, Tissue.BRAINSTEM)).mean() > 0.6


def test_periventricular_lesions_point_away_from_the_ventricle(terrain):
    lesion = grow(np.random.default_rng(2), SCLEROSIS, terrain, MANY)
    gradient = np.stack(np.gradient(terrain.ventricle_distance))
    alignment = []
    for center, shape in zip(lesion.spots.centers, lesion.spots.shapes, strict=True):
        index = tuple(int(np.argmin(abs(a - c))) for a, c in zip(terrain.grid.axes, center, strict=True))
        if not 2 < terrain.ventricle_distance[index] < 9:
            continue
        values, vectors = np.linalg.eigh(shape)
        outward = gradient[(slice(None), *index)]
        if values[0] < 0.85:
            alignment.append(abs(vectors[:, 0] @ outward) / np.linalg.norm(outward))
    assert len(alignment) > 8
    # Random directions have a mean of 0.5.
    assert np.mean(alignment) > 0.75


def test_some_sclerosis_lesions_enhance_only_when_wanted(terrain, head_grid):
    lit = grow(np.random.default_rng(3), SCLEROSIS, terrain, MANY).weights(head_grid)
    dark = grow(np.random.default_rng(3), SCLEROSIS, terrain, replace(MANY, active_sclerosis=0.0))
    assert 0 < lit[Part.ACTIVE_WHITE_MATTER_LESION].sum() < lit[Part.WHITE_MATTER_LESION].sum()
    assert Part.ACTIVE_WHITE_MATTER_LESION not in dark.weights(head_grid)


def test_vascular_caps_hug_the_ventricles_in_white_matter(terrain, head_grid):
    priors = replace(
        STANDARD,
        vascular_cap=LogNormal(4, 0.05, 3, 5),
        vascular_count=LogNormal(0.1, 0.01, 0, 0.2),
        vascular_confluent=0.0,
    )
    weights = grow(np.random.default_rng(4), VASCULAR, terrain, priors).weights(terrain.grid)
    bright = weights[Part.WHITE_MATTER_LESION] > 0.5
    assert bright.sum() > 100
    assert terrain.ventricle_distance[bright].max() < 25
    assert (terrain.tissue[bright] == Tissue.WHITE_MATTER).mean() > 0.7
    # Thickest on the horns, in front and at the back; none in the septum between the ventricles.
    _, y, x = np.meshgrid(*terrain.grid.axes, indexing="ij", sparse=True)
    rim = (terrain.tissue == Tissue.WHITE_MATTER) & (terrain.ventricle_distance < 3)
    assert bright[rim & (np.abs(y) > 26)].mean() > 2 * bright[rim & (np.abs(y) < 12)].mean()
    assert not bright[np.broadcast_to(np.abs(x) < 4, bright.shape)].any()
    confluent = grow(np.random.default_rng(4), VASCULAR, terrain, replace(priors, vascular_confluent=1.0))
    assert (confluent.weights(terrain.grid)[Part.WHITE_MATTER_LESION] > 0.5).sum() > bright.sum()
