"""What do the chosen networks answer?

Builds the network that each stage keeps, in Keras's format, and asks it for its answers all over the plane. It trains
nothing: the weights are those that the stage ended with.
"""

from dataclasses import asdict
from pathlib import Path

from stages.lib.core.files import whole, write_array, write_text
from stages.lib.core.places import Places
from stages.lib.core.plan import read_kept, read_weights
from stages.lib.core.runner import run
from stages.lib.engine.archive import save_network
from stages.lib.engine.grid import predict_grid, predict_units, summary_text
from stages.lib.engine.network import dense_network, optimizer_of
from stages.params.prediction_grid import PredictionGrid


def main(prediction_grid: PredictionGrid, *, places: Places) -> None:
    """Write each network, and its grid; a grid for each epoch where it was followed while it learned."""
    with whole(places.grids) as grids:
        for folder in sorted(places.chosen.iterdir()):
            build(folder, prediction_grid, places, grids)


def build(chosen: Path, asked: PredictionGrid, places: Places, grids: Path) -> None:
    """Write the network of a stage, and what is wanted besides."""
    stage, kept = chosen.name, read_kept(chosen / "kept.json")
    recipe, square = kept.recipe, asdict(asked)
    optimizer = optimizer_of(recipe.optimizer)(recipe.learning_rate)
    network = dense_network(recipe.hidden_units, recipe.activation, optimizer, name=stage)
    snapshots = sorted((chosen / "snapshots").glob("*.npy"))
    for snapshot in snapshots:
        network.set_weights(read_weights(snapshot, recipe))
        write_array(predict_grid(network, **square), grids / stage / snapshot.name)
    network.set_weights(read_weights(chosen / "weights.npy", recipe))
    save_network(network, places.model(stage))
    if not snapshots:
        write_array(predict_grid(network, **square), grids / f"{stage}.npy")
    if kept.units:
        write_array(predict_units(network, **square), grids / f"{stage}_units.npy")
    if kept.summary:
        write_text(summary_text(network), places.summary(stage))


if __name__ == "__main__":
    run(main)
