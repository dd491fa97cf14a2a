"""Packs generated from settings: values, text for numbers, volumes by role."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri.settings import Settings, setting


@dataclass(frozen=True)
class Steps(Settings):
    edges: tuple[float, ...] = setting(
        (0.0, 5.0, 12.5), label="Edges", unit="mm", minimum=0.0, help="Of shells."
    )
    model: str = setting(
        "a_b", label="Model", choices={"a_b": "words for a", "c": "words for c"}, help="Which."
    )
    count: int = setting(3, label="Count", minimum=0, maximum=9, help="How many.")


@dataclass(frozen=True)
class Whole(Steps):
    level: float = setting(0.5, label="Level", unit="%", minimum=0.0, help="How much.")


@pytest.fixture()
def pack(a_scene):
    """A parameter node's pack of ``Whole`` and of volumes, as a module has them."""
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    from gliomamri_slicer.parameter_packs import makeImagesPack, makeParameterPack

    WholePack = makeParameterPack(Whole, "WholePack")
    ImagesPack = makeImagesPack(("T1w", "ceT1w"), "ImagesPack")

    class Node:
        whole: WholePack
        images: ImagesPack

    Node.__annotations__ = {"whole": WholePack, "images": ImagesPack}
    return parameterNodeWrapper(Node)(a_scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))


def test_defaults_come_back_as_settings(pack):
    from gliomamri_slicer.parameter_packs import settingsFromPack

    assert settingsFromPack(pack.whole, Whole) == Whole()


def test_changed_values_come_back_and_a_step_takes_its_own(pack):
    from gliomamri_slicer.parameter_packs import settingsFromPack

    pack.setValue("whole.edges", "0, 2.5")
    pack.setValue("whole.count", 7)
    pack.whole.model = type(pack.whole.model)["c"]

    assert settingsFromPack(pack.whole, Steps) == Steps(edges=(0.0, 2.5), model="c", count=7)
    assert settingsFromPack(pack.whole, Whole, level=2.0).level == 2.0


def test_text_that_is_no_numbers_is_told(pack):
    from gliomamri_slicer.parameter_packs import settingsFromPack

    pack.setValue("whole.edges", "zero, five")

    with pytest.raises(UserError, match=r"Edges .* must be numbers separated by commas"):
        settingsFromPack(pack.whole, Whole)


def test_a_volume_that_leaves_the_scene_leaves_the_pack(pack, a_scene):
    node = a_scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T1")
    pack.images.T1w = node

    assert pack.images.T1w is node
    assert pack.images.ceT1w is None
    slicer.mrmlScene.RemoveNode(node)
    assert pack.images.T1w is None
