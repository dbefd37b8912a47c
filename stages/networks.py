"""What do the chosen networks answer?

Builds the network that each stage keeps, in Keras's format, and asks it for its answers: all over the plane, or, where
the points do not lie in one, at the validation points. It trains nothing: the weights are those that the stage ended
with.
"""

from pathlib import Path

from stages.lib.core.files import whole, write_array, write_text
from stages.lib.core.places import Places
from stages.lib.core.plan import Kept, read_kept, read_weights
from stages.lib.core.points import Limits, read_description, read_points
from stages.lib.core.runner import run
from stages.lib.engine.networks.archive import save_network
from stages.lib.engine.networks.grid import predict, predict_grid, predict_grids, predict_units, summary_text
from stages.lib.engine.networks.network import PinnedNetwork, network_of
from stages.params.prediction_grid import PredictionGrid

VARIANT_PLACES = 60  # along each side of the grid of a variant, which is drawn small


def main(prediction_grid: PredictionGrid, *, places: Places) -> None:
    """Write each network, and what it answers: a folder of grids, and a folder of answers, one of which is empty."""
    description = read_description(places.description).within(prediction_grid.limit)
    validation = read_points(places.points("validation"), len(description.classes))
    with whole(places.grids) as grids, whole(places.answers) as answers:
        grids.mkdir()
        answers.mkdir()
        for folder in sorted(places.chosen.iterdir()):
            kept = read_kept(folder / "kept.json")
            network = network_of(kept.recipe, name=folder.name)
            if description.in_the_plane:
                write_grids(network, folder, kept, grids, limits=description.limits, points=prediction_grid.points)
            network.set_weights(read_weights(folder / "weights.npy", kept.recipe))
            save_network(network, places.model(folder.name))
            if not description.in_the_plane:
                write_array(predict(network, validation.x), answers / f"{folder.name}.npy")
            if kept.summary:
                write_text(summary_text(network), places.summary(folder.name))


def write_grids(network: PinnedNetwork, chosen: Path, kept: Kept, grids: Path, *, limits: Limits, points: int) -> None:
    """Write the grid of a network; one for each epoch where it was followed while it learned; and those of its units.

    Its units are drawn where they add up to one logit, which is so for two classes. Of a sweep, each variant has a
    grid too, a coarse one.
    """
    stage, recipe = chosen.name, kept.recipe
    snapshots = sorted((chosen / "snapshots").glob("*.npy"))
    for snapshot in snapshots:
        network.set_weights(read_weights(snapshot, recipe))
        write_array(predict_grid(network, limits=limits, points=points), grids / stage / snapshot.name)
    network.set_weights(read_weights(chosen / "weights.npy", recipe))
    if not snapshots:
        write_array(predict_grid(network, limits=limits, points=points), grids / f"{stage}.npy")
    variants = sorted((chosen / "variants").glob("*"), key=lambda folder: int(folder.name))
    if variants:
        recipes = [read_kept(folder / "kept.json").recipe for folder in variants]
        weights = [read_weights(folder / "weights.npy", each) for folder, each in zip(variants, recipes, strict=True)]
        of_all = predict_grids(list(zip(recipes, weights, strict=True)), limits=limits, points=VARIANT_PLACES)
        write_array(of_all, grids / f"{stage}_variants.npy")
    if kept.units and recipe.classes == 2:
        write_array(predict_units(network, limits=limits, points=points), grids / f"{stage}_units.npy")


if __name__ == "__main__":
    run(main)
