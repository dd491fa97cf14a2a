"""Shared by all tests: the folder of real data, and how many tests read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA_VARIABLE = "GLIOMAMRI_TEST_DATA"
REQUIRED_VARIABLE = "GLIOMAMRI_REQUIRE_REAL_DATA"
ROOT = Path(__file__).resolve().parents[1]


class RealDataCount:
    """Counts the tests marked ``real_data`` by what became of them."""

    def __init__(self) -> None:
        self.ran = 0
        self.skipped = 0

    def pytest_runtest_logreport(self, report) -> None:
        if "real_data" not in report.keywords:
            return
        if report.skipped:
            self.skipped += 1
        elif report.when == "call":
            self.ran += 1

    def pytest_terminal_summary(self, terminalreporter) -> None:
        terminalreporter.write_line(f"real-data tests: {self.ran} ran, {self.skipped} skipped")

    def pytest_sessionfinish(self, session) -> None:
        if hasattr(session.config, "workerinput"):
            return  # one of several processes: only the one that collects their reports can tell
        if (
            os.environ.get(REQUIRED_VARIABLE) == "1"
            and self.ran == 0
            and session.exitstatus == pytest.ExitCode.OK
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config) -> None:
    config.pluginmanager.register(RealDataCount(), "gliomamri-real-data-count")


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_data)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real images; the test skips where none is named."""
    folder = os.environ.get(DATA_VARIABLE, "")
    if not folder:
        pytest.skip(f"{DATA_VARIABLE} is not set: no real images on this machine")
    if not Path(folder).is_dir():
        pytest.fail(f"{DATA_VARIABLE} names a folder that does not exist: {folder}")
    return Path(folder)
