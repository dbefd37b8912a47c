"""The engine's work in C, written by hand for SSE4.2, to which the engine is pinned: a limit to compare it with."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).with_name("by_hand.c")
FLAGS = ("-O2", "-ftree-vectorize", "-funroll-loops", "-ffast-math", "-msse4.2", "-shared", "-fPIC", "-lm")
WEIGHTS = 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1  # of 2-16-16-1 units: kernel and bias, layer by layer

Trained = tuple[np.ndarray, np.ndarray]


def fleet(x: np.ndarray, y: np.ndarray, *, rate: float, epochs: int) -> Callable[[np.ndarray], Trained]:
    """Return what trains networks, shape (members, WEIGHTS), and returns them and their curves (epochs, members, 4).

    The networks are 2-16-16-1 units, relu, in batches of 32; the seed of a member's orders is its number. Raise
    FileNotFoundError where there is no C compiler `cc`.
    """
    program = _built()
    rows = len(x)
    values, labels, numbers = x.ravel(), y.ravel(), np.arange(rows, dtype=np.int32)

    def work(start: np.ndarray) -> Trained:
        networks, members = start.copy(), len(start)
        curves = np.empty((epochs, members, 4), np.float32)
        generators = [np.random.RandomState(seed) for seed in range(members)]
        for curve in curves:
            orders = np.array([generator.permutation(rows) for generator in generators], np.int32)
            program(networks, members, rows, values, labels, orders, numbers, rate, curve)
        return networks, curves

    return work


def _built() -> Callable[..., None]:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "by_hand.so"
        subprocess.run(["cc", str(SOURCE), *FLAGS, "-o", str(library)], check=True)
        program = ctypes.CDLL(str(library)).train_epoch
    floats, integers = (np.ctypeslib.ndpointer(kind, flags="C_CONTIGUOUS") for kind in (np.float32, np.int32))
    whole, number = ctypes.c_int, ctypes.c_float
    program.argtypes = [floats, whole, whole, floats, floats, integers, integers, number, floats]
    program.restype = None
    return program
