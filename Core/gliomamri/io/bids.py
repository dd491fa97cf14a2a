"""Names that speak: BIDS subject folders and flat folders with BIDS-like file names.

``sub-01_ses-2_inv-3_IRT1.nii.gz`` has the entities sub, ses, inv and the suffix IRT1; the table in
:mod:`gliomamri.roles` says which role that is. A bare role name (``ceT1w.nii.gz``) is understood too.

Source: BIDS specification 1.10, file names, inheritance principle, qMRI file collections.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gliomamri.errors import UserError
from gliomamri.io.images import is_image_file, natural_order, stem
from gliomamri.io.sidecars import read_sidecar, sidecar_path
from gliomamri.roles import ROLES, Role

_WITHIN_SERIES = frozenset({"inv", "echo", "flip", "part"})
"""Entities that tell the images of one series apart."""

_ERROR = "standarderror"
"""Value of ``desc`` that turns a map into the map of its error."""

_SKIPPED_FOLDERS = frozenset({"derivatives", "sourcedata", "code"})


@dataclass(frozen=True)
class BidsName:
    """Entities and suffix of a file name; ``rest`` are parts that are neither."""

    entities: Mapping[str, str]
    suffix: str
    rest: tuple[str, ...] = ()


def parse_name(path: Path) -> BidsName:
    """Take a file name apart.

    Examples
    --------
    >>> parse_name(Path("sub-01_ce-gad_T1w.nii.gz"))
    BidsName(entities={'sub': '01', 'ce': 'gad'}, suffix='T1w', rest=())
    """
    *parts, suffix = (path.stem if path.suffix == ".json" else stem(path)).split("_")
    entities = dict(part.split("-", 1) for part in parts if re.fullmatch(r"[A-Za-z]+-[^_]+", part))
    return BidsName(entities, suffix, tuple(part for part in parts if part.partition("-")[0] not in entities))


def role_of(path: Path) -> str:
    """Give the role that a file name speaks of; empty when none. Slicer's ``.seg.nrrd`` is a segmentation."""
    if path.name.lower().endswith(".seg.nrrd"):
        return "segmentation"
    if stem(path) in ROLES:
        return stem(path)
    name = parse_name(path)
    if name.suffix in ROLES and not name.entities.get("ce") and name.entities.get("desc") != _ERROR:
        return name.suffix
    return next((role.name for role in ROLES.values() if _matches(role, name)), "")


def find_files(folder: Path, roles: Iterable[str], *, session: str = "") -> dict[str, tuple[Path, ...]]:
    """Find the image files of a folder and its subfolders by role.

    Parameters
    ----------
    folder : pathlib.Path
        A BIDS subject or session folder, a data set with one subject, or any folder with BIDS-like names.
    roles : iterable of str
        The roles that are looked for.
    session : str
        Label of the session to take (``2`` of ``ses-2``); needed when there are several.

    Returns
    -------
    dict of str to tuple of pathlib.Path
        One file per single image; the files of a series in natural order.

    Raises
    ------
    UserError
        If there are several subjects, sessions, or candidates of one role.
    """
    files = [path for path in image_files(folder) if role_of(path) in set(roles)]
    files = _one_subject(files)
    files = _one_session(files, session.removeprefix("ses-"))
    groups = defaultdict(list)
    for path in files:
        groups[role_of(path)].append(path)
    return {name: _choose(ROLES[name], groups[name]) for name in roles if name in groups}


def image_files(folder: Path) -> list[Path]:
    """List image files of a folder and its subfolders in natural order, without hidden and derived ones."""
    found = natural_order(path for path in folder.rglob("*") if is_image_file(path))
    return [
        path
        for path in found
        if not any(p in _SKIPPED_FOLDERS or p.startswith(".") for p in path.relative_to(folder).parts[:-1])
    ]


def sidecar_fields(image: Path, *, what: str = "image") -> dict[str, Any]:
    """Collect the json fields that hold for an image, the nearer file winning (inheritance principle).

    Raises
    ------
    UserError
        If one of the json files cannot be read.
    """
    name = parse_name(image)
    folders = [image.parent]
    while re.match(r"(sub|ses)-|(anat|dwi|fmap|perf)$", folders[0].name):
        folders.insert(0, folders[0].parent)
    fields: dict[str, Any] = {}
    for folder in folders:
        general = [path for path in folder.glob("*.json") if _holds_for(parse_name(path), name)]
        for path in sorted(general, key=lambda path: len(parse_name(path).entities)):
            fields |= read_sidecar(path, what=what)
    return fields | read_sidecar(sidecar_path(image), what=what)


def _matches(role: Role, name: BidsName) -> bool:
    spellings = (role.entities, *role.other_entities)
    if name.suffix != role.suffix or not any(
        entities.items() <= name.entities.items() for entities in spellings
    ):
        return False
    is_error = name.entities.get("desc") == _ERROR
    return ("ce" in role.entities or not name.entities.get("ce")) and is_error == (
        role.entities.get("desc") == _ERROR
    )


def _holds_for(general: BidsName, name: BidsName) -> bool:
    return (
        general.suffix == name.suffix
        and not general.rest
        and all(name.entities.get(key) == value for key, value in general.entities.items())
    )


def _one_subject(files: list[Path]) -> list[Path]:
    subjects = {parse_name(path).entities.get("sub", "") for path in files} - {""}
    if len(subjects) > 1:
        raise UserError(f"The folder holds {len(subjects)} subjects; choose the folder of one.")
    return files


def _one_session(files: list[Path], session: str) -> list[Path]:
    sessions = sorted({parse_name(path).entities.get("ses", "") for path in files} - {""})
    if session:
        chosen = [path for path in files if parse_name(path).entities.get("ses", "") == session]
        if not chosen:
            raise UserError(f"There is no session '{session}'; known are {', '.join(sessions) or 'none'}.")
        return chosen
    if len(sessions) > 1:
        raise UserError(
            f"The folder holds {len(sessions)} sessions ({', '.join(sessions)}); choose the folder of one "
            "session."
        )
    return files


def _choose(role: Role, files: list[Path]) -> tuple[Path, ...]:
    """Keep magnitude (or, without it, real) images and make sure that they belong together."""
    files = _one_part(files)
    if role.name == "segmentation":
        files = _plain_segmentation(files)
    groups = defaultdict(list)
    for path in files:
        name = parse_name(path)
        kept = {k: v for k, v in name.entities.items() if not (role.is_series and _tells_images_apart(k, v))}
        groups[tuple(sorted(kept.items())), name.rest if not role.is_series else ()].append(path)
    if len(groups) > 1 or (not role.is_series and len(files) > 1):
        count = len(groups) if role.is_series else len(files)
        kind = (
            f"{count} series of {role.title}"
            if role.is_series
            else f"{count} images that could be the {role.title}"
        )
        raise UserError(
            f"The folder holds {kind}; choose one by naming its {'files' if role.is_series else 'file'} "
            f"(--image {role.name}=FILE).",
            ", ".join(str(path) for path in files),
        )
    return tuple(files)


def _tells_images_apart(entity: str, value: str) -> bool:
    """Whether an entity numbers images within a series; diffusion images have no echo entity, but ``acq-TE93``."""
    return entity in _WITHIN_SERIES or (entity == "acq" and re.fullmatch(r"TE\d+", value) is not None)


def _plain_segmentation(files: list[Path]) -> list[Path]:
    """Of several segmentations, the one without ``seg`` or ``desc``, which mark variants (finer labels, tissue)."""
    plain = [path for path in files if not {"seg", "desc"} & set(parse_name(path).entities)]
    return plain if len(plain) == 1 else files


def _one_part(files: list[Path]) -> list[Path]:
    parts = {path: parse_name(path).entities.get("part", "mag") for path in files}
    for wanted in ("mag", "real"):
        chosen = [path for path in files if parts[path] == wanted]
        if chosen:
            return chosen
    return files
