"""From a draft to an anatomy: membranes, vessels, distances.

Tested by Testing/unit/phantom/anatomy/test_icbm.py and test_label_maps.py.
"""

from __future__ import annotations

from gliomamri.phantom.anatomy import vessels
from gliomamri.phantom.anatomy.anatomy import Anatomy
from gliomamri.phantom.anatomy.distances import COARSE_STEP, pial_depth, ventricle_distance
from gliomamri.phantom.anatomy.draft import Draft
from gliomamri.phantom.anatomy.membranes import add_dura, add_membranes
from gliomamri.phantom.tissues import Tissue


def finish(draft: Draft, *, plexus: bool = True) -> Anatomy:
    """Return the anatomy of ``draft``, whose tissue array is used up.

    Parameters
    ----------
    plexus
        False where the source has a choroid plexus.
    """
    add_dura(draft)
    add_membranes(draft)
    vessels.add_tubes(draft, vessels.ARTERIES, Tissue.ARTERY)
    vessels.add_tubes(draft, vessels.VEINS, Tissue.VEIN)
    vessels.add_small_vessels(draft)
    if plexus:
        vessels.add_tubes(draft, vessels.PLEXUS, Tissue.CHOROID_PLEXUS, (Tissue.VENTRICLE,))
    vessels.add_pituitary(draft)
    return Anatomy(
        name=draft.name,
        step=draft.step,
        tissue=draft.tissue,
        pial_depth=pial_depth(draft.tissue, draft.step),
        coarse_step=COARSE_STEP,
        hull_distance=draft.hull,
        ventricle_distance=ventricle_distance(draft.lateral, draft.source_step),
        has_head=draft.has_head,
    )
