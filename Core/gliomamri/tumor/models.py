"""Which model package a task uses: the one the user named, a folder, or the best that the images allow.

Called by the tasks ``segment`` and ``detect``; tested by Testing/unit/tumor/test_models.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.modelstore.catalog import find_model, find_models, models_of
from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.package import ModelPackage, read_package

AUTOMATIC = "automatic"
SEGMENTATION, DETECTION = "tumor.segmentation", "tumor.detection"
_WORDS = {SEGMENTATION: "segmentation", DETECTION: "detection"}


def choose_model(task: str, roles: Iterable[str], name: str = AUTOMATIC, folder: str = "") -> ModelPackage:
    """Return the model package for a task.

    Parameters
    ----------
    task : str
        ``tumor.segmentation`` or ``tumor.detection``.
    roles : iterable of str
        Roles that the patient has.
    name : str, optional
        Of a package; ``automatic`` takes the one that uses most of the roles, of equals the first of the list, in
        which the models that come with GliomaMRI stand first.
    folder : str, optional
        Of a package that is not installed; it wins over the name.

    Raises
    ------
    UserError
        If there is no such model, it is for another task, or images are missing.
    """
    given = frozenset(roles)
    if folder:
        package = read_package(Path(folder).expanduser())
    elif name != AUTOMATIC:
        package = find_model(name)
    else:
        return _best(task, given)
    known = package.metadata
    if known.task != task:
        raise UserError(
            f"The model '{known.title}' is for {_WORDS[known.task]}; choose one for {_WORDS[task]}."
        )
    lacking = known.missing(given)
    if lacking:
        raise UserError(lacking)
    return package


def _best(task: str, given: frozenset[str]) -> ModelPackage:
    fitting = find_models(task, given)
    if fitting:
        return fitting[0]
    there = [package.metadata for package in models_of(task)]
    if not there:
        raise UserError(
            f"There is no model for {_WORDS[task]}; import one in the module GliomaMRI Setup or with "
            "'gliomamri models import'."
        )
    nearest = min(there, key=lambda known: _lacking(known, given))
    raise UserError(f"No model for {_WORDS[task]} fits these images. {nearest.missing(given)}")


def _lacking(known: ModelMetadata, given: frozenset[str]) -> int:
    return min(len(set(group) - given) for group in known.sufficient or (known.required,))
