import slicer

from gliomamri_slicer.folders import addResultFolder, itemOf, moveToFolder
from gliomamri_slicer.provenance import addProvenance, markNodes, readProvenance
from scene.builders import folder_name, ramp, volume

JOB = {
    "task": "relaxometry",
    "seed": 7,
    "versions": {"gliomamri": "0.1.0"},
    "settings": {"a": 1},
}


def hierarchy():
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)


def test_folder_lies_beside_the_input_in_its_dicom_study():
    sh = hierarchy()
    patient = sh.CreateSubjectItem(sh.GetSceneItemID(), "patient")
    study = sh.CreateStudyItem(patient, "study of May")
    node, result = volume("T1w", ramp()), volume("T1map", ramp())
    sh.SetItemParent(itemOf(node), study)

    folder = addResultFolder("Relaxometry", node)
    moveToFolder([result], folder)

    assert sh.GetItemParent(folder) == study
    assert sh.GetItemParent(itemOf(node)) == study
    assert folder_name(result) == "Relaxometry"


def test_second_run_gets_a_second_folder():
    node = volume("T1w", ramp())

    items = [addResultFolder("Relaxometry", node) for _ in range(3)]

    assert [hierarchy().GetItemName(item) for item in items] == [
        "Relaxometry",
        "Relaxometry 2",
        "Relaxometry 3",
    ]


def test_without_input_the_folder_lies_at_the_top():
    folder = addResultFolder("Relaxometry")

    assert hierarchy().GetItemParent(folder) == hierarchy().GetSceneItemID()
    assert folder_name(volume("T1w", ramp())) == ""


def test_item_is_made_once():
    node = volume("T1w", ramp())

    assert itemOf(node) == itemOf(node) != 0


def test_every_node_of_a_run_tells_where_it_comes_from():
    result = volume("T1map", ramp())
    text = addProvenance(JOB, "provenance", ["The fit failed in 3 voxels."])
    markNodes([result], text)

    found = readProvenance(result)

    assert result.GetAttribute("GliomaMRI.task") == "relaxometry"
    assert result.GetAttribute("GliomaMRI.version") == "0.1.0"
    assert found["seed"] == 7
    assert found["warnings"] == ["The fit failed in 3 voxels."]
    assert readProvenance(text) == found


def test_other_nodes_have_no_provenance():
    text = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "notes")
    text.SetText("[1, 2]")

    assert readProvenance(volume("T1w", ramp())) is None
    assert readProvenance(text) is None
