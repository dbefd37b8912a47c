"""Labelled points in the plane: what the networks learn from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ["x1", "x2", "label"]


@dataclass(frozen=True)
class Points:
    """Points `x`, shape (n, 2), and their classes `y`, shape (n, 1), both float32."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


def read_points(path: Path) -> Points:
    """Returns the points of a CSV file with the columns x1, x2, label."""
    table = pd.read_csv(path)
    return Points(table[["x1", "x2"]].to_numpy(np.float32), table[["label"]].to_numpy(np.float32))
