"""A few simulated slices of a head with a tumor, as raw relaxometry images with known T1, T2 and M0.

Small and quick, for ``make demo`` and tutorials: ellipses with soft borders instead of anatomy, the signal
equations of :mod:`gliomamri.relaxometry.signals`, receive profile and noise. Values at 3 T are those of the
literature's means; they are our choice, not a patient's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from gliomamri.relaxometry.signals import inversion_recovery, spin_echo_decay

INVERSION_TIMES = (50.0, 150.0, 400.0, 900.0, 1800.0, 3500.0)
ECHO_TIMES = (12.0, 25.0, 50.0, 80.0, 120.0, 200.0)
IR_REPETITION_TIME = 8000.0
_SE_REPETITION_TIME = 5000.0
_INVERSION_COSINE = -0.95
_SHAPE = (5, 176, 144)
_SPACING = (5.0, 1.2, 1.2)
"""Voxels and mm along z, y, x."""

# name: T1 (ms), T2 (ms), water density; drawn in this order, later over earlier
_TISSUES: dict[str, tuple[float, float, float]] = {
    "scalp": (380.0, 70.0, 0.85),
    "skull": (600.0, 20.0, 0.06),
    "CSF": (4160.0, 1650.0, 1.0),
    "gray matter": (1400.0, 83.0, 0.80),
    "white matter": (830.0, 72.0, 0.69),
    "edema": (1350.0, 130.0, 0.83),
    "enhancing rim": (1600.0, 120.0, 0.86),
    "necrosis": (2200.0, 250.0, 0.92),
}
SEGMENTS = ("white matter", "gray matter", "edema", "enhancing rim", "necrosis")
"""Regions written to the segmentation, labels 1, 2, ..."""


@dataclass(frozen=True)
class RawSlices:
    """Simulated images and the truth behind them.

    Attributes
    ----------
    inversion_recovery, spin_echo : tuple of SimpleITK.Image
        One per time of :data:`INVERSION_TIMES` (signed) and :data:`ECHO_TIMES` (magnitude).
    T1, T2 : SimpleITK.Image
        True maps in ms, of the tissue that fills most of the voxel; 0 in air.
    segmentation : SimpleITK.Image
        Labels 1.. of :data:`SEGMENTS`, only where one tissue fills the voxel.
    """

    inversion_recovery: tuple[sitk.Image, ...]
    spin_echo: tuple[sitk.Image, ...]
    T1: sitk.Image
    T2: sitk.Image
    segmentation: sitk.Image


def simulate_raw_slices(seed: int = 0, snr: float = 80.0) -> RawSlices:
    """Simulate the slices on an oblique grid of 1.2 x 1.2 x 5 mm.

    Parameters
    ----------
    seed : int
        Seed of shape and noise.
    snr : float
        White-matter signal of the strongest image over the noise's standard deviation.
    """
    generator = np.random.default_rng(seed)
    fractions = _fractions(generator)
    values = np.array([_TISSUES[name] for name in fractions])
    weights = np.stack(list(fractions.values()), axis=-1)
    profile = _receive_profile()

    def signal(per_tissue: np.ndarray) -> np.ndarray:
        return 1000.0 * profile * (weights @ (values[:, 2] * per_tissue))

    sigma = 1000.0 * _TISSUES["white matter"][2] / snr
    ir = [
        inversion_recovery(t, IR_REPETITION_TIME, 1.0, values[:, 0], _INVERSION_COSINE)
        for t in INVERSION_TIMES
    ]
    noisy_ir = [signal(s) + sigma * generator.standard_normal(profile.shape) for s in ir]
    echoes = [signal(spin_echo_decay(t, 1.0, values[:, 1])) for t in ECHO_TIMES]
    noisy_echoes = [
        np.hypot(*(s * part + sigma * generator.standard_normal(s.shape) for part in (1, 0))) for s in echoes
    ]
    main = np.argmax(weights, axis=-1)
    inside = weights.sum(axis=-1) > 0.5
    pure = weights.max(axis=-1) > 0.98
    labels = np.zeros(main.shape, np.uint8)
    for label, name in enumerate(SEGMENTS, start=1):
        labels[(main == list(fractions).index(name)) & pure] = label
    return RawSlices(
        tuple(_image(s.astype(np.float32)) for s in noisy_ir),
        tuple(_image(s.astype(np.float32)) for s in noisy_echoes),
        _image(np.where(inside, values[main, 0], 0).astype(np.float32)),
        _image(np.where(inside, values[main, 1], 0).astype(np.float32)),
        _image(labels),
    )


def write_raw_slices(slices: RawSlices, folder: Path) -> Path:
    """Write the images as a BIDS subject (times in seconds in the sidecars); give the subject's folder."""
    subject = folder / "sub-demo"
    anat = subject / "anat"
    anat.mkdir(parents=True, exist_ok=True)
    for index, (image, time) in enumerate(
        zip(slices.inversion_recovery, INVERSION_TIMES, strict=True), start=1
    ):
        about = {"InversionTime": time / 1000, "RepetitionTime": IR_REPETITION_TIME / 1000, "Signed": True}
        _write(image, about, anat / f"sub-demo_inv-{index}_IRT1")
    for index, (image, time) in enumerate(zip(slices.spin_echo, ECHO_TIMES, strict=True), start=1):
        about = {"EchoTime": time / 1000, "RepetitionTime": _SE_REPETITION_TIME / 1000}
        _write(image, about, anat / f"sub-demo_echo-{index}_MESE")
    sitk.WriteImage(slices.segmentation, str(anat / "sub-demo_dseg.nii.gz"))
    lines = ["index\tname", *(f"{label}\t{name}" for label, name in enumerate(SEGMENTS, start=1))]
    (anat / "sub-demo_dseg.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return subject


def _write(image: sitk.Image, about: dict, stem: Path) -> None:
    sitk.WriteImage(image, f"{stem}.nii.gz")
    Path(f"{stem}.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def _fractions(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Volume fraction of each tissue, arrays (z, y, x); what they leave is air."""
    x, y, z = _coordinates()
    lean = 1 - 0.004 * np.abs(z)  # the head narrows away from the middle slice
    waves = sum(
        generator.uniform(0.4, 1.0)
        * np.sin(k * np.arctan2(y, x) + generator.uniform(0, 2 * np.pi) + 0.05 * k * z)
        for k in (7, 11, 15, 19)
    )
    r = np.hypot(x / 62, y / 78) / lean
    folds = 0.016 * waves
    tumor = np.hypot(x + 26, np.hypot(y + 14, 0.8 * z)) * (1 + 0.05 * waves)
    ventricles = np.minimum(np.hypot((x - 9) / 6, (y + 4) / 24), np.hypot((x + 9) / 6, (y + 4) / 24))
    deep_gray = np.minimum(np.hypot((x - 24) / 9, (y - 6) / 16), np.hypot((x + 24) / 9, (y - 6) / 16))
    shapes = (
        ("scalp", r < 1.0),
        ("skull", r < 0.94),
        ("CSF", r < 0.89),
        ("gray matter", r + folds < 0.85),
        ("white matter", (r + 2.2 * folds < 0.74) & (np.abs(x) > 1.2)),
        ("gray matter", deep_gray < 1),
        ("CSF", ventricles < 1),
        ("edema", (tumor < 26) & (r + 2.2 * folds < 0.76)),
        ("enhancing rim", tumor < 16),
        ("necrosis", tumor < 10),
    )
    label = np.zeros(x.shape, np.uint8)
    names = list(_TISSUES)
    for name, inside in shapes:
        label[inside] = 1 + names.index(name)
    return {name: _average_in_plane(label == 1 + index) for index, name in enumerate(names)}


_FINER = 3
"""Shapes are drawn this much finer in the plane, so that borders have partial volume."""


def _coordinates() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates x, y, z in mm from the head's middle on the fine grid, arrays (z, y, x)."""
    finer = (1, _FINER, _FINER)
    axes = [
        (np.arange(n * f) - (n * f - 1) / 2) * step / f
        for n, f, step in zip(_SHAPE, finer, _SPACING, strict=True)
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return x, y, z


def _average_in_plane(mask: np.ndarray) -> np.ndarray:
    z, rows, columns = mask.shape
    return mask.reshape(z, rows // _FINER, _FINER, columns // _FINER, _FINER).mean(axis=(2, 4))


def _receive_profile() -> np.ndarray:
    """Smooth receive sensitivity, 20 % over the head, shape (z, y, x)."""
    rows, columns = np.linspace(-1, 1, _SHAPE[1]), np.linspace(-1, 1, _SHAPE[2])
    plane = 1 + 0.15 * rows[:, None] - 0.1 * columns[None, :] ** 2
    return np.repeat(plane[None], _SHAPE[0], axis=0)


def _image(array: np.ndarray) -> sitk.Image:
    """Put an array on the oblique grid: rows run from anterior to posterior, tilted by 15 degrees."""
    image = sitk.GetImageFromArray(array)
    tilt = np.deg2rad(15.0)
    image.SetSpacing(_SPACING[::-1])
    image.SetDirection((1, 0, 0, 0, np.cos(tilt), -np.sin(tilt), 0, np.sin(tilt), np.cos(tilt)))
    image.SetOrigin((-80.0, -95.0, 20.0))
    return image
