"""The panel tests run on what the environment says: Slicer's own Python files, or the bench's replacement."""

from __future__ import annotations

import inspect
import os
import pathlib

import pytest

from bench import slicer_python


def test_parameter_node_wrapper_is_whose_the_environment_says():
    from slicer.parameterNodeWrapper import parameterNodeWrapper
    from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget

    folder = slicer_python.slicerPythonFolder() or pathlib.Path(slicer_python.__file__).parent
    for item in (parameterNodeWrapper, ScriptedLoadableModuleWidget):
        assert folder.resolve() in pathlib.Path(inspect.getfile(item)).resolve().parents


def test_a_wrong_folder_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, slicer_python.VARIABLE, str(tmp_path))

    with pytest.raises(FileNotFoundError, match="holds no slicer/ScriptedLoadableModule"):
        slicer_python.slicerPythonFolder()
