"""What is to be known of a model besides its name: inputs, grid, labels, network, training, scores.

Each part checks itself and names the field that is wrong (:class:`gliomamri.modelstore.records.FieldError`). Put
together by :class:`gliomamri.modelstore.metadata.ModelMetadata`; tested by Testing/unit/modelstore/test_metadata.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gliomamri.imaging.channels import NORMALIZATION
from gliomamri.imaging.normalization import METHODS
from gliomamri.modelstore.names import WEIGHTS, name_problem
from gliomamri.modelstore.records import demand, inside, wrong
from gliomamri.roles import ROLES

INPUT_ROLES = tuple(name for name, role in ROLES.items() if not role.is_series and name != "segmentation")
PLANES = ("volume", "acquired", "axial", "coronal", "sagittal")
ACTIVATIONS = ("softmax", "sigmoid", "none")
SCORE_KINDS = ("simulated", "shifted", "real")

_ARGUMENT_NAME = re.compile(r"[a-z][a-zA-Z0-9_]{0,39}")
_WORD = re.compile(r"[A-Za-z0-9_ .-]{0,64}")


@dataclass(frozen=True)
class InputChannel:
    """One channel of the network; channels are in the order of the list.

    Attributes
    ----------
    role : str
        Role of :data:`gliomamri.roles.ROLES` that fills it.
    normalization : str
        Method of :func:`gliomamri.imaging.normalization.normalize`, or ``by role``:
        :func:`gliomamri.imaging.channels.channel`.
    optional : bool
        True when the network was trained with this channel missing at times.
    missing_value : float
        After normalization, everywhere in a channel that is missing.
    valid_range : (low, high), optional
        Of the voxel values the model knows, before normalization, in the unit of the role.
    """

    role: str
    normalization: str
    optional: bool = False
    missing_value: float = 0.0
    valid_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        demand(self.role in INPUT_ROLES, "role", self.role, f"one of {', '.join(INPUT_ROLES)}")
        known = (*METHODS, NORMALIZATION)
        methods = f"one of {', '.join(known)}"
        demand(self.normalization in known, "normalization", self.normalization, methods)
        if self.valid_range is not None:
            _demand_ascending("valid_range", self.valid_range)


@dataclass(frozen=True)
class Grid:
    """The grid that images are put on before the network sees them.

    Attributes
    ----------
    plane : str
        ``volume`` for a 3-D network; for one that sees slices their plane, ``acquired`` for the stack's own.
    voxel_size : (x, y, z)
        In mm, None where it stays as acquired; of slices (along rows, along columns, between slices).
    window : tuple of int
        Voxels seen at once, (x, y, z) of a volume, (along rows, along columns) of a slice.
    multiple : int
        Sizes the network takes are multiples of it.
    slices : int
        Neighboring slices per input, odd; 1 for a volume and for plain slices.
    orientation : str
        Where the axes x, y, z of a volume point to, such as ``LPS``.
    """

    plane: str
    voxel_size: tuple[float | None, float | None, float | None]
    window: tuple[int, ...]
    multiple: int = 1
    slices: int = 1
    orientation: str = "LPS"

    def __post_init__(self) -> None:
        demand(self.plane in PLANES, "plane", self.plane, f"one of {', '.join(PLANES)}")
        sizes = [size for size in self.voxel_size if size is not None]
        demand(
            all(0.05 <= size <= 20 for size in sizes),
            "voxel_size",
            self.voxel_size,
            "0.05 to 20 mm or null each",
        )
        count = 3 if self.plane == "volume" else 2
        demand(len(self.window) == count, "window", self.window, f"{count} numbers of voxels")
        demand(all(8 <= size <= 1024 for size in self.window), "window", self.window, "8 to 1024 voxels each")
        demand(1 <= self.multiple <= 128, "multiple", self.multiple, "1 to 128 voxels")
        fits = all(size % self.multiple == 0 for size in self.window)
        demand(fits, "window", self.window, f"multiples of {self.multiple}")
        odd = self.slices % 2 == 1 and 1 <= self.slices <= (1 if self.plane == "volume" else 15)
        demand(odd, "slices", self.slices, "an odd number up to 15, 1 for a volume")
        axes = sorted("LR".find(a) // 2 if a in "LR" else "PASI".find(a) // 2 + 1 for a in self.orientation)
        ends = all(a in "LRPASI" for a in self.orientation)
        demand(
            ends and axes in ([-1, 1, 2], [0, 1, 2]), "orientation", self.orientation, "three letters as LPS"
        )


@dataclass(frozen=True)
class Label:
    """One value of the result: a region of a segmentation or a class of a detection.

    Attributes
    ----------
    value : int
        In [0, 255]; 0 is background, or no tumor.
    name, meaning : str
        Words for a list; one sentence.
    """

    value: int
    name: str
    meaning: str = ""

    def __post_init__(self) -> None:
        demand(0 <= self.value <= 255, "value", self.value, "0 to 255")
        demand(0 < len(self.name.strip()) <= 64, "name", self.name, "1 to 64 characters")


@dataclass(frozen=True)
class Inference:
    """What the network gives, and how it is asked.

    Attributes
    ----------
    activation : str
        Turns the network's output into probabilities: ``softmax``, ``sigmoid``, or ``none``.
    channels : tuple of tuples of int
        Per output channel the label values that it stands for: ((0,), (1,), (2,), (4,)) of a softmax, regions that
        overlap such as ((1, 2, 4), (1, 4), (4,)) of a sigmoid.
    threshold : float
        Probability from which on a sigmoid channel, or the tumor of a detection, counts as found.
    flips : tuple of str
        Axes ``x``, ``y``, ``z`` the model may be asked mirrored along, results being averaged.
    overlap : float
        Part of a window that its neighbor covers too, in [0, 0.9].
    postprocessing : mapping of str to float
        Numbers the task reads, such as the volume of the smallest finding in ml.
    """

    activation: str
    channels: tuple[tuple[int, ...], ...]
    threshold: float = 0.5
    flips: tuple[str, ...] = ()
    overlap: float = 0.5
    postprocessing: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        demand(
            self.activation in ACTIVATIONS, "activation", self.activation, f"one of {', '.join(ACTIVATIONS)}"
        )
        demand(1 <= len(self.channels) <= 64, "channels", self.channels, "1 to 64 channels")
        demand(all(self.channels), "channels", self.channels, "at least one label per channel")
        values = [value for channel in self.channels for value in channel]
        if self.activation == "softmax":
            demand(
                len(values) == len(set(values)),
                "channels",
                self.channels,
                "each label once, as it is a softmax",
            )
        demand(0 < self.threshold < 1, "threshold", self.threshold, "a probability between 0 and 1")
        axes = set(self.flips) <= set("xyz") and len(set(self.flips)) == len(self.flips)
        demand(axes, "flips", self.flips, "x, y, z, each at most once")
        demand(0 <= self.overlap <= 0.9, "overlap", self.overlap, "0 to 0.9")


@dataclass(frozen=True)
class Network:
    """How the networks of the ensemble are built; all have the same arguments.

    Attributes
    ----------
    name : str
        Name in :data:`gliomamri.networks.registry.NETWORKS`.
    arguments : mapping
        Plain values; the registry checks them.
    members : tuple of str
        Weights file of each network of the ensemble.
    """

    name: str
    arguments: Mapping[str, Any]
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        demand(bool(_WORD.fullmatch(self.name)), "name", self.name, "a name of the list of networks")
        demand(1 <= len(self.members) <= 32, "members", self.members, "1 to 32 weights files")
        demand(len(set(self.members)) == len(self.members), "members", self.members, "each file once")
        for place, name in enumerate(self.members):
            problem = name_problem(name) or ("" if name.endswith(WEIGHTS) else f"does not end in {WEIGHTS}")
            with inside("members"):
                demand(not problem, f"[{place}]", name, f"a weights file, but it {problem}")
        demand(len(self.arguments) <= 64, "arguments", list(self.arguments), "at most 64 arguments")
        for name, value in self.arguments.items():
            named = bool(_ARGUMENT_NAME.fullmatch(name))
            demand(named, "arguments", name, "names of lower-case letters, digits and _")
            with inside("arguments"):
                _check_argument(name, value, depth=0)


def _check_argument(name: str, value: Any, depth: int) -> None:
    """Let through what an argument of a network can be; a number that large, or a list that long, is none."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        demand(abs(value) <= 65536, name, value, "a number of at most 65536")
    elif isinstance(value, str):
        demand(bool(_WORD.fullmatch(value)), name, value, "a word of at most 64 letters")
    elif isinstance(value, Mapping | tuple | list) and depth < 4:
        items = dict(value) if isinstance(value, Mapping) else dict(enumerate(value))
        demand(len(items) <= 64, name, value, "at most 64 entries")
        for key, item in items.items():
            _check_argument(f"{name}[{key}]", item, depth + 1)
    else:
        raise wrong(name, value, "a plain number, word or short list")


@dataclass(frozen=True)
class DataSource:
    """Data that the model was trained on.

    Attributes
    ----------
    name, license : str
        What it is called, and the terms it came under.
    patients : int
        How many were used for training.
    simulated : bool
    note : str
        Anatomy, hospitals, scanners, preset of the generator ...
    """

    name: str
    license: str
    patients: int
    simulated: bool
    note: str = ""

    def __post_init__(self) -> None:
        demand(bool(self.name.strip()), "name", self.name, "a name")
        demand(bool(self.license.strip()), "license", self.license, "the terms of use, such as CC-BY-4.0")
        demand(self.patients >= 1, "patients", self.patients, "1 or more")


@dataclass(frozen=True)
class Training:
    """How the weights came about.

    Attributes
    ----------
    data : tuple of DataSource
    command : str
        Command that makes the weights again.
    seeds : tuple of int
        One per member of the ensemble, where known.
    note : str
    """

    data: tuple[DataSource, ...]
    command: str = ""
    seeds: tuple[int, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        demand(len(self.data) >= 1, "data", self.data, "at least one source of training data")


@dataclass(frozen=True)
class Score:
    """One measured number.

    Attributes
    ----------
    cohort, metric : str
        On whom; what, such as ``Dice of whole tumor``.
    value : float
    n : int
        Patients it was measured on, none of them seen in training.
    kind : str
        ``simulated`` (the generator of the training data), ``shifted`` (a generator unseen in training), ``real``.
    interval : (low, high), optional
        95 % confidence interval.
    note : str
    """

    cohort: str
    metric: str
    value: float
    n: int
    kind: str
    interval: tuple[float, float] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        demand(bool(self.cohort.strip()), "cohort", self.cohort, "the name of a cohort")
        demand(bool(self.metric.strip()), "metric", self.metric, "the name of a metric")
        demand(self.kind in SCORE_KINDS, "kind", self.kind, f"one of {', '.join(SCORE_KINDS)}")
        demand(self.n >= 1, "n", self.n, "1 or more patients")
        if self.interval is not None:
            _demand_ascending("interval", self.interval)


@dataclass(frozen=True)
class ValidInputs:
    """Images the model may be asked about; beyond them its answer is a guess.

    Attributes
    ----------
    slice_thickness, voxel_size_in_plane : (low, high), optional
        In mm.
    field_strengths : tuple of float
        In T; empty for any.
    notes : tuple of str
        Sentences.
    """

    slice_thickness: tuple[float, float] | None = None
    voxel_size_in_plane: tuple[float, float] | None = None
    field_strengths: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("slice_thickness", "voxel_size_in_plane"):
            if getattr(self, name) is not None:
                _demand_ascending(name, getattr(self, name))


def _demand_ascending(name: str, ends: tuple[float, float]) -> None:
    demand(ends[0] < ends[1], name, ends, "the lower end first")
