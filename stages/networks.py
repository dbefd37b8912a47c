"""What do the chosen networks answer?

Builds the network that each stage keeps, in Keras's format, and asks it for its answers: all over the plane, or, where
the points do not lie in one, at the validation points. It trains nothing: the weights are those that the stage ended
with.
"""

from typing import Any

from stages.lib.core.cores import on_all_cores
from stages.lib.core.files import whole
from stages.lib.core.places import Places
from stages.lib.core.points import read_description, read_points
from stages.lib.core.runner import run
from stages.lib.engine.workers import PRELOADED
from stages.params.prediction_grid import PredictionGrid


def main(prediction_grid: PredictionGrid, *, places: Places) -> None:
    """Write each network, and what it answers: a folder of grids, and a folder of answers, one of which is empty."""
    description = read_description(places.description).within(prediction_grid.limit)
    validation = read_points(places.points("validation"), len(description.classes))
    with whole(places.grids) as grids, whole(places.answers) as answers:
        grids.mkdir()
        answers.mkdir()
        chosen = sorted(places.chosen.iterdir())
        asked = (validation, description, prediction_grid.points)
        tasks = [(folder, grids, answers, places, *asked) for folder in chosen]
        list(on_all_cores(write_network, tasks, preload=PRELOADED))


def write_network(*task: Any) -> None:
    """Write a network and what it answers, as stages/lib/engine/networks/chosen.py does."""
    from stages.lib.engine.networks import chosen  # where it is called: the stage waits without TensorFlow

    chosen.write_network(*task)


if __name__ == "__main__":
    run(main)
