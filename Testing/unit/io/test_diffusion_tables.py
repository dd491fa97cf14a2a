"""b-values beside diffusion images: read, written, refused."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.io.diffusion_tables import diffusion_tables, read_b_values


def test_written_b_values_are_read_back(tmp_path):
    texts = diffusion_tables((0.0, 50.0, 1600.0))
    (tmp_path / "sub-1_dwi.bval").write_text(texts[".bval"])

    assert read_b_values(tmp_path / "sub-1_dwi.nii.gz") == (0.0, 50.0, 1600.0)


def test_directions_are_unit_vectors_where_diffusion_is_weighted():
    vectors = np.array(
        [[float(word) for word in row.split()] for row in diffusion_tables((0, 700, 0))[".bvec"].splitlines()]
    )

    assert vectors.shape == (3, 3)
    assert np.linalg.norm(vectors, axis=0).tolist() == [0, 1, 0]


def test_no_file_says_nothing(tmp_path):
    assert read_b_values(tmp_path / "dwi.nii.gz") == ()


@pytest.mark.parametrize("text", ["0 fifty", "0 -50", "0 nan"])
def test_what_is_no_b_value_is_refused(text, tmp_path):
    (tmp_path / "dwi.bval").write_text(text)

    with pytest.raises(UserError, match="beside the scan holds something that is no b-value"):
        read_b_values(tmp_path / "dwi.nii", what="scan")
