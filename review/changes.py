"""Parameters and metrics of two revisions, side by side, and what their change means."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Value = bool | int | float | str | None
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Spread:
    """Over `n` seeds, the standard deviation of a metric."""

    std: float
    n: int


@dataclass(frozen=True)
class Change:
    """A parameter or metric of two revisions.

    Args:
        file: where it stands, relative to the DVC repository.
        name: its keys in that file, joined by dots.
        base: its value; None where the revision lacks it, or has null. Of a spread, the mean.
        head: likewise.
        base_spread: None for what is measured once.
        head_spread: likewise.
    """

    file: str
    name: str
    base: Value
    head: Value
    base_spread: Spread | None = None
    head_spread: Spread | None = None

    @property
    def changed(self) -> bool:
        """Returns whether the revisions differ; two that are both no number do not."""
        return not _same(self.base, self.head) or self.base_spread != self.head_spread

    @property
    def delta(self) -> float | None:
        """Returns head less base; None unless both are numbers."""
        return self.head - self.base if is_number(self.base) and is_number(self.head) else None  # type: ignore[operator]

    @property
    def better(self) -> bool | None:
        """Returns whether head is better by its name and value; None where that can't be told.

        A higher `accuracy` is better and a lower `loss`. Any number is better than none.
        """
        last = self.name.lower().rpartition(".")[2]
        higher, lower = ("accuracy" in self.name.lower(), "loss" in self.name.lower())
        if higher == lower or last in {"std", "n"} or self.base is None or self.head is None:
            return None
        finite = [is_number(value) and math.isfinite(value) for value in (self.base, self.head)]  # type: ignore[arg-type]
        if finite[0] != finite[1]:
            return finite[1]
        return (self.delta > 0) == higher if all(finite) and self.delta else None

    @property
    def deviations(self) -> float | None:
        """Returns the change in standard deviations, of the revision that has the greater one; None without spread."""
        spreads = [spread.std for spread in (self.base_spread, self.head_spread) if spread]
        if not spreads or not self.delta:
            return None
        return abs(self.delta) / max(spreads) if max(spreads) else math.inf

    @property
    def title(self) -> str:
        """Returns the metric in words, as `baseline validation accuracy`; letters, digits and spaces only."""
        words = f"{self.file.rpartition('/')[2].rpartition('.')[0]} {self.name}"
        return " ".join(re.sub(r"^metrics |[\W_]+", " ", words).split())


def changes(diff: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[Change]:
    """Returns the rows of `dvc params diff --all --json` or of `dvc metrics diff` in order; each spread is one row.

    A spread is an object with `mean`, `std` and `n`.
    """
    rows = [row for file, values in diff.items() for row in _of_file(file, values)]
    return sorted(rows, key=lambda row: (natural(row.file), natural(row.name)))


def headline(rows: Iterable[Change]) -> Change | None:
    """Returns the row that says most: a changed accuracy, else a loss, else any; of validation before others."""
    changed = [row for row in rows if row.changed]
    kinds = ("accuracy", "loss", "")

    def rank(row: Change) -> tuple[bool, int, bool]:
        name = row.name.lower()
        return row.delta is None, next(i for i, kind in enumerate(kinds) if kind in name), "val" not in name

    return min(changed, key=rank, default=None)


def text_of(*values: Value) -> list[str]:
    """Returns values as text: numbers with four digits, or as many more as it takes to tell them apart."""
    numbers = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    for digits in range(4, 18):
        if len({f"{number:.{digits}g}" for number in numbers}) == len(set(numbers)):
            break
    return [_text(value, digits) for value in values]


def signed(delta: float | None) -> str:
    """Returns a difference with its sign and three digits; nothing where it is 0 or no number."""
    return f"{delta:+.3g}".replace("-", MINUS) if delta and math.isfinite(delta) else ""


def natural(name: str) -> list[tuple[int, str]]:
    """Returns what sorts names as a reader would: 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def is_number(value: Value) -> bool:
    """Returns whether a value is a number, NaN and infinity included."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_file(file: str, values: Mapping[str, Mapping[str, Any]]) -> Iterable[Change]:
    spreads = {
        name.removesuffix(".mean")
        for name in values
        if name.endswith(".mean") and all(name.removesuffix("mean") + part in values for part in ("std", "n"))
    }
    for name in values.keys() - {f"{spread}.{part}" for spread in spreads for part in ("mean", "std", "n")}:
        yield Change(file, name, values[name].get("old"), values[name].get("new"))
    for name in spreads:
        mean = values[f"{name}.mean"]
        both = [_spread(values[f"{name}.std"].get(side), values[f"{name}.n"].get(side)) for side in ("old", "new")]
        yield Change(file, name, mean.get("old"), mean.get("new"), *both)


def _spread(std: Value, n: Value) -> Spread | None:
    return Spread(std, n) if is_number(std) and isinstance(n, int) and math.isfinite(std) else None  # type: ignore[arg-type]


def _same(one: Value, other: Value) -> bool:
    return one == other or (one != one and other != other)


def _text(value: Value, digits: int) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.{digits}g}".replace("-", MINUS) if math.isfinite(value) else str(value).replace("nan", "NaN")
    return str(value).replace("-", MINUS) if is_number(value) else str(value)
