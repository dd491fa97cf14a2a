"""The page of ``make demo`` that leads to everything."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

_STYLE = """
body { font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1d2733; background: #f6f7f9; margin: 0; }
main { max-width: 1060px; margin: 0 auto; padding: 28px 24px; }
h1 { margin: 0; } h2 { font-size: 19px; margin: 30px 0 6px; }
.row { display: grid; grid-template-columns: repeat(3, 1fr); gap: 14px; }
figure { margin: 0; background: #fff; border: 1px solid #e1e5ea; border-radius: 6px; padding: 8px; }
img { width: 100%; display: block; } figcaption { font-size: 13px; color: #3c4856; margin-top: 6px; }
"""


def write_index(out: Path, pictures: Sequence[tuple[str, str]]) -> Path:
    """Write ``index.html`` into the demo's folder; give its path."""
    slices = [one for one in pictures if one[0].startswith("slice")]
    patient = [one for one in pictures if one not in slices]
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>GliomaMRI demo</title>
<style>{_STYLE}</style></head><body><main><h1>GliomaMRI demo</h1>
<p>Simulated patients, made by code, for research software demonstration: no real patient is shown.
<a href="case.mrb">case.mrb</a> opens the patient in 3D Slicer; the pictures here are drawn with Slicer's libraries.</p>
<h2>A patient before and after contrast agent</h2>
<p>Raw MAGIC images in thick slices, moved between series: fitted to R1, R2 and proton density, laid on the T1-weighted
image, split into tissues, and compared by region. <a href="quantitative/report.html">Report</a> (maps with errors,
violins, statistics against the other side, points for biopsy); <code>quantitative/</code> holds every map as NIfTI,
every table as CSV, transforms and points.</p><div class="row">{_figures(patient)}</div>
<h2>A cohort</h2>
<p>The same task on each of six small patients, and what they have in common:
<a href="cohort/pooled/report.html">pooled report</a>; <code>cohort/sub-*</code> are the patients.</p>
<h2>A raw slice</h2>
<p>Inversion recovery and spin echoes, fitted to T1 and T2: <a href="relaxometry/report.html">report</a>.</p>
<div class="row">{_figures(slices)}</div></main></body></html>"""
    path = out / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def _figures(pictures: Sequence[tuple[str, str]]) -> str:
    return "".join(
        f'<figure><img src="{file}" alt=""><figcaption>{html.escape(caption)}</figcaption></figure>'
        for file, caption in pictures
    )
