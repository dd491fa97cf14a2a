"""The panel's table of regions: count, median and spread of each, or its difference from the other side."""

import math
from dataclasses import replace

import qt
from slicer.i18n import tr as _

from gliomamri_widgets.table_height import fitToRows

_MIRROR = "mirror of "
"""How the analysis calls a region of the other side."""


class RegionsTable:
    """Fills a QTableWidget from a :class:`gliomamri.result.Table`; a row's tool tip holds all that is known of it."""

    def __init__(self, table):
        """:param table: QTableWidget"""
        self._table = table
        table.setColumnCount(4)
        table.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.Stretch)
        table.visible = False

    def hide(self):
        """Show nothing."""
        self._table.visible = False

    def show(self, summary, quantity):
        """
        Show numbers by region.

        :param summary: Table with the columns region, voxels, median, p25, p75, and ``mirror delta`` where regions
            were compared with the other side
        :param quantity: what was measured, ``R1``
        """
        summary = _withoutMirrors(summary)
        columns = summary.columns
        unit = f" ({summary.units['median']})" if summary.units.get("median") else ""
        compared = "mirror delta" in columns
        last = _("to other side") if compared else f"p25-p75{unit}"
        self._table.setHorizontalHeaderLabels(
            [_("Region"), _("Voxels"), f"{quantity} {_('median')}{unit}", last]
        )
        self._table.horizontalHeaderItem(3).setToolTip(
            _(
                "Cliff's delta: 0 where both sides measure alike, 1 where every voxel exceeds those of the other side"
            )
            if compared
            else _("Half of the region's voxels lie between these.")
        )
        self._table.setRowCount(len(columns["region"]))
        fitToRows(self._table)
        for row in range(len(columns["region"])):
            self._showRow(row, summary, compared)
        for column in (1, 2, 3):
            self._table.resizeColumnToContents(column)

    def _showRow(self, row, summary, compared):
        values = {name: column[row] for name, column in summary.columns.items()}
        spread = digits(values["mirror delta"]) if compared else _range(values["p25"], values["p75"])
        count = int(values["voxels"])
        texts = (
            str(values["region"]),
            str(count),
            digits(values["median"]) if count else "",
            spread if count else "",
        )
        known = [
            f"{summary.header(name)}: {digits(value)}"
            for name, value in values.items()
            if name != "region" and not math.isnan(value)
        ]
        toolTip = "\n".join([str(values["region"]), *known])
        for column, text in enumerate(texts):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(toolTip)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
            self._table.setItem(row, column, item)


def digits(value):
    """Three digits, ``0.714`` or ``1.20``; whole numbers from 100 on, ``1250``; nothing for what is undefined."""
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 99.95 or value == int(value) else f"{value:#.3g}"


def _withoutMirrors(summary):
    """Leave out the other side's regions: how a region differs from its own stands in its row."""
    rows = [row for row, name in enumerate(summary.columns["region"]) if not str(name).startswith(_MIRROR)]
    columns = {name: [column[row] for row in rows] for name, column in summary.columns.items()}
    return replace(summary, columns=columns)


def _range(low, high):
    return "" if math.isnan(low) else f"{digits(low)}-{digits(high)}"
