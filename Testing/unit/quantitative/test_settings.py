"""Settings of the whole analysis are those of its steps, each declared once."""

from __future__ import annotations

from gliomamri.imaging.settings import Settings as PrepareSettings
from gliomamri.quantitative.settings import Settings
from gliomamri.regions.settings import Settings as RegionSettings
from gliomamri.relaxometry.settings import Settings as RelaxometrySettings


def test_every_setting_of_the_steps_is_there_with_its_default():
    own = {info.name: info for info in Settings.describe()}

    for step in (PrepareSettings, RelaxometrySettings, RegionSettings):
        for info in step.describe():
            assert own[info.name].default == info.default
            assert own[info.name].type == info.type
            assert own[info.name].unit == info.unit


def test_problems_of_all_steps_are_told():
    wrong = Settings(spacing=0.1, skip_first_echo=True, stimulated_echo=True, shell_edges=(5.0, 5.0))

    told = " ".join(wrong.problems())

    assert "voxel size is 0.1 mm" in told
    assert "Either skip the first echo" in told
    assert "Edges of the shells are 5, 5 mm" in told
    assert Settings().problems() == []


def test_settings_survive_json():
    settings = Settings(reference="T1w", magic_B1="per_voxel", candidates=3, tissue_values="3 T")

    assert Settings.from_dict(settings.to_dict()) == settings
