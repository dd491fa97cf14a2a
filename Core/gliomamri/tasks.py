"""The list of tasks: what GliomaMRI can do, what each needs, where its code is.

A task is one function ``run(study, settings, context) -> Result`` in the module ``task`` of the package named here,
and its ``Settings`` dataclass in the module ``settings`` beside it; both are imported when they are asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gliomamri.errors import UserError
from gliomamri.result import Result
from gliomamri.roles import ROLES
from gliomamri.settings import Settings
from gliomamri.study import Study

Progress = Callable[[float, str], None]
"""Called with the fraction done, in [0, 1], and a few words on what is going on."""


def no_progress(_fraction: float, _message: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Context:
    """What a task is given beside its inputs and settings.

    Attributes
    ----------
    progress : callable
        Told how far the task is.
    seed : int
        Seed of everything random in the task; a task makes its own generators from it.
    """

    progress: Progress = no_progress
    seed: int = 0


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes
    ----------
    name, title, summary : str
        Command-line name, words for a panel, one sentence.
    package : str
        Dotted name of the package that holds ``task.run`` and ``settings.Settings``.
    needs : tuple of tuples of str
        Each group names roles of which at least one must be given.
    accepts : tuple of str
        Further roles that are used when given.
    pools : bool
        True when ``package.pooling.pool(results, settings, context)`` tells what the results of many patients have in
        common.
    """

    name: str
    title: str
    summary: str
    package: str
    needs: tuple[tuple[str, ...], ...]
    accepts: tuple[str, ...] = ()
    pools: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles the task can use."""
        return tuple(role for group in self.needs for role in group) + self.accepts

    def missing(self, given: frozenset[str] | set[str]) -> str:
        """Say in one sentence what is missing among the given roles; empty when nothing is."""
        for group in self.needs:
            if not set(group) & set(given):
                titles = [ROLES[role].title for role in group]
                return (
                    f"Select {titles[0]}."
                    if len(titles) == 1
                    else f"Select one of these: {', '.join(titles)}."
                )
        return ""

    @property
    def settings(self) -> type[Settings]:
        """The settings dataclass."""
        return importlib.import_module(f"{self.package}.settings").Settings

    def run(self, study: Study, settings: Settings, context: Context | None = None) -> Result:
        """Run the task in this process.

        Raises
        ------
        UserError
            If inputs are missing or settings are wrong, with the sentence to show.
        """
        problems = [text for text in (self.missing(study.roles), *settings.problems()) if text]
        if problems:
            raise UserError(" ".join(problems))
        return importlib.import_module(f"{self.package}.task").run(study, settings, context or Context())

    def pool(
        self, results: Iterable[tuple[str, Result]], settings: Settings, context: Context | None = None
    ) -> Result:
        """Give what the results of many patients have in common.

        Parameters
        ----------
        results : iterable of (str, Result)
            Name and result of each patient; read one at a time.
        settings : Settings
            That the results were made with.
        context : Context, optional
        """
        return importlib.import_module(f"{self.package}.pooling").pool(
            results, settings, context or Context()
        )


PATIENT_TASKS = ("simulate", "prepare")
"""Tasks whose segmentations are the patient's own, handed through; those of other tasks are findings."""

_IMAGE_ROLES = tuple(role for role in ROLES if role not in ("brain_mask", "segmentation"))

_NETWORK_ROLES = (
    *("T1w", "ceT1w", "T2w", "FLAIR", "ADC", "lowdose_ceT1w"),
    *("T1map", "T2map", "PDmap", "ceT1map", "ceT2map", "cePDmap"),
)

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="relaxometry",
            title="Relaxometry from raw images",
            summary="Fit T1, T2 and proton density from MAGIC, inversion-recovery, multi-echo or variable flip angle "
            "images.",
            package="gliomamri.relaxometry",
            needs=(("IRT1", "MESE", "MAGIC", "ceMAGIC", "VFA"),),
            accepts=("brain_mask", "segmentation", "B1map"),
        ),
        Task(
            name="prepare",
            title="Prepare images",
            summary="Put all images of a patient on one grid: registration, resampling, brain mask.",
            package="gliomamri.imaging",
            needs=(_IMAGE_ROLES,),
            accepts=("brain_mask", "segmentation"),
        ),
        Task(
            name="quantitative",
            title="Quantitative MRI by region",
            summary="Fit maps, lay everything on one grid, and compare relaxation rates by region before and after "
            "contrast agent.",
            package="gliomamri.quantitative",
            needs=(
                (
                    "MAGIC",
                    "ceMAGIC",
                    "IRT1",
                    "MESE",
                    "VFA",
                    "T1map",
                    "T2map",
                    "ceT1map",
                    "ceT2map",
                    "PDmap",
                    "cePDmap",
                ),
            ),
            accepts=(
                *(
                    "T1w",
                    "ceT1w",
                    "T2w",
                    "FLAIR",
                    "ADC",
                    "B1map",
                    "R1error",
                    "R2error",
                    "ceR1error",
                    "ceR2error",
                ),
                *("brain_mask", "segmentation"),
            ),
            pools=True,
        ),
        Task(
            name="segment",
            title="Tumor segmentation",
            summary="Segment edema, non-enhancing core and enhancing tumor with a network, and tell where its answers "
            "differ.",
            package="gliomamri.tumor.segmentation",
            needs=(_NETWORK_ROLES,),
            accepts=("brain_mask", "segmentation"),
        ),
        Task(
            name="detect",
            title="Tumor detection by slice",
            summary="Give the probability that a slice shows tumor, from a network.",
            package="gliomamri.tumor.detection",
            needs=(_NETWORK_ROLES,),
            accepts=("brain_mask", "segmentation"),
        ),
        Task(
            name="simulate",
            title="Simulated patient",
            summary="Simulate the images of a patient with a brain tumor, with everything that is true of them.",
            package="gliomamri.phantom",
            needs=(),
        ),
    )
}


def find_task(name: str) -> Task:
    """Look a task up by name.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    if name not in TASKS:
        raise UserError(f"There is no task '{name}'; known are {', '.join(TASKS)}.")
    return TASKS[name]
