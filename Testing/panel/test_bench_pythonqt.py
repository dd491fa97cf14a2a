"""Qt speaks as PythonQt does: properties, string signatures, loose conversion, no PySide-only names."""

from __future__ import annotations

import pytest
import qt


def test_properties_are_attributes():
    button = qt.QPushButton("Apply")

    button.text = "Cancel"
    button.enabled = 0
    button.toolTip = "Stops the work"

    assert (button.text, button.enabled, button.toolTip) == ("Cancel", False, "Stops the work")
    with pytest.raises(TypeError):
        button.text()


def test_values_are_converted_loosely():
    box, label = qt.QSpinBox(), qt.QLabel()

    box.value = "3"
    label.text = 5

    assert (box.value, label.text) == (3, "5")


def test_unknown_attributes_are_refused():
    with pytest.raises(AttributeError, match="txet"):
        qt.QLabel().txet = "x"
    with pytest.raises(AttributeError):
        qt.QLabel().txet  # noqa: B018


def test_arguments_are_cut_to_what_the_function_takes():
    button, seen = qt.QPushButton(), []
    button.checkable = True

    button.connect("toggled(bool)", seen.append)
    button.connect("toggled(bool)", lambda: seen.append("none"))
    button.connect("clicked()", lambda *values: seen.append(values))
    button.click()

    assert seen == [True, "none", ()]


def test_disconnect_undoes_one_connection():
    button, seen = qt.QPushButton(), []

    def first():
        seen.append(1)

    def second():
        seen.append(2)

    button.connect("clicked()", first)
    button.connect("clicked()", second)
    assert button.disconnect("clicked()", first)
    assert not button.disconnect("clicked()", first)
    button.click()

    assert seen == [2]


@pytest.mark.parametrize("signature", ["clickd()", "clicked(int)", "clicked(bool", "text()"])
def test_wrong_signatures_are_refused(signature):
    with pytest.raises(ValueError, match="no signal"):
        qt.QPushButton().connect(signature, print)


@pytest.mark.parametrize("name", ["Signal", "Slot", "Property", "QEnum", "SIGNAL"])
def test_pyside_only_names_are_absent(name):
    assert not hasattr(qt, name)


def test_timer_calls_through_the_event_loop(wait_until):
    timer, seen = qt.QTimer(), []
    timer.interval = 1
    timer.connect("timeout()", lambda: seen.append(timer.active))

    timer.start()
    wait_until(lambda: len(seen) >= 2)
    timer.stop()

    assert seen[0] is True
    with pytest.raises(TimeoutError):
        wait_until(lambda: False, seconds=0.05)


def test_children_are_found_by_class_name_and_object_name():
    top = qt.QWidget()
    layout = qt.QVBoxLayout(top)
    for index in range(2):
        button = qt.QPushButton(str(index))
        button.name = f"button{index}"
        layout.addWidget(button)

    assert [child.text for child in top.findChildren("QPushButton")] == ["0", "1"]
    assert top.findChild(qt.QPushButton, "button1").className() == "QPushButton"
    assert top.findChild("QLabel") is None


def test_table_of_parameters_works():
    table = qt.QTableWidget(2, 2)

    table.setItem(0, 1, qt.QTableWidgetItem("530"))
    table.setHorizontalHeaderLabels(["Volume", "TI (ms)"])
    changed = []
    table.connect("itemChanged(QTableWidgetItem*)", lambda item: changed.append(item.text()))
    table.item(0, 1).setText("630")

    assert (table.rowCount, table.item(0, 1).text(), changed) == (2, "630", ["630"])
