"""The points that the section `dataset` asks for: three sets of them, and what there is to say of them."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, log10
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.core.plan import point_seeds
from stages.lib.core.points import PARTS, Description, Draws, Limits, Points
from stages.lib.core.runner import Fault
from stages.lib.core.words import count
from stages.lib.data.drawn import SOURCES, table_of
from stages.lib.data.tables import MOST_CLASSES, Table, read_table
from stages.params.dataset import Dataset
from stages.params.own_sweep import OwnSweep

DIGITS = 6  # after the point, of what is drawn
MARGIN = 0.02  # of the range of a column, beyond its ends in a picture
STEPS = 8  # about so many from end to end of an axis; the ends are whole steps


@dataclass(frozen=True)
class Sets:
    """Three sets of points, each a table of columns and, last, the number of the class; and what to say of them.

    Args:
        parts: `train`, `validation` and `test`.
        description: of the training points.
        float_format: in which the numbers are written.
    """

    parts: dict[str, pd.DataFrame]
    description: Description
    float_format: str


def sets_of(asked: Dataset, seed: int, own: Path) -> Sets:
    """Return the points of training, validation and test.

    Args:
        asked: the section `dataset`.
        seed: of what is drawn, and of which rows of a table go into each set.
        own: the folder of the user's tables.

    Raise Fault where a table can't be taken.
    """
    return _part_of(_whole(asked, seed, own), asked.fraction, seed)


def points_of(sets: Sets) -> dict[str, Points]:
    """Return the points of each set as a stage reads them from the disk, with the digits that are written there."""
    values = {part: _as_written(table, sets.float_format).to_numpy() for part, table in sets.parts.items()}
    return {part: Points(held[:, :-1], held[:, -1:]) for part, held in values.items()}


def draws_of(asked: Dataset, seed: int, own: Path, replicates: int) -> dict[str, Draws]:
    """Return the three sets of each replicate; those of the first are `sets_of`, to the bit as they are on disk.

    What is drawn is drawn anew. The rows of a table that are not held out to the end are split anew, by class; where
    they are split by the user's files, all replicates have the same, or shares of them. The other arguments are those
    of `sets_of`.
    """
    return _draws_of_each([asked], seed, own, replicates)[0]


def draws_of_question(
    question: OwnSweep, asked: Dataset, seed: int, own: Path, replicates: int
) -> dict[str, dict[str, Draws]]:
    """Return the draws of each value of the user's own question, by the name of its points.

    Empty where the question is not of the points. The other arguments are those of `draws_of`.
    """
    varied = varied_by(question, asked)
    return dict(zip(map(str, range(len(varied))), _draws_of_each(varied, seed, own, replicates), strict=True))


def varied_by(question: OwnSweep, asked: Dataset) -> list[Dataset]:
    """Return the section `dataset` with each value of the user's own question, none where it is not of the points.

    Raise Fault where a value changes nothing.
    """
    key = question.vary.partition(".")[2]
    if question.of_points and key != "fraction" and asked.source in {"ring_and_y", *asked.tables}:
        raise Fault(
            f"own_sweep.vary is {question.vary}, which changes nothing of {asked.source}; vary dataset.fraction, or "
            "take another dataset.source, such as moons"
        )
    return [replace(asked, **{key: value}) for value in question.values] if question.of_points else []


def _draws_of_each(sections: Sequence[Dataset], seed: int, own: Path, replicates: int) -> list[dict[str, Draws]]:
    """Return the draws of each section; those that differ in their fraction alone share their points."""
    seeds = point_seeds(seed, replicates)
    found, alike = [], None
    for asked in sections:
        if alike != replace(asked, fraction=1.0):
            alike = replace(asked, fraction=1.0)
            points, splits = (_split_anew if asked.tables else _drawn_anew)(asked, seeds, own)
            values, labels = points.to_numpy(np.float32), points.iloc[:, -1:]
            held = Points(values[:, :-1], values[:, -1:])
        size = len(_part_of_each_class(labels.loc[splits[0]["train"]], asked.fraction, seed))
        parts = [
            _part_of_each_class(labels.loc[split["train"]], asked.fraction, each, size)
            for split, each in zip(splits, seeds, strict=True)
        ]
        train = np.stack([part.index.to_numpy() for part in parts])
        others = {part: np.stack([split[part] for split in splits]) for part in PARTS[1:]}
        found.append({part: Draws(held, rows) for part, rows in {"train": train, **others}.items()})
    return found


def _drawn_anew(asked: Dataset, seeds: Sequence[int], _: Path) -> tuple[pd.DataFrame, list[dict[str, np.ndarray]]]:
    """Return all points of all draws, and the row numbers of each draw."""
    drawn = (_drawn(asked, seed) for seed in seeds)
    tables = [sets.parts[part] for sets in drawn for part in PARTS]
    rows = _one_after_the_other(tables)
    splits = [
        dict(zip(PARTS, rows[first : first + len(PARTS)], strict=True)) for first in range(0, len(rows), len(PARTS))
    ]
    return pd.concat(tables, ignore_index=True), splits


def _split_anew(asked: Dataset, seeds: Sequence[int], own: Path) -> tuple[pd.DataFrame, list[dict[str, np.ndarray]]]:
    """Return all points of a table, and the row numbers of each split."""
    whole = _of_tables(asked, seeds[0], own)
    tables = [whole.parts[part] for part in PARTS]
    points = pd.concat(tables, ignore_index=True)
    first = dict(zip(PARTS, _one_after_the_other(tables), strict=True))
    fixed = isinstance(asked.validation, str)
    others = [first if fixed else first | _exchanged(points.iloc[:, -1], first, seed) for seed in seeds[1:]]
    return _as_written(points, whole.float_format), [first, *others]


def _one_after_the_other(tables: Sequence[pd.DataFrame]) -> list[np.ndarray]:
    """Return the row numbers of each table among those of all."""
    return [np.arange(*between) for between in pairwise(np.cumsum([0, *map(len, tables)]))]


def _exchanged(labels: pd.Series, first: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return another split of the rows of training and validation, with as many of each class in each part."""
    random = np.random.RandomState(seed)
    held_out = labels.loc[first["validation"]].value_counts()
    both = labels.loc[np.concatenate([first["train"], first["validation"]])]
    orders = [random.permutation(rows.index.to_numpy()) for _, rows in both.groupby(both)]
    cuts = [np.split(order, [held_out[labels[order[0]]]]) for order in orders]
    validation, train = (np.sort(np.concatenate(rows)) for rows in zip(*cuts, strict=True))
    return {"train": train, "validation": validation}


def _as_written(table: pd.DataFrame, float_format: str) -> pd.DataFrame:
    """Return the numbers of a table as they are read from the CSV that it is written to, float32."""
    return pd.read_csv(io.StringIO(table.to_csv(index=False, float_format=float_format))).astype(np.float32)


def _whole(asked: Dataset, seed: int, own: Path) -> Sets:
    """Return the sets with all training points, by which columns are scaled and pictures end, whatever the fraction."""
    return _of_tables(asked, seed, own) if asked.tables else _drawn(asked, seed)


def _part_of(whole: Sets, fraction: float, seed: int) -> Sets:
    """Return sets with a share of the training points of each class."""
    train = _part_of_each_class(whole.parts["train"], fraction, seed)
    return replace(
        whole, parts={**whole.parts, "train": train}, description=replace(whole.description, rows=len(train))
    )


def _drawn(asked: Dataset, seed: int) -> Sets:
    source, random = SOURCES[asked.source], np.random.RandomState(seed)
    # Rounding drops the last bits, in which two machines' sines may differ; and what is written is what is learned.
    parts = {part: table_of(source.draw(random, asked.points, asked.noise)).round(DIGITS) for part in PARTS}
    description = Description(
        title=source.title,
        about=source.about,
        features=("x1", "x2"),
        classes=source.classes,
        article="the ",
        limits=limits_of(parts["train"]),
        rows=len(parts["train"]),
    )
    return Sets(parts, description, f"%.{DIGITS}f")


def _of_tables(asked: Dataset, seed: int, own: Path) -> Sets:
    table = read_table(own / asked.source, asked.label)
    classes = classes_of(table)
    parts = _split(_numbered(table, classes), asked, classes, seed, table.path)
    for part in PARTS[1:]:
        if isinstance(name := getattr(asked, part), str):
            parts[part] = _numbered(_alike(read_table(own / name, table.label), table), classes)
    features = [str(name) for name in table.numbers]
    _refuse_constant(parts["train"][features], table.path)
    mean, deviation = parts["train"][features].mean(), parts["train"][features].std(ddof=0)
    if asked.standardise:
        for held in parts.values():
            held[features] = (held[features] - mean) / deviation
    listed = f"{', '.join(classes[:-1])} and {classes[-1]}"
    description = Description(
        title=table.path.stem,
        about=f"{listed} by {count(len(features), 'column')} of {table.path.name}",
        features=tuple(features),
        classes=classes,
        article="",
        limits=limits_of(parts["train"]),
        rows=len(parts["train"]),
        mean=tuple(mean) if asked.standardise else (),
        deviation=tuple(deviation) if asked.standardise else (),
    )
    return Sets(parts, description, "%.9g")  # as many digits as tell all 32-bit numbers apart


def _refuse_constant(train: pd.DataFrame, path: Path) -> None:
    """Raise Fault where a 32-bit number can't tell the values of a column apart."""
    values = train.astype(np.float32)
    constant = values.columns[(values.min() == values.max()).to_numpy()]
    if len(constant):
        names = ", ".join(map(repr, constant))
        held = f"{train[constant[0]].iloc[0]:g}"
        which = f"column {names} holds {held}" if len(constant) == 1 else f"columns {names} hold one value each"
        raise Fault(
            f"{path}: {which} in all training points, to 32-bit numbers, which tells nothing apart; remove "
            f"{'it' if len(constant) == 1 else 'them'}"
        )


def classes_of(table: Table) -> tuple[str, ...]:
    """Return the labels of a table once each: whole numbers by their size, text by the alphabet.

    Raise Fault where they are not 2 to 20.
    """
    labels = set(table.labels)
    if not 2 <= len(labels) <= MOST_CLASSES:
        shown = f" ({next(iter(labels))!r})" if len(labels) == 1 else ""
        raise Fault(
            f"{table.path}: column {table.label!r} holds {count(len(labels), 'label', ',')}{shown}, but "
            f"must hold from 2 to {MOST_CLASSES}; is it the column of labels? dataset.label names it"
        )
    whole = all(re.fullmatch(r"-?[0-9]+", label) for label in labels)
    return tuple(sorted(labels, key=lambda label: (int(label), label)) if whole else sorted(labels))


def limits_of(table: pd.DataFrame) -> Limits:
    """Return for each column whole steps a little below its least and above its greatest value.

    A step is 1, 2 or 5 times a power of 10, such that there are about 8 from end to end.
    """
    return tuple(_ends(table[name].min(), table[name].max()) for name in table.columns[:-1])


def _ends(least: float, greatest: float) -> tuple[float, float]:
    margin = MARGIN * (greatest - least)
    rough = (greatest - least) / STEPS
    power = 10.0 ** floor(log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if rough <= factor * power * (1 + 1e-9))
    return float(floor((least - margin) / step) * step), float(ceil((greatest + margin) / step) * step)


def _numbered(table: Table, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns of a table and, last, the numbers of the classes, under the name of the column of labels.

    Raise Fault where a label is none of the classes.
    """
    for line, label in zip(table.lines, table.labels, strict=True):
        if label not in classes:
            raise Fault(
                f"{table.path}: line {line}, column {table.label!r} holds {label!r}, but must hold one of those of the "
                f"training points: {', '.join(classes)}"
            )
    return table.numbers.assign(**{table.label: [classes.index(label) for label in table.labels]})


def _alike(table: Table, first: Table) -> Table:
    """Return a table with its columns in the order of the first one; raise Fault where they are not the same."""
    missing = [name for name in first.numbers if name not in table.numbers]
    more = [name for name in table.numbers if name not in first.numbers]
    if missing or more:
        what = f"has no column {missing[0]!r}" if missing else f"has the column {more[0]!r}"
        raise Fault(f"{table.path}: it {what}, other than {first.path.name}; both must have the same columns")
    return Table(table.path, table.numbers[list(first.numbers)], table.labels, table.label, table.lines)


def _split(
    table: pd.DataFrame, asked: Dataset, classes: Sequence[str], seed: int, path: Path
) -> dict[str, pd.DataFrame]:
    """Return the rows of each set, by class: at least one of each class in each set.

    Raise Fault where a class has too few.
    """
    random = np.random.RandomState(seed)
    shares = {part: share for part in PARTS[1:] if isinstance(share := getattr(asked, part), float)}
    places: dict[str, list[np.ndarray]] = {part: [] for part in ("train", *shares)}
    for number, rows in table.groupby(table.columns[-1]):
        order = random.permutation(rows.index.to_numpy())
        for part, share in shares.items():
            size = max(1, round(share * len(rows)))
            places[part].append(order[:size])
            order = order[size:]
        if not len(order):
            raise Fault(
                f"{path}: class {classes[int(str(number))]!r} has {count(len(rows), 'row')}, too few to "
                f"have one in each of {', '.join(places)}; add rows, remove the class, or change the shares"
            )
        places["train"].append(order)
    return {part: table.loc[np.sort(np.concatenate(chosen))] for part, chosen in places.items()}


def _part_of_each_class(table: pd.DataFrame, fraction: float, seed: int, size: int = 0) -> pd.DataFrame:
    """Return a share of the rows of each class, at least one, in their order; a larger share has the rows of a smaller.

    Which they are follows from the seed. They are `size` rows in all, where it is given.
    """
    if fraction == 1:
        return table
    random = np.random.RandomState(seed)
    orders = [random.permutation(rows.index.to_numpy()) for _, rows in table.groupby(table.columns[-1])]
    size = size or sum(max(1, round(fraction * len(order))) for order in orders)
    # One order of all rows, of which every share is a beginning: a row of each class, then all classes evenly.
    places = np.concatenate([np.r_[0, np.arange(1.5, len(order)) / len(order)] for order in orders])
    return table.loc[np.sort(np.concatenate(orders)[places.argsort(kind="stable")[:size]])]
