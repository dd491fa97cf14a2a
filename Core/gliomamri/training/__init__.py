"""Training: losses, optimizers, schedules, averaged weights and the engine that joins them.

Nothing here is imported by inference. Files import torch at their top, so tasks import them late and call
:func:`gliomamri.networks.packages.require` first.
"""
