"""What a review says in words: the verdict, what is unchanged, and the commands to run it again.

A verdict says first what could not be read, then what is stale, what was edited, what code changed, and
then what the results did.
"""

import math
import shlex
from collections.abc import Iterable, Sequence
from typing import Protocol

from review.changes import Change, Value, headline, text_of
from review.comparison import Comparison, State, Unread
from review.overrides import MOST_OPTIONS, override
from review.snapshots import overlap


class Name(str):
    """Text of a revision within a sentence of the review."""

    __slots__ = ()


SURE = 12  # digits of a commit's hash that are the only ones of their kind in a large repository
Phrase = list[str]  # with Names in it


class Thing(Protocol):
    """What may have changed: a parameter, a metric, a curve plot or a picture."""

    @property
    def changed(self) -> bool:
        """Return whether the revisions differ."""


def verdict(comparison: Comparison) -> str:
    """Return what happened, in a line."""
    return plain(phrase(comparison))


def refused(comparison: Comparison) -> str:
    """Return what was not read as it asks for too much, in a line; nothing where there is none of that."""
    named = [it for it in comparison.unread if it.refused]
    if not named:
        return ""
    more = f", nor {count(len(named) - 1, 'more file')}" if len(named) > 1 else ""
    return plain([f"{named[0].path} of {named[0].revision} is not read: {named[0].why}{more}; the rest is written"])


def plain(words: Phrase) -> str:
    """Return a phrase as text for a terminal: one line, without what would steer it."""
    return "".join(part if part.isprintable() else part.encode("unicode_escape").decode() for part in words)


def phrase(comparison: Comparison) -> Phrase:
    """Return the verdict, in which the text of the revisions is told apart from the review's own."""
    parts = [
        *_unread(comparison.unread),
        *_reproduced(comparison),
        *_stale(comparison.head_state, comparison.code),
        *_edited(comparison.head_state),
        *_of_base(comparison),
        *_results(comparison),
    ]
    words: Phrase = []
    for part in parts:
        words += [*part, "; "]
    words[-1] = "."
    if not isinstance(words[0], Name):
        words[0] = words[0][0].upper() + words[0][1:]
    return words


def unchanged(comparison: Comparison) -> str:
    """Return how many of each kind are as they were."""
    counts = {name: _unchanged(things) for name, things in _kinds(comparison).items()}
    return ", ".join(count(number, name) for name, number in counts.items() if number) or "nothing"


def texts(row: Change) -> list[str]:
    """Return base and head as text, with their spread."""
    values = text_of(row.base, row.head)
    spreads = (row.base_spread, row.head_spread)
    return [
        f"{value} ± {spread.std:.2g} (n = {spread.n})" if spread else value
        for value, spread in zip(values, spreads, strict=True)
    ]


def beyond_spread(row: Change) -> str:
    """Return whether a change exceeds the seeds' spread; nothing where it is measured once."""
    if row.deviations is None:
        return ""
    times = f"{row.deviations:.1f} \N{MULTIPLICATION SIGN} std" if math.isfinite(row.deviations) else "std is 0"
    return f"{'yes' if row.deviations > 1 else 'no'}, {times}"


def sense(row: Change) -> str:
    """Return what a change means in a word, or nothing."""
    if row.diverged:
        return "diverged"
    return {True: "better", False: "worse", None: ""}[row.better]


def state(comparison: Comparison) -> str:
    """Return what the head's results rest on, in a word or three."""
    head = comparison.head_state
    again = comparison.reproduced
    states = [
        (any(it.revision == comparison.head.name for it in comparison.unread), "not all read"),
        (again is not None and not again.sound, "not reproduced"),
        (head.stale, "stale"),
        (bool(head.edited), "edited"),
        (again is not None, "reproduced"),
        (head.recorded > 0, "as recorded"),
    ]
    return next((text for holds, text in states if holds), "nothing recorded")


def facts(comparison: Comparison) -> list[Phrase]:
    """Return all that is stale or edited, and the code that changed, a line each."""
    lines: list[Phrase] = []
    for revision, state in ((comparison.head, comparison.head_state), (comparison.base, comparison.base_state)):
        found: list[Phrase] = []
        for it in state.params:
            now, recorded = _both(it.now, it.recorded)
            found.append(
                [
                    Name(it.name),
                    " in ",
                    Name(it.file),
                    " is ",
                    now,
                    ", but ",
                    *_names(it.stages),
                    " ran with ",
                    recorded,
                ]
            )
        for path, stages in state.behind.items():
            found.append([Name(path), " changed; not run again: ", *_names(stages)])
        found += [["the command of ", Name(stage), " changed, and was not run again"] for stage in state.commands]
        found += [[Name(path), " is gone, and dvc.lock records it"] for path in state.lost]
        found += [[Name(stage), " was never run"] for stage in state.never]
        found += [
            [Name(path), " is not what ", Name(where), " records: edited after the run"] for path, where in state.edited
        ]
        lines += [[Name(revision.name), ": ", *line] for line in found]
    return [*lines, *([Name(path), " differs: code that stages depend on"] for path in comparison.code)]


def commands(comparison: Comparison) -> list[tuple[str, str]]:
    """Return what each block of commands is for, and the commands."""
    base, head = comparison.base, comparison.head
    there = f"git switch --detach {head.commit[:SURE]}\n" if head.commit else ""
    blocks = [("Run the reviewed state again", f"{there}dvc repro")]
    changed = [row for row in comparison.params if row.changed]
    if base.commit and 0 < len(changed) <= MOST_OPTIONS and not any(row.new or row.gone for row in changed):
        options, edits = [], []
        for row in changed:
            text = _override(row)
            if text is None:
                value = _comment(text_of(row.head)[0])
                edits.append(f"# edit {_comment(row.file)}: {_comment(row.name)} is to be {value}, which -S can't say")
            else:
                options.append(f"-S {shlex.quote(text)}")
        run = "dvc exp run " + " \\\n  ".join(options) if options else "dvc exp run"
        lines = [f"git switch --detach {base.commit[:SURE]}", *edits, run]
        blocks.append(("The same parameters upon the base, as an experiment", "\n".join(lines)))
    names = [base.name, head.name]
    dashes = "-- " if any(name.startswith("-") for name in names) else ""
    return [*blocks, ("Write this review again", f"dvc-review {dashes}{shlex.join(names)}")]


def _override(row: Change) -> str | None:
    keys = row.keys or tuple(row.name.split("."))
    return None if row.fixed else override(row.file, keys, row.head)


def _comment(text: str) -> str:
    """Return text for a comment of a shell: one line."""
    return " ".join("".join(c if c.isprintable() else repr(c)[1:-1] for c in text).split(" "))[:300]


def _unread(unread: Sequence[Unread]) -> list[Phrase]:
    """Return what could not be read, one phrase for each remedy of which it says all."""
    if not unread:
        return []
    first = unread[0]
    where = list(dict.fromkeys(it.revision for it in unread if it.path == first.path))
    more = len({it.path for it in unread}) - 1
    words: Phrase = ["can't read ", Name(first.path), " of ", *_names(where), ": "]
    words += [Name(first.why), " (", Name(first.remedy), ")"]
    if more:
        words.append(f", nor {count(more, 'more file')}")
    return [words]


def _reproduced(comparison: Comparison) -> list[Phrase]:
    return [] if comparison.reproduced is None else [comparison.reproduced.phrase()]


def _stale(state: State, code: list[str]) -> list[Phrase]:
    parts: list[Phrase] = []
    if state.params:
        first = state.params[0]
        now, recorded = _both(first.now, first.recorded)
        words: Phrase = [Name(first.name), " is ", now, ", but the outputs were made with ", recorded]
        if len(state.params) > 1:
            words.append(f" (and {count(len(state.params) - 1, 'more parameter')} so)")
        parts.append(words)
    deps = state.behind
    if deps:
        files = [it for path in deps for it in [one for one in code if overlap(path, one)] or [path]]
        stages = {stage for names in deps.values() for stage in names}
        parts.append(
            [*some(list(dict.fromkeys(files)), "file"), f" changed; {_were(len(stages), 'stage')} not run again"]
        )
    if state.commands:
        parts.append(["the command of ", *some(state.commands, "stage"), " changed, and was not run again"])
    if state.lost:
        rest = "is gone, and dvc.lock records it" if len(state.lost) == 1 else "are gone, and dvc.lock records them"
        parts.append([*some(list(state.lost), "file"), f" {rest}"])
    if state.never:
        parts.append([*some(state.never, "stage"), f" {'was' if len(state.never) == 1 else 'were'} never run"])
    return parts


def _edited(state: State) -> list[Phrase]:
    if not state.edited:
        return []
    path, where = state.edited[0]
    more = f" ({count(len(state.edited) - 1, 'more file')} too)" if len(state.edited) > 1 else ""
    return [[Name(path), " is not what ", Name(where), f" records: edited after the run{more}"]]


def _of_base(comparison: Comparison) -> list[Phrase]:
    """Return that the base is not sound itself, where that is not said of the head in the same words."""
    state = comparison.base_state
    if state.sound or (comparison.base.commit == comparison.head.commit and comparison.base.commit):
        return []
    what = ["stale"] * state.stale + ["edited after its run"] * bool(state.edited)
    return [[Name(comparison.base.name), f" itself is {' and '.join(what)}"]]


def _results(comparison: Comparison) -> list[Phrase]:
    kinds = _kinds(comparison)
    again = comparison.reproduced
    known = not comparison.unread and comparison.head_state.sound and (again is None or again.sound)
    things = [thing for of_kind in kinds.values() for thing in of_kind]
    told = comparison.head_state.behind  # said as stale
    rest = [path for path in comparison.code if not any(overlap(path, it) for it in told)]
    code: list[Phrase] = [["code changed: ", *some(rest, "file")]] if rest else []
    if not things:
        if comparison.unread:
            return [*code, ["nothing else to compare"]]
        return [*code, ["nothing to compare: neither revision has a parameter, metric or plot"]]
    if not any(thing.changed for thing in things):
        if comparison.unread:
            return [*code, ["what could be read is the same"]]
        if not known:
            return [*code, ["the results are those of before"]]
        differ = "differs" if len(comparison.files) == 1 else "differ"
        files = f"; {count(len(comparison.files), 'file')} in git {differ}" if comparison.files and not code else ""
        return [*code, [f"no result changed: no parameter, metric, curve plot or picture differs{files}"]]
    params, metrics = ([row for row in rows if row.changed] for rows in (comparison.params, comparison.metrics))
    parts: list[Phrase] = list(code)
    if params or not comparison.unread:
        parts.append([f"{count(len(params), 'parameter')} changed"])
    if metrics or (known and comparison.metrics):
        parts.append([_of_metrics(metrics)])
    plots = [text for name in ("curve plot", "picture") if (text := _of_plots(name, kinds[name]))]
    same = [text.removesuffix(" unchanged") for text in plots if text.endswith(" unchanged")]
    parts += [[text] for text in plots if not text.endswith(" unchanged")]
    if same:
        parts.append([f"{' and '.join(same)} unchanged"])
    return parts or [["what else could be read is the same"]]


def _of_plots(name: str, things: Sequence[Thing]) -> str:
    if not things:
        return ""
    sides = [[bool(getattr(thing, side)) for thing in things] for side in ("base", "head")]
    for side, word in ((0, "new"), (1, "gone")):
        if not any(sides[side]):
            return f"{count(len(things), name)} {'is' if len(things) == 1 else 'are'} {word}"
    return f"{_unchanged(things)} of {count(len(things), name)} unchanged"


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
    values = " → ".join(texts(first))
    word = sense(first)
    more = f" and {count(len(changed) - 1, 'more metric')} changed" if len(changed) > 1 else ""
    return Name(f"{first.title} {values}{f' ({word})' if word else ''}{more}")


def _both(now: Value, recorded: Value) -> tuple[Name, Name]:
    one, other = text_of(now, recorded)
    return Name(one), Name(other)


def some(names: Sequence[str], noun: str) -> Phrase:
    """Return the first of some names, and how many more there are."""
    more = [f" and {count(len(names) - 1, f'more {noun}')}"] if len(names) > 1 else []
    return [Name(names[0]), *more]


def _names(names: Iterable[str]) -> Phrase:
    words: Phrase = []
    for name in names:
        words += [Name(name), ", "]
    if len(words) > 2:
        words[-3] = " and "
    return words[:-1]


def count(number: int, noun: str) -> str:
    """Return a number of things, as `no stage`, `1 stage` or `2 stages`."""
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def _were(number: int, noun: str) -> str:
    return f"{count(number, noun)} {'was' if number == 1 else 'were'}"
