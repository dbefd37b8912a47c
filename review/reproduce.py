"""Runs a revision again from an empty cache, and says of each output whether it came out the same.

This runs the revision's own code, with the rights of whoever asks for it. It is what finds an output that was
edited and then committed to dvc.lock: nothing that only reads a revision can.
"""

import csv
import hashlib
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from review.revisions import Fault, Revision, at_home, find_root, git, git_bytes
from review.words import Name, Phrase, count, some

TOLERANCE = 1e-6  # of each number, relative to the greater one
SAME, CLOSE, OTHER = "the same bits", f"the same within {TOLERANCE:g} of each number", "other"


@dataclass(frozen=True)
class Reproduction:
    """What running a revision again gave.

    Args:
        outcomes: by output, SAME, CLOSE or OTHER.
        failure: what DVC said where it did not run to its end; else empty.
    """

    outcomes: dict[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def sound(self) -> bool:
        """Return whether all came out the same, within the tolerance."""
        return not self.failure and OTHER not in self.outcomes.values()

    def phrase(self) -> Phrase:
        """Return what the verdict says of it."""
        if self.failure:
            return ["run again, it failed: ", Name(self.failure)]
        if not self.outcomes:
            return ["run again, it made no output"]
        other = [path for path, outcome in self.outcomes.items() if outcome == OTHER]
        if other:
            return ["run again, ", *some(other, "output"), " came out other than committed"]
        close = sum(outcome == CLOSE for outcome in self.outcomes.values())
        within = f", {close} of them within {TOLERANCE:g} of each number" if close else ", the same bits"
        return [f"run again, {count(len(self.outcomes), 'output')} came out as committed{within}"]

    def lines(self) -> list[Phrase]:
        """Return a line for each output, what is other first."""
        order = [OTHER, CLOSE, SAME]
        failed: list[Phrase] = [[Name(self.failure)]] if self.failure else []
        found = sorted(self.outcomes.items(), key=lambda item: order.index(item[1]))
        return [*failed, *([Name(path), f": {outcome}"] for path, outcome in found)]


def run_again(revision: Revision, root: Path, folder: Path) -> Reproduction:
    """Return what a revision gives when it is run again in a clone in `folder`, from an empty cache.

    Data that no stage makes comes from the user's cache.
    """
    if revision.commit is None:
        raise Fault("only a commit can be run again: commit the working tree first, or stash it")
    caches = _caches(root)
    top = Path(git(root, "rev-parse", "--show-toplevel").removesuffix("\n"))
    clone = folder / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--no-checkout", str(top), str(clone)],
        env=at_home(),
        check=True,
        capture_output=True,
    )
    git(clone, "-c", "advice.detachedHead=false", "checkout", "--quiet", "--detach", revision.commit)
    place = clone / root.relative_to(top)
    sources = [str(path.relative_to(place)) for path in place.rglob("*.dvc") if path.is_file()]
    if sources:
        _dvc(place, "config", "--local", "cache.dir", str(caches[0]))
        ended = _dvc(place, "checkout", *sources)
        if ended.returncode:
            return Reproduction(failure=f"data that no stage makes is not in the cache here: {_last(ended.stderr)}")
    _dvc(place, "config", "--local", "cache.dir", str(folder / "cache"))
    _dvc(place, "config", "--local", "core.analytics", "false")
    print(f"review: runs the code of {revision.name} in {place}", file=sys.stderr, flush=True)
    ended = _dvc(place, "repro", "--force", "--no-run-cache", "--no-commit")
    if ended.returncode:
        return Reproduction(_outcomes(place, revision.commit, caches), _last(ended.stderr))
    return Reproduction(_outcomes(place, revision.commit, caches))


def ran_again(revision: Revision, place: Path) -> Reproduction:
    """Return what a clone has in which somebody has run a revision again; raise a Fault if it is of another."""
    if revision.commit is None:
        raise Fault("a working tree can't be held against itself; name the commit that was run again as HEAD")
    place = find_root(place)
    there = git(place, "rev-parse", "HEAD").strip()
    if there != revision.commit:
        raise Fault(f"{place} is a clone at {there[:7]}, and {revision.name} is {revision.commit[:7]}")
    return Reproduction(_outcomes(place, revision.commit, _caches(place)))


def _caches(root: Path) -> list[Path]:
    return [Path(line) for line in _dvc(root, "cache", "dir").stdout.splitlines()[:1]]


def _dvc(place: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run DVC, which is ended with all that it has started when the review is."""
    command = [sys.executable, "-P", "-m", "dvc", *arguments]
    with subprocess.Popen(
        command,
        cwd=place,
        env=at_home(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, complaints = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, complaints)


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return " ".join([*errors, *lines[-1:]][:1])[:300] or "without a word"


def _outcomes(place: Path, commit: str, caches: list[Path]) -> dict[str, str]:
    outcomes = {}
    prefix = git(place, "rev-parse", "--show-prefix").removesuffix("\n")
    tracked = set(git(place, "ls-tree", "-r", "-z", "--name-only", commit).split("\0"))
    for folder in sorted({Path(name).parent for name in tracked if Path(name).name in ("dvc.yaml", "dvc.lock")}):
        name = (folder / "dvc.lock").as_posix()
        committed = _locked(git_bytes(place, "show", f"{commit}:{prefix}{name}")) if name in tracked else {}
        again = _locked((place / name).read_bytes()) if (place / name).is_file() else {}
        for path, now in (committed | again).items():
            whole = (folder / path).as_posix()
            inside = [file for file in tracked if file == whole or file.startswith(f"{whole}/")]
            if inside:
                outcomes[whole] = _of_git(place, whole, commit, prefix, inside)
            else:
                outcomes[whole] = _of_cache(place / whole, now, committed.get(path), caches)
    return dict(sorted(outcomes.items()))


def _locked(text: bytes) -> dict[str, str]:
    """Return the hashes of all outputs of a lock file."""
    try:
        content = YAML(typ="safe").load(text) or {}
    except YAMLError:
        return {}
    return {
        out["path"]: out.get("md5", "") for stage in content.get("stages", {}).values() for out in stage.get("outs", [])
    }


def _of_git(place: Path, path: str, commit: str, prefix: str, tracked: list[str]) -> str:
    files = {*tracked, *(it.relative_to(place).as_posix() for it in (place / path).rglob("*") if it.is_file())}
    found = set()
    for file in files:
        now = (place / file).read_bytes() if (place / file).is_file() else None
        then = git_bytes(place, "show", f"{commit}:{prefix}{file}") if file in tracked else None
        found.add(_outcome(file, then, now))
    return _worst(found)


def _of_cache(path: Path, now: str, then: str | None, caches: list[Path]) -> str:
    if now and now == then:
        return SAME
    if not then or path.is_dir() or not path.is_file():
        return OTHER
    for cache in caches:
        former = cache / "files" / "md5" / then[:2] / then[2:]
        if former.is_file() and hashlib.md5(former.read_bytes(), usedforsecurity=False).hexdigest() == then:
            return _outcome(path.name, former.read_bytes(), path.read_bytes())
    return OTHER


def _worst(outcomes: set[str]) -> str:
    return next((outcome for outcome in (OTHER, CLOSE) if outcome in outcomes), SAME)


def _outcome(name: str, then: bytes | None, now: bytes | None) -> str:
    if then == now:
        return SAME
    parse = PARSERS.get(Path(name).suffix.lower())
    if then is None or now is None or parse is None:
        return OTHER
    try:
        return CLOSE if _close(parse(then), parse(now)) else OTHER
    except (ValueError, YAMLError, csv.Error):
        return OTHER


def _close(one: Any, other: Any) -> bool:
    """Return whether two values are the same, but for numbers that differ by no more than the tolerance."""
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other)]
    if all(numbers):
        return math.isclose(one, other, rel_tol=TOLERANCE) or (one != one and other != other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_close(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    return bool(one == other)


def _table(separator: str) -> Callable[[bytes], list[list[Any]]]:
    def rows(text: bytes) -> Iterator[list[Any]]:
        for row in csv.reader(text.decode().splitlines(), delimiter=separator):
            yield [_number(cell) for cell in row]

    return lambda text: list(rows(text))


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


PARSERS: dict[str, Callable[[bytes], Any]] = {
    ".json": json.loads,
    ".yaml": YAML(typ="safe").load,
    ".yml": YAML(typ="safe").load,
    ".csv": _table(","),
    ".tsv": _table("\t"),
}
