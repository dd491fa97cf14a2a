"""Shows the rows of the environment check in a table widget."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from GliomaMRISetupLib.CheckRow import CheckRow


class EnvironmentTable:
    """Fills a QTableWidget with check rows: name, version found, purpose.

    Parameters
    ----------
    widget : qt.QTableWidget
        The table in the panel.
    """

    def __init__(self, widget) -> None:
        self._widget = widget

    def show(self, rows: list[CheckRow]) -> None:
        """Replace the table's content by `rows`."""
        self._widget.setRowCount(len(rows))
        for index, row in enumerate(rows):
            for column, text in enumerate((row.name, self._versionText(row), row.purpose)):
                self._widget.setItem(index, column, qt.QTableWidgetItem(text))
        self._widget.resizeColumnsToContents()

    @staticmethod
    def _versionText(row: CheckRow) -> str:
        if row.present:
            return row.version
        return _("missing") if row.required else _("not installed")
