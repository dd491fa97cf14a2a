"""The benchmark runner fails when a promise is not kept."""

from __future__ import annotations

import importlib.util
import json

import pytest

ROW = (
    "{{'name': 'fit', 'ours': '1 s', 'other': '200 s', 'ratio': {ratio}, 'at_least': 100,"
    " 'agreement': 'median error not larger', 'ok': {ok}}}"
)


@pytest.fixture(scope="module")
def runner(repository):
    spec = importlib.util.spec_from_file_location("run_benchmarks", repository / "Testing/benchmarks/run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("ratio", "ok", "status"), [(200, True, 0), (99, True, 1), (200, False, 1)])
def test_status_follows_rows(runner, tmp_path, capsys, ratio, ok, status):
    (tmp_path / "fit.py").write_text(f"def rows():\n    return [{ROW.format(ratio=ratio, ok=ok)}]\n", "utf-8")
    out = tmp_path / "bench.json"
    assert runner.main(["--out", str(out)], folder=tmp_path) == status
    (row,) = json.loads(out.read_text("utf-8"))
    assert list(row) == ["name", "ours", "other", "ratio", "at_least", "agreement", "ok"]
    assert row["ok"] is (status == 0)
    assert ("FAILED" in capsys.readouterr().out) is (status == 1)


def test_incomplete_row_is_an_error(runner, tmp_path, capsys):
    (tmp_path / "fit.py").write_text("def rows():\n    return [{'name': 'fit'}]\n", "utf-8")
    assert runner.main(["--out", str(tmp_path / "b.json")], folder=tmp_path) == 2
    assert "expected" in capsys.readouterr().err


def test_empty_folder_is_an_error(runner, tmp_path):
    assert runner.main(["--out", str(tmp_path / "b.json")], folder=tmp_path) == 2
