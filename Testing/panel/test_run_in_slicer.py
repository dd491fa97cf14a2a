"""run_in_slicer.py, against an executable that stands for Slicer: its command line, its verdicts, its exit status."""

from __future__ import annotations

import stat
import sys

import pytest

import run_in_slicer

FAKE = """#!{python}
import pathlib, sys, time
pathlib.Path({record!r}).write_text("\\n".join(sys.argv[1:]))
behavior = {behavior!r}
if behavior == "sleeps":
    print("still loading", flush=True)
    time.sleep(30)
if behavior == "dies":
    import os, signal
    print("about to die", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
print("test_something ... ok")
if behavior in ("passes", "crashes on exit"):
    print({passed!r})
if behavior == "fails":
    print({failed!r})
sys.exit({{"passes": 0, "fails": 1, "says nothing": 0, "crashes on exit": 139}}[behavior])
"""


@pytest.fixture()
def repository(tmp_path, monkeypatch):
    """Two modules with self-tests, a folder without module, a module without self-test."""
    for name in ("Alpha", "Beta"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text(
            f"class {name}:\n    pass\n\n\nclass {name}Test:\n    pass\n"
        )
    (tmp_path / "Docs").mkdir()
    (tmp_path / "Gamma").mkdir()
    (tmp_path / "Gamma" / "Gamma.py").write_text("class Gamma:\n    pass\n")
    monkeypatch.setattr(run_in_slicer, "REPOSITORY", tmp_path)
    monkeypatch.setattr(run_in_slicer.findModules, "__defaults__", (tmp_path,))
    monkeypatch.setattr(run_in_slicer.command, "__defaults__", (tmp_path,))
    return tmp_path


@pytest.fixture()
def fake_slicer(tmp_path):
    """Return a function that makes an executable of one behavior; it records its arguments."""

    def make(behavior):
        path = tmp_path / "Slicer"
        path.write_text(
            FAKE.format(
                python=sys.executable,
                record=str(tmp_path / "arguments.txt"),
                behavior=behavior,
                passed=run_in_slicer.PASSED,
                failed=run_in_slicer.FAILED,
            )
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


def test_modules_are_folders_with_a_self_test(repository):
    assert run_in_slicer.findModules() == ["Alpha", "Beta"]


def test_command_loads_all_modules_and_runs_one(repository, tmp_path):
    command = run_in_slicer.command(tmp_path / "Slicer", "Beta", ["Alpha", "Beta"])

    # No --disable-settings: extensions that a module depends on are found through the settings.
    assert command[:4] == [str(tmp_path / "Slicer"), "--no-splash", "--testing", "--ignore-slicerrc"]
    paths = command[command.index("--additional-module-paths") + 1 : command.index("--python-code")]
    assert paths == [str(repository / "Alpha"), str(repository / "Beta")]
    code = command[-1]
    compile(code, "code", "exec")
    assert "name = 'Beta'" in code


@pytest.mark.parametrize(
    ("behavior", "verdict"),
    [
        ("passes", "passed"),
        ("fails", "FAILED"),
        ("dies", "CRASHED"),
        ("says nothing", "CRASHED"),
        ("crashes on exit", "FAILED"),
        ("sleeps", "TIMED OUT"),
    ],
)
def test_verdict_and_exit_status(repository, fake_slicer, capsys, behavior, verdict):
    status = run_in_slicer.main([str(fake_slicer(behavior)), "Beta", "--timeout", "2"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(None, 1)[0] == "Beta"
    assert f" {verdict} " in lines[0]
    assert (status == 0) == (verdict == "passed")


def test_all_modules_are_run_one_line_each(repository, fake_slicer, capsys):
    status = run_in_slicer.main([str(fake_slicer("passes"))])

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["Alpha", "Beta"]
    assert status == 0


@pytest.mark.parametrize("arguments", [["no-such-file"], ["{slicer}", "Delta"]])
def test_wrong_arguments_are_refused(repository, fake_slicer, arguments):
    slicer = fake_slicer("passes")

    with pytest.raises(SystemExit) as refused:
        run_in_slicer.main([argument.format(slicer=slicer) for argument in arguments])

    assert refused.value.code == 2


def test_the_code_runs_a_self_test(monkeypatch, capsys):
    """The code that Slicer would execute, executed here with a module that fails one of two tests."""
    import types
    import unittest

    import slicer

    class OmegaTest(unittest.TestCase):
        def test_good(self):
            self.assertTrue(True)

        def test_bad(self):
            self.assertEqual(1, 2)

    module = types.ModuleType("Omega")
    module.OmegaTest = OmegaTest
    monkeypatch.setitem(sys.modules, "Omega", module)
    monkeypatch.setattr(slicer.modules, "omega", module, raising=False)
    statuses = []
    monkeypatch.setattr(slicer.util, "exit", statuses.append)

    exec(run_in_slicer.command("Slicer", "Omega", [])[-1], {})

    assert statuses == [1]
    assert run_in_slicer.FAILED in capsys.readouterr().out
