"""The widget layer: what the panels of all modules share, on Qt.

It knows the scene layer (:mod:`gliomamri_slicer`) and the core (:mod:`gliomamri`), and computes nothing; neither of
them knows it. A module's own panel sections lie in ``<Module>Lib``. Start reading at
:class:`gliomamri_widgets.module_panel.ModulePanel`, the shell of every panel. Tests: ``Testing/panel``.
"""
