"""What does it look like?

Draws the points, and what the trained networks make of the plane, from the files of the other
stages: it trains nothing, so that a changed colour costs seconds.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from stages.lib.drawing import draw_points, draw_soft, picture_of_boundary
from stages.lib.files import whole
from stages.lib.png import write_png
from stages.lib.points import Points, read_points
from stages.lib.runner import run
from stages.params.prediction_grid import PredictionGrid


def main(
    prediction_grid: PredictionGrid,
    *,
    train: Path,
    baseline_grids: Path,
    lr_sweep_grid: Path,
    lr_sweep_metrics: Path,
    initializer_sweep_grid: Path,
    initializer_sweep_metrics: Path,
    data: Path,
    baseline: Path,
    epochs: Path,
    lr_sweep: Path,
    initializer_sweep: Path,
) -> None:
    """Draws the points, three boundaries, and the baseline's boundary as it learns."""
    points, limit = read_points(train), prediction_grid.limit
    draw_data(points, data, limit=limit)
    grids = {int(file.stem): np.load(file) for file in baseline_grids.glob("*.npy")}
    draw_epochs(points, grids, epochs, limit=limit)
    rate = json.loads(lr_sweep_metrics.read_text("utf-8"))["best"]["learning_rate"]
    initializer = json.loads(initializer_sweep_metrics.read_text("utf-8"))["best"]["kernel_initializer"]
    for path, grid, title in (
        (baseline, grids[max(grids)], f"Baseline after {max(grids)} epochs"),
        (lr_sweep, np.load(lr_sweep_grid), f"Best learning rate: {rate:g}"),
        (initializer_sweep, np.load(initializer_sweep_grid), f"Best initializer: {initializer}"),
    ):
        write_png(picture_of_boundary(points, grid, limit=limit, title=title), path)


def draw_data(points: Points, path: Path, *, limit: float) -> None:
    """Returns nothing; draws the points alone."""
    figure, axes = plt.subplots(figsize=(5.5, 5), layout="constrained")
    draw_points(axes, points, limit=limit)
    axes.set_title(f"The training set: {len(points)} points")
    axes.legend(loc="upper right")
    write_png(figure, path)


def draw_epochs(points: Points, grids: dict[int, np.ndarray], folder: Path, *, limit: float) -> None:
    """Returns nothing; draws each epoch's boundary as `<epoch>.png`, which DVC's extension shows as a slider."""
    with whole(folder) as partial:
        for epoch, grid in sorted(grids.items()):
            figure, axes = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
            draw_soft(axes, grid, limit=limit)
            draw_points(axes, points, limit=limit)
            axes.set_title(f"Baseline after {epoch} epoch{'s' * (epoch != 1)}")
            write_png(figure, partial / f"{epoch}.png")


if __name__ == "__main__":
    run(main)
