"""Replacement of ``slicer.parameterNodeWrapper``: typed parameters in a vtkMRMLScriptedModuleNode, bound to widgets.

What is stored, and under which names, equals Slicer's, so that scenes of one are read by the other. Types: bool, int,
float, str, pathlib.Path, Enum, node classes, lists of these, Optional and Union of them, and `parameterPack` classes.
Left out: tuple, dict, Any, QColor, and `createGui`.
"""

from bench.slicer_python.parameters.annotations import (
    Choice,
    Decimals,
    Default,
    Exclude,
    IsInstance,
    Maximum,
    Minimum,
    NotNone,
    RangeBounds,
    SingleStep,
    Validator,
    WithinRange,
)
from bench.slicer_python.parameters.connectors import createGuiConnector
from bench.slicer_python.parameters.pack import (
    FloatRange,
    isParameterPack,
    nestedParameterNames,
    parameterPack,
)
from bench.slicer_python.parameters.wrapper import (
    SlicerParameterNamePropertyName,
    findChildWidgetForParameter,
    isParameterNodeWrapper,
    parameterNodeWrapper,
)

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Exclude",
    "FloatRange",
    "IsInstance",
    "Maximum",
    "Minimum",
    "NotNone",
    "RangeBounds",
    "SingleStep",
    "SlicerParameterNamePropertyName",
    "Validator",
    "WithinRange",
    "createGuiConnector",
    "findChildWidgetForParameter",
    "isParameterNodeWrapper",
    "isParameterPack",
    "nestedParameterNames",
    "parameterNodeWrapper",
    "parameterPack",
]
