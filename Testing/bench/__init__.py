"""A Slicer-like process for tests: real MRML scene, real Qt, no desktop application.

Start reading at `headless.boot` (scene and logics, no Qt) and `panel.open_module` (a module's panel on top of it).
What the bench cannot prove is listed in README.md beside this file.
"""
