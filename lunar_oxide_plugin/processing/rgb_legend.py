"""The legend of a colour composite as an image, for maps and slides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from qgis.PyQt.QtCore import QRect, Qt
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter

from ..core.oxides.colours import SCALES
from ..core.oxides.composite import Limits, greys, triangle

#: Size of the image, and of the triangle in it, in pixels.
WIDTH, HEIGHT = 1000, 940
TRIANGLE_TOP, TRIANGLE_HEIGHT = 190, 520
#: The grey strip below it.
STRIP = QRect(300, 850, 401, 30)

_MARGIN = 20
_DOTS_PER_METRE = round(300 / 0.0254)


class Channel(NamedTuple):
    """A band of a composite: the name of what it shows, and its limits."""

    name: str
    limits: Limits

    def lines(self, colour: str) -> str:
        """What stands beside its corner."""
        unit = SCALES[self.name].unit if self.name in SCALES else ""
        low, high = self.limits
        return f"{colour}: {self.name}\n" + f"{low:.4g} - {high:.4g} {unit}".rstrip()


def legend(channels: Sequence[Channel], synthetic: bool) -> QImage:
    """Draw the legend of a composite with QGIS's own Qt, which is there wherever QGIS is.

    Parameters
    ----------
    channels : sequence of three Channel
        Red, green and blue.
    synthetic : bool
        Whether to say that the composite shows no measurement.

    Returns
    -------
    QImage
        `WIDTH` by `HEIGHT` pixels, black on white.
    """
    limits = [channel.limits for channel in channels]
    red, green, blue = (
        channel.lines(colour) for channel, colour in zip(channels, ("Red", "Green", "Blue"))
    )
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(_DOTS_PER_METRE)
    image.setDotsPerMeterY(_DOTS_PER_METRE)
    image.fill(QColor("white"))
    painter = QPainter(image)
    try:
        colours = _image(triangle(limits, TRIANGLE_HEIGHT))
        left = (WIDTH - colours.width()) // 2
        below = TRIANGLE_TOP + TRIANGLE_HEIGHT + 5
        half = WIDTH // 2 - _MARGIN
        painter.drawImage(left, TRIANGLE_TOP, colours)
        if synthetic:
            painter.setPen(QColor("#b2182b"))
            _text(painter, QRect(_MARGIN, 10, 2 * half, 60), 36, "SYNTHETIC, not a measurement")
        painter.setPen(QColor("black"))
        _text(painter, QRect(_MARGIN, 80, 2 * half, 105), 36, red)
        _text(painter, QRect(_MARGIN, below, half, 105), 36, green)
        _text(painter, QRect(WIDTH // 2, below, half, 105), 36, blue)
        painter.drawImage(STRIP, _image(greys(limits, STRIP.width())))
        painter.drawRect(STRIP.adjusted(-1, -1, 0, 0))
        middle, tall = STRIP.center().y(), 60
        _text(painter, QRect(_MARGIN, middle - tall // 2, 270, tall), 26, "all at the lower limit")
        _text(
            painter,
            QRect(STRIP.right() + 10, middle - tall // 2, 270, tall),
            26,
            "all at the upper limit",
        )
        note = "In the triangle, the largest of the three is at its upper limit."
        _text(painter, QRect(_MARGIN, HEIGHT - 50, 2 * half, 40), 22, note)
    finally:
        painter.end()
    return image


def _image(rgba: np.ndarray) -> QImage:
    """Colours [4, rows, columns] as an image of its own memory."""
    pixels = np.ascontiguousarray(rgba.transpose(1, 2, 0))
    rows, columns, _ = pixels.shape
    data = pixels.tobytes()
    return QImage(data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


def _text(painter: QPainter, box: QRect, size: int, text: str) -> None:
    """Write into the middle of a box, smaller where the text is too wide for it."""
    font = QFont()
    centre = Qt.AlignmentFlag.AlignCenter
    flags = int(getattr(centre, "value", centre))  # of Qt 6 it is not a number itself
    for pixels in range(size, 9, -1):
        font.setPixelSize(pixels)
        painter.setFont(font)
        needed = painter.boundingRect(box, flags, text)
        if needed.width() <= box.width() and needed.height() <= box.height():
            break
    painter.drawText(box, flags, text)
