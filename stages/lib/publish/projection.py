"""Pictures of points that do not lie in a plane: along their principal components, and by right and wrong."""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.lib.core.points import Description, Points
from stages.lib.publish.classes import axis_of, colour_of, drawn, key_of, marker_of, thinned, tint
from stages.lib.publish.drawing import LINE, MOST_POINTS, count_of

SHARES = LinearSegmentedColormap.from_list("shares", ["#FFFFFF", "#0072B2"])
MOST_FITTED = 20_000  # points; more would take gigabytes at 1,000 columns
PALE = 0.45  # of its colour, a point that is right
LEAST, MOST, CELL = 4.4, 10.0, 0.46  # inches of the side of a confusion matrix, and of one of its cells
CROWD = 8  # classes from which on a cell has smaller letters, and its two figures stand below each other


@dataclass(frozen=True)
class Projection:
    """Where points are drawn.

    Args:
        origin: taken away from the points, shape (columns,).
        directions: of the two axes, shape (2, columns); of a single column one, shape (1, 1).
        labels: of the axes.
        held: the share of the variance that the two axes show.
    """

    origin: np.ndarray
    directions: np.ndarray
    labels: tuple[str, str]
    held: float

    def places_of(self, points: Points) -> np.ndarray:
        """Return where each of the points is drawn, shape (n, 2); of one column the class is the height."""
        along = (points.x.astype(np.float64) - self.origin) @ self.directions.T
        return along if along.shape[1] == 2 else np.hstack([along, points.y])


def fit(points: Points, description: Description) -> Projection:
    """Return the first two principal components of the points, or their only column as it is and the class."""
    if len(description.features) == 1:
        return Projection(np.zeros(1), np.ones((1, 1)), (drawn(axis_of(description, 0)), "class"), 1.0)
    from sklearn.decomposition import PCA  # here, as it takes a second and the plane needs it not

    fitted = PCA(2, svd_solver="full").fit(thinned(points, MOST_FITTED).x.astype(np.float64))
    first, second = fitted.explained_variance_ratio_
    labels = (f"first component ({first:.0%} of the variance)", f"second component ({second:.0%})")
    return Projection(fitted.mean_, fitted.components_, labels, first + second)


def picture_of_points(points: Points, description: Description) -> Figure:
    """Return the training points along their first two principal components."""
    projection, shown = fit(points, description), thinned(points, MOST_POINTS)
    figure, axes = plt.subplots(figsize=(7.5, 5), layout="constrained")
    _draw(axes, projection.places_of(shown), shown.y[:, 0], description, size=14)
    _finish(axes, projection, description)
    axes.set_title(f"The training set: {count_of(points)}\n{_words(projection, description)}", fontsize="medium")
    return figure


def picture_of_answers(
    points: Points, answers: np.ndarray, training: Points, description: Description, *, title: str
) -> Figure:
    """Return two panels: how often each class is taken for which, and which points are right.

    Args:
        points: whose classes the network was asked for.
        answers: probabilities, shape (points, classes).
        training: the components are fitted on these.
        description: of the points.
        title: of the whole picture.
    """
    finite = np.isfinite(answers).all(axis=1)
    labels, guesses = points.y[:, 0].astype(int), np.nan_to_num(answers).argmax(axis=1)
    side = float(np.clip(CELL * len(description.classes) + 1.8, LEAST, MOST))
    figure, (matrix, plane) = plt.subplots(
        1, 2, figsize=(side + max(7.0, 0.8 * side), side + 0.5), width_ratios=(side, max(7.0, 0.8 * side))
    )
    figure.set_layout_engine("constrained")
    _draw_matrix(matrix, labels[finite], guesses[finite], description)
    _draw_answered(plane, points, finite & (labels == guesses), fit(training, description), description)
    lost = f"; {np.sum(~finite)} answers are no numbers: its training diverged" * (not finite.all())
    figure.suptitle(drawn(title, 100) + lost)
    return figure


def _draw_matrix(axes: Axes, labels: np.ndarray, guesses: np.ndarray, description: Description) -> None:
    from sklearn.metrics import confusion_matrix  # here, as it takes a second and the plane needs it not

    numbers = range(len(description.classes))
    counts = confusion_matrix(labels, guesses, labels=numbers) if len(labels) else np.zeros((len(numbers),) * 2, int)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap=SHARES, vmin=0, vmax=1, aspect="auto")
    crowded = len(numbers) > CROWD
    for (row, column), count in np.ndenumerate(counts):
        if count:
            share = shares[row, column]
            ink = "white" if share > 0.5 else "black"
            text = f"{count}\n{share:.0%}"
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=6.5 if crowded else 9)
    names = [drawn(name, 18) for name in description.classes]
    upright = 90 if max(map(len, names)) * len(names) > 40 else 0
    axes.set_xticks(numbers, names, rotation=upright, fontsize="small")
    axes.set_yticks(numbers, names, fontsize="small")
    axes.set(xlabel="the network says", ylabel="the class is")
    axes.set_title(f"{len(labels)} validation points:\nhow many, and which share of their class", fontsize="medium")
    axes.set_xticks(np.arange(0.5, len(numbers) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(numbers) - 1), minor=True)
    axes.grid(which="minor", color="#DDDDDD", linewidth=0.6)
    axes.tick_params(which="minor", length=0)


def _draw_answered(
    axes: Axes, points: Points, right: np.ndarray, projection: Projection, description: Description
) -> None:
    """Draw right ones pale, and over them the wrong ones in the full colour of their class with a dark edge."""
    places, labels = projection.places_of(points), points.y[:, 0]
    few = np.flatnonzero(right)[:: 1 + int(right.sum()) // MOST_POINTS]
    _draw(axes, places[few], labels[few], description, size=14, strength=PALE)
    wrong = np.flatnonzero(~right)[:: 1 + int((~right).sum()) // MOST_POINTS]
    _draw(axes, places[wrong], labels[wrong], description, size=40, edge=True)
    _finish(axes, projection, description)
    count = f"{right.sum()} are right (pale), {(~right).sum()} wrong (dark edge)"
    axes.set_title(f"{count}\n{_words(projection, description)}", fontsize="medium")


def _draw(
    axes: Axes,
    places: np.ndarray,
    labels: np.ndarray,
    description: Description,
    *,
    size: float,
    strength: float = 1,
    edge: bool = False,
) -> None:
    for label in range(len(description.classes)):
        across, up = places[labels == label].T
        look: dict[str, Any] = {
            "marker": marker_of(label),
            "linewidths": 1.1 * edge,
            "edgecolors": LINE if edge else "none",
        }
        axes.scatter(across, up, s=size, color=[tint(label, strength)], **look)


def _finish(axes: Axes, projection: Projection, description: Description) -> None:
    """Name the axes, and the classes beside them."""
    axes.set(xlabel=projection.labels[0], ylabel=projection.labels[1])
    names = [key_of(description, label) for label in range(len(description.classes))]
    if len(projection.directions) == 1:
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        return
    keys = [
        Line2D([], [], linestyle="", marker=marker_of(label), color=colour_of(label), label=name)
        for label, name in enumerate(names)
    ]
    axes.legend(handles=keys, loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small", frameon=False)


def _words(projection: Projection, description: Description) -> str:
    """Return what the place of a point means."""
    columns = len(description.features)
    return (
        "along their only column"
        if columns == 1
        else f"two components hold {projection.held:.0%} of the variance of {columns} columns"
    )
