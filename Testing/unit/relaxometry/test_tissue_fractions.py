"""Tissue fractions: known mixtures, simulated patients, an atlas; what is not healthy tissue is said to be other."""

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import minimize
from scipy.signal import find_peaks

from gliomamri.errors import UserError
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.tissues import GRAY_MATTER, WHITE_MATTER
from gliomamri.relaxometry.magic import ECHO_TIMES, INVERSION_TIMES, magic_images
from gliomamri.relaxometry.mixtures import Axis, LookupTable, best_mixture
from gliomamri.relaxometry.myelin import myelin_corners
from gliomamri.relaxometry.tissue_centers import _local_maxima, patient_centers
from gliomamri.relaxometry.tissue_fractions import NAMES, fraction_arrays, tissue_fractions
from gliomamri.relaxometry.tissue_references import PRESETS, SPREAD, TISSUES, corners
from gliomamri.relaxometry.tissue_results import tissue_result

WM, GM, CSF, MYELIN, OTHER = range(5)
SPACING = (1.3, 0.9, 4.0)  # x, y, z


def image(array, spacing=SPACING):
    made = sitk.GetImageFromArray(np.asarray(array, np.float32))
    made.SetSpacing(spacing)
    made.SetOrigin((-31.0, 12.5, 7.0))
    return made


def fractions_of(result):
    return {name: sitk.GetArrayFromImage(one) for name, one in result.images.items()}


def mixed(volumes, preset="3 T"):
    """R1, R2, PD of volume shares (..., 3) by adding what each part brings along: water and water times rate."""
    volumes = np.asarray(volumes, float)
    T1, T2, PD = ([getattr(PRESETS[preset][t], name) for t in TISSUES] for name in ("T1", "T2", "PD"))
    water = volumes @ PD
    return volumes @ (1000 * np.divide(PD, T1)) / water, volumes @ (1000 * np.divide(PD, T2)) / water, water


def dice(found, truth):
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())


def noisy(values, share, seed):
    generator = np.random.default_rng(seed)
    return (values * (1 + share * generator.standard_normal(np.shape(values)))).astype(np.float32)


@pytest.mark.parametrize("columns", [(0, 1, 2), (0, 1), (0,)])
def test_best_mixture_is_the_constrained_optimum(columns):
    columns = list(columns)
    pure, spread = corners(PRESETS["3 T"])[:, columns], np.array(SPREAD)[columns]
    z = np.random.default_rng(3).uniform((0.1, 0.3, 0.9), (1.9, 20.0, 1.8), (40, 3))[:, columns]

    shares, distance = best_mixture(z, pure, spread)

    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-12)
    assert shares.min() >= 0
    np.testing.assert_allclose(distance, np.linalg.norm((z - shares @ pure) / spread, axis=1), atol=1e-9)
    for target, found in zip(z, distance, strict=True):
        best = min(
            minimize(
                lambda w, target=target: (((target - w @ pure) / spread) ** 2).sum(),
                start,
                bounds=[(0, 1)] * 3,
                constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
                method="SLSQP",
                options={"ftol": 1e-13, "maxiter": 300},
            ).fun
            for start in (np.full(3, 1 / 3), [0.8, 0.1, 0.1])
        )
        assert found**2 <= best + 1e-6


def test_table_interpolates_linearly_and_stops_at_its_border():
    axes = (Axis(0.0, 2.0, 5), Axis(-1.0, 3.0, 9), Axis(1.0, 2.0, 3))
    table = LookupTable.of(
        axes, lambda z: np.column_stack([np.sin(z[:, 0] * z[:, 1]), z[:, 2] ** 2 + z[:, 0]])
    )
    z = np.random.default_rng(4).uniform((-0.5, -2, 0.5), (2.5, 4, 2.5), (70001, 3)).astype(np.float32)

    found = table(*z.T)

    inside = np.clip(z, [axis.low for axis in axes], [axis.high for axis in axes])
    for channel in range(2):
        expected = RegularGridInterpolator([axis.values for axis in axes], table.values[..., channel])(inside)
        np.testing.assert_allclose(found[channel], expected, atol=2e-6)


@pytest.mark.parametrize("preset", PRESETS)
def test_mixtures_come_back_as_volume_shares(preset):
    generator = np.random.default_rng(5)
    truth = np.concatenate([np.eye(3), generator.dirichlet((1, 1, 1), 500)])
    R1, R2, PD = (values.astype(np.float32) for values in mixed(truth, preset))

    found = fraction_arrays(PRESETS[preset], R1, R2, PD)

    np.testing.assert_allclose(found[[WM, GM, CSF]].T, truth, atol=0.03)
    assert np.abs(found[[WM, GM, CSF]].T - truth).mean() < 0.005
    np.testing.assert_allclose(found[MYELIN], truth @ [0.30, 0.06, 0], atol=0.03)
    assert found[OTHER].max() == 0


def test_without_PD_and_without_R2_neighbors_are_still_unmixed():
    truth = np.array([[0.7, 0.3, 0], [0.2, 0.8, 0], [0, 0.6, 0.4], [0, 0.1, 0.9], [1, 0, 0]])
    R1, R2, PD = (values.astype(np.float32) for values in mixed(truth))

    for known in ((R1, R2, PD), (R1, R2), (R1,)):
        found = fraction_arrays(PRESETS["3 T"], *known)
        np.testing.assert_allclose(found[[WM, GM, CSF]].T, truth, atol=0.04)


def test_a_voxel_without_T2_is_split_by_T1():
    R1, R2, PD = (values.astype(np.float32) for values in mixed([[0.7, 0.3, 0], [0.7, 0.3, 0]]))
    R2[1] = 0

    found = fraction_arrays(PRESETS["3 T"], R1, R2, PD)

    np.testing.assert_allclose(found[:, 1], found[:, 0], atol=0.04)


def test_what_no_tissue_explains_is_other():
    R1 = np.array([2.3, 1.18, 1.18], np.float32)  # fat, white matter, white matter with hemorrhage
    R2 = np.array([12.0, 13.5, 28.0], np.float32)

    found = fraction_arrays(PRESETS["3 T"], R1, R2)

    np.testing.assert_allclose(found[OTHER], [1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(found[[WM, GM, CSF, OTHER]].sum(0), 1, atol=1e-6)


def test_materials_of_myelin_are_those_of_myelin():
    myelin, cells, fluid = myelin_corners(corners(PRESETS["3 T"]))

    assert 100 / myelin[2] == pytest.approx(40, abs=8)  # percent of water, as chemistry says
    assert 100 < 1000 / myelin[0] < 500  # T1 in ms
    assert 5 < 1000 / myelin[1] < 45  # T2 in ms
    assert 1000 / cells[0] > 1400
    np.testing.assert_allclose(fluid, corners(PRESETS["3 T"])[2])


def a_block(extra):
    """White matter below, gray in the middle, CSF on top of (z, y, x); ``extra`` changes the volume shares."""
    shares = np.zeros((12, 14, 16, 3))
    shares[:5, ..., 0] = shares[5:8, ..., 1] = shares[8:, ..., 2] = 1
    extra(shares)
    R1, R2, PD = mixed(shares)
    return image(1000 / R1), image(1000 / R2), image(PD)


def test_free_water_in_tissue_is_other_unless_CSF_is_near():
    def wet(shares):
        shares[1:4, 3:8, 4:9] = (0.6, 0, 0.4)  # edema
        shares[7, 3:8, 4:9] = (0, 0.6, 0.4)  # partial volume below the CSF

    found = fractions_of(tissue_fractions(*a_block(wet), values="3 T"))

    assert found["other"][1:4, 3:8, 4:9] == pytest.approx(0.4, abs=0.03)
    assert found["CSF"][1:4, 3:8, 4:9].max() == 0
    assert found["CSF"][7, 3:8, 4:9] == pytest.approx(0.4, abs=0.03)
    assert found["other"][5:].max() < 0.01


def test_volumes_are_in_milliliters_and_fractions_add_to_one():
    T1, T2, PD = a_block(lambda shares: None)
    mask = np.ones((12, 14, 16))
    mask[:, 0] = 0
    unmeasured = sitk.GetArrayFromImage(T1)
    unmeasured[0, 5, 5] = 0
    unmeasured[0, 5, 6] = np.nan

    result = tissue_fractions(image(unmeasured), T2, PD, image(mask), values="3 T")

    found = fractions_of(result)
    voxel = 1.3 * 0.9 * 4.0 / 1000
    assert result.volumes["WM"] == pytest.approx((5 * 13 * 16 - 2) * voxel, rel=0.02)
    assert result.volumes["CSF"] == pytest.approx(4 * 13 * 16 * voxel, rel=0.02)
    total = sum(found[name] for name in (*TISSUES, "other"))
    measured = (mask > 0) & (unmeasured > 0)
    np.testing.assert_allclose(total, measured, atol=1e-5)
    assert set(found) == set(NAMES)
    assert result.images["GM"].GetSpacing() == SPACING
    assert result.images["GM"].GetOrigin() == T1.GetOrigin()


def test_results_have_units_and_the_notes():
    T1, T2, _ = a_block(lambda shares: None)
    fractions = tissue_fractions(T1, T2, values="3 T")

    result = tissue_result(fractions)

    assert [one.name for one in result.maps] == [f"{name}_fraction" for name in NAMES]
    assert result.maps[1].image is fractions.images["GM"]
    volumes, centers = result.tables
    assert volumes.columns["tissue"][:2] == ["white matter", "gray matter"]
    assert volumes.columns["volume"][0] == fractions.volumes["WM"]
    assert (volumes.units["volume"], centers.units["T1"]) == ("ml", "ms")
    assert centers.columns["T1"] == [850, 1400, 4100]
    assert result.notes == fractions.notes


@pytest.mark.parametrize("preset", PRESETS)
def test_centers_of_a_patient_are_found(preset):
    generator = np.random.default_rng(6)
    shares = np.repeat(np.eye(3), (9000, 14000, 1500), axis=0)
    shares = np.concatenate([shares, generator.dirichlet((0.5, 0.5, 0.02), 6000)])
    R1, R2, PD = mixed(shares, preset)

    found = patient_centers(noisy(R1, 0.03, 1), noisy(R2, 0.04, 2), noisy(PD, 0.02, 3))

    assert found.found == set(TISSUES)
    assert found.notes == ()
    assert found.PD_problem == ""
    for tissue, tolerance in (("WM", 0.03), ("GM", 0.03), ("CSF", 0.08)):
        expected = PRESETS[preset][tissue]
        center = found.centers[tissue]
        assert abs(center.T1 / expected.T1 - 1) < tolerance
        assert abs(center.T2 / expected.T2 - 1) < 0.08
        assert abs(center.PD / expected.PD - 1) < 0.03


def test_peaks_are_those_that_stand_out():
    generator = np.random.default_rng(10)
    for _ in range(30):
        counts = np.convolve(generator.gamma(0.3, size=120), np.hanning(9), "same")

        expected = find_peaks(counts, prominence=0.02 * counts.max() + 1e-12)[0]

        assert _local_maxima(counts) == expected.tolist()


def test_missing_tissues_are_told():
    R1 = noisy(np.full(5000, 1000 / 1380.0), 0.03, 4)

    found = patient_centers(R1, None, None)

    assert found.found == {"GM"}
    assert abs(found.centers["GM"].T1 / 1380 - 1) < 0.03
    assert found.centers["WM"] == PRESETS["3 T"]["WM"]
    assert [("white matter" in note, "CSF" in note) for note in found.notes] == [(True, False), (False, True)]


def test_implausible_PD_is_left_out_and_told():
    T1, T2, PD = a_block(lambda shares: None)

    result = tissue_fractions(T1, T2, PD * 1.4)
    without = tissue_fractions(T1, T2)

    assert any("made without the proton density map" in note for note in result.notes)
    for name in NAMES:
        np.testing.assert_array_equal(fractions_of(result)[name], fractions_of(without)[name])
    assert not any("made without" in note for note in tissue_fractions(T1, T2, PD).notes)


def test_refusals_are_one_sentence():
    T1, T2, PD = a_block(lambda shares: None)

    with pytest.raises(UserError, match="before contrast agent"):
        tissue_fractions(T1, T2, PD, post_contrast=True)
    with pytest.raises(UserError, match="no tissue values called '7 T'"):
        tissue_fractions(T1, T2, PD, values="7 T")
    with pytest.raises(UserError, match="T2 map does not lie on the grid"):
        tissue_fractions(T1, image(np.ones((12, 14, 16)), (1.3, 0.9, 3.9)))
    with pytest.raises(UserError, match="holds no values"):
        tissue_fractions(T1 * 0, T2, PD)
    notes = tissue_fractions(T1).notes
    assert any("T1 alone" in note for note in notes)
    assert any("brain mask" in note for note in notes)


@pytest.mark.parametrize("field_strength", [3.0, 1.5])
def test_simulated_patient(field_strength):
    settings = Settings(
        kind="high-grade-glioma",
        field_strength=field_strength,
        matrix=(84.0, 92.0, 26.0),
        spacing=(1.9, 2.0, 3.1),
        core_volume=20.0,
        artifacts="off",
        conventional=False,
        magic=True,
    )
    truth = simulate_patient(settings, 7).truth
    maps = [
        image(noisy(sitk.GetArrayFromImage(truth.maps[name]), share, seed), truth.tissue.GetSpacing())
        for seed, (name, share) in enumerate((("T1map", 0.03), ("T2map", 0.03), ("PDmap", 0.015)))
    ]
    mask = image(sitk.GetArrayFromImage(truth.brain_mask), truth.tissue.GetSpacing())

    result = tissue_fractions(*maps, mask)

    found = fractions_of(result)
    tissue, healthy = sitk.GetArrayFromImage(truth.tissue), sitk.GetArrayFromImage(truth.parts) == 0
    healthy &= sitk.GetArrayFromImage(truth.brain_mask) > 0
    largest = np.stack([found[name] for name in (*TISSUES, "other")]).argmax(0)
    assert dice((largest == 0) & healthy, np.isin(tissue, WHITE_MATTER) & healthy) > 0.90
    assert dice((largest == 1) & healthy, np.isin(tissue, GRAY_MATTER) & healthy) > 0.83
    edema, white = sitk.GetArrayFromImage(truth.labels) == 2, (tissue == 1) & healthy
    assert edema.sum() > 200
    assert found["WM"][white].mean() > 0.8 > 0.6 > found["WM"][edema].mean()
    assert found["other"][edema].mean() > 5 * found["other"][white].mean()
    assert result.notes == ()


def test_atlas_labels_come_back_through_MAGIC(real_data):
    from gliomamri.relaxometry.magic_fit import fit_magic

    path = real_data / "qmri" / "icbm2009a_3t" / "hrgt_icbm_2009a_nls_3t.nii.gz"
    maps = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[:, 0, ::6, ::2, ::2]
    labels, T1, T2, M0 = maps[6].astype(int), 1000 * maps[2], 1000 * maps[3], maps[5]
    brain = labels > 0
    place = [np.linspace(-1, 1, n) for n in labels.shape]
    B1 = (1.02 - 0.07 * (place[1][:, None] ** 2) + 0.05 * place[2] + 0.03 * place[0][:, None, None])[brain]
    signals = magic_images(M0[brain], 1000 / T1[brain], 1000 / T2[brain], B1=B1).T
    noise_sd = np.abs(signals[labels[brain] == 2]).max() / 100
    signals = signals + np.random.default_rng(8).normal(0, noise_sd, signals.shape)

    spacing = (6.0, 2.0, 2.0)
    TE, TI = (grid.ravel() for grid in np.meshgrid(ECHO_TIMES, INVERSION_TIMES, indexing="ij"))
    fit = fit_magic(signals, TI, TE, 4000.0, mask=brain, spacing=spacing)
    volumes = np.zeros((3, *brain.shape), np.float32)
    volumes[:, brain] = [fit.T1, fit.T2, fit.M0]
    result = tissue_fractions(
        *(image(volume, spacing[::-1]) for volume in volumes), image(brain, spacing[::-1])
    )

    found = fractions_of(result)
    largest = np.stack([found[name] for name in (*TISSUES, "other")]).argmax(0)
    scores = {
        name: dice((largest == number) & brain, labels == label)
        for number, (name, label) in enumerate((("WM", 2), ("GM", 1), ("CSF", 3)))
    }
    assert scores["WM"] >= 0.90, scores
    assert scores["GM"] >= 0.85, scores
