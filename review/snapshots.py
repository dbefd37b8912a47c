"""Lays out what a revision has as plain files, for DVC to read without its history, settings and links.

A commit comes from git's objects as they are: no filter of `.gitattributes` runs. The settings of `.dvc/`
stay behind, with the remotes that they name. A symbolic link is kept where it stays inside.
"""

import errno
import os
import posixpath
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from review.revisions import Fault, Revision, git, git_bytes

MOST_FILE = 128_000_000  # bytes of a file that is laid out
MOST_FILES = 200_000
MOST_ALL = 4_000_000_000
CONFIG = "[core]\n    no_scm = true\n    analytics = false\n    check_update = false\n"
BOUND = "that a review reads"  # ends the reason of what is not read as it asks for too much
LFS = b"version https://git-lfs.github.com/spec/"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG)  # of a folder that takes no more
GONE = "is not among the objects of this clone"
SPARSE = "is left out of this sparse checkout"
NOWHERE = "is a link that leads to nothing in the repository"
POINTER = "is in Git LFS, and only its pointer is here"


@dataclass
class Snapshot:
    """A revision as files.

    Args:
        folder: where they are.
        hashes: by path, git's hash of each file of a commit; empty for the working tree.
        reasons: by path, why a file is not there.
    """

    folder: Path
    hashes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def take(revision: Revision, root: Path, folder: Path) -> Snapshot:
    """Return the files of a revision of the DVC repository at `root`, laid out in `folder`.

    Raise a Fault where they are too many.
    """
    snapshot = Snapshot(folder)
    (folder / ".dvc").mkdir(parents=True)
    if revision.commit:
        _lay_out_commit(snapshot, revision, root)
    else:
        _lay_out_tree(snapshot, root)
    (folder / ".dvc" / "config").write_text(CONFIG, "utf-8")
    return snapshot


def _lay_out_commit(snapshot: Snapshot, revision: Revision, root: Path) -> None:
    prefix = git(root, "rev-parse", "--show-prefix").removesuffix("\n")
    listed = git_bytes(root, "ls-tree", "-r", "-z", "--full-tree", str(revision.commit), "--", prefix or ".")
    files: list[tuple[str, str]] = []
    links: list[tuple[str, str]] = []
    for entry in listed.split(b"\0")[:-1]:
        about, _, name = entry.partition(b"\t")
        mode, kind, sha = about.decode().split()
        path = os.fsdecode(name).removeprefix(prefix)
        if kind == "blob" and _wanted(path):
            (links if mode == "120000" else files).append((path, sha))
    if len(files) > MOST_FILES:
        raise Fault(f"{revision.name} has {more_than(len(files), MOST_FILES, 'files')}")
    sizes = _sizes(root, [sha for _, sha in [*files, *links]])
    snapshot.hashes.update(files)
    snapshot.reasons.update((path, GONE) for path, sha in [*files, *links] if sha not in sizes)
    links = [(path, sha) for path, sha in links if sha in sizes]
    for path, sha in files:
        if sizes.get(sha, 0) > MOST_FILE:
            snapshot.reasons[path] = f"has {more_than(sizes[sha], MOST_FILE, 'bytes')}"
    kept = [(path, sha) for path, sha in files if path not in snapshot.reasons]
    if sum(sizes[sha] for _, sha in kept) > MOST_ALL:
        raise Fault(f"{revision.name} has {more_than(sum(sizes[sha] for _, sha in kept), MOST_ALL, 'bytes')}")
    targets = {}
    for (path, sha), content in zip([*kept, *links], _contents(root, [sha for _, sha in [*kept, *links]]), strict=True):
        if (path, sha) in links:
            targets[path] = os.fsdecode(content)
        else:
            if content.startswith(LFS):
                snapshot.reasons[path] = POINTER
            _write(snapshot.folder / path, content)
    _link_inside(snapshot, targets)


def _wanted(path: str) -> bool:
    """Return whether a path of a tree is one that a file may have here, and none of DVC's settings."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        return False
    return not re.match(r"\.dvc(/(?!plots/)|$)", path)


def _sizes(root: Path, hashes: list[str]) -> dict[str, int]:
    """Return the size of each blob that this clone has."""
    shown = git_bytes(root, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=_lines(hashes)).decode()
    return {sha: int(size) for sha, size in (line.split() for line in shown.splitlines()) if size != "missing"}


def _contents(root: Path, hashes: list[str]) -> Iterator[bytes]:
    """Return the contents of blobs, some at a time."""
    for start in range(0, len(hashes), 200):
        shown = git_bytes(root, "cat-file", "--batch", stdin=_lines(hashes[start : start + 200]))
        place = 0
        while place < len(shown):
            end = shown.index(b"\n", place)
            size = int(shown[place:end].split()[2])
            yield shown[end + 1 : end + 1 + size]
            place = end + size + 2


def _lines(hashes: list[str]) -> bytes:
    return "".join(f"{sha}\n" for sha in hashes).encode()


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):  # a tree made by hand
        raise Fault(f"a tree of git has {path.name!r} twice; `git fsck` names it") from None


def _link_inside(snapshot: Snapshot, targets: dict[str, str]) -> None:
    for path, target in targets.items():
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if target.startswith("/") or place.startswith(".."):
            snapshot.reasons[path] = "is a link that leads out of the repository"
        elif not os.path.lexists(snapshot.folder / path):
            (snapshot.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (snapshot.folder / path).symlink_to(target)
    inside = snapshot.folder.resolve()
    for path in targets:
        link = snapshot.folder / path
        if link.is_symlink() and not (link.exists() and link.resolve().is_relative_to(inside)):
            link.unlink()
            snapshot.reasons[path] = NOWHERE


def _lay_out_tree(snapshot: Snapshot, root: Path) -> None:
    shown = git(root, "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", ".")
    tags = {entry[2:]: entry[0] for entry in shown.split("\0")[:-1]}
    names = [name for name in tags if _wanted(name)]
    if len(names) > MOST_FILES:
        raise Fault(f"the working tree has {more_than(len(names), MOST_FILES, 'files')}")
    for name in names:
        absent = tags[name] == "S" and not os.path.lexists(root / name)
        reason = SPARSE if absent else link_from(root, name, snapshot.folder)
        if reason:
            snapshot.reasons[name] = reason


def link_from(root: Path, name: str, folder: Path) -> str:
    """Return why a file of the working tree is not read, or nothing; links to it from `folder` if it is."""
    try:
        real = (root / name).resolve()
    except (RuntimeError, OSError):  # it leads to itself
        return NOWHERE
    inside = real.relative_to(root.resolve()).parts if real.is_relative_to(root.resolve()) else (".git",)
    if {".git", ".dvc"} & {*inside} and inside[:2] != (".dvc", "plots"):
        return "is a link that leads out of the repository"
    try:
        status = real.stat()
    except OSError:
        return ""  # deleted, or a link to nothing: not there
    if not stat.S_ISREG(status.st_mode):
        return "" if stat.S_ISDIR(status.st_mode) else "is no regular file"
    if status.st_size > MOST_FILE:
        return f"has {more_than(status.st_size, MOST_FILE, 'bytes')}"
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(place):
        place.symlink_to(real)
    with place.open("rb") as file:
        return POINTER if file.read(len(LFS)) == LFS else ""


def more_than(number: int, most: int, what: str) -> str:
    """Return that something has more of what is counted than a review takes."""
    return f"{number:,} {what}, more than the {most:,} {BOUND}"


def overlap(one: str, other: str) -> bool:
    """Return whether two paths are the same, or one is in the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def scratch() -> "tempfile.TemporaryDirectory[str]":
    """Return a folder for what is thrown away; raise a Fault where there is no room for one."""
    try:
        return tempfile.TemporaryDirectory(prefix="dvc-review-", ignore_cleanup_errors=True)
    except OSError as error:
        raise no_room(error) from None


def no_room(error: OSError) -> Fault:
    """Return the Fault of a folder that can't be written."""
    free = shutil.disk_usage(tempfile.gettempdir()).free if Path(tempfile.gettempdir()).is_dir() else 0
    return Fault(
        f"can't write to the temporary folder: {error.strerror or error} ({free:,} bytes are free there); "
        "free some, or name another folder with TMPDIR"
    )
