"""Relaxometry: T1, T2 and M0 maps from raw images.

Signal equations in :mod:`~gliomamri.relaxometry.signals` and :mod:`~gliomamri.relaxometry.epg`, the fits in
:mod:`~gliomamri.relaxometry.inversion_recovery` and :mod:`~gliomamri.relaxometry.multi_echo`, the task on images
in :mod:`~gliomamri.relaxometry.task`.
"""
