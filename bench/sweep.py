"""A sweep as a stage trains it: `python -m bench.sweep MEMBERS ROWS EPOCHS FOLDER` prints its seconds."""

import resource
import sys
import time
from pathlib import Path

import stages  # noqa: F401  it pins, so it comes before Keras

# isort: split
import keras

from bench.work import BATCH_SIZE, HIDDEN_UNITS, LEARNING_RATE, points
from stages.lib.engine.fleets import train_sweep
from stages.lib.core.points import Points
from stages.lib.engine.recipe import Recipe


def main(members: str, rows: str, epochs: str, folder: str) -> None:
    """Returns nothing; prints peak memory in MiB of this process and of the largest it started, and the seconds."""
    recipe = Recipe(
        HIDDEN_UNITS, "relu", "glorot_uniform", keras.optimizers.SGD, LEARNING_RATE, BATCH_SIZE, int(epochs)
    )
    data = Points(*points(int(rows)))
    began = time.perf_counter()
    with train_sweep([({}, recipe)], range(int(members)), train=data, validation=data, shards=Path(folder)):
        seconds = time.perf_counter() - began
    peaks = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(*peaks, seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
