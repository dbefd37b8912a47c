"""Points in the plane that are drawn: the ring and the Y, and the classics of teaching.

What scikit-learn has is scikit-learn's; the spirals and the four quadrants are those of TensorFlow's playground
(Smilkov et al. 2017, arXiv 1708.03788), in a square from -1 to 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

RING_ANGLES = 1_000  # evenly spaced, before the gaps are cut
GAPS = np.array([0.75, 1.25, 1.75]) * np.pi  # radians, the middle of each
GAP_HALF_WIDTH = 0.2  # radians
BAR_POINTS = 200
TURNS = 1.75  # of each spiral

Arrays = tuple[np.ndarray, np.ndarray]  # places, shape (n, 2), and the number of the class of each


@dataclass(frozen=True)
class Source:
    """What can be drawn.

    Args:
        title: what it is called.
        about: what is told apart, after "Small networks learn to tell".
        classes: their names.
        draw: from a generator, a number of points and the noise.
    """

    title: str
    about: str
    classes: tuple[str, str]
    draw: Callable[[np.random.RandomState, int, float], Arrays]


def ring_and_y(random: np.random.RandomState, *_: float) -> Arrays:
    """Return 1,209 points, whatever number and noise are asked for: the ring, then the long bar, then the short one.

    The construction is fixed to the order of the random draws, so that a notebook that calls
    `numpy.random.seed(seed)` and draws in this order has the same points.
    """
    angles = np.linspace(0, 2 * np.pi, RING_ANGLES)
    angles = angles[(np.abs(angles[:, None] - GAPS) >= GAP_HALF_WIDTH).all(axis=1)]
    radii = 1 + 0.5 * (random.rand(len(angles)) - 0.5)
    ring = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    long_bar = _bar(random, left=-1.5, right=1.5, slope=-1)
    short_bar = _bar(random, left=-1.5, right=-0.1, slope=1)
    return np.concatenate([ring, long_bar, short_bar]), np.repeat([0, 1], [len(ring), 2 * BAR_POINTS])


def _bar(random: np.random.RandomState, *, left: float, right: float, slope: int) -> np.ndarray:
    x = np.linspace(left, right, BAR_POINTS) + (random.rand(BAR_POINTS) - 0.5) / 10
    y = slope * x + (random.rand(BAR_POINTS) - 0.5) / 3
    return np.stack([x, y], axis=1)


def circles(random: np.random.RandomState, points: int, noise: float) -> Arrays:
    """Return a circle of radius 1, and one of half that radius within; `noise` is a standard deviation."""
    from sklearn.datasets import make_circles

    return make_circles(points, shuffle=False, noise=noise, random_state=random, factor=0.5)


def moons(random: np.random.RandomState, points: int, noise: float) -> Arrays:
    """Return two half circles that reach into each other; `noise` is a standard deviation."""
    from sklearn.datasets import make_moons

    return make_moons(points, shuffle=False, noise=noise, random_state=random)


def gaussians(random: np.random.RandomState, points: int, noise: float) -> Arrays:
    """Return two round clouds around (-1, -1) and (1, 1); `noise` is the standard deviation of each."""
    from sklearn.datasets import make_blobs

    centers = [[-1.0, -1.0], [1.0, 1.0]]
    return make_blobs(points, centers=centers, cluster_std=noise, shuffle=False, random_state=random)


def spirals(random: np.random.RandomState, points: int, noise: float) -> Arrays:
    """Return two arms of 1.75 turns each around the middle; `noise` is a standard deviation."""
    label = _halves(points)
    along = np.concatenate([np.arange(count) / count for count in np.bincount(label)])
    angle = 2 * np.pi * TURNS * along + np.pi * label
    arms = along[:, np.newaxis] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return arms + noise * random.standard_normal(arms.shape), label


def xor(random: np.random.RandomState, points: int, noise: float) -> Arrays:
    """Return a square of which opposite quarters are of one class; `noise` is a standard deviation."""
    places = random.uniform(-1, 1, (points, 2))
    label = (places[:, 0] * places[:, 1] < 0).astype(int)
    return places + noise * random.standard_normal(places.shape), label


def _halves(points: int) -> np.ndarray:
    return np.repeat([0, 1], [points - points // 2, points // 2])


SOURCES = {
    "ring_and_y": Source(
        "The ring and the Y",
        "the points of a ring with three gaps from those of a Y that runs through them",
        ("ring", "Y"),
        ring_and_y,
    ),
    "circles": Source(
        "Two circles", "the points of a circle from those of one within", ("outer circle", "inner circle"), circles
    ),
    "moons": Source(
        "Two moons",
        "the points of two half circles that reach into each other",
        ("upper moon", "lower moon"),
        moons,
    ),
    "gaussians": Source("Two clouds", "the points of two clouds", ("lower cloud", "upper cloud"), gaussians),
    "spirals": Source("Two spirals", "the points of two spirals", ("first spiral", "second spiral"), spirals),
    "xor": Source(
        "Four quarters",
        "the points of two opposite quarters of a square from those of the other two",
        ("equal signs", "unlike signs"),
        xor,
    ),
}


def table_of(arrays: Arrays) -> pd.DataFrame:
    """Return points as a table with the columns x1, x2, label."""
    places, label = arrays
    return pd.DataFrame(places, columns=["x1", "x2"]).assign(label=label)
