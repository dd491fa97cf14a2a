"""Which model is taken, and what is said where none fits."""

from __future__ import annotations

import pytest

from gliomamri.errors import UserError
from gliomamri.tumor.models import DETECTION, SEGMENTATION, choose_model

FLAIR_ONLY = [{"role": "FLAIR", "normalization": "by role"}]
DETECTOR = {
    "name": "point-detector",
    "task": DETECTION,
    "labels": [{"value": 0, "name": "none"}, {"value": 1, "name": "tumor"}],
    "inference": {"activation": "softmax", "channels": [[0], [1]]},
    "grid": {"plane": "acquired", "voxel_size": [None, None, None], "window": [64, 64]},
    "thresholds": ((4200.0,),),
}


def test_the_one_that_uses_most_of_the_images_is_taken(install):
    install(name="flair-only", inputs=FLAIR_ONLY)
    install()

    assert choose_model(SEGMENTATION, {"T1map", "FLAIR"}).metadata.name == "point-tumor"
    assert choose_model(SEGMENTATION, {"FLAIR"}).metadata.name == "flair-only"
    assert choose_model(SEGMENTATION, {"T1map", "FLAIR"}, "flair-only").metadata.name == "flair-only"


def test_a_folder_wins(install, models, tmp_path):
    install()
    install(name="flair-only", inputs=FLAIR_ONLY)
    (models / "flair-only").rename(tmp_path / "elsewhere")

    found = choose_model(SEGMENTATION, {"FLAIR"}, "point-tumor", str(tmp_path / "elsewhere"))

    assert found.metadata.name == "flair-only"


def test_what_is_wrong_is_told(install, tmp_path):
    with pytest.raises(UserError, match="There is no model for segmentation; import one"):
        choose_model(SEGMENTATION, {"T1w"})
    install(**DETECTOR)
    with pytest.raises(UserError, match="There is no model for segmentation"):
        choose_model(SEGMENTATION, {"T1map"})
    install()
    with pytest.raises(UserError, match=r"No model for segmentation fits these images.*needs T1 map too"):
        choose_model(SEGMENTATION, {"FLAIR"})
    with pytest.raises(UserError, match="needs T1 map too"):
        choose_model(SEGMENTATION, {"FLAIR"}, "point-tumor")
    with pytest.raises(UserError, match="'Point model' is for detection; choose one for segmentation"):
        choose_model(SEGMENTATION, {"T1map"}, "point-detector")
    with pytest.raises(UserError, match="did you mean 'point-tumor'"):
        choose_model(SEGMENTATION, {"T1map"}, "point-tumour")
    with pytest.raises(UserError):
        choose_model(SEGMENTATION, {"T1map"}, folder=str(tmp_path / "nothing"))
