"""Drawing a patient: anatomy, shape, lesions, what fills them, and how the patient is scanned.

Everything random is decided here, once; the rest of the phantom only evaluates it. See
:mod:`gliomamri.phantom.patient` for whole volumes and :mod:`gliomamri.phantom.training_slices` for slices.

Tested by Testing/unit/phantom/test_draw.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gliomamri.phantom.anatomy import Anatomy
from gliomamri.phantom.borders import FluidPriors, draw_border_shift
from gliomamri.phantom.contents import draw_contents
from gliomamri.phantom.deformation import Deformation, WarpPriors, draw_deformation
from gliomamri.phantom.examination import Examination, draw_examination
from gliomamri.phantom.fields import random_field
from gliomamri.phantom.head import Head, Variation
from gliomamri.phantom.lesions import Lesion, LesionPlan, Terrain
from gliomamri.phantom.lesions.growing import grow
from gliomamri.phantom.lesions.mass_effect import push_field
from gliomamri.phantom.lesions.planning import plan_lesions
from gliomamri.phantom.lesions.priors import SHIFTED as SHIFTED_LESIONS
from gliomamri.phantom.lesions.priors import STANDARD as STANDARD_LESIONS
from gliomamri.phantom.lesions.priors import LesionPriors, LogNormal
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.streams import Streams
from gliomamri.phantom.tissue_values import TissueValues, draw_tissue_values

_WARP, _FLUID = WarpPriors(), FluidPriors()


@dataclass(frozen=True)
class HeadPriors:
    """How heads differ: shape, tissue, small structures.

    Attributes
    ----------
    warp : WarpPriors
    tissue_spread : float
        Factor on the standard deviation of tissue values between subjects.
    fluid : FluidPriors
    regional, fine : (low, high)
        Standard deviations of R1 and R2 between regions, and from voxel to voxel.
    vessel_width : (low, high)
        See :class:`~gliomamri.phantom.head.Variation`.
    """

    warp: WarpPriors = _WARP
    tissue_spread: float = 1.0
    fluid: FluidPriors = _FLUID
    regional: tuple[float, float] = (0.015, 0.045)
    fine: tuple[float, float] = (0.013, 0.033)
    vessel_width: tuple[float, float] = (0.12, 0.26)


STANDARD_HEADS = HeadPriors()
SHIFTED_HEADS = HeadPriors(
    warp=WarpPriors(rotation=(6.0, 5.0, 9.0), log_scale=0.06, widths=(70.0, 30.0), amplitudes=(3.5, 2.5)),
    tissue_spread=1.5,
    fluid=FluidPriors(LogNormal(0.14, 0.3, 0.06, 0.3), LogNormal(30.0, 0.5, 8.0, 90.0)),
    regional=(0.02, 0.045),
    fine=(0.02, 0.035),
    vessel_width=(0.18, 0.34),
)


@dataclass(frozen=True)
class DrawnPatient:
    """One patient, ready to be evaluated on any grid.

    Attributes
    ----------
    settings : Settings
    seed : int
    anatomy : str
        Name of the anatomy it was made from.
    head : Head
    values : TissueValues
        Of the healthy tissues.
    examination : Examination
    """

    settings: Settings
    seed: int
    anatomy: str
    head: Head
    values: TissueValues
    examination: Examination

    @property
    def lesions(self) -> tuple[Lesion, ...]:
        """The lesions that grew."""
        return self.head.lesions


def draw_patient(settings: Settings, seed: int) -> DrawnPatient:
    """Draw one patient; the same settings and seed give the same patient.

    Raises
    ------
    UserError
        If the anatomy cannot be read, or the lesion asked for does not fit.
    """
    streams = Streams(seed)
    shifted = settings.preset == "shifted"
    priors = SHIFTED_HEADS if shifted else STANDARD_HEADS
    lesion_priors = SHIFTED_LESIONS if shifted else STANDARD_LESIONS
    anatomy = choose_anatomy(settings, streams)
    deformation = draw_deformation(streams.generator("deformation"), priors.warp, anatomy.turn, anatomy.shift)
    head = Head.of(anatomy, deformation, draw_variation(streams, anatomy, priors))
    head = plant_lesions(head, anatomy, settings, lesion_priors, streams)
    examination = draw_examination(settings, streams)
    values = draw_tissue_values(streams.generator("tissue"), examination.field_strength, priors.tissue_spread)
    contents = draw_contents(
        streams.generator("contents"),
        values,
        head.lesions,
        lesion_priors,
        field_strength=examination.field_strength,
        diffusion=examination.needs_diffusion,
    )
    head = replace(head, contents=contents)
    return DrawnPatient(settings, seed, anatomy.name, head, values, examination)


def choose_anatomy(settings: Settings, streams: Streams) -> Anatomy:
    """Return the template, or one of the heads of the folder in the settings."""
    from gliomamri.phantom.anatomy import find_heads, load_head

    if not settings.anatomy:
        return load_head(None)
    heads: Sequence[Path] = find_heads(Path(settings.anatomy))
    return load_head(heads[streams.generator("anatomy").integers(len(heads))])


def draw_variation(streams: Streams, anatomy: Anatomy, priors: HeadPriors) -> Variation:
    """Draw the smooth variation within one head."""
    generator = streams.generator("variation")
    return Variation(
        fine=random_field(generator, 2.6),
        regional=random_field(generator, 45.0),
        pial=random_field(generator, 35.0),
        vessels=(random_field(generator, 17.0), random_field(generator, 17.0)),
        heterogeneity=random_field(generator, generator.uniform(9, 20)),
        unevenness=random_field(generator, generator.uniform(4, 9)),
        fine_strength=float(generator.uniform(*priors.fine)),
        regional_strength=float(generator.uniform(*priors.regional)),
        borders=draw_border_shift(streams.generator("fluid"), anatomy, priors.fluid),
        vessel_width=float(generator.uniform(*priors.vessel_width)),
    )


def plant_lesions(
    head: Head, anatomy: Anatomy, settings: Settings, priors: LesionPriors, streams: Streams
) -> Head:
    """Return the head with its lesions grown, after they pushed the brain aside."""
    terrain = head.terrain()
    plans = _plans(terrain, settings, priors, streams)
    if not plans:
        return head
    push = push_field(plans, terrain)
    if push is not None:
        deformation: Deformation = head.deformation.with_push(push)
        head = head.displaced(anatomy, deformation)
        terrain = head.terrain()
    grown = [
        grow(streams.generator(f"lesion {number}"), plan, terrain, priors)
        for number, plan in enumerate(plans)
    ]
    return replace(head, lesions=tuple(grown))


def _plans(
    terrain: Terrain, settings: Settings, priors: LesionPriors, streams: Streams
) -> tuple[LesionPlan, ...]:
    kind = settings.kind.replace("-", " ").replace(" grade", "-grade")
    volume = settings.core_volume or None
    if settings.white_matter_lesions == "off":
        priors = replace(priors, distractor=0.0)
    return plan_lesions(streams.generator("plan"), kind, terrain, priors, core_volume=volume)
