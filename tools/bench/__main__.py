"""Prints the table of `make bench`: ratios of things that take turns, round after round.

Each line says how many times as long the first takes as the second: the median of all rounds, and the
least and the greatest. The whole takes more than an hour; `python -m tools.bench JAX` prints only the lines that
have JAX in their name.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from statistics import median

from tools.bench.floor import FLOOR
from tools.verify.differences import COMMITTED

SHARD = 400  # that of stages/lib/core/plan.py, which can't be imported here: it pins this process
ROUNDS = 3
ROWS, EPOCHS = 1209, 200  # the training points of the study, and the epochs of its baseline
FEW_EPOCHS = 20  # where more would change no ratio
PRODUCT = 2000  # rows and columns of the matrices that show the arithmetic peak
WIDTHS = (2, 16, 16, 1)
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bench.md"
HEAD = ["| the first / the second | ratio | least to greatest | target |", "| --- | --- | --- | --- |"]

Timed = Callable[[], float]


@dataclass(frozen=True)
class Line:
    """A line of the table: what is compared, both sides (made when it is their turn), and what is aimed at.

    Args:
        what: the first / the second.
        first: makes what is timed.
        second: makes what it is compared with.
        target: of the ratio.
        scale: of the ratio, where the two do other amounts of work.
        rounds: how often both take turns.
    """

    what: str
    first: Callable[[], Timed]
    second: Callable[[], Timed]
    target: str
    scale: float = 1
    rounds: int = ROUNDS

    def measured(self) -> str:
        """Return the row of the table, once both have taken turns."""
        first, second = self.first(), self.second()
        ratios = sorted(self.scale * first() / second() for _ in range(self.rounds))
        for timed in (first, second):
            getattr(timed, "end", lambda: None)()
        return f"| {self.what} | {median(ratios):.3g} | {ratios[0]:.3g} to {ratios[-1]:.3g} | {self.target} |"


def main(*words: str) -> None:
    """Print a row as soon as it is measured, and write docs/bench.md once all are."""
    if "up to date" not in subprocess.run(["dvc", "status"], cwd=ROOT, capture_output=True, text=True).stdout:
        sys.exit("`dvc repro` would run stages, so its time with nothing to do can't be taken; `make repro` first")
    before = os.getloadavg()[0]
    table = [*HEAD]
    print(*table, sep="\n")
    for line in lines():
        if all(word in line.what for word in words):
            table.append(line.measured())
            print(table[-1], flush=True)
    where = f"{os.cpu_count()} cores of {platform.machine()}"
    load = f"with a load of {before:.1f} before and {os.getloadavg()[0]:.1f} after"
    table += ["", f"{ROUNDS} rounds of each line, one of the last; {where}, {load}."]
    print(*table[-2:], sep="\n")
    if not words:
        PAGE.write_text("\n".join([*table, ""]), "utf-8", newline="\n")


def lines() -> list[Line]:
    """Return the lines of the table. Engine, loop and JAX get one core each."""
    engine = {members: worker("engine", members, ROWS, EPOCHS) for members in (1, 30, 300)}
    few = worker("engine", 300, ROWS, FEW_EPOCHS)
    run, trials = FromNothing(), Experiments()
    return [
        Line(
            "30 times a loop's one member / a fleet of 30",
            worker("loop", 1, ROWS, EPOCHS, "unpinned"),
            worker("fleet_from_nothing", 30, ROWS, EPOCHS),
            "200 or more",
            scale=30,
        ),
        *(
            Line(
                f"JAX {how} / the engine, {members} member{'s' * (members > 1)}",
                worker("jax", members, ROWS, EPOCHS, *flags),
                pinned,
                "1.2 or more" if flags and members > 1 else "1 or more",
            )
            for how, flags in (("with the same pins", ()), ("as it comes", ("unpinned",)))
            for members, pinned in engine.items()
        ),
        Line(
            "the engine / a C program by hand, 300 members",
            few,
            worker("by_hand", 300, ROWS, FEW_EPOCHS),
            "1.5 or less",
        ),
        Line(
            "the engine / the same without the pins, 300 members",
            few,
            worker("engine", 300, ROWS, FEW_EPOCHS, "unpinned"),
            "1.2 or less",
        ),
        Line(
            "the engine's arithmetic per second / a large product's, 300 members",
            worker("product", 1, PRODUCT, 1, "unpinned"),
            few,
            "stated",
            scale=arithmetic(300) * FEW_EPOCHS / (2 * PRODUCT**3),
        ),
        Line(
            "20 times the points / the points of the study",
            worker("engine", 30, 20 * ROWS, EPOCHS),
            engine[30],
            "20 or less",
        ),
        Line(
            "a member among 10,000 / among 800, one process",
            sweep(10_000, FEW_EPOCHS, processes=1),
            sweep(2 * SHARD, FEW_EPOCHS, processes=1),
            "1.1 or less",
            scale=2 * SHARD / 10_000,
        ),
        Line(
            "the largest process of a sweep of 10,000 / 2 GiB of memory",
            peak_memory(10_000, FEW_EPOCHS),
            lambda: lambda: 2048,
            "1 or less",
        ),
        Line(
            "one process / two processes, 4,000 members",
            sweep(4_000, EPOCHS // 2, processes=1),
            sweep(4_000, EPOCHS // 2, processes=2),
            "1.7 or more",
        ),
        Line(
            "dvc repro with nothing to do / dvc status",
            command("dvc", "repro"),
            command("dvc", "status"),
            "1.2 or less",
        ),
        Line(
            "dvc exp run with another lr / dvc exp run with nothing to do",
            lambda: trials.changed,
            lambda: trials.unchanged,
            "3 or less",
        ),
        Line(
            "dvc repro from nothing / imports, compiling and training, and dvc repro with nothing to do",
            lambda: run.repro,
            lambda: run.floor,
            "1.2 or less",
            rounds=1,
        ),
    ]


def arithmetic(members: int) -> float:
    """Return additions and multiplications of an epoch: forward and twice as many backward, and a forward to judge."""
    products = sum(inputs * outputs for inputs, outputs in pairwise(WIDTHS))
    return 2 * products * ROWS * members * (3 + 1)


def worker(*words: object) -> Callable[[], Timed]:
    """Return what starts a `Worker`."""
    return lambda: Worker(*words)


class Worker:
    """A process of `bench.work` on one core; each call is a round, and returns its seconds."""

    def __init__(self, *words: object) -> None:
        core = str(min(os.sched_getaffinity(0)))
        command = ["taskset", "--cpu-list", core, sys.executable, "-m", "tools.bench.work", *map(str, words)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._line()

    def __call__(self) -> float:
        """Return the seconds that the work takes, once."""
        assert self._process.stdin
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"`{' '.join(self._process.args)}` failed; run it by hand to see why")  # type: ignore[arg-type]
        return line

    def end(self) -> None:
        """Return when the process has ended."""
        self._process.communicate()


def command(*words: str) -> Callable[[], Timed]:
    """Return what runs a command in the repository and times it."""
    return lambda: lambda: seconds(words, ROOT)


def seconds(words: Sequence[str], folder: Path) -> float:
    """Return how long a command takes in a folder."""
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


class Experiments:
    """Experiments in a clone that has all outputs."""

    _number = 0

    @cached_property
    def _folder(self) -> "tempfile.TemporaryDirectory[str]":
        return tempfile.TemporaryDirectory()

    @cached_property
    def _clone(self) -> Path:
        clone = Path(self._folder.name) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        shutil.copytree(ROOT / ".dvc/cache", clone / ".dvc/cache", copy_function=os.link)
        subprocess.run(["dvc", "checkout", "--quiet"], cwd=clone, check=True)
        return clone

    def changed(self) -> float:
        """Return the seconds of an experiment with a learning rate that was not tried before."""
        self._number += 1
        return seconds(["dvc", "exp", "run", "-S", f"lr={0.05 + self._number / 1000}"], self._clone)

    def unchanged(self) -> float:
        """Return the seconds of an experiment with nothing to do."""
        return seconds(["dvc", "exp", "run"], self._clone)


class FromNothing:
    """A run of the whole pipeline in a clone that has no outputs; its two sides are measured in the same run."""

    def repro(self) -> float:
        """Return the seconds of `dvc repro`."""
        with tempfile.TemporaryDirectory() as folder:
            clone = Path(folder) / "clone"
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
            for path in (clone / name for name in COMMITTED):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            pipeline = clone / "dvc.yaml"
            pipeline.write_text(
                pipeline.read_text("utf-8").replace("python -m stages.", "python -m tools.bench.floor "), "utf-8"
            )
            began = time.perf_counter()
            ended = subprocess.run(["dvc", "repro"], cwd=clone, check=True, capture_output=True, text=True)
            taken = time.perf_counter() - began
            stages = [float(line.split()[1]) for line in ended.stdout.splitlines() if line.startswith(FLOOR)]
            self._floor = sum(stages) + seconds(["dvc", "repro"], clone)
        return taken

    def floor(self) -> float:
        """Return the seconds of the last `repro` that nothing could save: see `tools.bench.floor`, and DVC's own."""
        return self._floor


def sweep(members: int, epochs: int, *, processes: int) -> Callable[[], Timed]:
    """Return what trains a sweep as a stage does, in a process of its own, and times it."""
    return lambda: lambda: trained_sweep(members, epochs, processes)[-1]


def peak_memory(members: int, epochs: int) -> Callable[[], Timed]:
    """Return what trains a sweep as a stage does and tells how many MiB its largest process took."""
    return lambda: lambda: max(trained_sweep(members, epochs, processes=2)[:-1])


def trained_sweep(members: int, epochs: int, processes: int) -> list[float]:
    """Return the peak memory in MiB of a sweep's process and of the largest it started, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "tools.bench.sweep", str(members), str(ROWS), str(epochs), f"{folder}/shards"]
        environment = os.environ | {"LOKY_MAX_CPU_COUNT": str(processes)}
        ended = subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return [float(word) for word in ended.stdout.splitlines()[-1].split()]


if __name__ == "__main__":
    main(*sys.argv[1:])
