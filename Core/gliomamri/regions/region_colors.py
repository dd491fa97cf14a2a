"""Colors of regions: one table by name, so that charts, label maps, reports and cohorts show a region alike.

Called by :mod:`gliomamri.regions.catalog` for a patient and by :mod:`gliomamri.quantitative.pooled_density` for a
cohort; tested by Testing/unit/regions/test_region_colors.py.

Colors are those of Okabe and Ito (Color universal design, 2008), told apart by the color-blind: vermilion inside,
orange and blues outside, green and gray as reference. Segments of the user take what is left, then three muted colors
of Paul Tol's (Colour schemes, SRON/EPS/TN/09-002, 2021).
"""

from __future__ import annotations

from collections.abc import Iterable

Color = tuple[float, float, float]

ANNOTATION, BRAIN = "annotation", "brain"
SHELL, MIRROR_OF = "shell ", "mirror of "
NORMAL_NAMES = {"WM": "normal-appearing white matter", "GM": "normal-appearing gray matter"}

_FIXED: dict[str, Color] = {
    ANNOTATION: (0.835, 0.369, 0.0),
    BRAIN: (0.0, 0.0, 0.0),
    NORMAL_NAMES["WM"]: (0.0, 0.62, 0.451),
    NORMAL_NAMES["GM"]: (0.32, 0.32, 0.32),
}
_SHELLS: tuple[Color, ...] = (
    (0.902, 0.624, 0.0),
    (0.0, 0.447, 0.698),
    (0.337, 0.706, 0.914),
    (0.2, 0.133, 0.533),
)
_SEGMENTS: tuple[Color, ...] = (
    (0.8, 0.475, 0.655),
    (0.94, 0.894, 0.259),
    (0.0, 0.0, 0.0),
    (0.533, 0.133, 0.333),
    (0.267, 0.667, 0.6),
    (0.6, 0.6, 0.2),
)
_PALE = 0.55
"""How far a mirror's color lies from its region's on the way to white."""


def region_colors(names: Iterable[str]) -> dict[str, Color]:
    """Give each region its color.

    Parameters
    ----------
    names : iterable of str
        Names of regions as a result has them. Shells are colored from the inside outward, segments in their order; a
        mirror has the color of its region, paler.

    Returns
    -------
    dict of str to (red, green, blue)
        In [0, 1]. Two shells, or two segments, are alike only beyond four shells or six segments.

    Examples
    --------
    >>> region_colors(["shell 5-10 mm", "shell 0-5 mm"])["shell 0-5 mm"]
    (0.902, 0.624, 0.0)
    """
    given = list(dict.fromkeys(names))
    bare = list(dict.fromkeys(name.removeprefix(MIRROR_OF) for name in given))
    found = {name: _FIXED[name] for name in bare if name in _FIXED}
    shells = sorted((name for name in bare if _inner_edge(name) is not None), key=_inner_edge)
    segments = [name for name in bare if name not in found and name not in shells]
    for group, colors in ((shells, _SHELLS), (segments, _SEGMENTS)):
        found |= {name: colors[number % len(colors)] for number, name in enumerate(group)}
    return {
        name: found[name] if name in found else _pale(found[name.removeprefix(MIRROR_OF)]) for name in given
    }


def _inner_edge(name: str) -> float | None:
    """Inner edge in mm of a shell's name, ``shell 5-10 mm``; None for any other."""
    edge = name.removeprefix(SHELL).partition("-")[0]
    if not name.startswith(SHELL):
        return None
    try:
        return float(edge)
    except ValueError:
        return None


def _pale(color: Color) -> Color:
    return tuple(_PALE + (1 - _PALE) * channel for channel in color)
