"""Names as scanners, BraTS and BIDS give them, and the role that a radiologist would read in them."""

from __future__ import annotations

import pytest

from gliomamri.role_names import denies_contrast, guess_role, says_contrast

NAMES = {
    "T1w": (
        # GE
        "Ax T1 FSE", "Sag T1 FLAIR", "3D Ax BRAVO", "AX FSPGR 3D", "SAG T1 CUBE", "Ax T1 Pre", "Ax T1 pre Gd",
        # Siemens
        "t1_mprage_sag_p2_iso_1.0", "t1_se_tra", "MPRAGE", "t1_space_sag_p2_iso", "t1_fl2d_tra", "T1 MPRAGE ohne KM",
        # Philips
        "sT1W_3D_TFE", "T1W_TSE", "T1W_SE_ax", "T1W 3D TFE without contrast",
        # BraTS, BIDS
        "t1", "BraTS19_TCIA01_201_1_t1.nii.gz", "t1n", "sub-01_T1w.nii.gz", "sub-01_ses-2_acq-mprage_T1w", "T1w_1",
        "3DT1", "AxT1",
    ),
    "ceT1w": (
        "Ax T1 FSE +C", "AX T1 POST", "3D Ax BRAVO +C", "Sag T1 FLAIR+C", "AX FSPGR POST GAD", "Ax T1 C+",
        "t1_mprage_sag_p2_iso_Gd", "t1_se_tra_KM", "T1 MPRAGE POST CONTRAST", "t1_mprage_tra_p2_iso_post",
        "sT1W_3D_TFE_Gd", "T1W_TSE_GADO", "T1W 3D TFE with contrast", "PostT1",
        "t1ce", "t1c", "T1Gd", "BraTS20_Training_001_t1ce.nii", "BraTS-GLI-00000-000-t1c.nii.gz",
        "sub-01_ce-gad_T1w.nii.gz", "ceT1w", "ceT1w_2", "T1post", "T1+C",
    ),
    "lowdose_ceT1w": ("sub-01_ce-gadlow_T1w", "T1 MPRAGE low dose Gd"),
    "T2w": (
        "Ax T2 FRFSE", "AX T2 PROPELLER", "t2_tse_tra_320_p2", "t2_space_sag_iso", "T2W_TSE", "sT2W_3D_TSE",
        "BraTS19_2013_0_1_t2", "t2w", "BraTS-GLI-00000-000-t2w.nii.gz", "sub-01_T2w", "AxT2",
    ),
    "FLAIR": (
        "Ax T2 FLAIR", "SAG CUBE FLAIR", "T2FLAIR", "t2_tirm_tra_dark-fluid", "t2_space_dark-fluid_sag_p2_iso",
        "FLAIR_longTR", "3D_Brain_VIEW_FLAIR", "flair", "BraTS-GLI-00000-000-t2f_flair", "sub-01_FLAIR.nii.gz",
    ),
    "T1map": ("T1 map", "T1map", "qT1", "T1_MAP", "sub-01_T1map", "SyMRI T1 map", "true_T1map", "T1 (ms)"),
    "ceT1map": ("T1 map post Gd", "ceT1map", "sub-01_ce-gad_T1map", "qT1 +C"),
    "T2map": ("T2 map", "T2map_1", "qT2", "SyMRI T2 map"),
    "PDmap": ("PD map", "PDmap", "qPD", "SyMRI PD map", "Proton density map"),
    "cePDmap": ("PD map post contrast",),
    "R1error": ("R1_standard_error", "sub-01_R1 error"),
    "B1map": ("B1map", "sub-01_TB1map", "B1 map"),
    "ADC": ("ADC", "Apparent Diffusion Coefficient (mm2/s)", "ep2d_diff_ADC"),
    "brain_mask": ("brain_mask", "Brain mask", "sub-01_label-brain_mask", "SynthStrip mask", "sub-01_desc-brain_mask"),
    "segmentation": ("Segmentation", "tumor", "Annotation", "BraTS19_seg.nii.gz", "sub-01_dseg", "GlistrBoost"),
}  # fmt: skip

NOTHING = (
    "3Plane Loc", "localizer", "Survey", "ep2d_diff_b1000_TRACEW", "Ax DWI", "SWAN", "t2_swi_tra", "T2*",
    "t2_fl2d_T2star",    "TOF_3D", "ep2d_perf_T1", "T1 subtraction",
    "R1map",
    "R2map", "T1_standard_error", "T1_residual", "T1_valid",
    "M0map",    "Screen Save", "DSC_T1_perfusion", "", "relevance T1", "synthetic", "Image 3",
)  # fmt: skip


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in NAMES.items() for name in names])
def test_role_is_the_one_a_radiologist_reads(role, name):
    guess = guess_role(name)

    assert guess is not None
    assert guess.role == role


@pytest.mark.parametrize("name", NOTHING)
def test_other_images_have_no_role(name):
    assert guess_role(name) is None


def test_an_image_before_the_agent_and_of_the_scanner_is_less_doubtful():
    doubts = [guess_role(name).doubts for name in ("Ax T2 FLAIR", "MAGiC T2 FLAIR", "Ax T2 FLAIR +C")]

    assert doubts == sorted(set(doubts))


def test_contrast_agent_is_denied_by_pre_and_without_but_not_by_similar_words():
    assert says_contrast("MAGIC post Gd")
    assert not says_contrast("MAGIC pre Gd")
    assert denies_contrast("MAGIC w/o contrast")
    assert not says_contrast("posterior fossa T1")
    assert not denies_contrast("T1 MPRAGE")


@pytest.mark.parametrize(
    "name", ["MR BRAIN W WO CONTRAST", "Brain w/wo Gd", "Brain with and without contrast"]
)
def test_name_of_an_examination_with_and_without_agent_says_nothing(name):
    assert not says_contrast(name)
    assert not denies_contrast(name)
