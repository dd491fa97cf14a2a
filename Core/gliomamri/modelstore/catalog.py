"""The models there are, and those that fit a task and a patient's images.

A model folder that cannot be used does not hide the others: it is listed with its problem. Called by model selectors,
by tasks and by ``gliomamri models``; tested by Testing/unit/modelstore/test_catalog.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.modelstore.folders import shipped_models_folder, user_models_folder
from gliomamri.modelstore.package import ModelPackage, read_package


@dataclass(frozen=True)
class Listed:
    """One entry of the list of models.

    Attributes
    ----------
    folder : Path
    shipped : bool
        True when it comes with GliomaMRI.
    package : ModelPackage or None
        None when it cannot be used.
    problem : str
        Why not, in one sentence.
    """

    folder: Path
    shipped: bool
    package: ModelPackage | None
    problem: str = ""

    @property
    def name(self) -> str:
        """Name of the model; of the folder where the model cannot be used."""
        return self.package.metadata.name if self.package else self.folder.name


def list_models() -> list[Listed]:
    """List all models, those that come with GliomaMRI first, each by name; of several versions the newest.

    Weights are not read: their checksums are compared when the model is built.
    """
    shipped = [_listed(folder, shipped=True) for folder in _subfolders(shipped_models_folder())]
    own = _newest(_listed(folder, shipped=False) for folder in _subfolders(user_models_folder()))
    taken = {entry.name for entry in shipped}
    reserved = (
        "A model that comes with GliomaMRI has its name by now; remove it, or import it under another name."
    )
    own = [Listed(one.folder, False, None, reserved) if one.name in taken else one for one in own]
    return sorted(shipped, key=lambda one: one.name) + own


def find_models(task: str, roles: Iterable[str]) -> list[ModelPackage]:
    """Return the models for a task that a patient's images are enough for, the one that uses most of them first.

    Parameters
    ----------
    task : str
        Key of :data:`gliomamri.modelstore.metadata.TASKS`.
    roles : iterable of str
        Roles that the patient has; :attr:`gliomamri.study.Study.roles`.
    """
    given = frozenset(roles)
    fitting = [one for one in models_of(task) if one.metadata.suffices(given)]
    return sorted(fitting, key=lambda one: -len(given & set(one.metadata.roles)))


def models_of(task: str) -> list[ModelPackage]:
    """Return all models for a task that can be used, whatever images they need."""
    usable = (entry.package for entry in list_models() if entry.package is not None)
    return [package for package in usable if package.metadata.task == task]


def find_model(name: str) -> ModelPackage:
    """Look a model up by name.

    Raises
    ------
    UserError
        If there is none of that name, or it cannot be used.
    """
    entries = {entry.name: entry for entry in list_models()}
    if name not in entries:
        close = difflib.get_close_matches(name, entries, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(entries) or 'none'}."
        raise UserError(f"There is no model '{name}'; {hint}")
    if entries[name].package is None:
        raise UserError(f"The model '{name}' cannot be used. {entries[name].problem}")
    return entries[name].package


def _listed(folder: Path, *, shipped: bool) -> Listed:
    try:
        return Listed(folder, shipped, read_package(folder))
    except UserError as error:
        return Listed(folder, shipped, None, error.sentence)


def _newest(entries: Iterable[Listed]) -> list[Listed]:
    """Keep the newest version of each model; an import that was cut short can leave two."""
    best: dict[str, Listed] = {}
    for entry in entries:
        known = best.get(entry.name)
        if known is None or _version(entry) > _version(known):
            best[entry.name] = entry
    return [best[name] for name in sorted(best)]


def _version(entry: Listed) -> tuple[int, ...]:
    return entry.package.metadata.version_numbers if entry.package else ()


def _subfolders(folder: Path) -> list[Path]:
    """Return the model folders in a folder; the ones with a dot are being imported or removed."""
    try:
        found = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))]
    except OSError:
        return []
    return sorted(found)
