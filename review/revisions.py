"""Finds the DVC repository and the revisions that are compared, and speaks to git."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

WORKSPACE = "workspace"  # DVC's name for the working tree
# Nothing is fetched, no hook and no helper is started, nothing is locked.
GIT = ("git", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=", "--no-pager")
# What a hook of git has in its environment would lead git to another repository than the folder's.
ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
MISSING = re.compile(
    r"missing|not a tree object|bad object|unable to read|promisor|not allowed|could not fetch|loose obj"
)


class Fault(Exception):
    """What keeps a review from being written, in one line for the user."""


@dataclass(frozen=True)
class Revision:
    """A commit under the name that readers see; `commit` is None for the working tree."""

    name: str
    commit: str | None


def find_root(folder: Path) -> Path:
    """Return the root of the DVC repository that a folder is in; raise a Fault if there is none, or no git."""
    where = f"{folder} is in no DVC repository under git"
    try:
        top = Path(git(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))
    except subprocess.CalledProcessError as error:
        raise Fault(f"{where}: {_line(error.stderr)}; `git init` and `dvc init` make one") from None
    except FileNotFoundError:
        raise Fault("git is not installed, or not on the PATH") from None
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        if (place / ".dvc").is_dir() and place.is_relative_to(top):
            return place
    raise Fault(f"{where}: no folder from {folder} up to {top} has a .dvc; `dvc init` makes one")


def find_revision(name: str, root: Path) -> Revision:
    """Return the revision that git or DVC's experiments know by this name; raise a Fault if neither does."""
    if name == WORKSPACE:
        return Revision(name, None)
    commit = _commit(name, root)
    if commit is None:
        shallow = git(root, "rev-parse", "--is-shallow-repository").strip() == "true"
        hint = "; this clone has a part of the history: `git fetch --unshallow` brings the rest" if shallow else ""
        raise Fault(
            f"unknown revision {name!r}; allowed are a commit, a branch, a tag, the name of a DVC experiment "
            f"(`dvc exp list --all-commits` shows them) and {WORKSPACE!r}, the working tree{hint}"
        )
    return Revision(commit[:7] if re.fullmatch("[0-9a-f]{40}", name) else name, commit)


def find_revisions(names: list[str], root: Path) -> list[Revision]:
    """Return the revisions of several names, in which `*`, `?` and `[…]` stand for all branches and tags that fit.

    A branch of a remote fits with its name there, too, where no branch here has it.
    """
    found = [revision for name in names for revision in _matching(name, root)]
    return list({revision.name: revision for revision in found}.values())


def _matching(name: str, root: Path) -> Iterator[Revision]:
    if not re.search(r"[*?[]", name) or _commit(name, root):
        yield find_revision(name, root)
        return
    here, fetched = _refs(root, "refs/heads", "refs/tags"), _refs(root, "refs/remotes")
    without = {ref: ref.partition("/")[2] for ref in fetched}  # a colleague's branch is also found without `origin/`
    refs = [ref for ref in here if fnmatchcase(ref, name)]
    refs += [
        ref
        for ref in fetched
        if fnmatchcase(ref, name) or (fnmatchcase(without[ref], name) and without[ref] not in here)
    ]
    refs += [ref.rpartition("/")[2] for ref in _experiments(root) if fnmatchcase(ref.rpartition("/")[2], name)]
    if not refs:
        raise Fault(f"no branch, tag or experiment matches {name!r}; `git branch --all` shows the branches")
    yield from (find_revision(ref, root) for ref in refs)


def _refs(root: Path, *kinds: str) -> list[str]:
    """Return the short names of branches and tags, but not origin/HEAD, which is another's name."""
    shape = "--format=%(if)%(symref)%(then)%(else)%(refname:short)%(end)"
    return [ref for ref in git(root, "for-each-ref", shape, *kinds).splitlines() if ref]


def _commit(name: str, root: Path) -> str | None:
    """Return the hash of a commit; None where no name of git or of an experiment fits."""
    if not name or "\0" in name:
        return None
    experiments = [ref for ref in _experiments(root) if ref.endswith(f"/{name}")]
    for candidate in (name, *experiments):
        try:
            found = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", candidate).strip()
            if found.startswith("^"):  # what git leaves out of a range
                return None
            return git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{found}^{{commit}}").strip()
        except subprocess.CalledProcessError:
            continue
    return None


def _experiments(root: Path) -> list[str]:
    """Return the full names of all experiments of DVC: refs/exps/aa/bbbb…/name."""
    refs = git(root, "for-each-ref", "--format=%(refname)", "refs/exps").splitlines()
    return [ref for ref in refs if re.fullmatch(r"refs/exps/[0-9a-f]{2}/[0-9a-f]{38}/[^/]+", ref)]


def at_home() -> dict[str, str]:
    """Return the environment, in which git takes the repository of the folder that it is started in."""
    return {name: value for name, value in os.environ.items() if name not in ELSEWHERE}


def git(root: Path, *arguments: str) -> str:
    """Return what git prints; raise CalledProcessError where it fails, a Fault where git or the clone is at fault."""
    return git_bytes(root, *arguments).decode("utf-8", "surrogateescape")


def git_bytes(root: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """Return what git prints, as bytes; raise as `git` does."""
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    ended = subprocess.run(
        [*GIT, *arguments], cwd=root, env=at_home() | quiet, input=stdin, capture_output=True, check=False
    )
    complaint = ended.stderr.decode("utf-8", "replace")
    if "dubious ownership" in complaint:
        raise Fault(
            f"{root} belongs to somebody else, so that git refuses to read it; if you trust it: "
            f"git config --global --add safe.directory {root}"
        )
    if ended.returncode and MISSING.search(complaint):
        raise missing(complaint)
    if ended.returncode:
        raise subprocess.CalledProcessError(ended.returncode, ["git", *arguments], ended.stdout, complaint)
    return ended.stdout


def missing(what: str) -> Fault:
    """Return the Fault of a clone that lacks objects."""
    return Fault(
        f"this clone lacks objects that the review reads ({_line(what)[:200]}); `git fetch --refetch` brings those of "
        "a partial clone, `git fsck` names what is damaged"
    )


def _line(text: str) -> str:
    return " ".join(text.split())
