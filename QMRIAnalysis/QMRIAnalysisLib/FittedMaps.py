"""Which of the chosen maps and raw series an analysis takes, where both tell of the same; no widget in here.

A map that was fitted in the panel counts as long as its images, their times and the settings of the fit are as they
were; then it saves a second fit. Otherwise the images are fitted anew. Maps from elsewhere (SyMRI ...) go before raw
images.
"""

import json

from gliomamri.errors import UserError
from gliomamri_slicer.roles import ROLE_ATTRIBUTE

FITS = {
    "IRT1": ("T1map",),
    "MESE": ("T2map",),
    "VFA": ("T1map",),
    "MAGIC": ("T1map", "T2map", "PDmap"),
    "ceMAGIC": ("ceT1map", "ceT2map", "cePDmap"),
}
"""Maps that come of each series."""

_BY_THE_WAY = ("PDmap", "cePDmap")
"""Maps that need not be chosen for a series to be spared its fit."""

_ATTRIBUTE = "GliomaMRI.fittedFrom"


def recipesOf(choices, settings):
    """Images, times and settings that each map is about to be fitted from, by the map's role."""
    return {
        role: _recipe(selection, settings)
        for series, selection in choices.chosenSeries().items()
        for role in FITS.get(series, ())
    }


def markFitted(recipes, imported):
    """Note on every fitted map what it was fitted from.

    :param recipes: what :func:`recipesOf` gave when the fit was started
    :param imported: :class:`gliomamri_slicer.results.ImportedResult`
    """
    for node in imported.nodes.values():
        recipe = recipes.get(node.GetAttribute(ROLE_ATTRIBUTE))
        if recipe is not None:
            node.SetAttribute(_ATTRIBUTE, recipe)


def superseded(choices, settings):
    """
    Give the roles that must not be handed to an analysis, because another chosen input tells the same.

    :param settings: settings of the fit that the analysis would make
    :return: set of roles, of series and of maps
    """
    images, left = choices.images(), set()
    for series, selection in choices.chosenSeries().items():
        maps = [role for role in FITS.get(series, ()) if role in images]
        recipe = _recipe(selection, settings)
        stale = {role for role in maps if images[role].GetAttribute(_ATTRIBUTE) not in (None, recipe)}
        valid = set(maps) - stale
        if valid and set(FITS[series]) - valid <= set(_BY_THE_WAY):
            left.add(series)
        else:
            left.update(maps)
    return left


def _recipe(selection, settings):
    """Images, times and settings of a fit in one text; images that cannot be read have none."""
    try:
        found = selection.frames()
    except UserError:  # told where the images are chosen
        return ""
    frames = [
        [frame.owner.GetID(), frame.name, {name: each.value for name, each in frame.parameters.items()}]
        for frame in found
    ]
    return json.dumps([frames, settings.to_dict()], sort_keys=True)
