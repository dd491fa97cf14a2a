"""Tables that are as tall as their rows, so that a panel shows no empty boxes.

Used by :mod:`gliomamri_widgets.series_table` and the modules' tables; tested by
Testing/panel/test_acquisition_chooser_widgets.py.
"""

ROW_HEIGHT = 24
"""Pixels of a row."""

_FRAME, _HEADER_MARGIN = 4, 8


def fitToRows(table, most=8):
    """
    Make a QTableWidget as tall as its rows, and hide it where there is none.

    :param most: rows that are shown without scrolling
    """
    count = table.rowCount
    table.visible = count > 0
    table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
    header = table.fontMetrics().height() + _HEADER_MARGIN
    table.horizontalHeader().setFixedHeight(header)
    table.setFixedHeight(header + min(count, most) * ROW_HEIGHT + _FRAME)
