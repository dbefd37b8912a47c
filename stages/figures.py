"""What does it look like?

Draws the points, and what the trained networks make of the plane, from the files of the other
stages: it trains nothing, so that a changed colour costs seconds.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from stages.lib.analysis.chapter import Chapter, read_chapters
from stages.lib.core.files import read_array, whole
from stages.lib.core.places import Places
from stages.lib.core.png import write_png
from stages.lib.core.points import Points, read_points
from stages.lib.core.runner import run
from stages.lib.publish.drawing import draw_points, draw_soft, picture_of_boundary, picture_of_units
from stages.params.prediction_grid import PredictionGrid


def main(prediction_grid: PredictionGrid, *, places: Places) -> None:
    """Draw the points, and for each chapter what its network makes of the plane."""
    points, limit = read_points(places.points("train")), prediction_grid.limit
    with whole(places.pictures) as folder:
        draw_data(points, folder / "data.png", limit=limit)
        for chapter in read_chapters(places.chapters):
            draw_chapter(chapter, points, places.grids, folder, limit=limit)


def draw_chapter(chapter: Chapter, points: Points, grids: Path, folder: Path, *, limit: float) -> None:
    """Draw the boundary of a chapter's network, and what else of it there is: its epochs, its units."""
    epochs = {int(file.stem): read_array(file) for file in (grids / chapter.stage).glob("*.npy")}
    if epochs:
        draw_epochs(points, epochs, folder / chapter.stage, limit=limit)
    last = epochs[max(epochs)] if epochs else _array(grids / f"{chapter.stage}.npy")
    if last is not None:
        picture = picture_of_boundary(points, last, limit=limit, title=chapter.title)
        write_png(picture, folder / f"{chapter.stage}.png")
    units = _array(grids / f"{chapter.stage}_units.npy")
    if units is not None:
        picture = picture_of_units(points, units, limit=limit, title=chapter.title)
        write_png(picture, folder / f"{chapter.stage}_units.png")


def _array(path: Path) -> np.ndarray | None:
    return read_array(path) if path.exists() else None


def draw_data(points: Points, path: Path, *, limit: float) -> None:
    """Draw the points alone."""
    figure, axes = plt.subplots(figsize=(5.5, 5), layout="constrained")
    draw_points(axes, points, limit=limit)
    axes.set_title(f"The training set: {len(points)} points")
    axes.legend(loc="upper right")
    write_png(figure, path)


def draw_epochs(points: Points, grids: dict[int, np.ndarray], folder: Path, *, limit: float) -> None:
    """Draw each epoch's boundary as `<epoch>.png`, which DVC's extension shows as a slider."""
    name = folder.name.replace("_", " ").capitalize()
    for epoch, grid in sorted(grids.items()):
        figure, axes = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
        draw_soft(axes, grid, limit=limit)
        draw_points(axes, points, limit=limit)
        axes.set_title(f"{name} after {epoch} epoch{'s' * (epoch != 1)}")
        write_png(figure, folder / f"{epoch}.png")


if __name__ == "__main__":
    run(main)
