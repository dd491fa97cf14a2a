"""A patient's head: everything that was drawn once, evaluated on any grid.

The full volume, a slab of it and a single training slice are the same head; only the grid differs.

Tested by Testing/unit/phantom/test_head.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.anatomy import Anatomy
from gliomamri.phantom.anatomy.sampling import at_points
from gliomamri.phantom.borders import BorderShift
from gliomamri.phantom.deformation import Deformation, lattice_grid
from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions import Lesion, Part, Terrain
from gliomamri.phantom.mixing import add_part, mix_tissues, water_and_properties
from gliomamri.phantom.tissue_lookup import LabelVolume, Movement, Sampler, central_tissue
from gliomamri.phantom.tissues import Tissue
from gliomamri.phantom.voxels import Fluid, Voxels

_TERRAIN_STEP = 2.0
_HOSTS_VESSELS = np.isin(np.arange(len(Tissue)), (Tissue.CSF, Tissue.FALX, Tissue.DURA))


@dataclass(frozen=True)
class FluidValues:
    """Water content and rates (1/s) of a fluid; diffusivity in um2/ms."""

    PD: float
    R1: float
    R2: float
    diffusivity: float = 3.0


@dataclass(frozen=True)
class Contents:
    """What fills a head's tissues and lesion parts.

    Attributes
    ----------
    table : array (rows, tissues)
        :func:`~gliomamri.phantom.mixing.amount_table` of the healthy tissues; its rows are water and water times
        the properties ``names``.
    names : tuple of str
        R1, R2, R2_prime, tissue_agent, blood_agent and, when asked for, the diffusion properties.
    parts : mapping of (lesion index, Part) to two arrays (rows,)
        The same rows for either end of a part's heterogeneity.
    csf, cyst : FluidValues
        Fluid around the brain and in cysts and cavities.
    """

    table: FloatArray
    names: tuple[str, ...]
    parts: Mapping[tuple[int, Part], tuple[FloatArray, FloatArray]]
    csf: FluidValues
    cyst: FluidValues


@dataclass(frozen=True)
class Variation:
    """Smooth variation within one head.

    Attributes
    ----------
    fine : LatticeField
        Texture of the tissue, standard deviation 1; moves R1 and R2 by ``fine_strength``.
    regional : LatticeField
        Differences between regions, moves R1 and R2 by ``regional_strength``.
    pial : LatticeField
        Local movement of the pial surface, times ``pial_strength`` mm; added to that of ``borders``.
    vessels : two LatticeFields
        Where both are near 0 runs a small vessel in the CSF, half as wide as ``vessel_width``.
    heterogeneity, unevenness : LatticeFields
        Inside lesions, between the two ends of each part; the finer ``unevenness`` in what enhances.
    """

    fine: LatticeField
    regional: LatticeField
    pial: LatticeField
    vessels: tuple[LatticeField, LatticeField]
    heterogeneity: LatticeField
    unevenness: LatticeField
    fine_strength: float = 0.02
    regional_strength: float = 0.02
    pial_strength: float = 0.15
    borders: BorderShift = field(default_factory=BorderShift)
    vessel_width: float = 0.2


@dataclass(frozen=True)
class Head:
    """One patient's head.

    Attributes
    ----------
    labels : LabelVolume
        Of the anatomy it is made from.
    deformation : Deformation
        From patient to anatomy.
    variation : Variation
    lesions : tuple of Lesion
    contents : Contents or None
        None while lesions are still being planted.
    hull, ventricles : LatticeField
        mm to the brain's hull (negative inside) and to the lateral ventricles, in the patient.
    """

    labels: LabelVolume
    deformation: Deformation
    variation: Variation
    hull: LatticeField
    ventricles: LatticeField
    lesions: tuple[Lesion, ...] = ()
    contents: Contents | None = None

    @classmethod
    def of(cls, anatomy: Anatomy, deformation: Deformation, variation: Variation) -> Head:
        """Return the head of ``anatomy`` under ``deformation``, without lesions."""
        hull, ventricles = _distances(anatomy, deformation)
        return cls(LabelVolume.of(anatomy), deformation, variation, hull, ventricles)

    def displaced(self, anatomy: Anatomy, deformation: Deformation) -> Head:
        """Return the head after a mass effect that is part of ``deformation``."""
        lattice = lattice_grid()
        moved = deformation.pushed(lattice)
        q = deformation.at(lattice)[:, moved]
        distances = []
        for field_before, values in (
            (self.hull, anatomy.hull_distance),
            (self.ventricles, anatomy.ventricle_distance),
        ):
            nodes = field_before.at(lattice)
            nodes[moved] = at_points(values, anatomy.coarse_step, q)
            distances.append(LatticeField.through(nodes, lattice))
        return replace(self, deformation=deformation, hull=distances[0], ventricles=distances[1])

    def terrain(self) -> Terrain:
        """Return tissues and distances on a coarse grid, for lesions to grow on."""
        fine = lattice_grid(_TERRAIN_STEP)
        inside = np.argwhere(self.hull.at(fine) < 12)
        box = tuple(slice(low, high + 1) for low, high in zip(inside.min(0), inside.max(0), strict=True))
        grid = Grid(*(axis[part] for axis, part in zip(fine.axes, box, strict=True)))
        tissue = central_tissue(self.labels, self.deformation, grid, self._movement(grid))
        return Terrain(grid, tissue, self.hull.at(grid), self.ventricles.at(grid))

    def voxels(self, grid: Grid) -> Voxels:
        """Return what every voxel of ``grid`` holds.

        Raises
        ------
        ValueError
            If the head has no contents yet.
        """
        if self.contents is None:
            raise ValueError("the head has no contents yet")
        contents = self.contents
        sampler = Sampler.of(self.labels, self.deformation, grid, self._movement(grid))
        vessel = self._vessels(grid)
        amounts, csf = mix_tissues(
            (_with_vessels(sample, vessel) for sample in sampler.around()), contents.table, grid.shape
        )
        parts, cyst = self._add_lesions(amounts, csf, grid)
        water, properties = water_and_properties(amounts)
        named = dict(zip(contents.names, properties, strict=True))
        self._vary(named, grid)
        return Voxels(
            PD=water,
            R1=named.pop("R1"),
            R2=named.pop("R2"),
            R2_prime=named.pop("R2_prime"),
            tissue_agent=named.pop("tissue_agent"),
            blood_agent=named.pop("blood_agent"),
            fluids=tuple(
                Fluid(share, values.PD, values.R1, values.R2, values.diffusivity)
                for share, values in ((csf, contents.csf), (cyst, contents.cyst))
                if share is not None
            ),
            parts=parts,
            tissue=sampler.central(),
            diffusion=named,
        )

    def _movement(self, grid: Grid) -> Movement:
        variation = self.variation
        local = variation.pial_strength * variation.pial.at(grid)
        return Movement(local + np.float32(variation.borders.pial), variation.borders.ventricle)

    def _vessels(self, grid: Grid) -> NDArray[np.bool_]:
        first, second = (np.abs(field.at(grid)) for field in self.variation.vessels)
        return (first < self.variation.vessel_width) & (second < self.variation.vessel_width)

    def _vary(self, named: dict[str, FloatArray], grid: Grid) -> None:
        variation = self.variation
        factor = variation.fine_strength * variation.fine.at(grid)
        factor += variation.regional_strength * variation.regional.at(grid)
        factor += 1
        for name in ("R1", "R2"):
            named[name] *= factor

    def _add_lesions(
        self, amounts: FloatArray, csf: FloatArray, grid: Grid
    ) -> tuple[dict[Part, FloatArray], FloatArray | None]:
        """Replace what lesions took over, in place; give each part's share and that of cyst fluid."""
        total: dict[Part, FloatArray] = {}
        cyst = mixes = None
        for index, lesion in enumerate(self.lesions):
            weights = dict(lesion.weights(grid))
            if not weights:
                continue
            fluid = csf if cyst is None else csf + cyst
            # What soaks tissue leaves fluid where it is; the rest of the lesion takes over both.
            spared = sum(weight for part, weight in weights.items() if part in _SPARING_FLUID)
            tissue_rest = 1 - sum(weights.values())
            fluid_rest = tissue_rest + spared
            for part in _SPARING_FLUID & weights.keys():
                weights[part] = weights[part] * (1 - fluid)
            for values in amounts:
                values *= tissue_rest
            for values in (csf, *(() if cyst is None else (cyst,))):
                values *= fluid_rest
            for part, values in total.items():
                values *= fluid_rest if part in _FLUID_PARTS else tissue_rest
            if mixes is None:  # the same for all lesions that touch the grid
                fields = (self.variation.heterogeneity, self.variation.unevenness)
                mixes = [_between(field.at(grid)) for field in fields]
            for part, weight in weights.items():
                if part in _FLUID_PARTS:
                    cyst = weight.copy() if cyst is None else cyst + weight
                else:
                    add_part(amounts, weight, self.contents.parts[index, part], mixes[part in _UNEVEN])
                total[part] = total[part] + weight if part in total else weight.copy()
        return total, cyst


_SPARING_FLUID = {Part.EDEMA, Part.INFILTRATION, Part.WHITE_MATTER_LESION, Part.ACTIVE_WHITE_MATTER_LESION}
"""Parts that soak tissue and leave fluid what it is."""
_FLUID_PARTS = {Part.CYST, Part.CAVITY}
_UNEVEN = {Part.ENHANCING, Part.ACTIVE_WHITE_MATTER_LESION, Part.HEMORRHAGE}


def _between(field: FloatArray) -> FloatArray:
    """Turn a Gaussian field into a place between two ends, 0 to 1."""
    return 1 / (1 + np.exp(-2.2 * field))


def _with_vessels(tissue: NDArray[np.uint8], vessel: NDArray[np.bool_]) -> NDArray[np.uint8]:
    tissue[vessel & _HOSTS_VESSELS[tissue]] = Tissue.VEIN
    return tissue


def _distances(anatomy: Anatomy, deformation: Deformation) -> tuple[LatticeField, LatticeField]:
    """Distances to hull and ventricles at the patient's coarse lattice."""
    lattice = lattice_grid()
    q = deformation.at(lattice).reshape(3, -1)
    hull, ventricles = (
        LatticeField.through(at_points(values, anatomy.coarse_step, q).reshape(lattice.shape), lattice)
        for values in (anatomy.hull_distance, anatomy.ventricle_distance)
    )
    return hull, ventricles
