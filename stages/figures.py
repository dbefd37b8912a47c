"""What does it look like?

Draws the points, and what the trained networks make of the plane, from the files of the other
stages: it trains nothing, so that a changed colour costs seconds.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from stages.lib.drawing import draw_points, draw_soft, picture_of_boundary, picture_of_units
from stages.lib.files import read_array, read_json, whole
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
    network_sweep_grid: Path,
    network_sweep_metrics: Path,
    batch_sweep_grid: Path,
    batch_sweep_metrics: Path,
    optimizer_sweep_grid: Path,
    optimizer_sweep_metrics: Path,
    smallest_network_grid: Path,
    smallest_network_units: Path,
    smallest_network_metrics: Path,
    data: Path,
    baseline: Path,
    epochs: Path,
    lr_sweep: Path,
    initializer_sweep: Path,
    network_sweep: Path,
    batch_sweep: Path,
    optimizer_sweep: Path,
    smallest_network: Path,
    units: Path,
) -> None:
    """Draws the points, the boundary of each stage's network, and how the baseline and the smallest one work."""
    points, limit = read_points(train), prediction_grid.limit
    draw_data(points, data, limit=limit)
    grids = {int(file.stem): read_array(file) for file in baseline_grids.glob("*.npy")}
    draw_epochs(points, grids, epochs, limit=limit)
    title = f"Baseline after {max(grids)} epochs"
    write_png(picture_of_boundary(points, grids[max(grids)], limit=limit, title=title), baseline)
    for picture, answers, metrics, best in (
        (lr_sweep, lr_sweep_grid, lr_sweep_metrics, "Best learning rate: {learning_rate:g}"),
        (
            initializer_sweep,
            initializer_sweep_grid,
            initializer_sweep_metrics,
            "Best initializer: {kernel_initializer}",
        ),
        (network_sweep, network_sweep_grid, network_sweep_metrics, "Best size: {depth} x {width} {activation} units"),
        (batch_sweep, batch_sweep_grid, batch_sweep_metrics, "Best batch size: {batch_size}"),
        (optimizer_sweep, optimizer_sweep_grid, optimizer_sweep_metrics, "Best optimizer: {optimizer}"),
    ):
        title = best.format_map(read_json(metrics)["best"])
        write_png(picture_of_boundary(points, read_array(answers), limit=limit, title=title), picture)
    found = read_json(smallest_network_metrics)["smallest"]
    named = "Smallest network: {hidden_units} {activation} units, {parameters} parameters"
    title = named.format_map(found) if found else "The network that comes nearest"
    write_png(
        picture_of_boundary(points, read_array(smallest_network_grid), limit=limit, title=title), smallest_network
    )
    write_png(picture_of_units(points, read_array(smallest_network_units), limit=limit, title=title), units)


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
