"""A hundred thousand rows are trained in bounded memory, each replicate on a draw of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GIBIBYTE = 2**20  # in KiB, which Linux counts in
# Peak memory of a process that trains, besides TensorFlow with its compiler, and the points.
TRAINING = """
import os, resource, sys
os.environ["LOKY_MAX_CPU_COUNT"] = "1"
import stages
import tensorflow as tf
import numpy as np
from dataclasses import replace
from pathlib import Path
from stages.lib.core.plan import Optimizer, Plan, Variant
from stages.lib.core.points import Draws
from stages.lib.engine.fleets import train_plan
from tests.lib.engine.clouds import clouds
from tests.lib.engine.test_fleets import RECIPE
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
points = clouds(10, 3, rows=125_000)
orders = np.stack([np.random.RandomState(draw).permutation(125_000) for draw in range(10)]).astype(np.int32)
sets = {
    "train": Draws(points, orders[:, :100_000]), "validation": Draws(points, orders[:, 100_000:]),
    "test": Draws.of(points),
}
tf.function(lambda some: some + 1, jit_compile=True)(tf.ones(3))
before = peak()
batch_size, members, epochs = map(int, sys.argv[2:])
recipe = replace(
    RECIPE, hidden_units=(16, 16), optimizer=Optimizer("adam"), batch_size=batch_size, epochs=epochs, inputs=10,
    classes=3,
)
variants = [Variant({"number": number}, recipe) for number in range(members // 10)]
plan = Plan(variants, seeds=list(range(10)))
folder = Path(sys.argv[1])
train_plan(plan, lambda _: sets, name="any", shards=folder / "shards", folder=folder / "out")
print(peak() - before)
"""


@pytest.mark.long
@pytest.mark.parametrize(("batch_size", "members", "epochs"), [(1_000, 600, 10), (100_000, 20, 2)])
def test_a_hundred_thousand_rows_of_ten_columns_take_less_than_two_gibibytes(
    batch_size: int, members: int, epochs: int, tmp_path: Path
) -> None:
    """So they do in batches and as one, where shards are smaller."""
    command = [sys.executable, "-c", TRAINING, str(tmp_path), *map(str, (batch_size, members, epochs))]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < 2 * GIBIBYTE
