"""A small asymmetric head for tests: a ball of white matter with cortex, CSF and an off-center ventricle."""

from dataclasses import replace

import numpy as np

from gliomamri.phantom.anatomy import Anatomy
from gliomamri.phantom.deformation import Deformation, lattice_grid
from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.head import Contents, FluidValues, Head, Variation
from gliomamri.phantom.mixing import amount_table
from gliomamri.phantom.tissues import Tissue

RADII = {Tissue.CSF: 40.0, Tissue.CORTEX: 36.0, Tissue.WHITE_MATTER: 32.0}
VENTRICLE_CENTER = (4.0, -6.0, 12.0)
PD = {Tissue.CSF: 1.0, Tissue.VENTRICLE: 1.0, Tissue.CORTEX: 0.8, Tissue.WHITE_MATTER: 0.7, Tissue.VEIN: 0.9}
R1 = {Tissue.CORTEX: 0.7, Tissue.WHITE_MATTER: 1.2, Tissue.VEIN: 0.6}
CSF = FluidValues(PD=1.0, R1=0.25, R2=0.6)
CYST = FluidValues(PD=0.95, R1=0.4, R2=1.5)
NAMES = ("R1", "R2", "R2_prime", "tissue_agent", "blood_agent")


def toy_anatomy(step=1.0):
    count = 2 * int(50 / step) + 1
    axis = (np.arange(count) - (count - 1) / 2) * step
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.sqrt(z**2 + y**2 + x**2)
    tissue = np.full(radius.shape, Tissue.AIR, np.uint8)
    for name, limit in RADII.items():
        tissue[radius < limit] = name
    to_ventricle = np.sqrt(sum((a - c) ** 2 for a, c in zip((z, y, x), VENTRICLE_CENTER, strict=True)))
    tissue[to_ventricle < 6] = Tissue.VENTRICLE
    depth = np.where(tissue == Tissue.CORTEX, np.clip((36 - radius) * 10, 1, 255), 0).astype(np.uint8)
    return Anatomy(
        "toy",
        step,
        tissue,
        depth,
        step,
        (radius - 40).astype(np.float32),
        np.maximum(to_ventricle - 6, 0).astype(np.float32),
        has_head=False,
    )


def constant_field(value):
    grid = lattice_grid(20.0)
    return LatticeField.through(np.full(grid.shape, value, np.float32), grid)


def rigid(shift=(0.0, 0.0, 0.0)):
    return Deformation(np.eye(3), tuple(constant_field(s) for s in shift))


def no_variation(**changes):
    still = Variation(
        fine=constant_field(0.0),
        regional=constant_field(0.0),
        pial=constant_field(0.0),
        vessels=(constant_field(9.0), constant_field(9.0)),
        heterogeneity=constant_field(0.0),
        unevenness=constant_field(0.0),
        pial_strength=0.0,
    )
    return replace(still, **changes)


def some_variation(seed=3):
    g = np.random.default_rng(seed)
    return Variation(
        random_field(g, 2.5),
        random_field(g, 40.0),
        random_field(g, 30.0),
        (random_field(g, 20.0), random_field(g, 20.0)),
        random_field(g, 12.0),
        random_field(g, 6.0),
    )


def toy_contents(parts=None):
    column = lambda values: np.array([values.get(t, 0.5) for t in Tissue], np.float32)  # noqa: E731
    rows = [column(R1), column({}) * 20, column({}) * 8, column({}) * 0, column({}) * 0]
    return Contents(amount_table(column(PD), rows), NAMES, parts or {}, CSF, CYST)


def toy_head(deformation=None, variation=None, lesions=(), parts=None, step=1.0):
    head = toy_head_of(toy_anatomy(step), variation or no_variation(), deformation)
    return replace(head, lesions=tuple(lesions), contents=toy_contents(parts))


def toy_head_of(anatomy, variation, deformation=None):
    head = Head.of(anatomy, deformation or rigid(), variation)
    return replace(head, contents=toy_contents())
