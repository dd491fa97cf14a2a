"""Makes PySide6 speak as PythonQt does inside Slicer: ``import qt`` then gives what a scripted module expects.

`install` changes PySide6's classes in this process for good; nothing else in a test process should rely on PySide's
own manners. What is adapted: properties as attributes (`properties`), connect and disconnect by a signature in a string
(`connections`), small methods of QObject (`objects`), and the module `qt` without PySide-only names (`namespace`).
"""

from __future__ import annotations

import functools

from bench import environment


@functools.cache
def install() -> None:
    """Adapt PySide6 and register the module ``qt``; the second call does nothing."""
    environment.prepare()
    from bench.pythonqt import connections, namespace, objects, properties

    properties.install()
    connections.install()
    objects.install()
    namespace.install()
