"""A whole simulated patient: images with their flaws, and what is true.

    drawn head --voxels--> ideal images, true maps     (slab by slab, in threads)
    ideal image --artifacts--> acquired series --resampled--> common grid

Called by the task ``simulate`` and by cohorts; tested by Testing/unit/phantom/test_patient.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.phantom.artifacts.brain_mask import given_mask, true_mask
from gliomamri.phantom.artifacts.coarser import coarser
from gliomamri.phantom.artifacts.motion import RigidMotion
from gliomamri.phantom.artifacts.noise import NoiseKey
from gliomamri.phantom.artifacts.pipeline import AcquiredSeries, SeriesArtifacts, acquire, resample_to
from gliomamri.phantom.draw import DrawnPatient, draw_patient
from gliomamri.phantom.examination import adc_image
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions.catalog import catalog
from gliomamri.phantom.lesions.labels import PART_VALUES, annotation, brats_labels, part_labels
from gliomamri.phantom.placing import Placement, draw_placement
from gliomamri.phantom.provenance import drawn_values
from gliomamri.phantom.sequences import DiffusionSeries, MagicSeries, Sequence
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.slabs import in_slabs, one_blas_thread, worker_threads
from gliomamri.phantom.streams import Streams
from gliomamri.phantom.tissues import Tissue
from gliomamri.phantom.truth import Truth, lesion_entry, map_arrays
from gliomamri.tasks import Progress, no_progress

Arrays = dict[str, NDArray]
_IMAGE, _MAP = "image ", "map "


@dataclass(frozen=True)
class SimulatedSeries:
    """One acquired image or series.

    Attributes
    ----------
    role : str
        A name of :data:`gliomamri.roles.ROLES`.
    images : tuple of SimpleITK.Image
    parameters : mapping of str to tuple of float
        Per image, keyed and in the units of :data:`gliomamri.series.PARAMETERS`.
    signed : bool
        Whether the signal keeps its sign.
    """

    role: str
    images: tuple[sitk.Image, ...]
    parameters: Mapping[str, tuple[float, ...]]
    signed: bool = False


@dataclass(frozen=True)
class SimulatedPatient:
    """A patient and the truth; everything follows from ``settings`` and ``seed``."""

    series: tuple[SimulatedSeries, ...]
    truth: Truth
    settings: Settings
    seed: int


def simulate_patient(
    settings: Settings, seed: int, progress: Progress = no_progress, *, finest: float = 0.0
) -> SimulatedPatient:
    """Simulate one patient.

    Parameters
    ----------
    settings
        Who, how imaged, with which flaws, on which grid.
    seed
        Draws everything that the settings leave open.
    progress
        Told how far it is.
    finest
        mm; scanners then acquire no finer voxels, which saves time where the common grid is coarse.

    Raises
    ------
    UserError
        If settings are wrong or the anatomy cannot be read.
    """
    problems = settings.problems()
    if problems:
        raise UserError(" ".join(problems))
    progress(0.0, "Drawing the patient")
    with one_blas_thread():
        patient = draw_patient(settings, seed)
    grid = Grid.centered(settings.shape, tuple(reversed(settings.spacing)))
    arrays = in_slabs(
        grid, lambda slab: _slab(patient, slab), lambda done: progress(0.15 + 0.5 * done, "Scanning")
    )
    progress(0.7, "Adding what real images suffer from")
    placement = draw_placement(Streams(seed).generator("placement"), settings.geometry == "acquired")
    white_matter = patient.examination.white_matter_signal(patient.values)
    series = _Scanner(patient, arrays, grid, placement, white_matter, finest).series()
    progress(0.95, "Collecting the truth")
    truth = _truth(patient, arrays, grid, placement)
    return SimulatedPatient(series, truth, settings, seed)


def _slab(patient: DrawnPatient, grid: Grid) -> Arrays:
    """Everything about a slab, by name."""
    voxels = patient.head.voxels(grid)
    arrays = {_IMAGE + role: image for role, image in patient.examination.images(voxels, grid).items()}
    if patient.settings.truth_maps:
        maps = map_arrays(patient, voxels, grid)
        arrays |= {_MAP + name: values.astype(np.float32) for name, values in maps.items()}
    hull = patient.head.hull.at(grid)
    arrays |= {
        "tissue": voxels.tissue,
        "labels": brats_labels(voxels.parts, grid.shape),
        "parts": part_labels(voxels.parts, grid.shape),
        "annotation": annotation(voxels.parts, grid.shape).astype(np.uint8),
        "brain": true_mask(hull).astype(np.uint8),
        "given": given_mask(hull, grid, patient.examination.mask_errors).astype(np.uint8),
    }
    push = patient.head.deformation.push
    if push is not None:
        arrays |= {f"push {axis}": field.at(grid) for axis, field in zip("zyx", push, strict=True)}
    return arrays


@dataclass(frozen=True)
class _Scanner:
    """What every series of a patient is made with."""

    patient: DrawnPatient
    arrays: Arrays
    grid: Grid
    placement: Placement
    white_matter: Mapping[str, float]
    finest: float = 0.0

    def series(self) -> tuple[SimulatedSeries, ...]:
        """Return all series in the order of acquisition; their ideal images leave ``arrays``."""
        with one_blas_thread(), ThreadPoolExecutor(worker_threads()) as pool:
            return tuple(pool.map(self._finished, self.patient.examination.roles))

    def _finished(self, role: str) -> SimulatedSeries:
        examination = self.patient.examination
        scan, flaws = examination.scans[role], self._flaws(role)
        signed = isinstance(scan, MagicSeries) or (isinstance(scan, Sequence) and scan.signed)
        acquired = self._acquired(role, signed)
        if role == "ADC":
            ADC = adc_image(np.stack([one.array for one in acquired]), scan)
            acquired = [AcquiredSeries(ADC, acquired[0].grid)]
        if self.patient.settings.geometry == "acquired":
            images = [self._placed(one.array, one.grid, flaws.motion) for one in acquired]
        else:
            images = [self._placed(resample_to(one, self.grid, flaws), self.grid) for one in acquired]
        return SimulatedSeries(role, tuple(images), _parameters(scan, role), signed)

    def _acquired(self, role: str, signed: bool) -> list[AcquiredSeries]:
        ideal = self.arrays.pop(_IMAGE + role)
        number = list(self.patient.examination.scans).index(role)
        flaws, seed = self._flaws(role), self.patient.seed
        return [
            acquire(
                image,
                self.grid,
                flaws,
                NoiseKey(seed, number, i),
                self.white_matter[role],
                signed=signed,
            )
            for i, image in enumerate(ideal if ideal.ndim == 4 else ideal[None])
        ]

    def _flaws(self, role: str) -> SeriesArtifacts:
        return coarser(self.patient.examination.artifacts[role], self.finest)

    def _placed(self, values: NDArray, grid: Grid, motion: RigidMotion | None = None) -> sitk.Image:
        if self.patient.settings.skull_stripped:
            values = np.where(self._given(grid), values, 0)
        return self.placement.image(values.astype(np.float32, copy=False), grid, motion)

    def _given(self, grid: Grid) -> NDArray:
        if grid is self.grid:
            return self.arrays["given"]
        return given_mask(self.patient.head.hull.at(grid), grid, self.patient.examination.mask_errors)


def _parameters(scan: Sequence | MagicSeries | DiffusionSeries, role: str) -> dict[str, tuple[float, ...]]:
    if isinstance(scan, Sequence):
        values = {
            "repetition_time": scan.repetition_time,
            "echo_time": scan.echo_time,
            "inversion_time": scan.inversion_time,
            "flip_angle": scan.flip_angle,
        }
        return {name: (float(value),) for name, value in values.items() if value > 0}
    if isinstance(scan, MagicSeries):
        inversion, echo = zip(*scan.parameters, strict=True)
        return {
            "inversion_time": inversion,
            "echo_time": echo,
            "repetition_time": (scan.repetition_time,) * len(echo),
        }
    b_values, echo = zip(*scan.parameters, strict=True)
    return {} if role == "ADC" else {"b_value": b_values, "echo_time": echo}


def _truth(patient: DrawnPatient, arrays: Arrays, grid: Grid, placement: Placement) -> Truth:
    def image(name: str) -> sitk.Image:
        return placement.image(arrays[name], grid)

    zero = np.zeros(grid.shape, np.float32)
    displacement = np.stack([arrays.get(f"push {axis}", zero) for axis in "xyz"], axis=-1)
    examination = patient.examination
    return Truth(
        labels=image("labels"),
        parts=image("parts"),
        part_names={number: str(part) for part, number in PART_VALUES.items()},
        tissue=image("tissue"),
        tissue_names={int(t): t.name.lower().replace("_", " ") for t in Tissue if t is not Tissue.AIR},
        annotation=image("annotation"),
        maps={
            name.removeprefix(_MAP): placement.image(arrays.pop(name), grid)
            for name in [n for n in arrays if n.startswith(_MAP)]
        },
        displacement=placement.vector_image(displacement, grid),
        brain_mask=image("brain"),
        given_mask=image("given"),
        lesions=tuple(lesion_entry(entry, placement) for entry in catalog(patient.lesions, grid)),
        transforms={
            role: placement.moved(flaws.motion).tolist()
            for role, flaws in examination.artifacts.items()
            if flaws.motion is not None and role in examination.roles
        },
        drawn=drawn_values(patient, placement),
    )
