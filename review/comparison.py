"""What two revisions have and where they differ, as a review tells it."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from review.changes import Change, Value, changes
from review.children import call
from review.pictures import Picture
from review.revisions import Revision, git, missing
from review.snapshots import BOUND, GONE, Snapshot, overlap, take

Rows = list[dict[str, Any]]
SETTINGS = ("higher", "lower", "picture")


@dataclass(frozen=True)
class Curves:
    """A curve plot over both revisions.

    Args:
        name: DVC's name for it.
        spec: Vega-Lite, with the rows of both revisions in it; their column `rev` is the revision's name.
            Empty where the revisions have the same.
        base: the rows of the base, without `rev`; none where it lacks the plot.
        head: likewise.
        revisions: the names of base and head in `rev`.
    """

    name: str
    spec: dict[str, Any]
    base: Rows
    head: Rows
    revisions: tuple[str, str] = ("", "")

    @property
    def changed(self) -> bool:
        """Return whether the rows of the revisions differ."""
        return json.dumps(self.base) != json.dumps(self.head)  # as text, in which NaN is NaN

    @property
    def share(self) -> float:
        """Return the share of rows that differ."""
        one, other = ({json.dumps(row) for row in rows} for rows in (self.base, self.head))
        return len(one ^ other) / max(1, len(one | other))


@dataclass(frozen=True)
class Unread:
    """A file that could not be read.

    Args:
        path: relative to the DVC repository.
        revision: of which revision; its name.
        reason: why; what begins with "is" or "has" follows "it".
        remedy: the command or the file that mends it.
    """

    path: str
    revision: str
    reason: str
    remedy: str

    @property
    def refused(self) -> bool:
        """Return whether it asks for more than a review gives, rather than is not there or is broken."""
        return self.reason.endswith(BOUND)

    @property
    def why(self) -> str:
        """Return the reason as it follows a colon."""
        return f"it {self.reason}" if self.reason.startswith(("is ", "has ")) else self.reason


@dataclass(frozen=True)
class Stale:
    """A parameter that is not the one that the outputs were made with."""

    file: str
    name: str
    now: Value
    recorded: Value
    stages: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Where a revision is not what its dvc.lock records.

    Args:
        params: parameters with other values.
        deps: by path, the stages that were not run again since it changed.
        edited: outputs with another content, each with the file that records it.
        commands: stages whose command changed.
        never: stages that the lock does not know.
        lost: by path, what is recorded and has gone, with the stages that depend on it.
        outs: all outputs.
        inputs: all dependencies.
        files: by path, the hash that is recorded of each output.
        recorded: how many stages the lock records.
    """

    params: list[Stale] = field(default_factory=list)
    deps: dict[str, list[str]] = field(default_factory=dict)
    edited: list[tuple[str, str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    lost: dict[str, list[str]] = field(default_factory=dict)
    outs: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    recorded: int = 0

    @property
    def stale(self) -> bool:
        """Return whether anything should have been run again."""
        return bool(self.params or self.behind or self.commands or self.never or self.lost)

    @property
    def behind(self) -> dict[str, list[str]]:
        """Return `deps` without what is said already, as it is an edited output."""
        edited = [path for path, _ in self.edited]
        return {path: stages for path, stages in self.deps.items() if not any(overlap(path, it) for it in edited)}

    @property
    def sound(self) -> bool:
        """Return whether all is as recorded."""
        return not self.stale and not self.edited


@dataclass(frozen=True)
class Comparison:
    """All that a review is made from.

    Args:
        base: the revision that is compared with.
        head: the revision under review.
        params: all parameters, changed or not.
        metrics: all metrics; a mean with its spread is one.
        curves: all plots that are drawn from rows.
        pictures: all plots that are pictures, and those that DVC does not draw.
        files: names of the files in git that differ, outputs included.
        notes: what could not be compared, and why.
        prefix: the DVC repository's folder in git, empty or with a slash at its end.
        in_git: the paths of each commit, relative to git's root.
        unread: what could not be read.
        base_state: what dvc.lock says of the base.
        head_state: likewise of the head.
        code: the files that differ and that stages depend on, outputs and parameters aside.
        reproduced: what running the head again gave; None where it was not run.
        picture: the path of the picture that stands for a revision, if the project names one.
    """

    base: Revision
    head: Revision
    params: list[Change]
    metrics: list[Change]
    curves: list[Curves]
    pictures: list[Picture]
    files: list[str]
    notes: list[str]
    prefix: str
    in_git: dict[str, frozenset[str]]
    unread: list[Unread] = field(default_factory=list)
    base_state: State = field(default_factory=State)
    head_state: State = field(default_factory=State)
    code: list[str] = field(default_factory=list)
    reproduced: Any = None
    picture: str = ""


def compare(base: Revision, head: Revision, root: Path, folder: Path) -> Comparison:
    """Return the comparison of two revisions; what it is made from and drawings of differences go to `folder`.

    Raise a Fault where git or the machine lets it down, or the revisions ask for too much.
    """
    with ThreadPoolExecutor() as pool:
        taking = [pool.submit(take, it, root, folder / side) for it, side in ((base, "base"), (head, "head"))]
        snapshots = dict(zip(("base", "head"), [it.result() for it in taking], strict=True))
    answer = call(
        "review.reading:read", _request(base, head, root, folder, snapshots), folder, "can't read the revisions"
    )
    settings, notes = _settings(snapshots["base"])
    unread = [
        Unread(entry["path"], revision.name, entry["reason"], _remedy(entry["remedy"], revision))
        for revision, side in ((base, "base"), (head, "head"))
        for entry in answer[side]["unread"]
    ]
    lost = [it for it in unread if it.reason == GONE]
    if lost:
        raise missing(f"{lost[0].path} of {lost[0].revision}")
    unread.sort(key=lambda it: not it.refused)  # the first is named in the first line
    hidden = {entry.path for entry in unread}
    blind = (answer["base"]["broken"], answer["head"]["broken"])
    params, metrics = (
        changes(_diff(answer, kind, hidden, blind), settings["higher"], settings["lower"])
        for kind in ("params", "metrics")
    )
    fixed = {(file, name) for file, name in answer["unsettable"]}
    params = [replace(row, fixed=(row.file, row.name) in fixed) for row in params]
    half = {entry["name"] for entry in answer["curves"] if hidden & {*entry["sources"]}} | hidden
    curves = [it for it in _curves(answer) if not _one_sided(it, blind, half)]
    pictures = [it for it in map(_picture, answer["pictures"]) if not _one_sided(it, blind, half)]
    kept = {path for path, _ in answer["head"]["state"]["lost"] if (snapshots["base"].folder / path).exists()}
    states = (_state(answer["base"]["state"], set()), _state(answer["head"]["state"], kept))
    notes += [note for side in ("base", "head") for note in answer[side]["notes"]]
    notes += [f"{it.path} of {it.revision} can't be read: {it.why} ({it.remedy})" for it in unread]
    for revision, side in ((base, "base"), (head, "head")):
        things = (*params, *metrics, *curves, *pictures)
        if not blind[side == "head"] and not any(getattr(thing, side) not in (None, []) for thing in things):
            notes.append(f"{revision.name} has no parameter, metric or plot that DVC knows.")
    changed = (r.commit for r in (base, head) if r.commit)
    files = git(root, "diff", "--no-ext-diff", "--no-renames", "--name-only", "-z", *changed).split("\0")[:-1]
    prefix = git(root, "rev-parse", "--show-prefix").strip()
    states[1].edited[:] = _named(states[1].edited, [file.removeprefix(prefix) for file in files])
    return Comparison(
        base,
        head,
        params,
        metrics,
        curves,
        pictures,
        files,
        list(dict.fromkeys(notes)),
        prefix,
        {r.commit: _tree(root, r.commit) for r in (base, head) if r.commit},
        unread,
        *states,
        _code(files, prefix, states, {row.file for row in params}),
        picture=settings["picture"],
    )


def _request(
    base: Revision, head: Revision, root: Path, folder: Path, snapshots: Mapping[str, Snapshot]
) -> dict[str, Any]:
    for name in ("scratch", "pictures"):
        (folder / name).mkdir()
    request: dict[str, Any] = {
        "root": str(root),
        "scratch": str(folder / "scratch"),
        "pictures": str(folder / "pictures"),
    }
    for revision, side in ((base, "base"), (head, "head")):
        request[side] = {
            "name": revision.name,
            "folder": str(snapshots[side].folder.resolve()),
            "reasons": snapshots[side].reasons,
            "tree": None if revision.commit else str(root),
        }
    return request


def _remedy(remedy: str, revision: Revision) -> str:
    return "dvc fetch --all-commits" if remedy == "dvc fetch" and revision.commit else remedy


def _settings(snapshot: Snapshot) -> tuple[dict[str, Any], list[str]]:
    """Return what the base's pyproject.toml says in [tool.dvc-review]; the head has no say in how it is judged."""
    settings: dict[str, Any] = {"higher": [], "lower": [], "picture": ""}
    file = snapshot.folder / "pyproject.toml"
    try:
        stated = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("dvc-review", {}) if file.is_file() else {}
    except (ValueError, OSError, AttributeError) as error:
        return settings, [f"pyproject.toml of the base can't be read for [tool.dvc-review]: {error}"]
    notes = []
    for name, value in stated.items():
        if name in settings and isinstance(value, type(settings[name])):
            settings[name] = value
        else:
            notes.append(f"pyproject.toml: tool.dvc-review.{name} is {value!r}; allowed are {', '.join(SETTINGS)}")
    return settings, notes


def _diff(
    answer: Mapping[str, Any], kind: str, hidden: set[str], blind: tuple[bool, bool]
) -> dict[str, dict[tuple[str, ...], dict[str, Any]]]:
    """Return what both sides have, side by side; nothing of files that one of them could not read."""
    diff: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}
    for side, name in (("base", "old"), ("head", "new")):
        for file, keys, value in answer[side][kind]:
            if file not in hidden:
                diff.setdefault(file, {}).setdefault(tuple(keys), {})[name] = value
    known = {side: {file for file, _, _ in answer[side][kind]} for side in ("base", "head")}
    lost = [
        file for file in diff if (blind[0] and file not in known["base"]) or (blind[1] and file not in known["head"])
    ]
    return {file: values for file, values in diff.items() if file not in lost}


def _one_sided(thing: Curves | Picture, blind: tuple[bool, bool], half: set[str]) -> bool:
    """Return whether a side lacks a plot only as its pipeline, or a file of the plot, could not be read."""
    unread = thing.name in half
    return ((blind[0] or unread) and not thing.base) or ((blind[1] or unread) and not thing.head)


def _curves(answer: Mapping[str, Any]) -> Iterable[Curves]:
    names = (answer["names"]["base"], answer["names"]["head"])
    for entry in answer["curves"]:
        if entry["same"]:
            yield Curves(entry["name"], {}, [{}], [{}], names)
            continue
        rows = rows_of(entry["spec"]) or []
        old, new = (
            [{key: value for key, value in row.items() if key != "rev"} for row in rows if row["rev"] == name]
            for name in names
        )
        yield Curves(entry["name"], entry["spec"], old, new, names)


def rows_of(spec: Any) -> Rows | None:
    """Return the rows that DVC has put into a spec, which a template may have at any depth; None without any."""
    if isinstance(spec, dict):
        values = spec.get("values")
        if isinstance(values, list) and values and all(isinstance(row, dict) and "rev" in row for row in values):
            return values
        spec = list(spec.values())
    if isinstance(spec, list):
        return next(filter(None, map(rows_of, spec)), None)
    return None


def _picture(entry: Mapping[str, Any]) -> Picture:
    base, head, difference = (Path(entry[key]) if entry.get(key) else None for key in ("base", "head", "difference"))
    sizes = tuple((width, height) for width, height in entry.get("sizes", []))
    return Picture(
        entry["name"],
        base,
        head,
        entry.get("share"),
        difference,
        sizes,
        entry.get("note", ""),
        entry.get("shown", True),
    )


def _state(entry: Mapping[str, Any], kept: set[str]) -> State:
    """Return a state; of the files that are recorded and not there, those that the other revision has have gone.

    Others were perhaps never in git.
    """
    found: dict[tuple[str, str], Stale] = {}
    for file, name, now, recorded, stage in entry["params"]:
        former = found.get((file, name))
        found[file, name] = Stale(file, name, now, recorded, (*(former.stages if former else ()), stage))
    edited = [(path, where) for path, where in entry["edited"]]
    lost: dict[str, list[str]] = {}
    for path, stage in entry["lost"]:
        if path in kept:
            lost.setdefault(path, []).extend([stage] if stage else [])
    rest = {key: entry[key] for key in ("deps", "commands", "never", "outs", "inputs", "files", "recorded")}
    return State(list(found.values()), edited=edited, lost=lost, **rest)


def _named(edited: list[tuple[str, str]], files: list[str]) -> list[tuple[str, str]]:
    """Return outputs that were edited, of a folder the files that differ: its hash does not say which."""
    inside = {path: [file for file in files if file.startswith(f"{path}/")] for path, _ in edited}
    return [(file, where) for path, where in edited for file in inside[path] or [path]]


def _code(files: list[str], prefix: str, states: tuple[State, State], params: set[str]) -> list[str]:
    here = [file.removeprefix(prefix) for file in files if file.startswith(prefix)]
    outs = {path for state in states for path in state.outs} | params
    inputs = {path for state in states for path in state.inputs}
    return [
        file
        for file in here
        if not _within(file, outs)
        and not re.search(r"(^|/)(dvc\.yaml|dvc\.lock|\.gitignore)$|\.dvc$", file)
        and _within(file, inputs)
    ]


def _within(file: str, folders: set[str]) -> bool:
    parts = file.split("/")
    return any("/".join(parts[: i + 1]) in folders for i in range(len(parts)))


def _tree(root: Path, commit: str) -> frozenset[str]:
    return frozenset(git(root, "ls-tree", "-r", "--full-tree", "--name-only", "-z", commit).split("\0")[:-1])
