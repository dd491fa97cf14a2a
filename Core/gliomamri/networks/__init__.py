"""Networks: architectures only, built from a name and plain arguments.

:mod:`~gliomamri.networks.registry` is the table of what may be built and the way in; one file per architecture
stands beside it, and :mod:`~gliomamri.networks.weights` takes tensors out and puts them back. Nothing here trains,
reads or writes, and nothing imports torch before a network is built.
"""
