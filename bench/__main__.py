"""Prints the table of `make bench`: ratios of things that take turns, round after round, on one core.

Each line says how many times as long the first takes as the second: the median of all rounds, and the
least and the greatest.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

SHARD = 400  # that of stages/lib/fleets.py, which can't be imported here: it pins this process
ROUNDS = 5
ROWS, EPOCHS = 1209, 20  # the training points of the study
MEMBERS = 30
PRODUCT = 2000  # rows and columns of the matrices that show the arithmetic peak
WIDTHS = (2, 16, 16, 1)
ROOT = Path(__file__).parents[1]

Timed = Callable[[], float]


def main() -> None:
    """Returns nothing; prints a row as soon as it is measured."""
    if "up to date" not in subprocess.run(["dvc", "status"], cwd=ROOT, capture_output=True, text=True).stdout:
        sys.exit("`dvc repro` would run stages, so its time with nothing to do can't be taken; `make repro` first")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    print("\n| the first, in units of the second | ratio | least to greatest | target |\n| --- | --- | --- | --- |")
    one_loop, sweep = worker("loop", 1, ROWS, 200, "unpinned"), worker("fleet_from_nothing", MEMBERS, ROWS, 200)
    compare(
        f"{MEMBERS} times a loop's one member / a fleet of {MEMBERS}", one_loop, sweep, "200 or more", scale=MEMBERS
    )
    for members in (1, 30, 300):
        pair = worker("jax", members, ROWS, EPOCHS), worker("engine", members, ROWS, EPOCHS)
        compare(f"JAX with the same pins / the engine, {members} members", *pair, "1 or more")
    for members in (1, 30, 300):
        pair = worker("jax", members, ROWS, EPOCHS, "unpinned"), worker("engine", members, ROWS, EPOCHS)
        compare(f"JAX as it comes / the engine, {members} members", *pair, "1 or more")
    pair = worker("engine", 300, ROWS, EPOCHS), worker("engine", 300, ROWS, EPOCHS, "unpinned")
    compare("the engine / the same without the pins, 300 members", *pair, "1.2 or less")
    pair = worker("product", 1, PRODUCT, 1, "unpinned"), worker("engine", 300, ROWS, EPOCHS)
    work = arithmetic(300) * EPOCHS / (2 * PRODUCT**3)
    compare("the engine's arithmetic per second / a large product's, 300 members", *pair, "stated", scale=work)
    pair = worker("engine", 30, 20 * ROWS, 2), worker("engine", 30, ROWS, 2)
    compare("20 times the points / the points of the study", *pair, "20 or less")
    compare(
        "dvc repro with nothing to do / dvc status", command("dvc", "repro"), command("dvc", "status"), "1.2 or less"
    )
    compare_sizes()
    print(f"\nload {os.getloadavg()[0]:.1f} after")


def arithmetic(members: int) -> float:
    """Returns additions and multiplications of an epoch: forward and twice as many backward, and a forward to judge."""
    products = sum(inputs * outputs for inputs, outputs in pairwise(WIDTHS))
    return 2 * products * ROWS * members * (3 + 1)


def compare(what: str, first: Timed, second: Timed, target: str, *, scale: float = 1) -> None:
    """Returns nothing; prints the row of two things that take turns."""
    ratios = sorted(scale * first() / second() for _ in range(ROUNDS))
    print(f"| {what} | {median(ratios):.3g} | {ratios[0]:.3g} to {ratios[-1]:.3g} | {target} |", flush=True)
    for timed in (first, second):
        getattr(timed, "end", lambda: None)()


class worker:  # noqa: N801  it is used as a function
    """A process of `bench.work` on one core; each call is a round, and returns its seconds."""

    def __init__(self, *words: object) -> None:
        core = str(min(os.sched_getaffinity(0)))
        command = ["taskset", "--cpu-list", core, sys.executable, "-m", "bench.work", *map(str, words)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._line()

    def __call__(self) -> float:
        """Returns the seconds that the work takes, once."""
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
        """Returns when the process has ended."""
        self._process.communicate()


def command(*words: str) -> Timed:
    """Returns what runs a command in the repository and times it."""

    def timed() -> float:
        began = time.perf_counter()
        subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - began

    return timed


def compare_sizes() -> None:
    """Returns nothing; prints what a member of a large sweep costs, and what a second process gains."""
    many, few = 10_000, 2 * SHARD
    pair = sweep(many, processes=1), sweep(few, processes=1)
    compare(f"a member among {many:,} / among {few:,}, one process", *pair, "1.1 or less", scale=few / many)
    if len(os.sched_getaffinity(0)) > 1:
        one, two = sweep(2_000, processes=1), sweep(2_000, processes=2)
        compare("one process / two processes, 2,000 members", one, two, "1.7 or more")


def sweep(members: int, *, processes: int) -> Timed:
    """Returns what trains a sweep as a stage does, in a process of its own, and times it."""

    def timed() -> float:
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-m", "bench.sweep", str(members), str(ROWS), str(EPOCHS), f"{folder}/shards"]
            environment = os.environ | {"LOKY_MAX_CPU_COUNT": str(processes)}
            ended = subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
        return float(ended.stdout.split()[-1])

    return timed


if __name__ == "__main__":
    main()
