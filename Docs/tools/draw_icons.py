"""Draws the icons of the extension and of its modules, 128 x 128, from code.

Run ``python Docs/tools/draw_icons.py`` from anywhere; it writes the PNG files into the repository.
One family: a rounded dark tile, a light head or brain line, one warm accent.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QGuiApplication,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QRadialGradient,
    QTransform,
)

SIZE = 128
OVERSAMPLING = 8
ROOT = Path(__file__).resolve().parents[2]

TILE_TOP = QColor("#24486e")
TILE_BOTTOM = QColor("#0f2239")
LINE = QColor("#eaf2fa")
QUIET = QColor(234, 242, 250, 105)
WARM = QColor("#ffb238")
HOT = QColor("#ff5a3c")


def line_pen(color: QColor, width: float) -> QPen:
    """Round-ended pen, `width` in icon pixels."""
    return QPen(color, width, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin)


def draw_tile(painter: QPainter) -> None:
    """Dark rounded tile that every icon of the family stands on."""
    gradient = QLinearGradient(0, 0, 0, SIZE)
    gradient.setColorAt(0, TILE_TOP)
    gradient.setColorAt(1, TILE_BOTTOM)
    painter.setPen(Qt.NoPen)
    painter.setBrush(QBrush(gradient))
    painter.drawRoundedRect(QRectF(2, 2, SIZE - 4, SIZE - 4), 26, 26)


def brain_path() -> QPainterPath:
    """Outline of a brain seen from above: two hemispheres, notched in front and behind."""
    path = QPainterPath(QPointF(64, 23))
    path.cubicTo(72, 12, 104, 20, 107, 58)
    path.cubicTo(109, 86, 92, 112, 70, 109)
    path.cubicTo(67, 108.5, 65, 106, 64, 103)
    path.cubicTo(63, 106, 61, 108.5, 58, 109)
    path.cubicTo(36, 112, 19, 86, 21, 58)
    path.cubicTo(24, 20, 56, 12, 64, 23)
    path.closeSubpath()
    return path


def glow(painter: QPainter, center: QPointF, radius: float) -> None:
    """Lesion: a hot core in a warm halo."""
    gradient = QRadialGradient(center, radius)
    gradient.setColorAt(0.0, HOT)
    gradient.setColorAt(0.52, HOT)
    gradient.setColorAt(0.60, WARM)
    gradient.setColorAt(0.82, WARM)
    gradient.setColorAt(1.0, QColor(255, 178, 56, 0))
    painter.setPen(Qt.NoPen)
    painter.setBrush(QBrush(gradient))
    painter.drawEllipse(center, radius, radius)


def draw_extension(painter: QPainter) -> None:
    """GliomaMRI: a brain with a lesion in one hemisphere."""
    outline = brain_path()
    painter.setBrush(QColor(234, 242, 250, 30))
    painter.setPen(line_pen(LINE, 7))
    painter.drawPath(outline)
    painter.setPen(line_pen(QUIET, 4.5))
    painter.drawLine(QPointF(64, 36), QPointF(64, 91))
    fold = QPainterPath(QPointF(38, 46))
    fold.cubicTo(50, 50, 50, 60, 40, 66)
    fold.cubicTo(34, 71, 38, 82, 50, 84)
    painter.setBrush(Qt.NoBrush)
    painter.drawPath(fold)
    glow(painter, QPointF(83, 66), 19)


def draw_qmri_analysis(painter: QPainter) -> None:
    """QMRIAnalysis: inversion-recovery curve through its samples."""
    painter.setPen(line_pen(QUIET, 4.5))
    painter.drawLine(QPointF(24, 20), QPointF(24, 108))
    painter.drawLine(QPointF(24, 72), QPointF(108, 72))
    curve = QPainterPath(QPointF(26, 104))
    curve.cubicTo(40, 52, 58, 30, 106, 27)
    painter.setBrush(Qt.NoBrush)
    painter.setPen(line_pen(LINE, 8))
    painter.drawPath(curve)
    painter.setPen(line_pen(TILE_BOTTOM, 3.5))
    for fraction, color in ((0.13, HOT), (0.42, WARM), (0.68, WARM), (0.95, WARM)):
        painter.setBrush(color)
        painter.drawEllipse(curve.pointAtPercent(fraction), 10, 10)


def gear_path(center: QPointF, outer: float, inner: float, teeth: int) -> QPainterPath:
    """Gear with rounded hole; radii in icon pixels."""
    wheel = QPainterPath()
    wheel.addEllipse(center, inner, inner)
    for index in range(teeth):
        tooth = QPainterPath()
        tooth.addRoundedRect(QRectF(-outer * 0.19, -outer, outer * 0.38, outer), 3, 3)
        turn = QTransform.fromTranslate(center.x(), center.y()).rotate(360.0 * index / teeth)
        wheel = wheel.united(turn.map(tooth))
    hole = QPainterPath()
    hole.addEllipse(center, inner * 0.44, inner * 0.44)
    return wheel.subtracted(hole)


def draw_setup(painter: QPainter) -> None:
    """GliomaMRISetup: the brain outline with a gear in front of it."""
    painter.setBrush(QColor(234, 242, 250, 30))
    painter.setPen(line_pen(LINE, 7))
    painter.drawPath(brain_path())
    gear = gear_path(QPointF(82, 82), 35, 26, 8)
    painter.setPen(line_pen(TILE_BOTTOM, 9))
    painter.setBrush(TILE_BOTTOM)
    painter.drawPath(gear)
    painter.setPen(Qt.NoPen)
    painter.setBrush(WARM)
    painter.drawPath(gear)


ICONS: dict[str, Callable[[QPainter], None]] = {
    "GliomaMRI.png": draw_extension,
    "QMRIAnalysis/Resources/Icons/QMRIAnalysis.png": draw_qmri_analysis,
    "GliomaMRISetup/Resources/Icons/GliomaMRISetup.png": draw_setup,
}


def render(draw: Callable[[QPainter], None]) -> QImage:
    """One icon on its tile, drawn large and reduced smoothly."""
    image = QImage(SIZE * OVERSAMPLING, SIZE * OVERSAMPLING, QImage.Format_ARGB32_Premultiplied)
    image.fill(Qt.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.Antialiasing)
    painter.scale(OVERSAMPLING, OVERSAMPLING)
    draw_tile(painter)
    draw(painter)
    painter.end()
    return image.scaled(SIZE, SIZE, Qt.KeepAspectRatio, Qt.SmoothTransformation)


def main() -> None:
    """Write every icon."""
    application = QGuiApplication([])
    for name, draw in ICONS.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not render(draw).convertToFormat(QImage.Format_ARGB32).save(str(path)):
            raise OSError(f"could not write {path}")
        print(name)
    application.quit()


if __name__ == "__main__":
    main()
