"""Continuous integration notices when the real-data tests did not run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

TESTS = """
def test_plain():
    pass

def test_reads_a_folder(real_data):
    assert real_data.is_dir()
"""


@pytest.fixture
def run(repository, tmp_path):
    """Run a plain test and a real-data test in a Python of their own, in a given environment."""
    shutil.copy(repository / "Testing/conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = real_data\n", "utf-8")
    (tmp_path / "test_two.py").write_text(TESTS, "utf-8")

    def start(**variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("GLIOMAMRI_")}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        return subprocess.run(
            command, env=inherited | variables, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return start


def test_without_a_folder_the_test_skips_and_is_counted(run):
    done = run()
    assert "real-data tests: 0 ran, 1 skipped" in done.stdout
    assert done.returncode == 0


def test_with_a_folder_it_runs(run, tmp_path):
    done = run(GLIOMAMRI_TEST_DATA=str(tmp_path), GLIOMAMRI_REQUIRE_REAL_DATA="1")
    assert "real-data tests: 1 ran, 0 skipped" in done.stdout
    assert done.returncode == 0


def test_zero_runs_fail_where_they_are_required(run):
    done = run(GLIOMAMRI_REQUIRE_REAL_DATA="1")
    assert "real-data tests: 0 ran, 1 skipped" in done.stdout
    assert done.returncode == 1


def test_a_wrong_folder_is_a_failure_not_a_skip(run, tmp_path):
    done = run(GLIOMAMRI_TEST_DATA=str(tmp_path / "absent"))
    assert done.returncode == 1
