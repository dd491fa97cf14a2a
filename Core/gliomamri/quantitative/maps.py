"""Relaxation maps on their way through the analysis: which there are, which are given, rates beside times.

Called by :mod:`gliomamri.quantitative.task`; tested by Testing/unit/quantitative/test_maps.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.geometry import image_on
from gliomamri.regions.analysis_inputs import ERROR_ROLES, MAP_ROLES
from gliomamri.relaxometry.map_inputs import CAPS, checked_maps
from gliomamri.relaxometry.rates import rates_of
from gliomamri.result import Map
from gliomamri.roles import ROLES
from gliomamri.study import Study

FITTED = ("IRT1", "MESE", "MAGIC", "ceMAGIC", "VFA")
"""Series that the task ``relaxometry`` fits."""

_SAME_SCALE = 0.01
"""A factor nearer to 1 is not worth a sentence."""

_RATES = {"T1map": ("R1", "lipari", (0.0, 2.5)), "T2map": ("R2", "navia", (0.0, 25.0))}


@dataclass(frozen=True)
class GivenMaps:
    """A study whose finished maps are in our units, and what was done to them, one sentence each."""

    study: Study
    notes: tuple[str, ...]


def given_maps(study: Study) -> GivenMaps:
    """Bring the maps of a study to our units and leave out what is saturated.

    A map without a map of its standard error was not fitted here but made by a scanner's software, which writes a
    largest value where it could not measure.

    Raises
    ------
    UserError
        If a map cannot be what it was given as.
    """
    study, notes = checked_maps(study)
    images, more = dict(study.images), []
    for role in study.images:
        kind = role.removeprefix("ce")
        error = f"{role.removesuffix('map').replace('T', 'R', 1)}error"
        if kind not in CAPS or error in study.images:
            continue
        values = sitk.GetArrayFromImage(study.images[role])
        saturated = values >= CAPS[kind]
        if saturated.any():
            values[saturated] = 0
            images[role] = image_on(values, study.images[role])
            more.append(
                f"The {ROLES[role].title} is saturated at {CAPS[kind]:g} ms in {saturated.sum():,} voxels; they are "
                "left out."
            )
    return GivenMaps(replace(study, images=images), (*notes, *more))


def on_one_water_scale(study: Study) -> GivenMaps:
    """Bring proton density after contrast agent to the scale of that before: the agent does not change water content.

    Both are calibrated on their own, each with an error of some percent that would show as a change everywhere. Their
    scale differs by the median ratio over the brain, which a tumor does not move. The maps lie on one grid.
    """
    before, after = study.images.get("PDmap"), study.images.get("cePDmap")
    if before is None or after is None:
        return GivenMaps(study, ())
    PD, cePD = (sitk.GetArrayViewFromImage(image) for image in (before, after))
    both = (PD > 0) & (cePD > 0)
    if not both.any():
        return GivenMaps(study, ())
    factor = float(np.median(PD[both] / cePD[both]))
    images = {**study.images, "cePDmap": sitk.Cast(after * factor, sitk.sitkFloat32)}
    note = (
        f"Proton density after contrast agent was brought to the scale of that before (factor {factor:.3f}), since the "
        "agent does not change the water content."
    )
    return GivenMaps(replace(study, images=images), (note,) if abs(factor - 1) > _SAME_SCALE else ())


def maps_of(study: Study) -> dict[str, sitk.Image]:
    """Give the maps of a study that the analysis by region reads; errors alone are none."""
    found = {role: study.images[role] for role in (*MAP_ROLES, *ERROR_ROLES) if role in study.images}
    return found if any(role.endswith("map") for role in found) else {}


def rate_maps(one: Map) -> list[Map]:
    """Make the rate map R = 1000 / T of a map of times, the same before and after contrast agent; else nothing."""
    kind = one.role.removeprefix("ce")
    if kind not in _RATES:
        return []
    rate, colormap, window = _RATES[kind]
    rates = rates_of(sitk.GetArrayViewFromImage(one.image))
    image = image_on(rates.values, one.image)
    after = one.role.startswith("ce")
    name = f"ce{rate}map" if after else f"{rate}map"
    about = (
        f"Relaxation rate {rate}{' after contrast agent' if after else ''}; black where it was not measured."
    )
    return [Map(name, image, rate, "1/s", about, colormap, window, one.reference, main=True)]
