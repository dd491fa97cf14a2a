"""``metadata.json``: MONAI's bundle metadata, with a block ``gliomamri`` for what MONAI has no words for.

Source: MONAI Bundle Specification, "metadata.json File" (keys of schema 20240725: version, monai_version,
pytorch_version, numpy_version, required_packages_version, task, description, authors, copyright,
network_data_format). MONAI's ``task`` is plain language; ours, which selectors filter by, is in the block.

Read by :mod:`gliomamri.modelstore.package`, written by :mod:`gliomamri.modelstore.write`; tested by
Testing/unit/modelstore/test_metadata.py.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gliomamri.errors import UserError
from gliomamri.modelstore.names import METADATA, is_model_name
from gliomamri.modelstore.parts import (
    Grid,
    Inference,
    InputChannel,
    Label,
    Network,
    Score,
    Training,
    ValidInputs,
)
from gliomamri.modelstore.records import FieldError, demand, from_plain, inside, to_plain
from gliomamri.modelstore.strict_json import parse_json
from gliomamri.roles import ROLES

FORMAT = 1
BLOCK = "gliomamri"
SCHEMA = (
    "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
)
TASKS = {
    "tumor.segmentation": "Segmentation of brain tumors in MRI",
    "tumor.detection": "Detection of brain tumors in slices of MRI",
}
"""Tasks a model can be for, and MONAI's plain-language words for each."""

NOTICE_SIMULATED = "Trained on simulated brains, for research, not for diagnosis."
NOTICE_MIXED = "Trained on simulated and real brains, for research, not for diagnosis."
NOTICE = "For research, not for diagnosis."

_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")
_TOP = ("version", "changelog", "description", "authors", "copyright", "intended_use", "references")
_PACKAGES = {"monai": "monai_version", "torch": "pytorch_version", "numpy": "numpy_version"}


def installed_software() -> dict[str, str]:
    """Return the versions of the packages that a model depends on, "0" where one is not installed."""
    found = {}
    for name in (*_PACKAGES, "safetensors"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "0"
    return found


@dataclass(frozen=True)
class ModelMetadata:
    """All that is known of a model.

    Attributes
    ----------
    name, version : str
        Lower-case words joined by hyphens; ``MAJOR.MINOR.PATCH``.
    title, task, description : str
        Words for a list; a key of :data:`TASKS`; a paragraph.
    authors, copyright, license : str
        Of the weights.
    intended_use : str
    limits : tuple of str
        What it cannot do, a sentence each; at least one.
    inputs : tuple of InputChannel
        In the network's order.
    brain_only : bool
        True when the images are 0 outside the brain mask before they are normalized.
    grid, inference, network, training, valid
        See each class of :mod:`gliomamri.modelstore.parts`.
    labels : tuple of Label
    scores : tuple of Score
        Measured; may be empty, and the card says so.
    sufficient : tuple of tuples of str
        Sets of roles, each enough to run the model; all inputs that are not optional when empty.
    references : tuple of str
    changelog : mapping of str to str
        Per version what changed.
    software : mapping of str to str
        Versions it was made with, by package name.

    Raises
    ------
    FieldError
        Names the field and what was expected.
    """

    name: str
    version: str
    title: str
    task: str
    description: str
    authors: str
    copyright: str
    license: str
    intended_use: str
    limits: tuple[str, ...]
    inputs: tuple[InputChannel, ...]
    brain_only: bool
    grid: Grid
    labels: tuple[Label, ...]
    inference: Inference
    network: Network
    training: Training
    valid: ValidInputs = ValidInputs()  # noqa: RUF009  (frozen)
    scores: tuple[Score, ...] = ()
    sufficient: tuple[tuple[str, ...], ...] = ()
    references: tuple[str, ...] = ()
    changelog: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=installed_software)

    def __post_init__(self) -> None:
        demand(
            is_model_name(self.name),
            "name",
            self.name,
            "lower-case words joined by hyphens, 64 letters at most",
        )
        demand(
            bool(_VERSION.fullmatch(self.version)),
            "version",
            self.version,
            "MAJOR.MINOR.PATCH, such as 1.0.0",
        )
        demand(self.task in TASKS, "task", self.task, f"one of {', '.join(TASKS)}")
        for name in ("title", "description", "authors", "copyright", "license", "intended_use"):
            demand(bool(getattr(self, name).strip()), name, getattr(self, name), "a text")
        demand(len(self.title) <= 100, "title", self.title, "at most 100 characters")
        limits = any(text.strip() for text in self.limits)
        demand(limits, "limits", self.limits, "at least one sentence on what the model cannot do")
        self._check_inputs()
        self._check_labels()
        self._check_network()

    def _check_inputs(self) -> None:
        roles = [channel.role for channel in self.inputs]
        demand(1 <= len(roles) <= 32, "inputs", roles, "1 to 32 channels")
        demand(len(set(roles)) == len(roles), "inputs", roles, "each role once")
        demand(
            bool(self.required or self.sufficient),
            "sufficient",
            self.sufficient,
            "sets of roles that are enough",
        )
        for place, group in enumerate(self.sufficient):
            with inside("sufficient"):
                known = bool(group) and set(group) <= set(roles)
                demand(known, f"[{place}]", group, f"roles of the inputs ({', '.join(roles)})")
                whole = set(self.required) <= set(group)
                demand(whole, f"[{place}]", group, f"all required roles ({', '.join(self.required)})")

    def _check_labels(self) -> None:
        values = [label.value for label in self.labels]
        demand(len(set(values)) == len(values), "labels", values, "each value once")
        demand(
            len(values) >= 2 and 0 in values, "labels", values, "0 for the background and at least one other"
        )
        used = {value for channel in self.inference.channels for value in channel}
        with inside("inference"):
            demand(
                used <= set(values), "channels", self.inference.channels, f"values of the labels ({values})"
            )
        missing = sorted(set(values) - used - {0})
        demand(not missing, "labels", missing, "labels that an output channel gives")

    def _check_network(self) -> None:
        counts = {
            "in_channels": len(self.inputs) * self.grid.slices,
            "out_channels": len(self.inference.channels),
        }
        for name, count in counts.items():
            given = self.network.arguments.get(name, count)
            with inside("network.arguments"):
                demand(given == count, name, given, f"{count}, as the metadata list")

    @property
    def required(self) -> tuple[str, ...]:
        """Roles that can never be missing."""
        return tuple(channel.role for channel in self.inputs if not channel.optional)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of all channels, in order."""
        return tuple(channel.role for channel in self.inputs)

    @property
    def version_numbers(self) -> tuple[int, ...]:
        """Version as numbers, to compare."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def notice(self) -> str:
        """Sentence that goes with every number of the model."""
        simulated = {source.simulated for source in self.training.data}
        if simulated == {True, False}:
            return NOTICE_MIXED
        return NOTICE_SIMULATED if simulated == {True} else NOTICE

    def suffices(self, roles: frozenset[str] | set[str]) -> bool:
        """Tell whether a patient with images of these roles has enough for the model."""
        return any(set(group) <= set(roles) for group in self.sufficient or (self.required,))

    def missing(self, roles: frozenset[str] | set[str]) -> str:
        """Say in one sentence which images are missing; empty when there are enough."""
        if self.suffices(roles):
            return ""
        lacking = min(
            (set(group) - set(roles) for group in self.sufficient or (self.required,)),
            key=lambda names: (len(names), sorted(names)),
        )
        titles = ", ".join(ROLES[role].title for role in self.roles if role in lacking)
        return f"The model '{self.title}' needs {titles} too; select what is missing or another model."

    def to_monai(self) -> dict[str, Any]:
        """Return what ``metadata.json`` holds."""
        plain = to_plain(self)
        software = plain.pop("software")
        top = {name: plain.pop(name) for name in _TOP}
        versions = {key: software.get(name, "0") for name, key in _PACKAGES.items()}
        others = {name: software[name] for name in sorted(software) if name not in _PACKAGES}
        return {
            "schema": SCHEMA,
            **top,
            **versions,
            "required_packages_version": others,
            "name": self.title,
            "task": TASKS[self.task],
            "data_source": "; ".join(f"{s.name} ({s.license})" for s in self.training.data),
            "network_data_format": self._data_format(),
            BLOCK: {"format": FORMAT, **plain},
        }

    def to_bytes(self) -> bytes:
        """Return ``metadata.json`` as it is written: the same bytes for the same metadata."""
        return (json.dumps(self.to_monai(), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(
            "utf-8"
        )

    def _data_format(self) -> dict[str, Any]:
        """Describe the tensors that go in and come out, in MONAI's words."""
        slices, multiple = self.grid.slices, self.grid.multiple
        inputs = {
            str(place * slices + part): channel.role
            for place, channel in enumerate(self.inputs)
            for part in range(slices)
        }
        names = {label.value: label.name for label in self.labels}
        outputs = {
            str(place): ", ".join(names[value] for value in channel)
            for place, channel in enumerate(self.inference.channels)
        }
        shape = [f"{multiple}*{axis}" for axis in "nml"[: len(self.grid.window)]]
        common = {"spatial_shape": shape, "dtype": "float32", "is_patch_data": True, "value_range": []}
        image = {
            "type": "image",
            "format": "magnitude",
            "modality": "MR",
            "num_channels": len(inputs),
            **common,
        }
        pred = {"type": "image", "format": "segmentation", "num_channels": len(outputs), **common}
        if self.task == "tumor.detection":
            pred |= {"type": "probabilities", "format": "classes", "spatial_shape": []}
        return {
            "inputs": {"image": {**image, "channel_def": inputs}},
            "outputs": {"pred": {**pred, "channel_def": outputs}},
        }


def read_metadata(data: bytes) -> ModelMetadata:
    """Parse ``metadata.json``.

    Raises
    ------
    UserError
        If it is no safe JSON, or of a newer format.
    FieldError
        If a field is missing, unknown or wrong.
    """
    found = parse_json(data, METADATA)
    block = found.get(BLOCK)
    if not isinstance(block, Mapping):
        raise FieldError(
            BLOCK, "is missing; a MONAI bundle without it is made a model package by 'models convert'"
        )
    if isinstance(block.get("format"), int) and block["format"] > FORMAT:
        raise UserError("The model was made for a newer version of GliomaMRI; update GliomaMRI to use it.")
    demand(block.get("format") == FORMAT, f"{BLOCK}.format", block.get("format"), str(FORMAT))
    names = {f.name for f in fields(ModelMetadata)}
    for name in ("task", "network_data_format", "required_packages_version", *_PACKAGES.values(), *_TOP):
        if name not in found:
            raise FieldError(name, "is missing; MONAI's bundle specification wants it")
    software = {name: found[key] for name, key in _PACKAGES.items()}
    others = found["required_packages_version"]
    demand(isinstance(others, Mapping), "required_packages_version", others, "an object")
    own = {name: value for name, value in block.items() if name != "format"}
    for name in own:
        if name in (*_TOP, "software"):
            raise FieldError(f"{BLOCK}.{name}", "is unknown; it belongs to the top level")
    try:
        made = from_plain(
            ModelMetadata, {**own, **{name: found[name] for name in _TOP}, "software": {**software, **others}}
        )
    except FieldError as error:
        start = re.split(r"[.\[]", error.field)[0]
        where = BLOCK if start not in (*_TOP, "software") or start not in names else ""
        raise FieldError(f"{where}.{error.field}".lstrip("."), error.problem) from error
    _check_data_format(found["network_data_format"], made)
    return made


def _check_data_format(given: Any, made: ModelMetadata) -> None:
    """MONAI's description of the tensors must not contradict the block that we go by."""
    expected = made.to_monai()["network_data_format"]
    for group, name in (("inputs", "image"), ("outputs", "pred")):
        count = expected[group][name]["num_channels"]
        try:
            found = given[group][name]["num_channels"]
        except (KeyError, TypeError, IndexError):
            found = None
        demand(found == count, f"network_data_format.{group}.{name}.num_channels", found, str(count))
