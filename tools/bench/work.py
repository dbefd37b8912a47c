"""The work that is compared, each kind in a process of its own: `python -m tools.bench.work KIND MEMBERS ROWS EPOCHS`.

The process prepares (imports, compiles), says `ready`, and then does the work once for each line that it
reads, answering with the seconds that it took.
"""

import os
import sys
import time
from collections.abc import Callable

# What a user has who never heard of the pins; must be settled before `stages` is imported.
UNPINNED = "unpinned" in sys.argv

if not UNPINNED:
    import stages  # noqa: F401  it pins

# isort: split
import numpy as np  # noqa: E402

LEARNING_RATE, BATCH_SIZE, HIDDEN_UNITS = 0.1, 32, (16, 16)
Work = Callable[[], object]


def points(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates, shape (rows, 2), and labels, shape (rows, 1): inside a circle or not."""
    x = np.random.RandomState(0).uniform(-2, 2, (rows, 2)).astype(np.float32)
    return x, (np.hypot(*x.T) > 1).astype(np.float32)[:, np.newaxis]


def engine(members: int, rows: int, epochs: int) -> Work:
    """Return the work of the engine of this project: a fleet, after compilation."""
    if UNPINNED:
        import stages.lib.core.environment

        for name in stages.lib.core.environment.PINNED:
            os.environ.pop(name)
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    from stages.lib.core.plan import Initializer
    from stages.lib.core.points import Draws, Points
    from stages.lib.engine.networks.fleet import Fleet, Member
    from stages.lib.engine.networks.shard import epochs_at_once

    data = Draws.of(Points(*points(rows)))
    fleet = Fleet(
        [Member(HIDDEN_UNITS, Initializer("glorot_uniform"), LEARNING_RATE, seed) for seed in range(members)],
        activation="relu",
        optimizer=keras.optimizers.SGD,
        train=data,
        validation=data,
    )

    def work() -> object:
        return fleet.train(epochs=epochs, batch_size=BATCH_SIZE, epochs_per_step=epochs_at_once(epochs, members * rows))

    work()
    return work


def loop(_: int, rows: int, epochs: int) -> Work:
    """Return the work of a notebook for one member: build, compile and fit a plain Keras network."""
    import keras

    x, y = points(rows)

    def work() -> None:
        hidden = [keras.layers.Dense(units, "relu") for units in HIDDEN_UNITS]
        network = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(1, "sigmoid")])
        network.compile(keras.optimizers.SGD(LEARNING_RATE), "binary_crossentropy", metrics=["accuracy"])
        network.fit(x, y, batch_size=BATCH_SIZE, epochs=epochs, validation_data=(x, y), verbose=0)

    return work


def fleet_from_nothing(members: int, rows: int, epochs: int) -> Work:
    """Return the work of the engine with compilation, as the loop's is; the imports are made before."""
    engine(1, rows, 1)
    return lambda: engine(members, rows, epochs)


def jax(members: int, rows: int, epochs: int) -> Work:
    """Return the same work written in JAX, after compilation: `vmap` over members, `scan` over steps, `jit`."""
    from tools.bench.in_jax import fleet

    return fleet(members, *points(rows), hidden_units=HIDDEN_UNITS, rate=LEARNING_RATE, size=BATCH_SIZE, epochs=epochs)


def by_hand(members: int, rows: int, epochs: int) -> Work:
    """Return the same work written by hand in C, for one core."""
    from tools.bench.by_hand import WEIGHTS, fleet

    start = np.random.RandomState(0).uniform(-0.5, 0.5, (members, WEIGHTS)).astype(np.float32)
    train = fleet(*points(rows), rate=LEARNING_RATE, epochs=epochs)
    return lambda: train(start)


def product(_: int, rows: int, __: int) -> Work:
    """Return a product of two single-precision matrices of so many rows and columns: the arithmetic peak."""
    some = np.random.RandomState(0).rand(rows, rows).astype(np.float32)
    return lambda: some @ some


KINDS = {
    "engine": engine,
    "loop": loop,
    "fleet_from_nothing": fleet_from_nothing,
    "jax": jax,
    "by_hand": by_hand,
    "product": product,
}


def main(kind: str, members: str, rows: str, epochs: str, *_: str) -> None:
    """Return at the end of standard input."""
    work = KINDS[kind](int(members), int(rows), int(epochs))
    print("ready", flush=True)
    for _line in sys.stdin:
        began = time.perf_counter()
        work()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
