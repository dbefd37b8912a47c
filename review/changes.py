"""Parameters and metrics of two revisions, side by side, and what their change means."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Value = bool | int | float | str | list[Any] | dict[str, Any] | None
MINUS = "\N{MINUS SIGN}"
HIGHER = frozenset(
    [
        "accuracy",
        "acc",
        "auc",
        "auroc",
        "auprc",
        "roc",
        "f1",
        "f2",
        "fbeta",
        "precision",
        "recall",
        "sensitivity",
        "specificity",
        "r2",
        "score",
        "map",
        "iou",
        "miou",
        "dice",
        "jaccard",
        "kappa",
        "mcc",
        "ndcg",
        "mrr",
        "bleu",
        "rouge",
        "psnr",
        "ssim",
    ]
)
LOWER = frozenset(
    [
        "loss",
        "error",
        "err",
        "rmse",
        "mse",
        "mae",
        "mape",
        "smape",
        "rmsle",
        "msle",
        "logloss",
        "crossentropy",
        "nll",
        "brier",
        "perplexity",
        "ppl",
        "wer",
        "cer",
        "fid",
        "hinge",
        "deviance",
    ]
)
NO_SENSE = frozenset({"std", "n", "count", "epoch", "epochs", "step", "steps", "seed", "index"})  # last word of a name
LITTLE = 0.001  # of a figure without spread, the share of it that is too little to be called better or worse


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
        keys: its keys; empty where the dots in `name` tell them.
        prefer: which values the project says are better; by default its name tells.
        new: whether the base revision lacks it.
        gone: whether the head revision lacks it.
        fixed: whether DVC can't be told to set it.
    """

    file: str
    name: str
    base: Value
    head: Value
    base_spread: Spread | None = None
    head_spread: Spread | None = None
    keys: tuple[str, ...] = ()
    prefer: Literal["higher", "lower", ""] = ""
    new: bool = False
    gone: bool = False
    fixed: bool = False

    @property
    def changed(self) -> bool:
        """Return whether the revisions differ; two that are both no number do not."""
        return not _same(self.base, self.head) or self.base_spread != self.head_spread or self.new or self.gone

    @property
    def delta(self) -> float | None:
        """Return head less base; None unless both are numbers."""
        return self.head - self.base if is_number(self.base) and is_number(self.head) else None  # type: ignore[operator]

    @property
    def diverged(self) -> bool:
        """Return whether a number became none: NaN or infinity."""
        return is_number(self.base) and is_number(self.head) and math.isfinite(self.base) > math.isfinite(self.head)  # type: ignore[arg-type]

    @property
    def run(self) -> tuple[str, str]:
        """Return what the figures of one run have in common: the file, and all keys but the last."""
        return self.file, self.name.rpartition(".")[0]

    @property
    def higher(self) -> bool | None:
        """Return whether a higher value is better; None where neither the project nor the name says so."""
        if self.prefer:
            return self.prefer == "higher"
        return direction(self.name)

    @property
    def better(self) -> bool | None:
        """Return whether head is better by its name and value; None where that can't be told.

        Any number is better than none. A figure without spread must move by more than a thousandth of itself.
        """
        if self.higher is None or not is_number(self.base) or not is_number(self.head):
            return None
        finite = [math.isfinite(value) for value in (self.base, self.head)]  # type: ignore[arg-type]
        if finite[0] != finite[1]:
            return finite[1]
        return (self.delta > 0) == self.higher if all(finite) and self.delta and not self.little else None

    @property
    def relative(self) -> float:
        """Return the change as a share of the greater value, from 0 to 2; 2 where it can't be told."""
        if self.delta is None or not math.isfinite(self.delta):
            return 2.0
        return abs(self.delta) / max(abs(self.base), abs(self.head)) if self.delta else 0.0  # type: ignore[arg-type]

    @property
    def little(self) -> bool:
        """Return whether a figure without spread moved by so little that it says nothing."""
        return self.deviations is None and self.relative < LITTLE

    @property
    def deviations(self) -> float | None:
        """Return the change in standard deviations, of the revision that has the greater one; None without spread."""
        spreads = [spread.std for spread in (self.base_spread, self.head_spread) if spread]
        if not spreads or not self.delta:
            return None
        return abs(self.delta) / max(spreads) if max(spreads) else math.inf

    @property
    def weight(self) -> tuple[float, ...]:
        """Return what sorts changes: diverged, beyond the spread or without one, within; then by how much."""
        within = self.deviations is not None and self.deviations <= 1
        return (self.diverged, not within, self.deviations or 0.0, self.relative)

    @property
    def title(self) -> str:
        """Return the metric in words, as `baseline validation accuracy`; letters, digits and spaces only."""
        words = f"{self.file.rpartition('/')[2].rpartition('.')[0]} {self.name}"
        return " ".join(re.sub(r"^metrics |[\W_]+", " ", words).split())[:100]


def direction(name: str) -> bool | None:
    """Return whether a higher value of a metric is better, by the words of its name; None where they do not say."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|\d+", name)]
    if not words or words[-1] in NO_SENSE:
        return None
    higher = bool(HIGHER & {*words}) or "accuracy" in name.lower()
    lower = bool(LOWER & {*words}) or "loss" in name.lower()
    return None if higher == lower else higher


def changes(
    diff: Mapping[str, Mapping[Any, Mapping[str, Any]]], higher: Collection[str] = (), lower: Collection[str] = ()
) -> list[Change]:
    """Return the rows of a difference in order; each spread, an object with `mean`, `std` and `n`, is one row.

    A difference has for each file and name the values `old` and `new`, of which one may be lacking. A name is
    text with dots between its keys, or a tuple of keys. `higher` and `lower` are names of metrics, whole or their
    last key, whose better values a project states.
    """
    rows = [row for file, values in diff.items() for row in _of_file(file, values, higher, lower)]
    return sorted(rows, key=lambda row: (natural(row.file), natural(row.name)))


def headline(rows: Iterable[Change]) -> Change | None:
    """Return the row that says most.

    A run that diverged comes before all: a figure of it is no number any more, and none of its losses still is one.
    Then what is beyond the seeds' spread or has none before what is within it or little; then a changed accuracy or
    its like, else a loss, else any; of validation before others.
    """
    changed = [row for row in rows if row.changed]
    kinds = {True: 0, False: 1, None: 2}
    alive = {row.run for row in changed if row.higher is False and is_number(row.head) and math.isfinite(row.head)}  # type: ignore[arg-type]

    def rank(row: Change) -> tuple[Any, ...]:
        faint = row.little or (row.deviations is not None and row.deviations <= 1)
        return (
            not row.diverged or row.run in alive,
            row.delta is None,
            faint,
            kinds[row.higher],
            "val" not in row.name.lower(),
        )

    return min(changed, key=rank, default=None)


def text_of(*values: Value) -> list[str]:
    """Return values as text: numbers with four digits, or as many more as it takes to tell them apart."""
    numbers = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    for digits in range(4, 18):
        if len({f"{number:.{digits}g}" for number in numbers}) == len(set(numbers)):
            break
    return [_text(value, digits) for value in values]


def signed(delta: float | None) -> str:
    """Return a difference with its sign and three digits; nothing where it is 0 or no number."""
    return f"{delta:+.3g}".replace("-", MINUS) if delta and math.isfinite(delta) else ""


def natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts names as a reader would: 2 before 10, however many digits there are."""
    parts = re.split(r"(\d+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if part.isdecimal() else (-1, part) for part in parts]


def is_number(value: Value) -> bool:
    """Return whether a value is a number, NaN and infinity included."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_file(
    file: str, values: Mapping[Any, Mapping[str, Any]], higher: Collection[str], lower: Collection[str]
) -> Iterable[Change]:
    rows = {(tuple(name.split(".")) if isinstance(name, str) else name): value for name, value in values.items()}
    spreads = {
        name[:-1]
        for name in rows
        if name[-1:] == ("mean",) and all((*name[:-1], part) in rows for part in ("std", "n"))
    }
    for keys in [key for key in rows if key[:-1] not in spreads or key[-1] not in ("mean", "std", "n")]:
        yield _change(file, keys, rows[keys], (None, None), higher, lower)
    for keys in spreads:
        std, n = rows[(*keys, "std")], rows[(*keys, "n")]
        both = (_spread(std.get("old"), n.get("old")), _spread(std.get("new"), n.get("new")))
        yield _change(file, keys, rows[(*keys, "mean")], both, higher, lower)


def _change(
    file: str,
    keys: tuple[str, ...],
    value: Mapping[str, Any],
    spreads: tuple[Spread | None, Spread | None],
    higher: Collection[str],
    lower: Collection[str],
) -> Change:
    name = ".".join(keys)
    stated = {name, keys[-1] if keys else ""}
    prefer: Literal["higher", "lower", ""] = "higher" if stated & {*higher} else "lower" if stated & {*lower} else ""
    return Change(
        file,
        name,
        value.get("old"),
        value.get("new"),
        *spreads,
        keys,
        prefer,
        "old" not in value,
        "new" not in value,
    )


def _spread(std: Value, n: Value) -> Spread | None:
    return Spread(std, n) if is_number(std) and isinstance(n, int) and math.isfinite(std) else None  # type: ignore[arg-type]


def _same(one: Value, other: Value) -> bool:
    return (one == other and isinstance(one, bool) == isinstance(other, bool)) or (one != one and other != other)


def _text(value: Value, digits: int) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.{digits}g}".replace("-", MINUS) if math.isfinite(value) else str(value).replace("nan", "NaN")
    text = str(value).replace("-", MINUS) if is_number(value) else str(value)
    return text if len(text) <= 2000 else f"{text[:200]}… ({len(text):,} characters)"
