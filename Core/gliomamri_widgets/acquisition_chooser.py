"""Images of several raw acquisitions (inversion recovery, MAGIC ...), one kind at a time on screen.

Used by panels whose tasks take series; tested by Testing/panel/test_acquisition_chooser_widgets.py.
"""

from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri.roles import ROLES
from gliomamri_widgets.series_table import SeriesTable


class AcquisitionChooser:
    """Shows the images and times of the kind chosen in a combo box, and in one line what is chosen of every kind.

    The combo box itself is bound to a parameter by the panel; which kind that is, the panel tells :meth:`show`.
    """

    def __init__(self, selector, table, summaryLabel, onProblem):
        """
        :param selector: qMRMLCheckableNodeComboBox
        :param table: QTableWidget for the images' times
        :param summaryLabel: QLabel
        :param onProblem: called with a sentence when a typed time cannot be used
        """
        self._summaryLabel = summaryLabel
        self._seriesTable = SeriesTable(selector, table, onProblem)
        self._shown = None

    def show(self, selections, role, unused=()):
        """
        Show the images of one role; cheap when nothing has changed.

        :param selections: :class:`gliomamri_slicer.series_selection.SeriesSelection` by role; empty while no scene is
            open
        :param role: the role to show
        :param unused: roles whose images are chosen and not needed
        """
        key = (role, id(selections))
        if key != self._shown:
            self._shown = key
            self._seriesTable.setSelection(selections.get(role))
        else:
            self._seriesTable.update()
        needless = [ROLES[each].title for each in unused if each in selections]
        sentences = [summaryOf(selections)]
        if needless:
            sentences.append(
                _("Analyze takes the chosen maps and leaves out {what}.").format(what=", ".join(needless))
            )
        refitted = [ROLES[each].title for each in unused if not ROLES[each].is_series]
        if refitted:
            sentences.append(
                _("Analyze fits the raw images and leaves out the chosen {what}.").format(
                    what=", ".join(refitted)
                )
            )
        self._summaryLabel.text = "\n".join(sentences)


def summaryOf(selections):
    """Say how many images of each kind are chosen, ``8 MAGIC images, 6 multi-echo spin-echo images``."""
    words = []
    for role, selection in selections.items():
        count = _countOf(selection)
        if count:
            words.append(f"{count} {ROLES[role].title}")
    return ", ".join(words) if words else _("No raw images are chosen.")


def _countOf(selection):
    try:
        return len(selection.frames())
    except UserError:
        return len(selection.nodes())
