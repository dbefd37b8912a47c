"""What does it look like?

Draws the points, and what the trained networks make of them, from the files of the other
stages: it trains nothing, so that a changed colour costs seconds.
"""

import math
from pathlib import Path

import numpy as np

from stages.lib.analysis.chapter import Chapter, read_chapters
from stages.lib.core.cores import on_all_cores
from stages.lib.core.files import read_array, whole, write_text
from stages.lib.core.places import Places
from stages.lib.core.plan import read_kept
from stages.lib.core.png import write_png
from stages.lib.core.points import Description, Points, read_description, read_points
from stages.lib.core.runner import run
from stages.lib.core.words import count
from stages.lib.publish import drawing, projection
from stages.params.prediction_grid import PredictionGrid


def main(prediction_grid: PredictionGrid, *, places: Places) -> None:
    """Draw the points, and for each chapter what its network makes of them."""
    description = read_description(places.description).within(prediction_grid.limit)
    points = read_points(places.points("train"), len(description.classes))
    with whole(places.pictures) as folder:
        if description.in_the_plane:
            write_png(drawing.picture_of_points(points, description), folder / "data.png")
            tasks = [(chapter, points, places, folder, description) for chapter in read_chapters(places.chapters)]
            list(on_all_cores(draw_chapter, tasks, preload=drawing.__name__))
        else:
            write_png(projection.picture_of_points(points, description), folder / "data.png")
            for chapter in read_chapters(places.chapters):
                draw_answers(chapter, points, places, folder, description)
    # Git holds the pictures, and DVC would take those of a fresh clone for drawn: of this file it has none.
    write_text("plots/figures/ holds what stages/figures.py draws.", places.figures_ok)


def draw_chapter(chapter: Chapter, points: Points, places: Places, folder: Path, description: Description) -> None:
    """Draw what there is of a chapter: its network, over epochs and unit by unit, and the variants of its sweep."""
    draw_network(chapter, points, places, folder, description)
    draw_variants(chapter, points, places, folder, description)


def draw_network(chapter: Chapter, points: Points, places: Places, folder: Path, description: Description) -> None:
    """Draw the boundary of a chapter's network, and what else of it there is: its epochs, its units."""
    grids = places.grids
    epochs = {int(file.stem): read_array(file) for file in (grids / chapter.stage).glob("*.npy")}
    name = chapter.stage.replace("_", " ").capitalize()
    for epoch, grid in sorted(epochs.items()):  # as `<epoch>.png`, which DVC's extension shows as a slider
        title = f"{name} after {count(epoch, 'epoch')}"
        picture = drawing.picture_of_epoch(points, grid, description, title=title)
        write_png(picture, folder / chapter.stage / f"{epoch}.png")
    last = epochs[max(epochs)] if epochs else _array(grids / f"{chapter.stage}.npy")
    if last is not None:
        picture = drawing.picture_of_boundary(points, last, description, title=chapter.title)
        write_png(picture, folder / places.picture(chapter.stage).name)
    units = _array(grids / f"{chapter.stage}_units.npy")
    if units is not None:
        picture = drawing.picture_of_units(points, units, description, title=chapter.title)
        write_png(picture, folder / places.picture(chapter.stage, "units").name)


def draw_variants(chapter: Chapter, points: Points, places: Places, folder: Path, description: Description) -> None:
    """Draw a small boundary for each variant of a chapter's sweep, where it is one."""
    grids = _array(places.grids / f"{chapter.stage}_variants.npy")
    if grids is None:
        return
    variants = places.chosen / chapter.stage / "variants"
    kept = [read_kept(variants / str(number) / "kept.json") for number in range(len(grids))]
    names = [each.name for each in kept]
    losses = [math.nan if each.val_loss is None else each.val_loss for each in kept]
    picture = drawing.picture_of_variants(points, grids, names, losses, description)
    write_png(picture, folder / places.picture(chapter.stage, "variants").name)


def draw_answers(chapter: Chapter, points: Points, places: Places, folder: Path, description: Description) -> None:
    """Draw what a chapter's network answers at the validation points, where there is one."""
    answers = _array(places.answers / f"{chapter.stage}.npy")
    if answers is not None:
        held_out = read_points(places.points("validation"), len(description.classes))
        picture = projection.picture_of_answers(held_out, answers, points, description, title=chapter.title)
        write_png(picture, folder / places.picture(chapter.stage).name)


def _array(path: Path) -> np.ndarray | None:
    return read_array(path) if path.exists() else None


if __name__ == "__main__":
    run(main)
