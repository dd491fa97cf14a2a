"""The card of a model, ``README.md``: what it is for, what it is not for, what it was trained on, how well it did.

Written from the metadata, so that card and metadata never disagree; called by :mod:`gliomamri.modelstore.write` and
``gliomamri models show``; tested by Testing/unit/modelstore/test_write.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.parts import InputChannel, Score
from gliomamri.roles import ROLES

_KINDS = {
    "real": "Real patients",
    "simulated": "Simulated patients of the generator it was trained on",
    "shifted": "Simulated patients of a generator unseen in training",
}


def card_text(metadata: ModelMetadata, *, figures: Mapping[str, str] | None = None, remarks: str = "") -> str:
    """Return a card in Markdown.

    Parameters
    ----------
    metadata : ModelMetadata
    figures : mapping of str to str, optional
        Caption of each figure by the name of its file.
    remarks : str, optional
        Further sections, Markdown.
    """
    parts = [
        f"# {_line(metadata.title)}",
        f"`{metadata.name}` {metadata.version}. **{metadata.notice}**",
        metadata.description,
        "## Intended use",
        metadata.intended_use,
        "## What it cannot do",
        _bullets((*metadata.limits, *metadata.valid.notes)),
        "## Images it needs",
        _inputs(metadata),
        "## What it gives",
        _bullets(f"{label.name} (value {label.value}). {label.meaning}".strip() for label in metadata.labels),
        "## Training",
        _bullets(_sources(metadata)),
        *([f"```\n{metadata.training.command}\n```"] if metadata.training.command else []),
        *([metadata.training.note] if metadata.training.note else []),
        "## Measured",
        _scores(metadata.scores),
        *(f"![{_line(caption)}]({name})\n\n{caption}" for name, caption in (figures or {}).items()),
        *([remarks] if remarks else []),
        "## Authors and license",
        f"{metadata.authors}. {metadata.copyright}. License of the weights: {metadata.license}.",
        *(["## References", _bullets(metadata.references)] if metadata.references else []),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _inputs(metadata: ModelMetadata) -> str:
    rows = [_input_row(channel) for channel in metadata.inputs]
    enough = [" + ".join(ROLES[role].title for role in group) for group in metadata.sufficient]
    more = f"\n\nEnough are: {'; or '.join(enough)}." if enough else ""
    return _table(("image", "", "values", "normalization"), rows) + more


def _input_row(channel: InputChannel) -> tuple[str, ...]:
    need = "may be missing" if channel.optional else "required"
    return ROLES[channel.role].title, need, _range(channel), channel.normalization


def _range(channel: InputChannel) -> str:
    if channel.valid_range is None:
        return "any"
    unit = ROLES[channel.role].unit
    return f"{channel.valid_range[0]:g} to {channel.valid_range[1]:g} {unit}".strip()


def _sources(metadata: ModelMetadata) -> Iterable[str]:
    for source in metadata.training.data:
        kind = "simulated" if source.simulated else "real"
        yield f"{source.name}: {source.patients} {kind} patients, {source.license}. {source.note}".strip()


def _scores(scores: Iterable[Score]) -> str:
    """Tables per kind of cohort: a number of simulated patients never stands beside one of real patients."""
    parts = []
    for kind, title in _KINDS.items():
        rows = [
            (s.cohort, s.metric, f"{s.value:.3g}{_interval(s)}", str(s.n), s.note)
            for s in scores
            if s.kind == kind
        ]
        titles = ("cohort", "metric", "value (95 % interval)", "patients", "")
        if rows:
            parts.append(f"### {title}\n\n{_table(titles, rows)}")
    return "\n\n".join(parts) or "Nothing was measured yet."


def _interval(score: Score) -> str:
    return f" ({score.interval[0]:.3g} to {score.interval[1]:.3g})" if score.interval else ""


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "\n".join(f"| {' | '.join(_line(cell).replace('|', '/') for cell in line)} |" for line in lines)


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {_line(sentence)}" for sentence in sentences)


def _line(text: str) -> str:
    return " ".join(text.split())
