"""From a study and a model's name to the ensemble's answer: the steps that segmentation and detection share.

Called by the tasks ``segment`` and ``detect``; tested by Testing/unit/tumor/test_segment_task.py and
test_detect_task.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.package import ModelPackage
from gliomamri.networks.packages import require
from gliomamri.study import Study
from gliomamri.tasks import Progress
from gliomamri.tumor.inputs import NetworkInput, network_input
from gliomamri.tumor.models import choose_model
from gliomamri.tumor.settings import ModelSettings

_PREPARED, _BUILT = 0.3, 0.35
"""Share of the progress bar at which each step ends."""


@dataclass(frozen=True)
class Asked:
    """What a model was given and what it said.

    Attributes
    ----------
    package : ModelPackage
    given : NetworkInput
    prediction : gliomamri.tumor.inference.Prediction
    notes : tuple of str
    """

    package: ModelPackage
    given: NetworkInput
    prediction: object
    notes: tuple[str, ...]

    @property
    def model(self) -> ModelMetadata:
        """What is known of the model."""
        return self.package.metadata


def ask(
    task: str,
    study: Study,
    settings: ModelSettings,
    progress: Progress,
    *,
    extent: str = "auto",
    overlap: float | None = None,
) -> Asked:
    """Ask a model about a study.

    Parameters
    ----------
    task : str
        ``tumor.segmentation`` or ``tumor.detection``.
    study : Study
    settings : ModelSettings
    progress : callable
        What it raises ends the work.
    extent : str, optional
        ``whole`` brain at once, ``windows``, or ``auto``.
    overlap : float, optional
        Of windows; the model's by default.

    Raises
    ------
    UserError
        If no model fits, it is damaged or made for something else, PyTorch is missing, or the images show no brain.
    """
    package = choose_model(task, study.roles, settings.model, settings.model_folder)
    require("torch")
    from gliomamri.tumor.inference import Options, layout_of, predict

    model = package.metadata
    given = network_input(study, model, _part(progress, 0.0, _PREPARED))
    progress(_PREPARED, "Building the model")
    networks = package.build()
    options = Options(
        device=settings.device,
        extent=extent,
        overlap=model.inference.overlap if overlap is None else overlap,
        flips=model.inference.flips if settings.flips == "model" else (),
        half=settings.half,
    )
    prediction = predict(
        networks,
        given.channels,
        given.brain,
        layout_of(model, given.grid.step),
        model.inference,
        options,
        given.fill,
        _part(progress, _BUILT, 1.0),
    )
    notes = (
        f"Model {model.title} ({model.name} {model.version}): {model.notice}",
        *given.notes,
        *prediction.notes,
    )
    return Asked(package, given, prediction, notes)


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction, words: progress(start + (end - start) * fraction, words)
