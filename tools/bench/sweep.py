"""A sweep as a stage trains it: `python -m tools.bench.sweep MEMBERS ROWS EPOCHS FOLDER` prints its seconds."""

import resource
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

import stages  # noqa: F401  it pins, so it comes before Keras

# isort: split
from stages.lib.core.plan import Initializer, Optimizer, Plan, Recipe, Variant
from stages.lib.core.points import PARTS, Draws, Points
from stages.lib.engine.fleets import train_plan
from stages.lib.engine.workers import run_all
from tools.bench.work import BATCH_SIZE, HIDDEN_UNITS, LEARNING_RATE, points


def main(members: str, rows: str, epochs: str, folder: str) -> None:
    """Print peak memory in MiB of this process and of the largest it started, and the seconds."""
    optimizer, initializer = Optimizer("sgd"), Initializer("glorot_uniform")
    recipe = Recipe(HIDDEN_UNITS, "relu", initializer, optimizer, LEARNING_RATE, BATCH_SIZE, int(epochs))
    plan = Plan([Variant({}, recipe)], seeds=list(range(int(members))))
    data = Draws.of(Points(*points(int(rows))))
    import stages.lib.engine.networks.shard  # noqa: F401  imports, here and where processes are forked, are not work

    list(run_all(divmod, [(1, 1)] * 2))
    began = time.perf_counter()
    sets, shards = dict.fromkeys(PARTS, data), Path(folder)
    train_plan(plan, lambda _: sets, name="sweep", shards=shards, folder=shards.with_name("out"))
    seconds = time.perf_counter() - began
    # The kernel tells the peak of processes whose parent has ended; there is no public way to end this one.
    forkserver._forkserver._stop()  # type: ignore[attr-defined]
    peaks = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(*peaks, seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
