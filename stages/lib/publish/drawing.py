"""Pictures of points in the plane, and of what a network makes of it.

A grid has shape (places, places), the probability of class 1; of more than two classes shape (classes, places, places).
"""

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from stages.lib.core.points import Description, Points
from stages.lib.publish.classes import axis_of, colour_of, drawn, key_of, marker_of, thinned, tint

SOFT = LinearSegmentedColormap.from_list("soft", ["#56A3D0", "#FFFFFF", "#F0A06A"])
STRICT = ListedColormap(["#B9DAEC", "#F8D3BB"])
LINE = "#222222"
MOST_COLUMNS = 3  # of a picture of units
LOGITS = np.linspace(-8, 8, 17)  # beyond them a probability is 0 or 1 to three digits
BANDS = np.linspace(0, 1, 11)  # of probability; flat bands make a PNG half the size of a smooth one
SHADES = 5  # of a class that wins among several, from unsure to sure
FAINT, DEEP = 0.3, 0.55  # how much of its colour an area has: by which class wins alone, and where that is sure
ALIKE = 3.0  # spans of two axes that differ by no more are drawn to one scale
MOST_POINTS = 3_000  # in a picture; more would cover each other
IN_ROW, PANELS = 10, 100  # of a picture of all variants


def draw_points(axes: Axes, points: Points, description: Description, *, size: float = 9) -> None:
    """Draw the points of each class within the limits of the columns."""
    shown = thinned(points, MOST_POINTS)
    for label in range(len(description.classes)):
        x = shown.x[shown.y[:, 0] == label]
        look: dict[str, Any] = {"c": colour_of(label), "marker": marker_of(label), "linewidths": 0}
        axes.scatter(x[:, 0], x[:, 1], s=size, label=key_of(description, label), **look)
    across, up = description.limits
    axes.set(xlim=across, ylim=up, aspect=aspect_of(description))
    axes.set(xlabel=drawn(axis_of(description, 0)), ylabel=drawn(axis_of(description, 1)))


def aspect_of(description: Description) -> Literal["equal", "auto"]:
    """Return whether both axes are drawn to one scale: `equal`, or `auto` where their spans are far apart."""
    across, up = (high - low for low, high in description.limits)
    return "equal" if 1 / ALIKE <= across / up <= ALIKE else "auto"


def draw_soft(axes: Axes, grid: np.ndarray, description: Description) -> None:
    """Draw how sure the network is: the probability of class 1 with its scale, or of the class that wins."""
    if not _is_finite(grid):
        return
    if grid.ndim == 2:
        bands = axes.contourf(*_axes_of(grid, description), grid, levels=BANDS, cmap=SOFT)
        label = f"probability of {drawn(description.named(1))}"
        axes.figure.colorbar(bands, ax=axes, label=label, ticks=BANDS[::2], shrink=0.8)
    else:
        axes.imshow(_sureness(grid), **_place_of(description))
    _draw_boundary(axes, grid, description)


def draw_strict(axes: Axes, grid: np.ndarray, description: Description) -> None:
    """Draw which class wins, of two the one above a probability of 0.5, and the line between them."""
    if not _is_finite(grid):
        return
    if grid.ndim == 2:
        axes.imshow(grid > 0.5, cmap=STRICT, vmin=0, vmax=1, **_place_of(description))
    else:
        axes.imshow(_winners(grid), **_place_of(description))
    _draw_boundary(axes, grid, description)


def picture_of_points(points: Points, description: Description) -> Figure:
    """Return the points alone."""
    width = 5.5 if len(description.classes) == 2 else 7.5
    figure, axes = plt.subplots(figsize=(width, 5), layout="constrained")
    draw_points(axes, points, description)
    axes.set_title(f"The training set: {count_of(points)}")
    _draw_legend(axes, description)
    return figure


def count_of(points: Points, called: str = "points") -> str:
    """Return how many points there are, and how many of them are drawn where that is not all."""
    drawn_too = f", {MOST_POINTS} of them drawn" if len(points) > MOST_POINTS else ""
    return f"{len(points)} {called}{drawn_too}"


def picture_of_epoch(points: Points, grid: np.ndarray, description: Description, *, title: str) -> Figure:
    """Return the soft panel alone, over the points."""
    figure, axes = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
    draw_soft(axes, grid, description)
    draw_points(axes, points, description)
    axes.set_title(_titled(title, grid))
    return figure


def picture_of_boundary(points: Points, grid: np.ndarray, description: Description, *, title: str) -> Figure:
    """Return two panels, soft and strict, over the points."""
    figure, (soft, strict) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
    draw_soft(soft, grid, description)
    draw_strict(strict, grid, description)
    for axes, name in ((soft, "soft: how sure the network is"), (strict, "strict: which class wins")):
        draw_points(axes, points, description)
        axes.set_title(name, fontsize="medium")
    _draw_legend(strict, description)
    figure.suptitle(_titled(title, grid))
    return figure


def picture_of_units(points: Points, parts: np.ndarray, description: Description, *, title: str) -> Figure:
    """Return a panel for what each hidden unit adds to the logit, and a last one for the logit itself.

    Args:
        points: drawn over each panel.
        parts: shape (units + 1, places, places); the last is the sum of the others and the output's bias.
        description: of the points.
        title: of the whole picture.
    """
    names = [f"unit {i} adds" for i in range(1, len(parts))] + ["the sum and a bias: the logit"]
    columns = min(len(parts), MOST_COLUMNS)
    rows = -(-len(parts) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.6 * columns, 3.2 * rows + 0.4), layout="constrained")
    for place, part, name in zip(np.ravel(axes), parts, names, strict=False):
        bands = place.contourf(*_axes_of(part, description), part, levels=LOGITS, cmap=SOFT, extend="both")
        figure.colorbar(bands, ax=place, shrink=0.8, ticks=LOGITS[::4])
        draw_points(place, points, description)
        place.set_title(name, fontsize="medium")
    for place in np.ravel(axes)[len(parts) :]:
        place.set_visible(False)
    blue, orange = (drawn(description.named(label), 18) for label in (0, 1))
    means = f"What each hidden unit adds to the logit: orange speaks for {orange}, blue for {blue}"
    figure.suptitle(f"{drawn(title, 100)}\n{means}")
    return figure


def picture_of_variants(
    points: Points, grids: np.ndarray, names: Sequence[str], losses: Sequence[float], description: Description
) -> Figure:
    """Return a small panel for each variant of a sweep, the strict boundary over some points, with its loss.

    Args:
        points: of which some are drawn.
        grids: one for each variant.
        names: of the variants.
        losses: of the networks that the grids are of, in nats; what is not finite has diverged.
        description: of the points.
    """
    chosen = np.linspace(0, len(names) - 1, min(len(names), PANELS)).round().astype(int)
    rows = -(-len(chosen) // IN_ROW)
    columns = -(-len(chosen) // rows)
    figure, axes = plt.subplots(rows, columns, figsize=(1.3 * columns, 1.55 * rows + 0.5), squeeze=False)
    figure.set_layout_engine("constrained")
    for place in np.ravel(axes)[len(chosen) :]:
        place.set_visible(False)
    few = thinned(points, 2_000 // len(chosen) + 20)
    for place, variant in zip(np.ravel(axes), chosen, strict=False):
        loss, grid = losses[variant], grids[variant]
        if _is_finite(grid):
            place.imshow(_winners(grid), **_place_of(description), interpolation="nearest")
        else:
            place.text(0.5, 0.9, "no numbers", ha="center", va="center", transform=place.transAxes, fontsize=7)
        draw_points(place, few, description, size=2)
        for dots in place.collections:
            dots.set_antialiased(False)  # edges of many colours would make the file three times as large
        place.set(xticks=[], yticks=[], xlabel="", ylabel="")
        end = f"{loss:.3g}" if np.isfinite(loss) else "diverged"
        place.set_title(f"{drawn(names[variant], 22)}\n{end}", fontsize=6.5)
    shown = f" ({len(chosen)} of {len(names)} variants)" if len(chosen) < len(names) else ""
    figure.suptitle(f"Each variant and its validation loss, from the first replicate{shown}", fontsize=9)
    return figure


def _is_finite(grid: np.ndarray) -> bool:
    return bool(np.isfinite(grid).all())


def _titled(title: str, grid: np.ndarray) -> str:
    """Return the title of a picture, which says so where there is no answer to draw."""
    return drawn(title, 90) + "; its answers are no numbers, as its training diverged" * (not _is_finite(grid))


def _winners(grid: np.ndarray) -> np.ndarray:
    """Return the colour of the class that wins at each place, shape (places, places, 3)."""
    winner = (grid > 0.5).astype(int) if grid.ndim == 2 else grid.argmax(axis=0)
    return np.array([tint(label, FAINT) for label in range(winner.max() + 1)])[winner]


def _sureness(grid: np.ndarray) -> np.ndarray:
    """Return the same, the surer the network the deeper: from white at even odds to the full tint at 1."""
    winner, sure = grid.argmax(axis=0), grid.max(axis=0)
    even = 1 / len(grid)
    shade = np.clip((sure - even) / (1 - even) * SHADES, 0, SHADES - 1).astype(int)
    steps = np.linspace(0, DEEP, SHADES + 1)[1:]
    return np.array([[tint(label, step) for step in steps] for label in range(len(grid))])[winner, shade]


def _draw_boundary(axes: Axes, grid: np.ndarray, description: Description) -> None:
    """Draw where the class that wins changes."""
    values, level = ([grid], 0.5) if grid.ndim == 2 else (_leads(grid), 0.0)
    for value in values:
        if value.min() < level < value.max():
            axes.contour(*_axes_of(value, description), value, levels=[level], colors=LINE, linewidths=1.2)


def _leads(grid: np.ndarray) -> np.ndarray:
    """Return how far each class is before the best of the others, in probability."""
    *_, second, first = np.sort(grid, axis=0)
    return grid - np.where(grid == first, second, first)


def _axes_of(grid: np.ndarray, description: Description) -> tuple[np.ndarray, np.ndarray]:
    (left, right), (bottom, top) = description.limits
    rows, columns = grid.shape
    return np.linspace(left, right, columns), np.linspace(bottom, top, rows)


def _place_of(description: Description) -> dict[str, Any]:
    (left, right), (bottom, top) = description.limits
    return {"extent": (left, right, bottom, top), "origin": "lower"}


def _draw_legend(axes: Axes, description: Description) -> None:
    """Draw the names of the classes: in a corner, or beside the axes where they would cover too much of them."""
    if len(description.classes) == 2:
        axes.legend(loc="upper right")
    else:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small", markerscale=2)
