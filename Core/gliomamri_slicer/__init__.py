"""The scene layer: MRML nodes in, MRML nodes out, shared by all modules of GliomaMRI.

It knows the core (:mod:`gliomamri`), ``slicer``, ``vtk`` and ``slicer.util``; never Qt. So it runs in desktop
Slicer and, without a screen, on PyPI's ``slicer-core``. Positions are RAS in millimeters here and LPS in
SimpleITK images; arrays are (z, y, x). Start reading at :mod:`gliomamri_slicer.job_bridge`, the way from selected
nodes over a job to result nodes. Functions are camelCase as Slicer's are. Tests: ``Testing/scene``.
"""
