"""From nodes over a job to nodes, without Qt.

A panel's timer, or a script's loop, only calls :meth:`JobBridge.poll`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import slicer

from gliomamri.errors import UserError
from gliomamri.jobs import Job, JobState, Outcome, create_job, remove_stale_jobs
from gliomamri.jobs.outcome import SENTENCES
from gliomamri.result import Result
from gliomamri.settings import Settings
from gliomamri.study import Study
from gliomamri_slicer.inputs import TaskInputs, studyFromNodes
from gliomamri_slicer.late_job import LateJob
from gliomamri_slicer.result_loading import ResultLoading
from gliomamri_slicer.results import ImportedResult, ResultImport

_LOGGER = logging.getLogger(__name__)

SCENE_CLOSED = "The scene was closed while the computation ran; it was stopped and its result dropped."
"""What the user reads after closing the scene."""

LOADING = "Loading results"
"""What the user reads while a result is read and added to the scene."""


PrepareJob = Callable[[str, Study, Settings, int], Job]
ReadResult = Callable[[Path], Result]


@dataclass(frozen=True)
class BridgeState(JobState):
    """Where a run stands: a :class:`gliomamri.jobs.JobState`, and what was added to the scene after success.

    Before the first run there is nothing to say and no outcome.
    """

    message: str = ""
    imported: ImportedResult | None = None


@dataclass
class _Run:
    job: LateJob
    inputs: TaskInputs
    references: Mapping[str, slicer.vtkMRMLVolumeNode] = field(default_factory=dict)
    loading: ResultLoading | None = None


class JobBridge:
    """Runs one task at a time on nodes of the scene and imports its result.

    The job folder is removed however the run ends. A result is dropped, with a sentence, when the scene was closed
    or an input was removed meanwhile; what is imported is imported whole or not at all, a few nodes at each poll.

    Parameters
    ----------
    prepareJob : callable, optional
        Makes a job that is not yet started, from task name, study, settings and seed; tests inject doubles.
    readResult : callable, optional
        Reads the result folder of a job that has succeeded; called in a thread.
    """

    def __init__(self, prepareJob: PrepareJob | None = None, readResult: ReadResult | None = None) -> None:
        self._prepareJob = prepareJob or _prepareJob
        self._readResult = readResult or _readResult
        self._run: _Run | None = None
        self._state = BridgeState()
        self._sceneObserver: tuple[slicer.vtkMRMLScene, int] | None = None

    @property
    def isRunning(self) -> bool:
        """True from a successful :meth:`start` until :meth:`poll` has told the end."""
        return self._run is not None

    def start(self, task: str, inputs: TaskInputs, settings: Settings, seed: int = 0) -> None:
        """Copy the inputs into a job and start it; large ones are written by a thread while :meth:`poll` is called.

        Raises
        ------
        UserError
            If a run is going on, or inputs or settings cannot be used; nothing is left behind then.
        """
        if self.isRunning:
            raise UserError("A computation is running; wait for it or cancel it.")
        study = studyFromNodes(inputs)
        job = LateJob(lambda: self._prepareJob(task, study, settings, seed))
        try:
            job.start()
        except BaseException:
            job.removeFolder()
            raise
        self._run = _Run(job, inputs, inputs.references())
        scene = slicer.mrmlScene
        self._sceneObserver = (scene, scene.AddObserver(scene.StartCloseEvent, self._onSceneClose))
        self._state = BridgeState(message="Starting")

    def poll(self) -> BridgeState:
        """Say where the run stands; after its success, load the result piece by piece. Never blocks for long."""
        run = self._run
        if run is None:
            return self._state
        if run.loading is None:
            found = run.job.poll()
            self._state = BridgeState(found.fraction, found.message, found.outcome, found.details)
            if found.outcome is Outcome.SUCCEEDED:
                self._startLoading(run)
        if run.loading is not None:
            self._state = self._load(run, run.loading)
        if self._state.outcome is not None:
            self._end()
        return self._state

    def cancel(self) -> BridgeState:
        """End the run; the scene is as it was before."""
        if self._run is not None:
            self._run.job.cancel()
            self._stop(SENTENCES[Outcome.CANCELLED])
        return self._state

    def close(self) -> None:
        """End a run; called when the panel goes away."""
        self.cancel()

    def _end(self, *, sceneStays: bool = True) -> None:
        """Forget the run with its files and whatever is loaded by halves, and stop watching the scene."""
        run, self._run = self._run, None
        if self._sceneObserver is not None:
            scene, tag = self._sceneObserver
            scene.RemoveObserver(tag)
            self._sceneObserver = None
        if run is None:
            return
        if run.loading is None:
            run.job.removeFolder()
        else:
            isWhole = self._state.imported is not None
            run.loading.stop(run.job.removeFolder, undo=sceneStays and not isWhole)

    def _startLoading(self, run: _Run) -> None:
        folder = run.job.folder

        def place(result: Result) -> ResultImport:
            return ResultImport(result, folder.description(), run.references, next(run.inputs.nodes(), None))

        run.loading = ResultLoading(lambda: self._readResult(folder.result), place)

    def _load(self, run: _Run, loading: ResultLoading) -> BridgeState:
        gone = run.inputs.vanished()
        if gone:
            sentence = f"'{gone}' was removed while the computation ran; its result was dropped."
            return BridgeState(message=sentence, outcome=Outcome.CANCELLED)
        try:
            imported = loading.advance()
        except UserError as error:
            return BridgeState(message=error.sentence, outcome=Outcome.USER_ERROR, details=error.details)
        except Exception as error:
            # The border to the user: whatever went wrong, the scene is as before and the panel must say so.
            _LOGGER.exception("The result could not be imported")
            sentence = "The result could not be added to the scene; nothing was changed."
            return BridgeState(message=sentence, outcome=Outcome.CRASHED, details=repr(error))
        if imported is None:
            return BridgeState(loading.fraction, LOADING)
        return BridgeState(1.0, SENTENCES[Outcome.SUCCEEDED], Outcome.SUCCEEDED, imported=imported)

    def _stop(self, sentence: str, *, sceneStays: bool = True) -> None:
        if self._run is not None:
            self._state = replace(self._state, message=sentence, outcome=Outcome.CANCELLED)
            self._end(sceneStays=sceneStays)

    def _onSceneClose(self, *_event: object) -> None:
        if self._run is not None:
            self._run.job.cancel()
            self._stop(SCENE_CLOSED, sceneStays=False)


def _prepareJob(task: str, study: Study, settings: Settings, seed: int) -> Job:
    remove_stale_jobs()
    return Job(create_job(task, study, settings, seed=seed))


def _readResult(folder: Path) -> Result:
    from gliomamri.io.results import read_result

    return read_result(folder)
