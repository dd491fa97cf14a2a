"""What fills a head: the drawn values of its tissues and lesions, as amounts that mix.

Tested by Testing/unit/phantom/test_contents.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gliomamri.phantom.grid import FloatArray
from gliomamri.phantom.head import Contents, FluidValues
from gliomamri.phantom.lesions import Lesion, Part
from gliomamri.phantom.lesions.priors import LesionPriors
from gliomamri.phantom.lesions.tissue_ranges import (
    LesionValues,
    draw_core_like_edema,
    draw_faint,
    draw_lesion_values,
)
from gliomamri.phantom.mixing import amount_table
from gliomamri.phantom.tissue_values import LEAKY_TISSUES, TissueValues, tissue_values
from gliomamri.phantom.tissues import Tissue
from gliomamri.phantom.voxels import AMOUNTS, DIFFUSION_AMOUNTS

_VESSEL_T2 = 150.0
_CYSTS = (Part.CYST, Part.CAVITY)
_GLIOMAS = ("high-grade glioma", "low-grade glioma")


def draw_contents(
    generator: np.random.Generator,
    values: TissueValues,
    lesions: Sequence[Lesion],
    priors: LesionPriors,
    *,
    field_strength: float = 3.0,
    diffusion: bool = False,
) -> Contents:
    """Draw what the lesions are made of, and put it beside the tissues' values.

    Parameters
    ----------
    values
        Of the subject's healthy tissues.
    lesions
        In the order in which the head has them.
    priors
        How wide the ranges of lesion values are.
    field_strength
        Tesla; T1 and T2 of lesions are known at 3 T and scale as white and gray matter do.
    diffusion
        Whether diffusion properties are wanted too.
    """
    drawn = [_draw_lesion(generator.spawn(1)[0], lesion, priors) for lesion in lesions]
    scale = _field_scale(field_strength)
    parts = {
        (index, part): (_amounts(first, scale, diffusion), _amounts(second, scale, diffusion))
        for index, lesion in enumerate(drawn)
        for part, (first, second) in lesion.items()
    }
    csf = _fluid(values, Tissue.CSF)
    return Contents(_table(values, diffusion), _names(diffusion), parts, csf, _cyst_fluid(drawn))


def _names(diffusion: bool) -> tuple[str, ...]:
    return (*AMOUNTS, *(DIFFUSION_AMOUNTS if diffusion else ()))


def _table(values: TissueValues, diffusion: bool) -> FloatArray:
    leaky = np.zeros(len(Tissue), np.float32)
    leaky[list(LEAKY_TISSUES)] = 1
    properties = {
        "R1": values.R1,
        "R2": values.R2,
        "R2_prime": values.R2_prime,
        "tissue_agent": values.concentration * leaky,
        "blood_agent": values.concentration * (1 - leaky),
    }
    properties |= {name: getattr(values, name) for name in DIFFUSION_AMOUNTS}
    return amount_table(values.PD, [properties[name] for name in _names(diffusion)])


def _draw_lesion(
    generator: np.random.Generator, lesion: Lesion, priors: LesionPriors
) -> dict[Part, tuple[LesionValues, LesionValues]]:
    """Draw the two ends of every part a lesion could have, present or not, so that draws stay aligned."""
    ends = {
        part: draw_lesion_values(part_generator, part, priors) for part, part_generator in _each(generator)
    }
    like_edema = generator.random() < priors.edema_like_core
    if like_edema and lesion.plan.kind == "low-grade glioma":
        ends[Part.NON_ENHANCING] = draw_core_like_edema(generator, ends[Part.EDEMA])
    chance = priors.faint[lesion.plan.kind == "low-grade glioma"]
    if generator.random() < chance and lesion.plan.kind in _GLIOMAS:
        for part in (Part.EDEMA, Part.INFILTRATION, Part.NON_ENHANCING):
            ends[part] = draw_faint(generator, ends[part])
    return ends


def _each(generator: np.random.Generator) -> list[tuple[Part, np.random.Generator]]:
    return list(zip(Part, generator.spawn(len(Part)), strict=True))


def _amounts(values: LesionValues, scale: tuple[float, float], diffusion: bool) -> FloatArray:
    """Water, and water times each property; agent sits in tissue without a barrier."""
    properties = {
        "R1": 1000 / (values.T1 * scale[0]),
        "R2": 1000 / (values.T2 * scale[1]),
        "R2_prime": values.R2_prime,
        "tissue_agent": values.agent,
        "blood_agent": 0.0,
        "f": values.perfusion_fraction,
        "Dv": values.Dv,
        "Dt": values.Dt,
        "K": values.K,
        "T2v": _VESSEL_T2,
    }
    row = [1.0, *(properties[name] for name in _names(diffusion))]
    return (values.PD * np.array(row)).astype(np.float32)


def _field_scale(field_strength: float) -> tuple[float, float]:
    """Ratio of T1 and of T2 at this field to 3 T, of white and gray matter together."""
    here, high = tissue_values(field_strength), tissue_values(3.0)
    brain = [Tissue.WHITE_MATTER, Tissue.CORTEX]
    T1, T2 = (float(np.mean(getattr(here, n)[brain] / getattr(high, n)[brain])) for n in ("T1", "T2"))
    return T1, T2


def _fluid(values: TissueValues, tissue: Tissue) -> FluidValues:
    PD, R1, R2, D = (float(getattr(values, name)[tissue]) for name in ("PD", "R1", "R2", "Dt"))
    return FluidValues(PD, R1, R2, D)


def _cyst_fluid(lesions: Sequence[Mapping[Part, tuple[LesionValues, LesionValues]]]) -> FluidValues:
    """Fluid of cysts and cavities, one for all lesions of a patient: as drawn for the first of them."""
    ends = [end for lesion in lesions[:1] for part in _CYSTS for end in lesion[part]]
    if not ends:
        return FluidValues(1.0, 0.25, 0.7)
    T1, T2, PD, D = (float(np.mean([getattr(end, n) for end in ends])) for n in ("T1", "T2", "PD", "ADC"))
    return FluidValues(PD, 1000 / T1, 1000 / T2, D)
