"""Finds the DVC repository and the two revisions that are compared."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import SCM, resolve_rev

WORKSPACE = "workspace"  # DVC's name for the working tree


class Fault(Exception):
    """What keeps a review from being written, in one line for the user."""


@dataclass(frozen=True)
class Revision:
    """A commit under the name that readers see and DVC is asked for; `commit` is None for the working tree."""

    name: str
    commit: str | None


def find_root(folder: Path) -> Path:
    """Returns the root of the DVC repository that a folder is in; raises a Fault if there is none, or no git."""
    try:
        root = Path(Repo.find_root(str(folder)))
        SCM(str(root), search_parent_directories=True)
    except DvcException as error:
        raise Fault(f"{folder} is in no DVC repository under git: {_line(error)}") from None
    return root


def find_revision(name: str, root: Path) -> Revision:
    """Returns the revision that git or DVC's experiments know by this name; raises a Fault if neither does."""
    if name == WORKSPACE:
        return Revision(name, None)
    try:
        found = resolve_rev(SCM(str(root), search_parent_directories=True), name) if name else ""
        commit = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{found}^{{commit}}").strip()
    except (DvcException, subprocess.CalledProcessError):
        raise Fault(
            f"unknown revision {name!r}; allowed are a commit, a branch, a tag, the name of a DVC experiment "
            f"(`dvc exp list --all-commits` shows them) and {WORKSPACE!r}, the working tree"
        ) from None
    return Revision(commit[:7] if re.fullmatch("[0-9a-f]{40}", name) else name, commit)


def git(root: Path, *arguments: str) -> str:
    """Returns what git prints; raises CalledProcessError where it fails."""
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout.decode(
        "utf-8", "replace"
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
