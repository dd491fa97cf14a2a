"""Task ``prepare``: all images of a patient on one grid.

In: any images, series, a brain mask and segmentations. Out: every image on the reference's grid, the brain mask,
transforms, and a table of what was done to each image.

Run by the job path and the command line; tested by Testing/unit/imaging/test_task.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gliomamri.imaging.prepare import prepare_study
from gliomamri.imaging.prepared_result import to_result

if TYPE_CHECKING:
    from gliomamri.imaging.settings import Settings
    from gliomamri.result import Result
    from gliomamri.study import Study
    from gliomamri.tasks import Context


def run(study: Study, settings: Settings, context: Context) -> Result:
    """Put a study on one grid.

    Parameters
    ----------
    study : Study
        At least one image or series.
    settings : Settings
        See the fields.
    context : Context
        Told the progress; nothing is random.

    Raises
    ------
    UserError
        See :func:`gliomamri.imaging.prepare.prepare_study`.
    """
    return to_result(prepare_study(study, settings, context.progress))
