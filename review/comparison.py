"""Asks DVC what two revisions have and where they differ."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from review.changes import Change, changes, natural
from review.pictures import Picture, read_picture
from review.revisions import Revision, git

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Curves:
    """A curve plot over both revisions.

    Args:
        name: DVC's name for it.
        spec: Vega-Lite, with the rows of both revisions in it; their column `rev` is the revision's name.
        rows: which of them each revision has, without `rev`; none where it lacks the plot.
    """

    name: str
    spec: dict[str, Any]
    base: Rows
    head: Rows

    @property
    def changed(self) -> bool:
        """Returns whether the rows of the revisions differ."""
        return json.dumps(self.base) != json.dumps(self.head)  # as text, in which NaN is NaN


@dataclass(frozen=True)
class Comparison:
    """All that a review is made from.

    Args:
        base: the revision that is compared with.
        head: the revision under review.
        params: all parameters, changed or not.
        metrics: all metrics; a mean with its spread is one.
        curves: all plots that are drawn from rows.
        pictures: all plots that are pictures.
        files: names of the files in git that differ, outputs included.
        notes: what could not be compared, and why.
        prefix: the DVC repository's folder in git, empty or with a slash at its end.
        in_git: the paths of each commit, relative to git's root.
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


def compare(base: Revision, head: Revision, root: Path, folder: Path) -> Comparison:
    """Returns the comparison of two revisions; copies of pictures and of their differences go to `folder`."""
    pair = (base.name, head.name)
    plots = ("plots", "diff", *pair, "--json", "--out", str(folder))
    with ThreadPoolExecutor() as pool:
        waiting = [
            pool.submit(_dvc, root, "params", "diff", *pair, "--all", "--json"),
            pool.submit(_dvc, root, "metrics", "diff", *pair, "--all", "--json"),
            pool.submit(_dvc, root, *plots),
        ]
        answers = [answer.result() for answer in waiting]
    params, metrics = (changes(answer or {}) for answer, _ in answers[:2])
    shown, plots_notes = answers[2]
    if shown is None:
        shown, plots_notes = _plots_one_by_one(root, plots, plots_notes)
    notes = [*answers[0][1], *answers[1][1], *plots_notes, *_errors(shown)]
    data = dict(sorted(shown.get("data", {}).items(), key=lambda item: natural(item[0])))
    pictures, more_notes = _pictures(data, base, head, folder)
    curves = list(_curves(data, base, head))
    for revision, side in ((base, "base"), (head, "head")):
        if not any(getattr(thing, side) not in (None, []) for thing in (*params, *metrics, *curves, *pictures)):
            notes.append(f"{revision.name} has no parameter, metric or plot that DVC knows.")
    return Comparison(
        base,
        head,
        params,
        metrics,
        curves,
        pictures,
        git(root, "diff", "--name-only", "-z", *(r.commit for r in (base, head) if r.commit)).split("\0")[:-1],
        list(dict.fromkeys([*notes, *more_notes])),
        git(root, "rev-parse", "--show-prefix").strip(),
        {r.commit: _tree(root, r.commit) for r in (base, head) if r.commit},
    )


def _dvc(root: Path, *arguments: str) -> tuple[Any, list[str]]:
    """Returns what a command of DVC answers in JSON, None where it fails, and its complaints."""
    environment = os.environ | {"DVC_NO_ANALYTICS": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "dvc", *arguments]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, encoding="utf-8", check=False)
    complaints = [line.strip() for line in ended.stderr.splitlines() if line.strip() and "dvc.org/support" not in line]
    if ended.returncode:
        return None, [f"`dvc {arguments[0]} diff` failed: {' '.join(complaints).removeprefix('ERROR: ')}"]
    return json.loads(ended.stdout), complaints


def _plots_one_by_one(root: Path, command: tuple[str, ...], notes: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Returns all plots where one of them, such as one whose template is missing, makes DVC show none.

    What DVC can't draw as it is defined is drawn with DVC's own template `linear`.
    """
    shown, more_notes = _dvc(root, *command, "--template", "linear")
    if shown is None:
        return {}, more_notes
    names = [name for name, entries in shown.get("data", {}).items() if entries and entries[0]["type"] == "vega"]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        alone = list(pool.map(lambda name: _dvc(root, *command, "--targets", name), names))
    for name, (answer, complaints) in zip(names, alone, strict=True):
        if answer is None:
            notes = [*notes, f"{name} is drawn with DVC's template `linear`: {' '.join(complaints)}"]
        else:
            shown["data"][name] = answer["data"].get(name, shown["data"][name])
    return shown, notes


def _errors(shown: dict[str, Any]) -> Iterator[str]:
    for error in shown.get("errors", []):
        where = " ".join(filter(None, (error.get("name"), "at", error.get("rev"))))
        yield f"{where}: {error.get('type')} {error.get('msg') or ''}".strip()


def _curves(data: dict[str, Any], base: Revision, head: Revision) -> Iterator[Curves]:
    for name, entries in data.items():
        for entry in entries:
            if entry["type"] == "vega":
                rows = rows_of(entry["content"]) or []
                old, new = (
                    [{key: value for key, value in row.items() if key != "rev"} for row in rows if row["rev"] == side]
                    for side in (base.name, head.name)
                )
                yield Curves(name, entry["content"], old, new)


def rows_of(spec: Any) -> Rows | None:
    """Returns the rows that DVC has put into a spec, which a template may have at any depth; None without any."""
    if isinstance(spec, dict):
        values = spec.get("values")
        if isinstance(values, list) and values and all(isinstance(row, dict) and "rev" in row for row in values):
            return values
        spec = list(spec.values())
    if isinstance(spec, list):
        return next(filter(None, map(rows_of, spec)), None)
    return None


def _pictures(data: dict[str, Any], base: Revision, head: Revision, folder: Path) -> tuple[list[Picture], list[str]]:
    copies = {
        (name, revision): Path(entry["url"])
        for name, entries in data.items()
        for entry in entries
        if entry["type"] == "image"
        for revision in entry["revisions"]
    }
    # DVC names a copy after the revision and the path, with all slashes replaced, so that two may share one.
    shared = {path for path, count in Counter(copies.values()).items() if count > 1}
    pictures, notes = [], []
    for i, name in enumerate(dict.fromkeys(name for name, _ in copies)):
        old, new = (copies.get((name, revision.name)) for revision in (base, head))
        if shared & {old, new}:
            notes.append(f"{name} is not compared: `dvc plots diff` writes it to the same file as another picture.")
        else:
            pictures.append(read_picture(name, old, new, folder / f"difference-{i}.png"))
    return pictures, notes


def _tree(root: Path, commit: str) -> frozenset[str]:
    return frozenset(git(root, "ls-tree", "-r", "--full-tree", "--name-only", "-z", commit).split("\0")[:-1])
