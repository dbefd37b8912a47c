"""What do we learn from?

Two figures in the plane: a ring with three gaps (class 0), and a Y of two bars that run out
through the gaps (class 1). A straight line can't part them, and no circle can either.

Held fixed: the construction, to the order of the random draws, so that a notebook that calls
`numpy.random.seed(seed)` and draws in this order has the same points.
"""

import numpy as np
import pandas as pd

from stages.lib.core.files import write_csv
from stages.lib.core.places import Places
from stages.lib.core.points import COLUMNS
from stages.lib.core.runner import run
from stages.params.seed import Seed

RING_ANGLES = 1_000  # evenly spaced, before the gaps are cut
GAPS = np.array([0.75, 1.25, 1.75]) * np.pi  # radians, the middle of each
GAP_HALF_WIDTH = 0.2  # radians
BAR_POINTS = 200


def main(seed: Seed, *, places: Places) -> None:
    """Draw three sets from one generator and write them with 6 decimals.

    The rounding takes in the last bit in which the sines of two machines may differ: what is on
    disk is the data.
    """
    random = np.random.RandomState(seed)
    for part in ("train", "validation", "test"):
        write_csv(draw(random), places.points(part), float_format="%.6f")


def draw(random: np.random.RandomState) -> pd.DataFrame:
    """Return 1,209 points, columns x1, x2, label: the ring, then the long bar, then the short one."""
    angles = np.linspace(0, 2 * np.pi, RING_ANGLES)
    angles = angles[(np.abs(angles[:, None] - GAPS) >= GAP_HALF_WIDTH).all(axis=1)]
    radii = 1 + 0.5 * (random.rand(len(angles)) - 0.5)
    ring = np.stack([radii * np.cos(angles), radii * np.sin(angles), np.zeros_like(angles)], axis=1)
    long_bar = _bar(random, left=-1.5, right=1.5, slope=-1)
    short_bar = _bar(random, left=-1.5, right=-0.1, slope=1)
    table = pd.DataFrame(np.concatenate([ring, long_bar, short_bar]), columns=COLUMNS)
    return table.astype({"label": int})


def _bar(random: np.random.RandomState, *, left: float, right: float, slope: int) -> np.ndarray:
    x = np.linspace(left, right, BAR_POINTS) + (random.rand(BAR_POINTS) - 0.5) / 10
    y = slope * x + (random.rand(BAR_POINTS) - 0.5) / 3
    return np.stack([x, y, np.ones_like(x)], axis=1)


if __name__ == "__main__":
    run(main)
