"""make_manifest.py reads a C++ header as PythonQt's tools do."""

from __future__ import annotations

from bench import make_manifest, manifest

HEADER = """
#include <QWidget>
/// A comment with a class ctkNoClass : public QWidget in it
class CTK_WIDGETS_EXPORT ctkExample : public QWidget
{
  Q_OBJECT
  Q_PROPERTY(double value READ value WRITE setValue NOTIFY valueChanged)
  Q_PROPERTY(QStringList names READ names WRITE setNames /* more */)
  Q_ENUMS(Option)
public:
  enum Option { First = 1, Second };
  explicit ctkExample(QWidget* parent = nullptr);
  Q_INVOKABLE virtual int rowCount(const QString& of = QString()) const;
  void notForPython();
public Q_SLOTS:
  void setValue(double v) { this->d->apply(v); }
Q_SIGNALS:
  void valueChanged(double newValue);
  void moved(const QString& name, vtkMRMLNode* node);
protected Q_SLOTS:
  void onInternal();
private:
  void secret();
};
"""


def test_header_is_read(tmp_path):
    (tmp_path / "ctkExample.h").write_text(HEADER)
    (tmp_path / "ctkExample_p.h").write_text(
        "class ctkExamplePrivate : public QObject { public: void x(); };"
    )

    found = make_manifest.readHeaders([tmp_path])

    assert found == {
        "ctkExample": {
            "base": "QWidget",
            "properties": ["value", "names"],
            "slots": ["setValue"],
            "signals": ["valueChanged(double)", "moved(QString,vtkMRMLNode*)"],
            "invokable": ["rowCount"],
            "constants": ["First", "Second"],
        }
    }


def test_shipped_manifest_holds_the_widgets_that_modules_use():
    for name in (
        "qMRMLNodeComboBox",
        "ctkSliderWidget",
        "qMRMLSegmentsTableView",
        "ctkPathLineEdit",
        "qMRMLPlotView",
    ):
        assert manifest.exposedNames(name)
    assert "setMRMLScene" in manifest.exposedNames("qMRMLCheckableNodeComboBox")  # inherited
    assert manifest.signals("qMRMLCheckableNodeComboBox", "currentNodeChanged") == (
        "currentNodeChanged(vtkMRMLNode*)",
        "currentNodeChanged(bool)",
    )
