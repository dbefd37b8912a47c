"""Tiny DVC repositories, in git, whose outputs are written by hand."""

import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

HOSTILE = "a|b `c` <img src=x onerror=alert(1)> [d](https://e.example) @octocat </script>"
ODD = "plots/odd <b>`name`|.csv"


@pytest.fixture(scope="session", autouse=True)
def _own_dvc_and_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    config = "[user]\n\tname = A Reader\n\temail = reader@example.org\n[init]\n\tdefaultBranch = main\n"
    (home / "gitconfig").write_text(config, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SITE_CACHE_DIR", str(home / "dvc"))
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
        yield


def run(folder: Path, *command: str) -> str:
    """Returns what a command prints; it must succeed."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


Fresh = Callable[[Path], Path]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Puts a new repository of git and DVC into a folder: a copy of one, as DVC takes a second to make it."""
    template = tmp_path_factory.mktemp("fresh")
    run(template, "git", "init", "--quiet")
    run(template, "dvc", "init", "--quiet")
    return lambda folder: Path(shutil.copytree(template, folder, symlinks=True, dirs_exist_ok=True))


def write(folder: Path, files: dict[str, Any]) -> None:
    """Writes files by the ends of their names: values as JSON or YAML, pixels as PNG, text; None removes one."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        elif isinstance(content, np.ndarray):
            path.write_bytes(png(content))
        elif isinstance(content, str):
            path.write_text(content, "utf-8")
        else:
            path.write_text(json.dumps(content) if path.suffix == ".json" else yaml.safe_dump(content), "utf-8")


def commit(folder: Path, files: dict[str, Any], tag: str) -> None:
    """Commits files under a tag."""
    write(folder, files)
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--allow-empty", "--message", tag)
    run(folder, "git", "tag", tag)


def pipeline(params: list[str], plots: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Returns a dvc.yaml with one stage, whose outputs are all in git."""
    stage = {
        "cmd": "true",
        "params": params,
        "metrics": [{"out/scores.json": {"cache": False}}],
        "plots": [{name: {"cache": False, **properties}} for name, properties in plots.items()],
    }
    return {"stages": {"brew": stage}}


def curve(start: float) -> str:
    """Returns a table of a loss that halves at each step."""
    rows = [f"{step},{start / 2**step}" for step in range(6)]
    return "\n".join(["step,loss", *rows, ""])


def plain(colour: int, *, width: int = 20, height: int = 10) -> np.ndarray:
    """Returns a grey picture."""
    return np.full((height, width, 3), colour, np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """Returns a picture as PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


BREW = """\
import json
rate = float(next(line.split()[1] for line in open("params.yaml") if line.startswith("rate")))
open("pot.txt", "w").write(f"{rate} {open('leaves.txt').read()}")
json.dump({"loss": rate / 4, "accuracy": 1 - rate / 4}, open("scores.json", "w"))
"""
SERVE = "open('cup.txt', 'w').write(open('pot.txt').read() * 2)\n"
STAGES: dict[str, dict[str, Any]] = {
    "brew": {
        "cmd": "python tools/brew.py",
        "deps": ["tools", "leaves.txt"],
        "params": ["rate"],
        "outs": ["pot.txt"],
        "metrics": [{"scores.json": {"cache": False}}],
    },
    "serve": {"cmd": "python serve.py", "deps": ["serve.py", "pot.txt"], "outs": ["cup.txt"]},
}


@pytest.fixture(scope="session")
def brewed(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline that has been run, at the tag `base`: cached and uncached outputs, a folder of code, added data."""
    folder = fresh(tmp_path_factory.mktemp("brewed"))
    files = {"dvc.yaml": {"stages": STAGES}, "params.yaml": "rate: 0.1\ncup: blue\n", "tools/brew.py": BREW}
    write(folder, files | {"serve.py": SERVE, "leaves.txt": "assam\n", ".dvcignore": "*.tmp\n"})
    run(folder, "dvc", "add", "--quiet", "leaves.txt")
    run(folder, "dvc", "repro", "--quiet")
    commit(folder, {}, "base")
    return folder


@pytest.fixture(scope="session")
def tea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the revisions `bare` (without DVC), `old`, and `new`, in which something of each kind changed.

    It is a clone, without DVC's cache and with no remote.
    """
    origin = tmp_path_factory.mktemp("origin")
    run(origin, "git", "init", "--quiet")
    commit(origin, {"README.md": "Tea.\n"}, "bare")
    run(origin, "dvc", "init", "--quiet")
    shown = {"x": "step", "y": "loss"}
    plots = {
        "plots/changed.csv": shown,
        "plots/same.csv": shown,
        "plots/changed.png": {},
        "plots/same.png": {},
        "plots/grown.png": {},
    }
    old = {
        "dvc.yaml": pipeline(
            ["rate", "sizes", "leaf", "kettle"], plots | {"plots/gone.csv": shown, "plots/gone.png": {}}
        ),
        "params.yaml": {"rate": 0.1, "sizes": [2, 2], "leaf": HOSTILE, "kettle": 1},
        "out/scores.json": {
            "val_accuracy": 0.9967,
            "loss": 0.25,
            "minutes": 3,
            "runs": {"val_loss": {"mean": 0.5, "std": 0.1, "n": 5}, "accuracy": {"mean": 0.5, "std": 0.1, "n": 5}},
            "steady": 1.0,
            "cold": float("nan"),
            "spilt_loss": 0.5,
        },
        "plots/changed.csv": curve(8),
        "plots/same.csv": curve(4),
        "plots/gone.csv": curve(2),
        "plots/changed.png": plain(0),
        "plots/same.png": plain(0),
        "plots/grown.png": plain(0),
        "plots/gone.png": plain(50),
    }
    commit(origin, old, "old")
    half = plain(0)
    half[:, :5] = 255
    new = {
        "dvc.yaml": pipeline(["rate", "sizes", "leaf", "cup"], plots | {ODD: shown, "plots/new.png": {}}),
        "params.yaml": {"rate": 0.2, "sizes": [2, 4], "leaf": f"{HOSTILE}!", "cup": 1},
        "out/scores.json": {
            "val_accuracy": 0.9901,
            "loss": 0.125,
            "minutes": 5,
            "runs": {"val_loss": {"mean": 0.8, "std": 0.1, "n": 5}, "accuracy": {"mean": 0.55, "std": 0.1, "n": 5}},
            "steady": 1.0,
            "cold": float("nan"),
            "spilt_loss": float("nan"),
        },
        "plots/changed.csv": curve(16),
        "plots/gone.csv": None,
        ODD: curve(1),
        "plots/changed.png": half,
        "plots/grown.png": plain(0, width=40),
        "plots/gone.png": None,
        "plots/new.png": plain(99),
    }
    commit(origin, new, "new")
    clone = tmp_path_factory.mktemp("tea") / "clone"
    run(origin, "git", "clone", "--quiet", str(origin), str(clone))
    run(clone, "git", "remote", "remove", "origin")
    return clone
