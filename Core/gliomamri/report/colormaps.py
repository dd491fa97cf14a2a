"""Color maps: arrays of 256 RGB colors in [0, 1], without any plotting library.

Lipari and Navia are the maps recommended for T1/R1 and T2/R2 (Fuderer et al., Color-map recommendation for MR
relaxometry maps, Magn Reson Med 2025). They are Fabio Crameri's scientific color maps 8 (doi
10.5281/zenodo.1243862, MIT licence): perceptually uniform, readable in gray and by the color-blind. The tables
hold 32 equidistant colors of each; linear interpolation is within 1/255 of the original.
"""

from __future__ import annotations

import numpy as np

SIZE = 256

LINE_COLORS = tuple(
    tuple(int(color[i : i + 2], 16) / 255 for i in (0, 2, 4))
    for color in ("0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9", "000000")
)
"""Colors of lines in charts: those of Okabe and Ito, told apart by the color-blind."""

_ANCHORS = {
    "lipari": (
        "031326 061e35 092845 0f3354 193f63 284a6f 385377 48597a "
        "545c7a 5e5d79 685e76 715f74 7b6071 86606f 91616c 9e6268 "
        "aa6265 b86462 c6665f d46b5e e0745f e77f64 ea8b6a e99771 "
        "e7a179 e6ac81 e5b68b e7c197 eacea5 f0dab6 f6e7c8 fdf5da"
    ),
    "navia": (
        "031327 051c36 052646 063057 083a67 0b4476 0f4f83 15598c "
        "1c6290 226a91 277090 2c768d 307a8a 357f88 398385 3e8882 "
        "438d7e 49927b 509877 579e73 5fa56f 68ad6b 74b668 83c069 "
        "96ca6e abd37b bedb8b d0e29d dee7ae eaecbf f3f1cd fcf4d9"
    ),
    "gray": "000000 ffffff",
    # ColorBrewer-like blue and orange arms around white: safe for the common kinds of color blindness
    "diverging": "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fee0b6 fdb863 e08214 b35806 7f3b08",
    # The same hues around black, both arms of one lightness: 0 looks like outside of the head, where maps are 0 too
    "change": ("d2ebff 8cc8f6 4f9fde 2876b6 15507f 0a2a45 000000 3f2107 7a420c b46511 e3892f f9b774 ffe4c6"),
    "heat": "000000 3b0f70 8c2981 de4968 fe9f6d fcfdbf",
}

_LOG_SCALED = {"T1": "lipari", "R1": "lipari", "T2": "navia", "R2": "navia"}


def colormap(name: str) -> np.ndarray:
    """Give a color map by name.

    Parameters
    ----------
    name : str
        One of :func:`colormap_names`.

    Returns
    -------
    ndarray of float, shape (256, 3)
        Red, green, blue in [0, 1].

    Raises
    ------
    KeyError
        If there is no map of that name.
    """
    anchors = np.array(
        [[int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)] for color in _ANCHORS[name].split()]
    )
    positions = np.linspace(0, 1, len(anchors))
    at = np.linspace(0, 1, SIZE)
    return np.stack([np.interp(at, positions, anchors[:, channel]) for channel in range(3)], axis=1)


def colormap_names() -> tuple[str, ...]:
    """Names that :func:`colormap` knows."""
    return tuple(_ANCHORS)


def relaxation_colormap(quantity: str, low: float, high: float) -> np.ndarray:
    """Color map of a relaxation map over a display range, as the recommendation defines it.

    The scale is linear from ``low`` to ``high / e`` and logarithmic above, so that short and long times are told
    apart; the table is reversed for rates, so that the same tissue keeps its color; color 0 is black and means
    "no valid value".

    Parameters
    ----------
    quantity : {"T1", "R1", "T2", "R2"}
        What the map holds.
    low, high : float
        Display range in the map's unit; 0 <= low < high.

    Returns
    -------
    ndarray of float, shape (256, 3)
        Row i is the color of ``low + (high - low) * i / 255``.

    Raises
    ------
    ValueError
        If the range is empty or negative.
    """
    if not 0 <= low < high:
        raise ValueError(f"the display range must satisfy 0 <= low < high, not {low} and {high}")
    base = colormap(_LOG_SCALED[quantity])
    if quantity.startswith("R"):
        base = base[::-1]
    position = _lin_log(np.linspace(low, high, SIZE), low, high)
    at = np.linspace(0, 1, SIZE)
    table = np.stack([np.interp(position, at, base[:, channel]) for channel in range(3)], axis=1)
    table[0] = 0.0
    return table


def _lin_log(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Position in [0, 1] of each value: linear up to ``high / e``, logarithmic above; continuous."""
    knee = high / np.e
    start = max(knee, low)
    share = (knee - low) / (2 * knee - low) if knee > low else 0.0
    logarithmic = share + (1 - share) * np.log(np.maximum(x, start) / start) / np.log(high / start)
    linear = share * (x - low) / (knee - low) if knee > low else np.zeros_like(x)
    return np.where(x > start, logarithmic, linear)


def is_relaxation_scaled(quantity: str, name: str) -> bool:
    """Tell whether a map's colors follow the recommendation, and so depend on its display range."""
    return _LOG_SCALED.get(quantity) == name


def map_colors(quantity: str, name: str, window: tuple[float, float]) -> np.ndarray:
    """Color table of a result map: log-scaled for relaxation times and rates, as named otherwise; shape (256, 3)."""
    if is_relaxation_scaled(quantity, name):
        return relaxation_colormap(quantity, *window)
    return colormap(name)
