"""Trains the networks of a stage: its plan and the points in, what was measured out.

`python -m stages.lib.engine.train STAGE` is the command of every stage that trains as fleets.
"""

import sys
from functools import cache

from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan
from stages.lib.core.points import Draws, read_draws
from stages.lib.core.runner import run
from stages.lib.engine.fleets import train_plan


def train(stage: str, *, places: Places) -> None:
    """Train the plan of a stage from where it was ended before, if it was."""
    plan = read_plan(places.plan(stage))
    inputs, classes = plan.variants[0].recipe.inputs, plan.variants[0].recipe.classes

    @cache
    def points_of(name: str) -> dict[str, Draws]:
        return read_draws(places.draws(stage, name), draws=len(plan.seeds), inputs=inputs, classes=classes)

    train_plan(
        plan,
        lambda variant: points_of(variant.points),
        name=stage,
        shards=places.unfinished(stage),
        folder=places.trained(stage),
    )


if __name__ == "__main__":
    run(lambda places: train(sys.argv[1], places=places))
