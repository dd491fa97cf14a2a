"""The root of a data set of simulated patients: descriptions, table of participants, recipe.

::

    dataset_description.json  README  participants.tsv  participants.json  .bidsignore
    code/simulation.json      the recipe: settings, seeds, kinds
    derivatives/truth/dataset_description.json

Source: BIDS specification 1.10, dataset description and participants file.

Tested by Testing/unit/phantom/output/test_dataset.py.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gliomamri
from gliomamri.errors import UserError
from gliomamri.io.new_files import write_error, write_json, write_text
from gliomamri.io.publish import check_output_folder
from gliomamri.phantom.output.bids_files import to_tsv
from gliomamri.phantom.output.lesion_table import Columns
from gliomamri.phantom.output.patient_folder import TRUTH, read_provenance, remove_partial_patients
from gliomamri.phantom.output.products import HONESTY, TUMOR_LABELS

BIDS_VERSION = "1.10.0"
RECIPE = "code/simulation.json"

_IGNORED = "**/*_MAGIC.*\n**/*_ADC.*\n"
_README = f"""Simulated patients
==================

Every patient here is simulated, for research and tests; none is a real patient.
Scores on these images prove software, not clinical performance.

Made by GliomaMRI {gliomamri.__version__}.

- participants.tsv: one row per patient: kind, field strength, tumor volumes in ml, seed; columns in participants.json
- sub-*/: what a scanner would have given; times in seconds
- derivatives/truth/sub-*/anat/: what is true of the patient
  - *_dseg.nii.gz: tumor; *_seg-parts_dseg.nii.gz: parts of all lesions; names in the .tsv beside them
  - *_lesions.tsv: one row per lesion: kind, center, axes, volumes; columns in *_lesions.json
  - *_T1map, *_T2map, *_PDmap, *_concentration ...: true maps, units in the .json beside them
  - *_transforms.json: motion of each series
  - *_simulation.json: seed, settings, and every number that was drawn
- code/simulation.json: the recipe; the same recipe and version give the same files

MAGIC and ADC images have no BIDS suffix for raw data and are listed in .bidsignore.
"""


def start_dataset(folder: Path, recipe: Mapping[str, Any], *, resume: bool) -> bool:
    """Make the root of a data set, or make sure that the one that is there has the same recipe.

    Parameters
    ----------
    folder : pathlib.Path
        Absent or empty; with ``resume`` also a data set that was begun with the same recipe.
    recipe : mapping
        JSON values: what the patients are made from.
    resume : bool
        True to keep the patients that are there.

    Returns
    -------
    bool
        True when the data set is new.

    Raises
    ------
    UserError
        If the folder holds something else or cannot be written.
    """
    if resume and (folder / RECIPE).is_file():
        _check_recipe(folder, recipe)
        remove_partial_patients(folder)
        return False
    check_output_folder(folder)
    generator = {"Name": "GliomaMRI", "Version": gliomamri.__version__, "Description": HONESTY}
    about = {"BIDSVersion": BIDS_VERSION, "GeneratedBy": [generator]}
    try:
        for name in ("code", TRUTH):
            (folder / name).mkdir(parents=True)
    except OSError as error:
        raise write_error(error, folder) from error
    write_text(_README, folder / "README")
    write_text(_IGNORED, folder / ".bidsignore")
    raw = {"Name": "Simulated patients with known truth", "DatasetType": "raw"} | about
    truth = {"Name": "Truth of simulated patients", "DatasetType": "derivative"} | about
    write_json(raw, folder / "dataset_description.json")
    write_json(truth, folder / TRUTH / "dataset_description.json")
    write_json(_about_columns(), folder / "participants.json")
    write_json(dict(recipe), folder / RECIPE)
    return True


def clear_dataset(folder: Path, *, existed: bool) -> None:
    """Remove the root of a data set that got no patient; a folder that ``existed`` stays."""
    for name in ("code", "derivatives"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (
        "README",
        ".bidsignore",
        "dataset_description.json",
        "participants.json",
        "participants.tsv",
    ):
        (folder / name).unlink(missing_ok=True)
    if not existed:
        with contextlib.suppress(OSError):  # somebody has put something there meanwhile
            folder.rmdir()


def participant(dataset: Path, subject: str) -> dict[str, Any]:
    """Row of a whole patient in the table of participants; empty where there is none."""
    made = read_provenance(dataset, subject)
    if not made:
        return {}
    settings, volumes = made["Settings"], made["Volumes"]
    return {
        "participant_id": subject,
        "kind": settings["kind"],
        "preset": settings["preset"],
        "field_strength": made["FieldStrength"],
        **{_column(name): volumes[name] for name in TUMOR_LABELS.values()},
        "missing": ",".join(made["Drawn"].get("missing", ())) or None,
        "seed": made["Seed"],
    }


def write_participants(dataset: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the table of participants, in the order of their names.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    ordered = [rows[subject] for subject in sorted(rows, key=lambda name: (len(name), name))]
    columns: Columns = {
        name: [row[name] for row in ordered] for name in ("participant_id", *_about_columns())
    }
    write_text(to_tsv(columns), dataset / "participants.tsv")


def _check_recipe(folder: Path, recipe: Mapping[str, Any]) -> None:
    try:
        found = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"The folder '{folder}' holds no readable recipe, so it cannot be resumed; choose a new one.",
            str(error),
        ) from error
    wanted = json.loads(json.dumps(recipe))
    different = _different(found, wanted)
    if different:
        raise UserError(
            f"The folder '{folder}' was begun with another recipe ({', '.join(different)} differ); "
            "give the same options as then, or a new folder.",
            f"found {found}, wanted {wanted}",
        )


def _different(found: Any, wanted: Any) -> list[str]:
    """Names of the values that differ, of settings their own."""
    if not isinstance(found, dict):
        return ["everything"]
    plain = {key for key in {*found, *wanted} if key != "settings" and found.get(key) != wanted.get(key)}
    settings = [recipe.get("settings") or {} for recipe in (found, wanted)]
    nested = {key for key in {*settings[0], *settings[1]} if settings[0].get(key) != settings[1].get(key)}
    return sorted(plain | nested)


def _about_columns() -> dict[str, dict[str, str]]:
    volumes = {
        _column(name): {"Description": f"True volume of the {name}", "Units": "ml"}
        for name in TUMOR_LABELS.values()
    }
    return {
        "kind": {"Description": "Kind of patient that was asked for"},
        "preset": {"Description": "Preset of the generator"},
        "field_strength": {"Description": "Field strength", "Units": "T"},
        **volumes,
        "missing": {"Description": "Images that were asked for and left out, by the setting missing_series"},
        "seed": {"Description": "Seed of this patient, for 'gliomamri simulate --seed'"},
    }


def _column(name: str) -> str:
    return f"volume_{name.replace(' ', '_').replace('-', '_')}"
