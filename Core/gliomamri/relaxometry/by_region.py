"""A fit's times and rates by region: tables in ms and 1/s, and the histogram of the rate."""

from __future__ import annotations

from gliomamri.regions.distributions import histogram, summary_table
from gliomamri.regions.segments import segment_masks
from gliomamri.relaxometry.maps import FittedVoxels
from gliomamri.relaxometry.rates import rates_of
from gliomamri.result import Result
from gliomamri.study import Study


def results_by_region(study: Study, fitted: FittedVoxels, longest: float) -> Result:
    """Describe a fit in every segment of the study, and in all measured voxels.

    Parameters
    ----------
    study : Study
        Its segments are the regions, resampled to the fit's grid where they are on another.
    fitted : FittedVoxels
    longest : float
        Times at or beyond this cap (ms) are left out.

    Returns
    -------
    Result
        Tables ``T1_regions`` (ms), ``R1_regions`` and ``R1_histogram`` (1/s) with its chart, and warnings; the same
        with 2 for T2, and with the prefix of the fit.
    """
    times = fitted.spread(fitted.times)
    rates = rates_of(times, longest)  # 0 where not measured
    values, usable = rates.values, rates.valid
    everything = {"all measured": fitted.mask}
    masks, resampled = segment_masks(study.segments, fitted.grid)
    table, chart = histogram(fitted.named(fitted.rate), "1/s", values, usable, masks or everything)
    regions = masks | everything
    tables = (
        summary_table(fitted.named(fitted.symbol), "ms", times, usable, regions),
        summary_table(fitted.named(fitted.rate), "1/s", values, usable, regions),
        table,
    )
    warnings = []
    empty = [name for name, mask in masks.items() if not (mask & usable).any()]
    if study.segments and not masks:
        warnings.append(
            "The segmentation holds no region, so there are no tables by region; outline one, or choose another."
        )
    if empty:
        warnings.append(
            f"{fitted.named(fitted.symbol)} was measured nowhere in: {', '.join(empty)}; look whether they lie in it."
        )
    if resampled:
        warnings.append(
            f"The segmentation was resampled (nearest neighbor) to the grid of the {fitted.symbol} map."
        )
    return Result(tables=tables, charts=(chart,), warnings=tuple(warnings))
