"""A stage that trains: its plan and its draws of the points, as files."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan
from stages.lib.core.points import Draws, Points, read_draws, read_points
from stages.lib.engine.networks.shard import fleet_of
from stages.lib.engine.train import train
from tests.measured import draw_points

ROOT = Path(__file__).parents[3]
STAGE = "lr_sweep"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A study whose sweep is to train two networks from two seeds."""
    places = Places(tmp_path)
    draw_points(
        places,
        dataset={"source": "moons", "points": 80},
        training={"epochs": 2},
        lr_sweep={"learning_rates": [0.1, 0.3], "replicates": 2},
    )
    return places


def test_the_first_replicate_learns_from_the_points_on_disk_and_another_from_its_own_draw(places: Places) -> None:
    train(STAGE, places=places)
    plan = read_plan(places.plan(STAGE))
    drawn = read_draws(places.draws(STAGE), draws=2, inputs=2, classes=2)
    on_disk = {part: read_points(places.points(part), 2) for part in drawn}
    own = {part: Points(draws.points.x[draws.rows[1]], draws.points.y[draws.rows[1]]) for part, draws in drawn.items()}
    assert not np.isin(own["train"].x, on_disk["train"].x).all()
    for replicate, sets in enumerate((on_disk, own)):
        for number, variant in enumerate(plan.variants):
            alone = fleet_of(
                [(variant.recipe, plan.seeds[replicate], 0)],
                train=Draws.of(sets["train"]),
                validation=Draws.of(sets["validation"]),
                name="alone",
            )
            for name, curve in alone.train(epochs=2, batch_size=variant.recipe.batch_size).items():
                found = np.load(places.trained(STAGE) / f"{name}.npy")[number, replicate]
                assert found.tobytes() == curve[:, 0].tobytes(), name


def test_fewer_draws_than_seeds_end_the_stage_in_a_line(places: Places) -> None:
    path = places.draws(STAGE) / "train.npy"
    np.save(path, np.load(path)[:1])
    command = [sys.executable, "-m", "stages.lib.engine.train", STAGE]
    environment = {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=places.root, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "data/draws/lr_sweep/train.npy: its shape is (1, 80), but must be (2, size): a draw for each seed of the plan; "
        "it is no longer as its stage wrote it: `dvc repro` makes it again\n"
    )
    assert not places.trained(STAGE).exists()
