"""Which outputs of two builds differ, and how, in words."""

import difflib
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

LOCK = "dvc.lock"
COMMITTED = (
    LOCK,
    "metrics",
    "plots",
    "report/curves",
    "report/report.md",
)  # what a build from nothing makes of what git holds
LINES = 6  # of a text's difference that are shown


def outputs(folder: Path) -> list[str]:
    """Return the paths of all output files of a built clone, and of dvc.lock, in order."""
    stages = YAML(typ="safe").load((folder / LOCK).read_text("utf-8"))["stages"].values()
    paths = [folder / out["path"] for stage in stages for out in stage.get("outs", [])]
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    return sorted({LOCK, *(str(file.relative_to(folder)) for file in files)})


def differences(first: Path, second: Path) -> Iterator[str]:
    """Yield a line, or a few, for each output that is not the same in two built clones."""
    yield from differing_files(first, second, sorted({*outputs(first), *outputs(second)}))


def differing_files(first: Path, second: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield a line, or a few, for each of some files that is not the same in two folders."""
    for name in names:
        here, there = first / name, second / name
        if not (here.is_file() and there.is_file()):
            yield f"{name}: only the {'first' if here.is_file() else 'second'} build has it"
        elif here.read_bytes() != there.read_bytes():
            yield f"{name}: {described(here, there)}"


def described(first: Path, second: Path) -> str:
    """Return how two files of one name differ; by diffoscope, where it is installed."""
    if shutil.which("diffoscope"):
        command = ["diffoscope", "--text", "-", str(first), str(second)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    by_kind = {".npy": _arrays, ".png": _pictures, ".keras": _archives}
    return by_kind.get(first.suffix, _texts)(first, second)


def _arrays(first: Path, second: Path) -> str:
    some, others = (np.load(path, allow_pickle=False) for path in (first, second))
    if some.shape != others.shape:
        return f"shape {some.shape} and {others.shape}"
    return f"{np.sum(some != others)} of {some.size} values differ, by {np.nanmax(np.abs(some - others)):.3g} at most"


def _pictures(first: Path, second: Path) -> str:
    with Image.open(first) as one, Image.open(second) as other:
        if one.size != other.size:
            return f"{one.size} and {other.size} pixels"
        some, others = (np.asarray(picture.convert("RGBA")) for picture in (one, other))
    count = np.any(some != others, axis=2).sum()
    return f"{count} of {some.shape[0] * some.shape[1]} pixels differ" if count else "the same pixels, other metadata"


def _archives(first: Path, second: Path) -> str:
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
        names = sorted({*one.namelist(), *other.namelist()})
        differing = [name for name in names if _member(one, name) != _member(other, name)]
    return f"differs in {', '.join(differing)}" if differing else "the same content, other dates or order"


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    return archive.read(name) if name in archive.namelist() else None


def _texts(first: Path, second: Path) -> str:
    try:
        some, others = (path.read_text("utf-8").splitlines() for path in (first, second))
    except UnicodeDecodeError:
        return f"{first.stat().st_size} and {second.stat().st_size} bytes, not text"
    changed = [line for line in difflib.unified_diff(some, others, n=0, lineterm="") if not line.startswith("@@")][2:]
    shown = "".join(f"\n    {line[:160]}" for line in changed[:LINES])
    return f"{len(changed)} lines differ{shown}"
