"""How a class looks and what it is called: the same in every picture and on the page."""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.ft2font import FT2Font

from stages.lib.core.points import Description, Points

# The palette that colour-blind readers can tell apart, by Okabe and Ito (2008), without its yellow, which white paper
# swallows; the last three are the most distant from it that were found, to readers of all kinds.
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#882255",
    "#7A4A00",
    "#332288",
)
MARKERS = "o^sDvP*X<>"  # in matplotlib's spelling
LONGEST = 32  # of a name in a picture, in letters
FONT = "fonts/ttf/DejaVuSans.ttf"  # the one that matplotlib brings along


def colour_of(label: int) -> str:
    """Return the colour of a class; after as many classes as there are colours they come again."""
    return COLOURS[label % len(COLOURS)]


def marker_of(label: int) -> str:
    """Return the marker of a class; where a colour comes again it is with another marker."""
    again = label // len(COLOURS)
    return MARKERS[(label + again * len(MARKERS) // 2) % len(MARKERS)]


def tint(label: int, strength: float) -> tuple[float, float, float]:
    """Return the colour of a class on white paper: 0 is white, 1 the full colour."""
    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour_of(label)))
    return red, green, blue


def label_of(description: Description, label: int) -> str:
    """Return a class as it stands in a legend."""
    return _numbered(description.classes[label], label)


def key_of(description: Description, label: int) -> str:
    """Return a class as it stands in the legend of a picture, where a long name is cut short."""
    return _numbered(drawn(description.classes[label], LONGEST - 10), label)


def axis_of(description: Description, column: int) -> str:
    """Return a column as it stands along an axis."""
    return description.features[column] + " (standardised)" * bool(description.mean)


def drawn(text: str, longest: int = LONGEST) -> str:
    """Return a text as a picture has it: on one line, cut where it is long, and with signs that the font has alone.

    A dollar is a dollar, and begins no formula of Matplotlib's.
    """
    line = " ".join(text.split())
    cut = line if len(line) <= longest else f"{line[: longest - 1]}…"
    shown = "".join(letter if ord(letter) in _letters() else "\N{REPLACEMENT CHARACTER}" for letter in cut)
    return shown.replace("$", r"\$")


def thinned(points: Points, most: int) -> Points:
    """Return at most so many of the points, evenly spaced in their order."""
    if len(points) <= most:
        return points
    kept = np.linspace(0, len(points) - 1, most).round().astype(int)
    return Points(points.x[kept], points.y[kept])


def _numbered(name: str, label: int) -> str:
    return f"class {label}" if name == str(label) else f"{name} (class {label})"


@cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(str(Path(matplotlib.get_data_path()) / FONT)).get_charmap())
