"""Runs every benchmark beside its baseline, prints one table, writes ``bench.json``.

A benchmark is a Python file in this folder whose function ``rows()`` returns dictionaries with these keys

name
    What is measured.
ours, other
    Time or rate of ours and of the baseline, measured in this run, as text with unit or as a number.
ratio
    How many times ours is better.
at_least
    The ratio that is promised.
agreement
    How far the two results agree, in words or numbers.
ok
    True where the ratio is reached and the results agree.

Usage: ``python Testing/benchmarks/run.py [--out bench.json] [--only NAME]``. Exit status: 1 where a row is
not ok, 2 where a benchmark is broken.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
KEYS = ("name", "ours", "other", "ratio", "at_least", "agreement", "ok")
HEADINGS = ("benchmark", "ours", "baseline", "ratio", "at least", "agreement", "")


class BrokenBenchmarkError(Exception):
    """A benchmark file whose rows cannot be read as promised."""


def benchmark_files(folder: Path) -> list[Path]:
    """Python files of `folder` that may hold benchmarks."""
    return sorted(path for path in folder.glob("*.py") if path.name not in ("run.py", "__init__.py"))


def load(path: Path) -> ModuleType:
    """Import a file by its path."""
    sys.path[:0] = [str(HERE.parents[1] / "Core"), str(path.parent)]
    try:
        spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        del sys.path[:2]
    return module


def checked(row: dict, path: Path) -> dict:
    """The row with plain Python numbers; its ``ok`` can only hold where the promised ratio is reached."""
    if set(row) != set(KEYS):
        raise BrokenBenchmarkError(f"{path.name}: a row has the keys {sorted(row)}, expected {sorted(KEYS)}")
    ratio, at_least = float(row["ratio"]), float(row["at_least"])
    return {key: row[key] for key in KEYS} | {
        "ratio": ratio,
        "at_least": at_least,
        "ok": bool(row["ok"]) and ratio >= at_least,
    }


def collect(folder: Path, only: str = "") -> list[dict]:
    """Rows of all benchmarks in `folder`, or of those whose file name contains `only`."""
    rows = []
    for path in benchmark_files(folder):
        if only not in path.stem:
            continue
        module = load(path)
        if hasattr(module, "rows"):
            rows += [checked(row, path) for row in module.rows()]
    if not rows:
        raise BrokenBenchmarkError(f"no benchmark in {folder}")
    return rows


def text(value: object) -> str:
    """A cell's text: numbers with three significant digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def table(rows: list[dict]) -> str:
    """All rows as one table with aligned columns."""
    lines = [HEADINGS]
    for row in rows:
        cells = [text(row[key]) for key in KEYS[:-1]]
        lines.append((*cells, "ok" if row["ok"] else "FAILED"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main(arguments: list[str] | None = None, folder: Path = HERE) -> int:
    """Run, print, write; return the exit status."""
    parser = argparse.ArgumentParser(description="Speed beside the baseline, measured side by side.")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where the rows are written")
    parser.add_argument("--only", default="", help="run the files whose name contains this")
    options = parser.parse_args(arguments)
    try:
        rows = collect(folder, options.only)
    except BrokenBenchmarkError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(rows))
    options.out.write_text(json.dumps(rows, indent=2, default=str) + "\n", encoding="utf-8")
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
