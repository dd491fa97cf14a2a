"""Slicer's own test files, run on the bench where GLIOMAMRI_SLICER_PYTHON names Slicer's source."""

from __future__ import annotations

import importlib.util
import sys
import unittest

import pytest

from bench.slicer_python import VARIABLE, slicerPythonFolder

FILES = (
    "test_slicer_parameter_node_wrapper",
    "test_slicer_parameter_node_wrapper_guis",
    "test_slicer_parameter_pack",
    "test_slicer_util_childWidgetVariables",
    "test_slicer_util_getNodes",
    "test_slicer_util_VTKObservationMixin",
)
# Widgets that our modules do not use and the bench does not model.
NOT_MODELLED = ("NotImplementedError",)


def folder():
    named = slicerPythonFolder()
    return named / "slicer" / "tests" if named is not None else None


@pytest.mark.skipif(
    folder() is None or not folder().is_dir(), reason=f"{VARIABLE} names no source with tests"
)
@pytest.mark.parametrize("name", FILES)
def test_slicers_own_tests_pass(name, a_scene, monkeypatch):
    spec = importlib.util.spec_from_file_location(name, folder() / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)  # its classes are looked up by their module's name
    spec.loader.exec_module(module)

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)

    problems = [(case.id(), text) for case, text in result.errors + result.failures]
    serious = [
        (case, text) for case, text in problems if not text.strip().splitlines()[-1].startswith(NOT_MODELLED)
    ]
    assert result.testsRun > 0
    assert not serious, "\n".join(f"{case}\n{text}" for case, text in serious)
