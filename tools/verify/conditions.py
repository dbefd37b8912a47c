"""What differs between the two builds of `make verify`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LONG = "/".join(["a path that is long and has spaces", *("folder" for _ in range(12)), "clone"])

# Each would change what is computed or drawn, if the pins of stages/lib/core/environment.py did not hold.
HOSTILE = {
    "COLUMNS": "40",
    "KERAS_BACKEND": "jax",
    "KERAS_HOME": "/nowhere",
    "MKL_NUM_THREADS": "3",
    "MPLBACKEND": "svg",
    "NPY_DISABLE_CPU_FEATURES": "",
    "OMP_NUM_THREADS": "3",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "3",
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_NUM_INTEROP_THREADS": "3",
    "TF_NUM_INTRAOP_THREADS": "3",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_cpu_multi_thread_eigen=true",
}
KERAS_SETTINGS = {"backend": "jax", "floatx": "float64", "epsilon": 0.1}
STYLE = "figure.facecolor: black\nfont.size: 30\nsavefig.dpi: 50\n"


@dataclass(frozen=True)
class Build:
    """Where and how a clone is built.

    Args:
        folder: of the clone.
        environment: of the processes, complete.
        umask: of the processes.
        wrapper: the words before the command.
        disordered: whether the folder's files come in random order (disorderfs).
    """

    folder: Path
    environment: Mapping[str, str]
    umask: int = 0o022
    wrapper: Sequence[str] = field(default_factory=tuple)
    disordered: bool = False


@dataclass(frozen=True)
class Condition:
    """A row of the table: what was varied, and its two values; without a second one `first` says why it was not."""

    what: str
    first: str
    second: str | None = None


def two_builds(folder: Path) -> tuple[Build, Build, list[Condition]]:
    """Return two builds that differ in all that can be varied on this machine, and what that is."""
    home, other_home = folder / "home", folder / "another home"
    _furnish(home, other_home)
    cores = len(os.sched_getaffinity(0))
    shared = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    plain = {**shared, "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}
    other = {**shared, **HOSTILE, "HOME": str(other_home), "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "4711"}
    other |= {"MATPLOTLIBRC": str(other_home / "matplotlibrc"), "MPLCONFIGDIR": str(other_home)}
    locale = _another_locale()
    other |= {"LC_ALL": locale or "C.UTF-8", "LANG": locale or "C.UTF-8"}
    clock = shutil.which("faketime")
    few = shutil.which("taskset") if cores > 1 else None
    disorder = _can_disorder(folder)
    conditions = [
        Condition("path of the clone", "short", f"{len(LONG) - len('clone')} characters longer, with spaces"),
        Condition("home", "empty", "with keras.json (float64, another backend) and a matplotlibrc"),
        Condition("environment variables", "none", f"{len(HOSTILE) + 2} hostile ones: {', '.join(sorted(HOSTILE))}, …"),
        Condition("locale", "C.UTF-8", locale) if locale else Condition("locale", "this machine has but one"),
        Condition("time zone", "UTC", "Asia/Kathmandu"),
        Condition("umask", "022", "077"),
        Condition("hash seed", "0", "4711"),
        Condition("clock", "now", "a year ahead") if clock else Condition("clock", "faketime is not installed"),
        Condition("cores", str(cores), "1") if few else Condition("cores", "this machine has one, or no taskset"),
        Condition("order of files", "the disk's", "shuffled")
        if disorder
        else Condition("order of files", "disorderfs is not installed, or can't be used without /dev/fuse"),
    ]
    wrapper = [*([clock, "-f", "+365d"] if clock else []), *([few, "--cpu-list", _first_core()] if few else [])]
    first = Build(folder / "clone", plain)
    second = Build(folder / LONG, other, umask=0o077, wrapper=wrapper, disordered=disorder)
    return first, second, conditions


def _furnish(home: Path, other_home: Path) -> None:
    home.mkdir()
    (other_home / ".keras").mkdir(parents=True)
    (other_home / ".keras" / "keras.json").write_text(json.dumps(KERAS_SETTINGS), "utf-8")
    (other_home / "matplotlibrc").write_text(STYLE, "utf-8")
    (other_home / ".config" / "matplotlib").mkdir(parents=True)
    (other_home / ".config" / "matplotlib" / "matplotlibrc").write_text(STYLE, "utf-8")


def _first_core() -> str:
    return str(min(os.sched_getaffinity(0)))


def _another_locale() -> str | None:
    """Return a locale whose sorting, decimal point or alphabet differ most from those of C.UTF-8."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.split()
    wanted = [name for prefix in ("tr_", "de_", "") for name in known if name.startswith(prefix)]
    return next((name for name in wanted if name.lower() not in {"c.utf8", "c.utf-8"}), None)


def _can_disorder(folder: Path) -> bool:
    """Return whether a folder can be seen through disorderfs here."""
    below, above = folder / "below", folder / "above"
    below.mkdir()
    above.mkdir()
    mounted = shutil.which("disorderfs") is not None and disorder(below, above)
    if mounted:
        order_again(above)
    return mounted


def disorder(below: Path, above: Path) -> bool:
    """Return whether `above` now shows the files of `below`, each time in a random order."""
    command = ["disorderfs", "--quiet", "--shuffle-dirents=yes", str(below), str(above)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def order_again(above: Path) -> None:
    """Undo `disorder`."""
    subprocess.run(["fusermount3" if shutil.which("fusermount3") else "fusermount", "-u", str(above)], check=True)
