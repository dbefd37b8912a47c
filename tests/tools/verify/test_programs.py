"""No compiled program leaves a long sum to Eigen, or calls a library that picks code by the processor."""

from pathlib import Path

import pytest

from tools.verify.programs import compiled, faults

# The largest batch, and with it the greatest width, or many columns and classes; trained as a fleet and by Keras.
AT_RISK = """
import keras
from stages.lib.engine.networks.fleet import Fleet, Member
from stages.lib.engine.networks.network import dense_network, judge
from stages.lib.core.plan import Initializer
from stages.lib.core.points import Draws
from tests.lib.engine.clouds import clouds
batch_size = 1209
for hidden_units, inputs, classes in (((16, 16), 2, 2), ((1024, 1024), 2, 2), ((16,), 300, 10), ((), 5, 3)):
    points, of = clouds(inputs, classes, rows=batch_size), {"inputs": inputs, "classes": classes}
    members = [Member(hidden_units, Initializer("glorot_uniform"), 0.01, seed) for seed in (1, 2)]
    draws = Draws.of(points)
    fleet = Fleet(members, activation="tanh", optimizer=keras.optimizers.Adam, train=draws, validation=draws,
                  classes=classes)
    fleet.judge(draws)
    fleet.train(epochs=1, batch_size=batch_size)
    network = dense_network(hidden_units, "tanh", keras.optimizers.Adam(0.01), name="any", **of)
    network.fit(points.x, points.y, batch_size=batch_size, epochs=1, verbose=0)
    network.predict(points.x, batch_size=batch_size, verbose=0)
    judge(network, points)
"""
# One program for each kind of fleet that the study's params ask for, whatever its seeds and rates.
EVERY_KIND = """
import numpy as np
from stages.lib.analysis.page import pages
from stages.lib.core.points import Draws, Points
from stages.lib.engine.networks.shard import fleet_of, member_of
from tests.measured import RING_AND_Y, params
x = np.random.RandomState(0).standard_normal((1209, 2)).astype(np.float32)
points, compiled = Draws.of(Points(x, (x[:, :1] > 0).astype(np.float32))), set()
for page in pages():
    for variant in page.plan(params(), RING_AND_Y).variants:
        recipe = variant.recipe
        kind = str((member_of(recipe, 0).padded_units, recipe.activations, recipe.optimizer, recipe.batch_size,
                    recipe.l2 > 0))
        if kind not in compiled:
            compiled.add(kind)
            fleet = fleet_of([(recipe, 1, 0), (recipe, 2, 0)], train=points, validation=points, name="any")
            fleet.train(epochs=1, batch_size=recipe.batch_size)
print(len(compiled), "kinds")
"""
PLAIN = """
import numpy as np, tensorflow as tf
some = np.ones((3, 400), np.float32)
tf.function(lambda a: tf.matmul(a, a, transpose_b=True), jit_compile=True)(some)
tf.function(lambda a: tf.sort(a), jit_compile=True)(some)
tf.function(lambda a: tf.math.lgamma(tf.pow(a, a + 1)), jit_compile=True)(some)
"""


def found_in(code: str, folder: Path) -> list[str]:
    programs = compiled(code, folder)
    assert any(" dot(" in program.read_text("utf-8") for program in programs)
    return [fault for program in programs for fault in faults(program)]


@pytest.mark.long
def test_programs_of_fleets_and_of_keras_sum_no_more_than_the_bound(tmp_path: Path) -> None:
    assert found_in(AT_RISK, tmp_path) == []


@pytest.mark.long
def test_every_kind_of_program_at_the_params_of_the_study_keeps_to_the_bound(tmp_path: Path) -> None:
    assert found_in(EVERY_KIND, tmp_path) == []


def test_a_long_sum_and_a_call_into_a_library_are_named(tmp_path: Path) -> None:
    found = "\n".join(found_in(PLAIN, tmp_path))
    assert "a product that sums 400 terms, more than 128" in found
    assert "sort" in found
