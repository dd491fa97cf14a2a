"""The report: one HTML page that holds everything, figures included, and opens offline.

Written at the end of every job; tested by Testing/unit/report.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gliomamri.report import figures, sections
from gliomamri.report.html_parts import STYLE, text
from gliomamri.result import Result
from gliomamri.study import Study
from gliomamri.tasks import find_task


def write_report(result: Result, study: Study, path: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write the report page.

    Parameters
    ----------
    result : Result
        What the task gave back.
    study : Study
        Its inputs; their notes are shown beside the result's warnings.
    path : pathlib.Path
        The HTML file to write.
    provenance : mapping
        ``job.json``: task, settings, versions.
    """
    task = find_task(provenance["task"])
    notes = [*provenance.get("notes", ()), *study.notes, *result.warnings]
    if not figures.figures_available():
        notes.append(
            "This report has no figures because matplotlib is not installed; GliomaMRI Setup installs it."
        )
    body = [
        f"<h1>{text(task.title)}</h1>",
        f'<p class="lead">{text(task.summary)} For research, not for diagnosis.</p>',
        *(f'<p class="warning">{text(note)}</p>' for note in dict.fromkeys(notes)),
        *(f'<p class="note">{text(note)}</p>' for note in dict.fromkeys(result.notes)),
        *sections.images(study),
        *sections.maps(result),
        *sections.regions(result),
        *sections.tables(result, is_long=False),
        *sections.points(result),
        *sections.numbers(result),
        *sections.distributions(result),
        *sections.transforms(result.transforms),
        *sections.tables(result, is_long=True),
        *sections.provenance(provenance),
    ]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(task.title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )
    path.write_text(page, encoding="utf-8")
