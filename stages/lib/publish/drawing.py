"""Pictures of the points and of what a network makes of the plane."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from stages.lib.core.points import Points

# Of the palette that colour-blind readers can tell apart, by Okabe and Ito (2008).
BLUE, ORANGE = "#0072B2", "#D55E00"
CLASSES = (("ring (class 0)", BLUE, "o"), ("Y (class 1)", ORANGE, "^"))
SOFT = LinearSegmentedColormap.from_list("soft", ["#56A3D0", "#FFFFFF", "#F0A06A"])
STRICT = ListedColormap(["#B9DAEC", "#F8D3BB"])
MOST_COLUMNS = 3  # of a picture with many panels
LOGITS = np.linspace(-8, 8, 17)  # beyond them a probability is 0 or 1 to three digits
BANDS = np.linspace(0, 1, 11)  # of probability; flat bands make a PNG half the size of a smooth one


def draw_points(axes: Axes, points: Points, *, limit: float) -> None:
    """Draw the points of both classes in the square from -limit to limit."""
    for label, (name, colour, marker) in enumerate(CLASSES):
        x = points.x[points.y[:, 0] == label]
        axes.scatter(x[:, 0], x[:, 1], s=9, c=colour, marker=marker, linewidths=0, label=name)
    square = {"xlim": (-limit, limit), "ylim": (-limit, limit), "aspect": "equal"}
    axes.set(**square, xlabel="x1", ylabel="x2")


def draw_soft(axes: Axes, grid: np.ndarray, *, limit: float) -> None:
    """Draw the probability of class 1, shape (points, points), with its scale and the line at 0.5."""
    axis = np.linspace(-limit, limit, len(grid))
    bands = axes.contourf(axis, axis, grid, levels=BANDS, cmap=SOFT)
    axes.figure.colorbar(bands, ax=axes, label="probability of the Y", ticks=BANDS[::2], shrink=0.8)
    _draw_boundary(axes, grid, limit)


def draw_strict(axes: Axes, grid: np.ndarray, *, limit: float) -> None:
    """Draw which class wins, the one above a probability of 0.5, and the line between them."""
    axes.imshow(grid > 0.5, cmap=STRICT, vmin=0, vmax=1, extent=(-limit, limit, -limit, limit), origin="lower")
    _draw_boundary(axes, grid, limit)


def picture_of_boundary(points: Points, grid: np.ndarray, *, limit: float, title: str) -> Figure:
    """Return two panels, soft and strict, over the points."""
    figure, (soft, strict) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
    draw_soft(soft, grid, limit=limit)
    draw_strict(strict, grid, limit=limit)
    for axes, name in ((soft, "soft: how sure the network is"), (strict, "strict: which class wins")):
        draw_points(axes, points, limit=limit)
        axes.set_title(name, fontsize="medium")
    strict.legend(loc="upper right")
    figure.suptitle(title)
    return figure


def picture_of_units(points: Points, parts: np.ndarray, *, limit: float, title: str) -> Figure:
    """Return a panel for what each hidden unit adds to the logit, and a last one for the logit itself.

    Args:
        points: drawn over each panel.
        parts: shape (units + 1, points, points); the last is the sum of the others and the output's bias.
        limit: of both axes.
        title: of the whole picture.
    """
    names = [f"unit {i} adds" for i in range(1, len(parts))] + ["the sum and a bias: the logit"]
    columns = min(len(parts), MOST_COLUMNS)
    rows = -(-len(parts) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.6 * columns, 3.2 * rows + 0.4), layout="constrained")
    axis = np.linspace(-limit, limit, parts.shape[1])
    for place, part, name in zip(np.ravel(axes), parts, names, strict=False):
        bands = place.contourf(axis, axis, part, levels=LOGITS, cmap=SOFT, extend="both")
        figure.colorbar(bands, ax=place, shrink=0.8, ticks=LOGITS[::4])
        draw_points(place, points, limit=limit)
        place.set_title(name, fontsize="medium")
    for place in np.ravel(axes)[len(parts) :]:
        place.set_visible(False)
    figure.suptitle(f"{title}\nWhat each hidden unit adds to the logit: orange speaks for the Y, blue for the ring")
    return figure


def _draw_boundary(axes: Axes, grid: np.ndarray, limit: float) -> None:
    if grid.min() < 0.5 < grid.max():
        axis = np.linspace(-limit, limit, len(grid))
        axes.contour(axis, axis, grid, levels=[0.5], colors="#222222", linewidths=1.2)
