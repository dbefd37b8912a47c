"""Clones of the small pipeline, and what their users type."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pexpect

ROOT = Path(__file__).parents[2]
PIPELINE = Path(__file__).with_name("pipeline")
STAGES = ["check", "walk", "summary"]
# DVC empties these two files and then writes them; killed in between, it says so of them ever after.
CUT_SHORT = ("Unable to read RWLock-file", "dvc.lock' is invalid", "dvc.lock' validation failed")
WAY_OUT = "rm -f .dvc/tmp/rwlock && git checkout dvc.lock"
OUTPUTS = ["data", "metrics", "plots", "report"]


def environment(home: Path) -> dict[str, str]:
    """A home of one's own, and the shell of a plain container: it starts a stage as a child and waits."""
    home.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "HOME": str(home),
        "SHELL": "/bin/sh",
        "DVC_SITE_CACHE_DIR": str(home / "dvc"),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_AUTHOR_NAME": "A Reader",
        "GIT_AUTHOR_EMAIL": "reader@example.org",
        "GIT_COMMITTER_NAME": "A Reader",
        "GIT_COMMITTER_EMAIL": "reader@example.org",
    }


def call(clone: Path, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Returns how a command ended and what it printed; `changes` are variables of its environment."""
    return subprocess.run(
        command,
        cwd=clone,
        env=environment(clone.parent / "home") | changes,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def run(clone: Path, *command: str, **changes: str) -> str:
    """Returns what a command prints, which must end well."""
    ended = call(clone, *command, **changes)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def on_terminal(clone: Path, *command: str, columns: int = 80) -> "pexpect.spawn[str]":
    """A command on a terminal of its own, where one can type."""
    program, *words = command
    return pexpect.spawn(
        program,
        words,
        cwd=clone,
        env=environment(clone.parent / "home"),
        dimensions=(24, columns),
        encoding="utf-8",
        timeout=300,
    )


def repro(clone: Path) -> str:
    """Returns what `dvc repro` prints, which must end well; where DVC was killed as it wrote, docs/faults.md helps."""
    ended = call(clone, "dvc", "repro")
    if ended.returncode and any(words in ended.stdout for words in CUT_SHORT):
        run(clone, "sh", "-c", WAY_OUT)
        ended = call(clone, "dvc", "repro")
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def make_clone(folder: Path) -> Path:
    """A clone in which nothing has run, committed; the project's settings for DVC and git are in it."""
    clone = folder / "clone"
    shutil.copytree(ROOT / "stages/lib/core", clone / "stages/lib/core", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("stages/__init__.py", "stages/lib/__init__.py"):
        shutil.copy2(ROOT / name, clone / name)
    for page in STAGES:
        shutil.copy2(PIPELINE / f"{page}.py", clone / "stages" / f"{page}.py")
    for file in (PIPELINE / "dvc.yaml", PIPELINE / "params.yaml", ROOT / ".dvcignore", ROOT / ".gitignore"):
        shutil.copy2(file, clone / file.name)
    (clone / ".dvc").mkdir()
    shutil.copy2(ROOT / ".dvc/config", clone / ".dvc/config")
    shutil.copy2(ROOT / ".dvc/.gitignore", clone / ".dvc/.gitignore")
    run(clone, "git", "init", "--quiet", "--initial-branch", "main")
    run(clone, "git", "add", "--all")
    run(clone, "git", "commit", "--quiet", "--message", "Start")
    return clone


def build(clone: Path) -> Path:
    """The clone after `dvc repro`, committed."""
    run(clone, "dvc", "repro")
    run(clone, "git", "add", "--all")
    run(clone, "git", "commit", "--quiet", "--message", "Build")
    return clone


def copy_of(clone: Path, folder: Path) -> Path:
    """A copy with its cache, for a test to disturb."""
    return Path(shutil.copytree(clone, folder / "clone", symlinks=True))


def bits(clone: Path, *places: str) -> dict[str, str]:
    """The digest of every output, and of what DVC noted of them."""
    folders = [clone / place for place in places or OUTPUTS]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    return {
        str(file.relative_to(clone)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in [*files, clone / "dvc.lock"]
    }


def set_seed(clone: Path, seed: int) -> None:
    """Changes what the stages `walk` and `summary` write."""
    text = (clone / "params.yaml").read_text("utf-8")
    (clone / "params.yaml").write_text(text.replace("seed: 1\n", f"seed: {seed}\n"), "utf-8")
