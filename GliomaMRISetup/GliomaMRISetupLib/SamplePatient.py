"""Sample patients: which kinds there are, what they need, and how one is made and put into the scene. No widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gliomamri.errors import UserError
from gliomamri.settings import Settings, setting
from gliomamri_slicer.inputs import TaskInputs
from gliomamri_slicer.job_bridge import JobBridge
from gliomamri_slicer.results import ImportedResult
from gliomamri_slicer.simulated_patient import TASK, PatientNodes, arrangePatient, showPatient
from GliomaMRISetupLib.EnvironmentCheck import installedVersion
from GliomaMRISetupLib.PackageCatalog import PACKAGES, SIMULATION

KINDS = {
    "glioma": "glioma",
    "low-grade-glioma": "low-grade glioma",
    "metastases": "metastases",
    "meningioma": "meningioma",
    "multiple-sclerosis": "multiple sclerosis",
    "healthy": "healthy brain",
}
"""Kinds of the task ``simulate`` that are offered as samples, in the words of the panel."""

SIMPLE = {"truth_maps": False, "missing_series": "off", "white_matter_lesions": "off"}
"""What makes a sample easy to read: all four images, no maps behind them, no small lesions beside the tumor."""

QUANTITATIVE = {
    "magic": True,
    "protocol": "quantitative",
    "matrix": (112.0, 128.0, 40.0),
    "spacing": (1.5, 1.5, 4.0),
}
"""Adds the raw images of quantitative MRI, and the sequences of its study at 3 T.

All images then lie on a grid of 1.5 x 1.5 x 4 mm instead of 1 mm: sixteen more images at 1 mm would take 70 s longer,
and their fit minutes. MAGIC is acquired in slices of 4 mm, so that little is lost.
"""

LARGEST_SEED = 99999


@dataclass(frozen=True)
class SampleSettings(Settings):
    """What a user chooses; the module's parameter node keeps it as a pack."""

    kind: str = setting(
        "glioma", label="Kind", choices=KINDS, help="What the simulated patient suffers from."
    )
    seed: int = setting(
        1, label="Seed", minimum=0, maximum=LARGEST_SEED, help="Each number is another patient of the kind."
    )
    quantitative: bool = setting(
        True,
        label="Quantitative images (MAGIC)",
        help="Raw images from before and after contrast agent, for QMRI Analysis. All images then come in voxels of "
        "1.5 x 1.5 x 4 mm; without them, the weighted images come at 1 mm.",
    )


def patientTitle(kind: str, seed: int) -> str:
    """Name a patient, ``Simulated glioma (seed 7)``: the scene must say that nobody real is shown."""
    return f"Simulated {KINDS[kind]} (seed {seed})"


class SamplePatient:
    """Makes one simulated patient at a time, in a child process, and arranges it in the scene.

    Call :meth:`start`, poll :attr:`bridge`, then hand what it imported to :meth:`arrange`.

    Parameters
    ----------
    install : callable
        Asks the user and installs the packages of the group ``SIMULATION``; raises UserError.
    bridge : JobBridge, optional
        Runs the job.
    findVersion : callable, optional
        Gives the version of an installed distribution, or an empty string.
    """

    def __init__(
        self,
        install: Callable[[], None],
        bridge: JobBridge | None = None,
        findVersion: Callable[[str], str] = installedVersion,
    ) -> None:
        self.bridge = bridge or JobBridge()
        self.title = ""
        self._install = install
        self._findVersion = findVersion

    def missing(self) -> list[str]:
        """Name the packages that are needed and absent."""
        needed = (package.name for package in PACKAGES if package.group == SIMULATION)
        return [name for name in needed if not self._findVersion(name)]

    def need(self) -> str:
        """Say in a sentence what will have to be installed first; empty when nothing is missing."""
        missing = self.missing()
        if not missing:
            return ""
        return (
            f"Needs {' and '.join(missing)}, not installed yet; you are asked before anything is downloaded."
        )

    def start(self, kind: str, seed: int, quantitative: bool = False) -> None:
        """Start making a patient; where packages are missing, offer to install them first.

        With ``quantitative`` it has the raw images of quantitative MRI too.

        Raises
        ------
        UserError
            If the user declined the installation, it failed, or the job cannot be started.
        """
        from gliomamri.tasks import find_task

        if self.missing():
            self._install()
            if missing := self.missing():
                raise UserError(
                    f"Sample patients need {' and '.join(missing)}, still not installed; "
                    "restart Slicer, or install with the button under Optional packages."
                )
        chosen = {"kind": kind, **SIMPLE, **(QUANTITATIVE if quantitative else {})}
        settings = find_task(TASK).settings.from_dict(chosen)
        self.bridge.start(TASK, TaskInputs(), settings, seed)
        self.title = patientTitle(kind, seed)

    def arrange(self, imported: ImportedResult) -> PatientNodes:
        """Arrange what the job gave and show it in the slice views."""
        patient = arrangePatient(imported, self.title)
        showPatient(patient)
        return patient
