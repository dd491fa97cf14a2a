"""Model packages: read, verify, write, list, find, import, convert.

A package is a folder: ``metadata.json`` (:mod:`~gliomamri.modelstore.metadata`), one safetensors file per network of
the ensemble (:mod:`~gliomamri.modelstore.weights`), the card ``README.md`` with its figures, and ``manifest.json``,
the SHA-256 of each (:mod:`~gliomamri.modelstore.manifest`). Loading one never executes code from it: networks are
built by :mod:`gliomamri.networks.registry` from a name and plain arguments. Start reading at
:mod:`~gliomamri.modelstore.package`; :mod:`~gliomamri.modelstore.catalog` finds the models that a patient's images
suffice for.
"""
