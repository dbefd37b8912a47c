"""Labelled points: what the networks learn from, and what there is to say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pydantic
from pydantic import TypeAdapter, ValidationError

from stages.lib.core.files import damaged, read_array, read_csv, write_array, write_text
from stages.lib.core.plan import EXACT

PARTS = ("train", "validation", "test")
Limits = tuple[tuple[float, float], ...]  # the least and the greatest value that is shown of each column


@dataclass(frozen=True)
class Points:
    """Points `x`, shape (n, columns), and the numbers of their classes `y`, shape (n, 1), both float32."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Draws:
    """Several sets of one size, drawn from the same points.

    Args:
        points: that any of them may hold.
        rows: the row numbers of each, shape (draws, size).
    """

    points: Points
    rows: np.ndarray

    @classmethod
    def of(cls, points: Points) -> "Draws":
        """Return all points as the only draw."""
        return cls(points, np.arange(len(points), dtype=np.int32)[np.newaxis])

    @property
    def size(self) -> int:
        """Return the number of points of each."""
        return self.rows.shape[1]

    def rows_of(self, draws: Sequence[int]) -> np.ndarray:
        """Return the rows of some draws by their numbers, shape (len(draws), size); an only draw is that of all."""
        return self.rows[draws] if len(self.rows) > 1 else self.rows.repeat(len(draws), axis=0)

    def first(self, draws: int) -> "Draws":
        """Return some draws, from the first one on."""
        return Draws(self.points, self.rows[:draws])


@pydantic.dataclasses.dataclass(frozen=True, config=EXACT)
class Description:
    """What there is to say of a data set in words, and where it lies.

    Args:
        title: what the data set is called.
        about: what is told apart, after "Small networks learn to tell".
        features: the names of the columns.
        classes: their names, by their numbers.
        article: what stands before the name of a class in a sentence, such as "the ".
        limits: of each column, for pictures.
        rows: the number of training points.
        mean: of each column, taken away before training; empty where columns are not standardised.
        deviation: of each column, that it was divided by; empty where columns are not standardised.
    """

    title: str
    about: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    article: str
    limits: Limits
    rows: int
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    @property
    def in_the_plane(self) -> bool:
        """Return whether the points can be drawn as they are."""
        return len(self.features) == 2

    def within(self, limit: float | str) -> "Description":
        """Return the same with pictures from -limit to limit on both axes; `auto` leaves them as they are."""
        return self if isinstance(limit, str) else replace(self, limits=((-limit, limit),) * len(self.features))

    @property
    def has_units(self) -> bool:
        """Return whether what each unit adds to the answer can be drawn: in the plane, to one output."""
        return self.in_the_plane and len(self.classes) == 2

    @property
    def pictured(self) -> str:
        """Return what the picture of a network shows, after "its"."""
        return "answer over the plane, soft and strict" if self.in_the_plane else "answers at the validation points"

    def named(self, label: int) -> str:
        """Return a class as it stands in a sentence."""
        return f"{self.article}{self.classes[label]}"


def write_description(description: Description, path: Path) -> None:
    """Write a description as JSON."""
    write_text(TypeAdapter(Description).dump_json(description, indent=1).decode(), path)


def read_description(path: Path) -> Description:
    """Return a description; raise Fault where the file does not hold one."""
    try:
        return TypeAdapter(Description).validate_json(path.read_bytes())
    except ValidationError as error:
        raise damaged(path, f"not a description of points ({error.errors()[0]['msg']})") from error


def read_points(path: Path, classes: int) -> Points:
    """Return the points of a CSV file: columns of numbers, and last the number of the class, below `classes`.

    Raise Fault, with the first line that is wrong, where a value is not finite or a class is none of those.
    """
    table = read_csv(path, skip_blank_lines=False)
    if len(table.columns) < 2:
        raise damaged(path, f"its columns are {', '.join(table.columns)}, but must be one or more, and the class")
    if table.empty:
        raise damaged(path, "it holds no points")
    numbers = table.apply(pd.to_numeric, errors="coerce").astype(np.float64)
    label = numbers.iloc[:, -1]
    wrong = ~(np.isfinite(numbers).all(axis="columns") & label.isin(range(classes)))
    if wrong.any():
        line = int(wrong.argmax()) + 2  # the header is the first
        held = path.read_text("utf-8").splitlines()[line - 1][:60]
        raise damaged(
            path, f"line {line} holds {held!r}, but must hold finite numbers and a class from 0 to {classes - 1}"
        )
    values = numbers.to_numpy(np.float32)
    return Points(values[:, :-1], values[:, -1:])


def write_draws(draws: Mapping[str, Draws], folder: Path) -> None:
    """Write sets by their names, drawn from the same points, as NumPy's arrays; points beyond all rows are left out."""
    end = max(int(drawn.rows.max()) for drawn in draws.values()) + 1
    points = next(iter(draws.values())).points
    write_array(np.hstack([points.x[:end], points.y[:end]]), folder / "points.npy")
    for part, drawn in draws.items():
        write_array(drawn.rows, folder / f"{part}.npy")


def read_draws(folder: Path, *, draws: int, inputs: int, classes: int) -> dict[str, Draws]:
    """Return `train`, `validation` and `test`, of so many draws of points of so many columns and classes.

    Raise Fault where a file does not hold them.
    """
    path = folder / "points.npy"
    values = read_array(path)
    if values.ndim != 2 or values.shape[1] != inputs + 1 or not len(values):
        raise damaged(path, f"its shape is {values.shape}, but must be (rows, {inputs + 1}): columns, and the class")
    wrong = ~(np.isfinite(values).all(axis=1) & np.isin(values[:, -1], range(classes)))
    if wrong.any():
        held = f"row {wrong.argmax()} holds {str(values[wrong.argmax()].tolist())[:60]}"
        raise damaged(path, f"{held}, but must hold finite numbers and a class from 0 to {classes - 1}")
    points = Points(values[:, :-1], values[:, -1:])
    return {part: Draws(points, _read_rows(folder / f"{part}.npy", draws, len(points))) for part in PARTS}


def _read_rows(path: Path, draws: int, points: int) -> np.ndarray:
    """Return the row numbers of each draw, shape (draws, size)."""
    rows = read_array(path, np.int32)
    if rows.ndim != 2 or len(rows) != draws or not rows.size:
        raise damaged(path, f"its shape is {rows.shape}, but must be ({draws}, size): a draw for each seed of the plan")
    if rows.min() < 0 or rows.max() >= points:
        raise damaged(path, f"its rows are from {rows.min()} to {rows.max()}, but must be from 0 to {points - 1}")
    return rows
