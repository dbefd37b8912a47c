"""A network that was chosen, as a file that Keras opens, and its answers, as files that pictures are drawn from."""

from pathlib import Path

from stages.lib.core.files import write_array, write_text
from stages.lib.core.places import Places
from stages.lib.core.plan import VARIANT_PLACES, Kept, read_kept, read_weights
from stages.lib.core.points import Description, Limits, Points
from stages.lib.engine.networks.archive import save_network
from stages.lib.engine.networks.grid import predict, predict_grid, predict_grids, predict_units, summary_text
from stages.lib.engine.networks.network import PinnedNetwork, network_of


def write_network(
    chosen: Path, grids: Path, answers: Path, places: Places, validation: Points, description: Description, points: int
) -> None:
    """Write a network, its summary where it is asked for, and its grids or its answers at the validation points.

    Args:
        chosen: the folder of what is kept of it, named after its stage.
        grids: the folder of grids, for points in the plane.
        answers: the folder of answers, for others.
        places: of the study.
        validation: the points that are answered, where they do not lie in the plane.
        description: of the points, whose limits are those of the grids.
        points: places along each side of a grid.
    """
    stage, kept = chosen.name, read_kept(chosen / "kept.json")
    network = network_of(kept.recipe, name=stage)
    if description.in_the_plane:
        write_grids(network, chosen, kept, grids, limits=description.limits, points=points)
    network.set_weights(read_weights(chosen / "weights.npy", kept.recipe))
    save_network(network, places.model(stage))
    if not description.in_the_plane:
        write_array(predict(network, validation.x), answers / f"{stage}.npy")
    if kept.summary:
        write_text(summary_text(network), places.summary(stage))


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
