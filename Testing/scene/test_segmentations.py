import numpy as np
import pytest
import slicer
import vtk

from gliomamri.errors import UserError
from gliomamri_slicer.grid import imageGrid
from gliomamri_slicer.segment_masks import segmentLayers, segmentMasks, wholeMask
from gliomamri_slicer.segmentations import addSegmentation
from gliomamri_slicer.terminology import findTerm
from scene.builders import (
    KINDS,
    SHAPE,
    array_of,
    ijk_to_ras,
    image_of,
    label_map,
    linear_transform,
    ramp,
    rigid,
    segments_on,
    volume,
)

NAMES = {1: "Necrosis", 2: "Peritumoral edema", 4: "Enhancing tumor"}


def labels() -> np.ndarray:
    """Three asymmetric regions that touch; one of them in two parts."""
    array = np.zeros(SHAPE, np.uint8)
    array[1:4, 2:6, 3:9] = 2
    array[2, 3:5, 4:6] = 4
    array[2, 3, 4] = 1
    array[0, 0, 10] = 4
    return array


@pytest.mark.parametrize("kind", KINDS)
def test_label_map_survives_the_round_trip(kind):
    reference = volume("T1w", ramp(), kind)
    node = addSegmentation(label_map(labels(), NAMES, kind), reference)

    segments = segments_on(node, reference)

    np.testing.assert_array_equal(array_of(segments.image), labels())
    assert dict(segments.names) == NAMES
    assert imageGrid(segments.image).distance(imageGrid(image_of(labels(), ijk_to_ras(kind)))) < 1e-9


def test_segments_have_names_colors_terminology_and_reference():
    reference = volume("T1w", ramp())
    given = label_map(labels(), NAMES)
    given.segments.colors[1] = (0.1, 0.2, 0.3)

    node = addSegmentation(given, reference)

    segmentation = node.GetSegmentation()
    ids = segmentation.GetSegmentIDs()
    assert [segmentation.GetSegment(i).GetName() for i in ids] == list(NAMES.values())
    np.testing.assert_allclose(segmentation.GetSegment(ids[0]).GetColor(), (0.1, 0.2, 0.3), atol=1e-6)
    np.testing.assert_allclose(segmentation.GetSegment(ids[1]).GetColor(), findTerm("edema").color, atol=1e-6)
    assert "~SCT^6574001^Necrosis~^^~" in segmentation.GetSegment(ids[0]).GetTerminology()
    assert "~NCIt^C113842^Enhancing Lesion~" in segmentation.GetSegment(ids[2]).GetTerminology()
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is reference
    assert segmentation.GetNumberOfLayers() == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("non-enhancing tumor", "C81175"),
        ("NonEnhancing_Tumour", "C81175"),
        ("Enhancing tumor", "C113842"),
        ("peritumoral oedema", "79654002"),
        ("Whole tumor", "108369006"),
        ("brain mask", "12738006"),
        ("gray_matter", "389081007"),
        ("white matter", "389080008"),
    ],
)
def test_common_names_have_their_codes(name, code):
    assert findTerm(name).kind[1] == code


@pytest.mark.parametrize("name", ["peritumoral shell 0-5 mm", "Segment_1", "brain stem", "pericystic"])
def test_what_we_have_no_code_for_gets_none(name):
    assert findTerm(name) is None


def test_terminology_entry_is_read_by_slicers_own_logic():
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    entry = slicer.vtkSlicerTerminologyEntry()

    assert logic.DeserializeTerminologyEntry(findTerm("necrosis").entry, entry)

    assert entry.GetCategoryObject().GetCodeValue() == "49755003"
    assert entry.GetTypeObject().GetCodeMeaning() == "Necrosis"
    assert entry.GetRegionObject().GetCodeMeaning() == "Brain"


def test_unnamed_label_and_absent_label_are_kept():
    reference = volume("T1w", ramp())

    node = addSegmentation(label_map(labels(), {2: "Edema", 7: "Cyst"}), reference)

    masks = segmentMasks(node, reference)
    assert list(masks) == ["Region 1", "Edema", "Region 4", "Cyst"]
    assert array_of(masks["Cyst"]).sum() == 0
    np.testing.assert_array_equal(array_of(masks["Region 4"]), labels() == 4)


def overlapping(reference):
    """A tumor core inside a whole tumor, as BraTS nests them."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "nested")
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    whole, core = labels() > 0, (labels() == 4) | (labels() == 1)
    for name, mask in (("Whole tumor", whole), ("Core", core)):
        segment = node.GetSegmentation().AddEmptySegment(name, name)
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask.astype(np.uint8), node, segment, reference)
    return node, whole, core


def test_overlapping_segments_lose_nothing():
    reference = volume("T1w", ramp())
    node, whole, core = overlapping(reference)

    masks = segmentMasks(node, reference)
    layers = segmentLayers(node, reference)

    np.testing.assert_array_equal(array_of(masks["Whole tumor"]), whole)
    np.testing.assert_array_equal(array_of(masks["Core"]), core)
    assert [dict(layer.names) for layer in layers] == [{1: "Whole tumor"}, {2: "Core"}]
    np.testing.assert_array_equal(array_of(layers[1].image), core * 2)


def test_third_segment_overlapping_only_the_second_gets_its_own_layer():
    reference = volume("T1w", ramp())
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "three")
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    planes = {"first": slice(0, 2), "second": slice(2, 4), "third": slice(3, 5)}
    for name, where in planes.items():
        mask = np.zeros(SHAPE, np.uint8)
        mask[where] = 1
        segment = node.GetSegmentation().AddEmptySegment(name, name)
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segment, reference)

    layers = segmentLayers(node, reference)

    assert [list(layer.names.values()) for layer in layers] == [["first", "second"], ["third"]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moved", [False, True])
def test_layers_keep_the_grid_they_were_drawn_on_beside_a_smaller_image(kind, moved):
    drawn_on, one_slice = volume("T1w", ramp(), kind), volume("IR", ramp(shape=(1, 7, 11)), kind)
    node = addSegmentation(label_map(labels(), NAMES, kind), drawn_on)
    matrix = ijk_to_ras(kind)
    if moved:
        node.SetAndObserveTransformNodeID(linear_transform(rigid()).GetID())
        matrix = rigid() @ matrix

    (layer,) = segmentLayers(node, one_slice)
    mask = wholeMask(node, one_slice)

    np.testing.assert_array_equal(array_of(layer.image), labels())
    np.testing.assert_array_equal(array_of(mask), labels() > 0)
    for image in (layer.image, mask):
        assert imageGrid(image).distance(imageGrid(image_of(labels(), matrix))) < 1e-6


def test_layers_reach_beyond_the_reference_image():
    node = addSegmentation(label_map(labels(), NAMES), volume("T1w", ramp()))
    small = slicer.util.addVolumeFromArray(
        ramp(shape=(2, 7, 11)), ijkToRAS=ijk_to_ras("oblique") @ shift_k(2), name="small"
    )
    node.SetReferenceImageGeometryParameterFromVolumeNode(small)

    (layer,) = segmentLayers(node)

    # Labels occur in planes 0 to 3, the reference image has planes 2 and 3.
    np.testing.assert_array_equal(array_of(layer.image), labels()[:4])
    assert imageGrid(layer.image).distance(imageGrid(image_of(labels()[:4], ijk_to_ras("oblique")))) < 1e-6


def shift_k(planes):
    matrix = np.eye(4)
    matrix[2, 3] = planes
    return matrix


def test_sheared_segmentation_is_read_on_the_other_volume():
    reference = volume("T1w", ramp(), "axial")
    node = addSegmentation(label_map(labels(), NAMES, "axial"), reference)
    shear = np.eye(4)
    shear[0, 1] = 0.2
    node.SetAndObserveTransformNodeID(linear_transform(shear).GetID())

    layers = segmentLayers(node, reference)

    assert imageGrid(layers[0].image).distance(imageGrid(image_of(labels(), ijk_to_ras("axial")))) < 1e-9
    with pytest.raises(UserError, match="no grid of its own"):
        segmentLayers(node)


def test_equal_names_and_taken_label_values_do_not_collide():
    reference = volume("T1w", ramp())
    node = addSegmentation(label_map(labels(), {1: "Part", 2: "Part", 4: "Part"}), reference)
    segmentation = node.GetSegmentation()
    segmentation.GetSegment("label_4").SetTag("GliomaMRI.label", "1")

    segments = segments_on(node, reference)

    assert dict(segments.names) == {1: "Part", 2: "Part (2)", 3: "Part (3)"}
    np.testing.assert_array_equal(array_of(segments.image) == 3, labels() == 4)


def test_masks_follow_transforms_of_both_nodes():
    reference = volume("T1w", ramp())
    node = addSegmentation(label_map(labels(), NAMES), reference)
    transform = linear_transform(rigid())
    for moved in (reference, node):
        moved.SetAndObserveTransformNodeID(transform.GetID())

    np.testing.assert_array_equal(array_of(segments_on(node, reference).image), labels())

    node.SetAndObserveTransformNodeID(None)
    assert (array_of(segments_on(node, reference).image) != labels()).any()


def test_segmentation_shifted_by_whole_voxels_is_resampled_there():
    reference = volume("T1w", ramp(), "axial")
    node = addSegmentation(label_map(labels(), NAMES, "axial"), reference)
    shift = np.eye(4)
    shift[0, 3] = 0.9  # one voxel along i
    node.SetAndObserveTransformNodeID(linear_transform(shift).GetID())

    found = array_of(segments_on(node, reference).image)

    np.testing.assert_array_equal(found[:, :, 1:], labels()[:, :, :-1])
    assert found[:, :, 0].sum() == 0


def test_label_map_of_transformed_input_lies_with_it():
    reference = volume("T1w", ramp())
    reference.SetAndObserveTransformNodeID(linear_transform(rigid()).GetID())
    image = image_of(labels(), rigid() @ ijk_to_ras("oblique"))
    given = label_map(labels(), NAMES)
    given = type(given)("tumor", type(given.segments)(image, NAMES), "moved")

    node = addSegmentation(given, reference)

    assert node.GetParentTransformNode() is reference.GetParentTransformNode()
    np.testing.assert_array_equal(array_of(segments_on(node, reference).image), labels())


@pytest.mark.parametrize("moved", [False, True])
def test_surface_only_segmentation_is_voxelized_on_a_copy(moved):
    reference = volume("T1w", ramp(shape=(30, 30, 30)), "axial")
    sphere = vtk.vtkSphereSource()
    center = (ijk_to_ras("axial") @ (15, 15, 15, 1))[:3]
    sphere.SetCenter(*center)
    sphere.SetRadius(12.0)
    sphere.SetThetaResolution(40)
    sphere.SetPhiResolution(40)
    sphere.Update()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surface")
    node.GetSegmentation().SetSourceRepresentationName("Closed surface")
    node.AddSegmentFromClosedSurfaceRepresentation(sphere.GetOutput(), "ball")
    if moved:
        transform = linear_transform(rigid())
        for each in (node, reference):
            each.SetAndObserveTransformNodeID(transform.GetID())

    mask = array_of(segmentMasks(node, reference)["ball"])

    k, j, i = np.indices(mask.shape)
    distance = np.sqrt(((i - 15) * 0.9) ** 2 + ((j - 15) * 1.3) ** 2 + ((k - 15) * 4.2) ** 2)
    assert mask[distance < 9.5].all()
    assert not mask[distance > 13.0].any()
    assert not node.GetSegmentation().ContainsRepresentation("Binary labelmap")


def test_empty_segmentation_and_wrong_images_are_refused():
    reference = volume("T1w", ramp())
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "blank")

    with pytest.raises(UserError, match="'blank' has no segment"):
        segmentMasks(empty, reference)
    with pytest.raises(UserError, match="not whole numbers"):
        addSegmentation(label_map(labels().astype(np.float32), NAMES))
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1


def test_without_reference_segment_editor_still_gets_the_grid():
    node = addSegmentation(label_map(labels(), NAMES, "left-handed"))

    text = node.GetSegmentation().GetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    )
    image = slicer.vtkOrientedImageData()
    slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image)
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    np.testing.assert_allclose(slicer.util.arrayFromVTKMatrix(matrix), ijk_to_ras("left-handed"), atol=1e-6)
