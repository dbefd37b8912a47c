"""Labelled points in the plane: what the networks learn from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.core.files import damaged, read_csv

COLUMNS = ["x1", "x2", "label"]


@dataclass(frozen=True)
class Points:
    """Points `x`, shape (n, 2), and their classes `y`, shape (n, 1), both float32."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


def read_points(path: Path) -> Points:
    """Return the points of a CSV file with the columns x1, x2, label.

    Raise Fault, with the first line that is wrong, where a coordinate is not finite or a label not 0 or 1.
    """
    table = read_csv(path, skip_blank_lines=False)
    if list(table.columns) != COLUMNS:
        raise damaged(path, f"its columns are {', '.join(table.columns)}, but must be {', '.join(COLUMNS)}")
    if table.empty:
        raise damaged(path, "it holds no points")
    numbers = table.apply(pd.to_numeric, errors="coerce")
    wrong = ~(np.isfinite(numbers).all(axis="columns") & numbers["label"].isin([0, 1]))
    if wrong.any():
        line = int(wrong.argmax()) + 2  # the header is the first
        held = path.read_text("utf-8").splitlines()[line - 1][:60]
        raise damaged(path, f"line {line} holds {held!r}, but must hold two finite numbers and the label 0 or 1")
    return Points(table[["x1", "x2"]].to_numpy(np.float32), table[["label"]].to_numpy(np.float32))
