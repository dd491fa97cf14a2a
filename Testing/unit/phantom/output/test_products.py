"""Names of images and maps, volumes of labels."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.io.quantities import to_bids_unit
from gliomamri.phantom.output.products import TRUTH_MAPS, label_volumes, truth_map
from gliomamri.report.colormaps import colormap_names
from gliomamri.roles import ROLES
from gliomamri.series import image_names


def test_maps_with_a_role_have_its_unit_and_file_name():
    for about in TRUTH_MAPS.values():
        assert about.colormap in colormap_names()
        if about.role:
            role = ROLES[about.role]
            entities = [f"{key}-{value}" for key, value in role.entities.items()]
            assert about.unit == role.unit
            assert about.file == "_".join([*entities, role.suffix])
            assert to_bids_unit(sitk.Image(2, 2, 2, sitk.sitkFloat32), about.role)[1]


def test_a_map_nobody_knows_goes_by_its_key():
    assert truth_map("T2 star (ms)").file == "desc-T2starms_simulated"
    assert truth_map("lowdose concentration") is TRUTH_MAPS["lowdose_concentration"]


def test_images_of_a_series_are_told_apart():
    assert image_names("T1w", {"echo_time": (3.0,)}, 1) == ["T1w"]
    assert image_names("MAGIC", {"inversion_time": (170.0, 670.0), "echo_time": (22.0, 22.0)}, 2) == [
        "MAGIC_TI170_TE22",
        "MAGIC_TI670_TE22",
    ]
    assert image_names("dwi", {"b_value": (0.0, 0.0)}, 2) == ["dwi_01", "dwi_02"]


def test_volumes_count_voxels_in_ml():
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[0] = 4
    labels[1, 1, 1] = 2
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing((10.0, 2.0, 5.0))

    assert label_volumes(image) == {2: 0.1, 4: 3.0}
