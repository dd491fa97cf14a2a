"""Variable flip angle images in the relaxometry task: T1, R1 and M0, with a B1 map where there is one.

Called by task.py; tested by Testing/unit/relaxometry/test_vfa_task.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.relaxometry.doubts import doubts_of_fit
from gliomamri.relaxometry.inversion_recovery import DEFAULT_T1_BOUNDS
from gliomamri.relaxometry.maps import FittedVoxels, map_of, time_and_rate_maps, validity_map
from gliomamri.relaxometry.settings import Settings
from gliomamri.relaxometry.task_inputs import (
    compact_signals_of,
    fitted_mask,
    given_field,
    needed_repetition_time,
    times_of,
)
from gliomamri.relaxometry.task_results import FIT_SHARE, finished, told_to_the_user
from gliomamri.relaxometry.variable_flip_angle import fit_variable_flip_angle
from gliomamri.result import Result
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import Progress

_NO_B1 = "No B1 map was given, so that flip angles were taken as nominal: T1 is off by about twice what they are off."


def fit_vfa(study: Study, series: Series, settings: Settings, progress: Progress) -> Result:
    """Fit the series ``VFA``.

    Raises
    ------
    UserError
        With what is wrong with the images, the angles, the repetition time or the B1 map.
    """
    angles = times_of(series, "flip_angle", settings.flip_angles)
    repetition_time = needed_repetition_time(
        series, settings.vfa_repetition_time, "VFA", "vfa_repetition_time"
    )
    mask, warnings = fitted_mask(study, series, settings)
    signals = compact_signals_of(series, mask, signed=False)
    given = given_field(study, series.images[0], mask)
    B1 = np.ones(len(signals)) if given is None else given[0]
    warnings += [_NO_B1] if given is None else given[1]
    signals[B1 == 0] = 0
    fit = told_to_the_user(
        lambda: fit_variable_flip_angle(
            signals,
            angles,
            repetition_time,
            B1=np.where(B1 > 0, B1, 1.0),
            noise_sd=settings.noise_sd or None,
            bounds=(DEFAULT_T1_BOUNDS[0], settings.longest_T1),
            progress=lambda done: progress(FIT_SHARE * done, f"Fitting T1 in {mask.sum():,} voxels"),
        )
    )
    fitted = FittedVoxels("VFA", "T1", fit.T1, fit.T1_standard_error, fit.valid, mask, series.images[0])
    warnings += doubts_of_fit(fitted, fit.M0, fit.noise_sd, fit.hit_bound, words="flip angles")
    about = "Equilibrium signal at the echo time of the variable flip angle fit."
    residual = "Root mean square residual of the T1 fit."
    maps = [
        *time_and_rate_maps(fitted),
        map_of(fitted, "VFA_M0", fit.M0, "M0", "image units", about),
        map_of(fitted, "VFA_residual", fit.residual, "residual", "image units", residual),
        validity_map(fitted),
    ]
    progress(0.95, "Measuring T1 by region")
    return finished(study, fitted, maps, fit.noise_sd, warnings, settings.longest_T1)
