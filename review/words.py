"""What a review says in words: the verdict, what is unchanged, and the commands to run it again."""

import json
import math
import re
import shlex
from collections.abc import Sequence
from typing import Protocol

from review.changes import Change, headline, is_number, text_of
from review.comparison import Comparison

MOST_OPTIONS = 20  # of a command that somebody would still type


class Thing(Protocol):
    """What may have changed: a parameter, a metric, a curve plot or a picture."""

    @property
    def changed(self) -> bool:
        """Returns whether the revisions differ."""


def verdict(comparison: Comparison) -> str:
    """Returns what happened in a sentence; of names that the repository is free to choose, letters and digits only."""
    params, metrics = ([row for row in rows if row.changed] for rows in (comparison.params, comparison.metrics))
    if not any(thing.changed for things in _kinds(comparison).values() for thing in things):
        files = f"; {_count(len(comparison.files), 'file')} in git differ" if comparison.files else ""
        return f"No result changed: no parameter, metric, curve plot or picture differs{files}."
    same = [
        f"{_unchanged(things)} of {_count(len(things), name)}"
        for name, things in _kinds(comparison).items()
        if name in ("curve plot", "picture") and things
    ]
    parts = [f"{_count(len(params), 'parameter')} changed", _of_metrics(metrics)]
    if same:
        parts.append(f"{' and '.join(same)} unchanged")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def unchanged(comparison: Comparison) -> str:
    """Returns how many of each kind are as they were."""
    counts = {name: _unchanged(things) for name, things in _kinds(comparison).items()}
    return ", ".join(_count(count, name) for name, count in counts.items() if count) or "nothing"


def texts(row: Change) -> list[str]:
    """Returns base and head as text, with their spread."""
    values = text_of(row.base, row.head)
    spreads = (row.base_spread, row.head_spread)
    return [
        f"{value} ± {spread.std:.2g} (n = {spread.n})" if spread else value
        for value, spread in zip(values, spreads, strict=True)
    ]


def beyond_spread(row: Change) -> str:
    """Returns whether a change exceeds the seeds' spread; nothing where it is measured once."""
    if row.deviations is None:
        return ""
    times = f"{row.deviations:.1f} \N{MULTIPLICATION SIGN} std" if math.isfinite(row.deviations) else "std is 0"
    return f"{'yes' if row.deviations > 1 else 'no'}, {times}"


def commands(comparison: Comparison) -> list[tuple[str, str]]:
    """Returns what each block of commands is for, and the commands."""
    base, head = comparison.base, comparison.head
    there = f"git switch --detach {head.commit[:7]}\n" if head.commit else ""
    blocks = [("Run the reviewed state again", f"{there}dvc repro")]
    changed = [row for row in comparison.params if row.changed]
    if base.commit and 0 < len(changed) <= MOST_OPTIONS and all(None not in (row.base, row.head) for row in changed):
        options = " \\\n  ".join(f"-S {shlex.quote(_override(row))}" for row in changed)
        run = f"git switch --detach {base.commit[:7]}\ndvc exp run {options}"
        blocks.append(("The same parameters upon the base, as an experiment", run))
    return [*blocks, ("Write this review again", f"python -m review {shlex.quote(base.name)} {shlex.quote(head.name)}")]


def _kinds(comparison: Comparison) -> dict[str, Sequence[Thing]]:
    return {
        "parameter": comparison.params,
        "metric": comparison.metrics,
        "curve plot": comparison.curves,
        "picture": comparison.pictures,
    }


def _unchanged(things: Sequence[Thing]) -> int:
    return sum(not thing.changed for thing in things)


def _of_metrics(changed: list[Change]) -> str:
    first = headline(changed)
    if not first:
        return "no metric changed"
    values = " → ".join(text_of(first.base, first.head))
    sense = {True: " (better)", False: " (worse)", None: ""}[first.better]
    more = f" and {_count(len(changed) - 1, 'more metric')} changed" if len(changed) > 1 else ""
    return f"{first.title} {values}{sense}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def _override(row: Change) -> str:
    """Returns a parameter as `dvc exp run -S` reads it."""
    value = str(row.head)
    if isinstance(row.head, bool) or is_number(row.head):
        value = json.dumps(row.head)
    elif not re.fullmatch(r"\[.*\]|(?!(?i:true|false|null|nan|inf)$)[A-Za-z_][\w./-]*", value):
        # In Hydra's grammar a backslash is one, save for those in front of a quote, which are doubled.
        value = '"' + re.sub(r'(\\*)("|\Z)', lambda found: found[1] * 2 + found[2].replace('"', '\\"'), value) + '"'
    return f"{'' if row.file == 'params.yaml' else row.file + ':'}{row.name}={value}"
