"""The two adapters to Slicer's installers, against doubles of what Slicer 5.10 and 5.12 offer."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CalledProcessError
from types import ModuleType, SimpleNamespace

import pytest

from gliomamri.errors import UserError
from GliomaMRISetupLib.SlicerPip import NEVER_REPLACED, SlicerPip
from GliomaMRISetupLib.SlicerTorch import SlicerTorch


def put_slicer(monkeypatch, util: SimpleNamespace, pip_ensure=None) -> None:
    slicer = ModuleType("slicer")
    slicer.__path__ = []
    slicer.util = util
    monkeypatch.setitem(sys.modules, "slicer", slicer)
    monkeypatch.delitem(sys.modules, "slicer.packaging", raising=False)
    if pip_ensure is not None:
        packaging = ModuleType("slicer.packaging")
        packaging.pip_ensure = pip_ensure
        slicer.packaging = packaging
        monkeypatch.setitem(sys.modules, "slicer.packaging", packaging)


def put_torch_extension(monkeypatch, logic) -> None:
    module = ModuleType("PyTorchUtils")
    module.PyTorchUtilsLogic = lambda: logic
    monkeypatch.setitem(sys.modules, "PyTorchUtils", module)


def test_slicer_packaging_is_used_where_it_exists_and_protects_packages(monkeypatch):
    calls = []
    put_slicer(
        monkeypatch, SimpleNamespace(), lambda requirements, **options: calls.append((requirements, options))
    )
    SlicerPip().ensure(["matplotlib>=3.8"])
    ((requirements, options),) = calls
    assert requirements == ["matplotlib>=3.8"]
    assert set(options["skip_packages"]) == set(NEVER_REPLACED) == {"SimpleITK", "torch", "requests"}
    assert options["requester"] == "GliomaMRI"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(RuntimeError("declined"), "as you chose"), (CalledProcessError(1, "pip"), "internet connection")],
)
def test_declined_and_failed_are_told_apart(monkeypatch, error, sentence):
    def pip_ensure(requirements, **options):
        raise error

    put_slicer(monkeypatch, SimpleNamespace(), pip_ensure)
    with pytest.raises(UserError, match=sentence):
        SlicerPip().ensure(["matplotlib"])


def test_slicer_5_10_asks_first_and_holds_protected_versions(monkeypatch):
    seen = {}

    def pip_install(arguments):
        seen["arguments"] = arguments[:-1]
        seen["constraints"] = Path(arguments[-1]).read_text("utf-8")

    util = SimpleNamespace(confirmOkCancelDisplay=lambda text: "monai" in text, pip_install=pip_install)
    put_slicer(monkeypatch, util)
    versions = {"SimpleITK": "2.5.0", "torch": "2.7.0+cu126"}
    SlicerPip(findVersion=lambda name: versions.get(name, "")).ensure(["monai>=1.4"])
    assert seen["arguments"] == ["monai>=1.4", "--constraint"]
    assert seen["constraints"] == "SimpleITK==2.5.0\ntorch==2.7.0+cu126\n"


def test_slicer_5_10_installs_nothing_when_declined(monkeypatch):
    calls = []
    put_slicer(
        monkeypatch, SimpleNamespace(confirmOkCancelDisplay=lambda text: False, pip_install=calls.append)
    )
    with pytest.raises(UserError, match="as you chose"):
        SlicerPip().ensure(["monai"])
    assert calls == []


def test_missing_torch_extension_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    with pytest.raises(UserError, match="extension named PyTorch"):
        SlicerTorch().ensure()


def test_installed_torch_is_left_alone(monkeypatch):
    put_torch_extension(monkeypatch, SimpleNamespace(torchInstalled=lambda: True))
    SlicerTorch().ensure()


def test_half_installed_torch_is_installed_again(monkeypatch):
    calls = []

    class Logic:
        def torchInstalled(self):
            raise TypeError("version is None")

        def installTorch(self, askConfirmation):
            calls.append(askConfirmation)
            return "torch"

    put_torch_extension(monkeypatch, Logic())
    SlicerTorch().ensure()
    assert calls == [True]


@pytest.mark.parametrize(
    ("outcome", "sentence"), [(None, "as you chose"), (RuntimeError("no wheel"), "could not be installed")]
)
def test_torch_declined_and_failed_are_told_apart(monkeypatch, outcome, sentence):
    class Logic:
        def torchInstalled(self):
            return False

        def installTorch(self, askConfirmation):
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

    put_torch_extension(monkeypatch, Logic())
    with pytest.raises(UserError, match=sentence):
        SlicerTorch().ensure()
