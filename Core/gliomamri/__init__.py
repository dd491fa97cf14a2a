"""GliomaMRI: quantitative and explained MRI of brain tumors, without Slicer and without a screen.

The core package. It knows SimpleITK, numpy and scipy (torch and MONAI where a network is used) and never
imports slicer, vtk or qt: the scene layer ``gliomamri_slicer`` and the modules' panels stand on it.
Start reading at :mod:`gliomamri.tasks`, the list of what it can do.
"""

__version__ = "0.1.0"
