"""Runs each module's self-test (``<Module>Test``) inside a desktop Slicer: the check that no bench can replace.

Usage: ``python Testing/run_in_slicer.py <path of the Slicer executable> [<Module> ...]``

One line per module: ``passed``, ``FAILED``, ``TIMED OUT`` or ``CRASHED``, with the log's last lines where it did not
pass. The exit status is 0 only if every module passed. Without module names, all modules of this repository are run.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
TIMEOUT = 900  # seconds per module
LOG_LINES = 25
PASSED, FAILED = "SELF TEST PASSED", "SELF TEST FAILED"

# Runs inside Slicer. The test class of the loaded module is run by unittest, so that every method counts on its own;
# the line printed at the end is the verdict, since Slicer's exit status alone does not tell a crash on exit.
CODE = """
import sys, unittest, importlib
import slicer
name = {module!r}
assert hasattr(slicer.modules, name.lower()), name + ' was not loaded'
test = getattr(importlib.import_module(name), name + 'Test')
names = [method for method in dir(test) if method.startswith('test')]
assert names, name + 'Test has no test'
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.TestSuite(map(test, names)))
print({passed!r} if result.wasSuccessful() else {failed!r}, flush=True)
slicer.util.exit(0 if result.wasSuccessful() else 1)
"""


@dataclass(frozen=True)
class Outcome:
    """How one module's self-test ended."""

    module: str
    verdict: str
    seconds: float
    log: str

    @property
    def passed(self) -> bool:
        """Whether every test of the module passed."""
        return self.verdict == "passed"


def findModules(repository: Path = REPOSITORY) -> list[str]:
    """Return the names of the scripted modules: folders with a .py of their own name that defines ``<Module>Test``."""
    names = []
    for folder in sorted(path for path in repository.iterdir() if path.is_dir()):
        source = folder / f"{folder.name}.py"
        code = source.read_text(encoding="utf-8") if source.is_file() else ""
        if re.search(rf"^class {folder.name}Test\b", code, re.MULTILINE):
            names.append(folder.name)
    return names


def command(slicer: Path, module: str, modules: list[str], repository: Path = REPOSITORY) -> list[str]:
    """Return the command that runs one module's self-test.

    Parameters
    ----------
    slicer : Path
        Slicer's executable.
    module : str
        The module to test.
    modules : list of str
        All modules to load: one may depend on another.
    """
    folders = [str(repository / name) for name in modules]
    code = CODE.format(module=module, passed=PASSED, failed=FAILED)
    return [
        str(slicer),
        "--no-splash",
        "--testing",
        "--ignore-slicerrc",
        "--additional-module-paths",
        *folders,
        "--python-code",
        code,
    ]


def runModule(slicer: Path, module: str, modules: list[str], timeout: float = TIMEOUT) -> Outcome:
    """Run one module's self-test in a Slicer of its own."""
    start = time.monotonic()
    try:
        done = subprocess.run(
            command(slicer, module, modules),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        log = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else error.stdout or ""
        return Outcome(module, "TIMED OUT", time.monotonic() - start, log)
    lines = done.stdout.splitlines()
    if done.returncode == 0 and PASSED in lines:
        verdict = "passed"
    elif done.returncode < 0 or not {PASSED, FAILED} & set(lines):
        verdict = "CRASHED"
    else:
        verdict = "FAILED"
    return Outcome(module, verdict, time.monotonic() - start, done.stdout)


def main(arguments: list[str] | None = None) -> int:
    """Run the self-tests, print one line per module, return 0 if all passed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("slicer", type=Path, help="path of the Slicer executable")
    parser.add_argument("modules", nargs="*", help="modules to test; all by default")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds per module")
    options = parser.parse_args(arguments)
    if not options.slicer.is_file():
        parser.error(f"{options.slicer} is not a file")
    known = findModules()
    unknown = [name for name in options.modules if name not in known]
    if unknown or not known:
        parser.error(f"no such module: {', '.join(unknown)}; there are: {', '.join(known) or 'none'}")
    outcomes = [runModule(options.slicer, name, known, options.timeout) for name in options.modules or known]
    for outcome in outcomes:
        print(f"{outcome.module:24s} {outcome.verdict:10s} {outcome.seconds:6.1f} s")
        if not outcome.passed:
            print("\n".join(f"    {line}" for line in outcome.log.splitlines()[-LOG_LINES:]))
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
