"""Taking a model into the user's folder, and out of it.

A model lies in ``NAME-VERSION``. It is copied or unpacked to a folder that nobody lists, checked there as a whole
(checksums, then every network is built), and renamed: it is there whole or not at all. A newer version takes the place
of an older one once it is there.

Called by GliomaMRI Setup and ``gliomamri models``; tested by Testing/unit/modelstore/test_importing.py,
test_malicious_folders.py and test_malicious_archives.py.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.io.new_files import check_free_space, write_error
from gliomamri.modelstore.archive import unpack
from gliomamri.modelstore.catalog import Listed, list_models
from gliomamri.modelstore.files import chunks, list_package, open_file
from gliomamri.modelstore.folders import user_models_folder
from gliomamri.modelstore.names import is_model_name
from gliomamri.modelstore.package import ModelPackage, read_package
from gliomamri.modelstore.weights import Builder

_STAGED = ".gliomamri-"
_STALE_AFTER = 86400.0
"""Seconds after which a folder that an import left behind (power cut) is removed by the next."""


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    package : ModelPackage
        Where it lies now.
    sentence : str
        For the user: imported, replaced which version, or there already.
    """

    package: ModelPackage
    sentence: str


def import_model(path: Path, builder: Builder | None = None) -> Imported:
    """Take a model package, a folder or a zip file, into the user's folder.

    Parameters
    ----------
    path : Path
    builder : callable, optional
        As :meth:`gliomamri.modelstore.package.ModelPackage.build`.

    Raises
    ------
    UserError
        If the package is refused, an equal version with other content or a newer one is there, its name belongs to a
        model that comes with GliomaMRI, or the folder cannot be written; nothing is written then.
    """
    if path.is_dir():
        _check_wanted(read_package(path))  # most of what can be wrong is found before anything is copied
    with _staged() as folder:
        if path.is_dir():
            _copy(path, folder)
        else:
            unpack(path, folder)
        package = read_package(folder)
        present = _check_wanted(package)
        if present is not None and present.package and present.package.digest == package.digest:
            return Imported(present.package, f"The model '{package.metadata.title}' is there already.")
        package.verify()
        package.build(builder)
        made = _publish(package)
    _remove_others(made)
    return Imported(made, _told(made, present))


def remove_model(name: str) -> str:
    """Remove a model of the user, all its versions; return a sentence on what was done.

    Raises
    ------
    UserError
        If there is none of that name, it comes with GliomaMRI, or it cannot be removed.
    """
    entries = [entry for entry in list_models() if entry.name == name]
    own = [entry for entry in entries if not entry.shipped]
    if not own:
        if entries:
            raise UserError(f"The model '{name}' comes with GliomaMRI and cannot be removed.")
        raise UserError(f"There is no model '{name}'; 'gliomamri models list' names them.")
    folders = {entry.folder for entry in own} | set(_versions(name))
    for folder in sorted(folders):
        _remove(folder)
    return f"The model '{name}' was removed."


def _check_wanted(package: ModelPackage) -> Listed | None:
    """Compare with the model of that name that is there; give it."""
    new = package.metadata
    present = next((entry for entry in list_models() if entry.name == new.name), None)
    if present is None or present.package is None:
        return present
    old = present.package.metadata
    if present.shipped and present.package.digest != package.digest:
        raise UserError(
            f"A model called '{new.name}' comes with GliomaMRI; the package must have another name to be imported."
        )
    if present.package.digest == package.digest:
        return present
    if new.version_numbers < old.version_numbers:
        raise UserError(
            f"A newer version of the model '{new.title}' is there ({old.version}, this is {new.version}); remove it "
            "first if you want the older one."
        )
    if new.version_numbers == old.version_numbers:
        raise UserError(
            f"Another model '{new.name}' {new.version} is there; remove it first, or ask the maker of this one for a "
            "new version number."
        )
    return present


def _told(made: ModelPackage, before: Listed | None) -> str:
    new = made.metadata
    if before is not None and before.package is not None:
        return f"The model '{new.title}' {new.version} replaces version {before.package.metadata.version}."
    return f"The model '{new.title}' {new.version} was imported."


@contextlib.contextmanager
def _staged() -> Iterator[Path]:
    """Give an empty folder beside the user's models; it is gone afterwards, and so are folders made for it."""
    models = user_models_folder()
    made = [folder for folder in (models, *models.parents) if not folder.exists()]
    try:
        models.mkdir(parents=True, exist_ok=True)
        _remove_stale(models)
        folder = Path(tempfile.mkdtemp(prefix=_STAGED, dir=models))
    except OSError as error:
        raise write_error(error, models) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for empty in made:
            with contextlib.suppress(OSError):
                empty.rmdir()  # does nothing to a folder that holds a model now


def _copy(source: Path, folder: Path) -> None:
    """Copy the files of a package; what is copied is checked afterwards."""
    sizes = list_package(source)
    check_free_space(folder.parent, sum(sizes.values()))
    for name, size in sizes.items():
        with open_file(source, name, size) as file:
            pieces = chunks(file, size)
            try:
                with (folder / name).open("xb") as target:
                    for piece in pieces:
                        target.write(piece)
            except OSError as error:
                raise write_error(error, folder.parent) from error


def _publish(package: ModelPackage) -> ModelPackage:
    target = user_models_folder() / f"{package.metadata.name}-{package.metadata.version}"
    try:
        if target.exists():  # unusable, or _check_wanted would have told
            _remove(target)
        package.folder.chmod(0o755)
        package.folder.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            raise UserError("The same model is being imported elsewhere; wait until that is done.") from error
        raise write_error(error, target.parent) from error
    return ModelPackage(target, package.metadata, package.manifest)


def _remove_others(made: ModelPackage) -> None:
    """Remove the versions that the new one replaces; one in use on Windows stays, and is not listed."""
    for folder in _versions(made.metadata.name):
        if folder != made.folder:
            with contextlib.suppress(UserError):
                _remove(folder)


def _versions(name: str) -> list[Path]:
    """Return the folders of all versions of a model."""
    if not is_model_name(name):
        return []
    found = []
    for folder in user_models_folder().glob(f"{name}-*"):
        with contextlib.suppress(UserError):
            if read_package(folder).metadata.name == name:
                found.append(folder)
    return found


def _remove(folder: Path) -> None:
    """Take a model's folder away in one step, then remove its files."""
    try:
        aside = Path(tempfile.mkdtemp(prefix=_STAGED, dir=folder.parent))
        try:
            folder.rename(aside / folder.name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise write_error(error, folder.parent) from error


def _remove_stale(models: Path) -> None:
    for folder in models.glob(f"{_STAGED}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _STALE_AFTER:
                shutil.rmtree(folder, ignore_errors=True)
