"""What did we learn?

Gives each question of the study its answer, with the evidence beside it, from the files of the other
stages: a page to open in a browser, and the same answers as text. It trains nothing and chooses
nothing, and is the one stage that quotes figures on the test set.

To add a sweep: a call of `sweep_question` to the list in `main`, its four paths to the options of
`main`, its section to the params, and the same to this stage in dvc.yaml. Another kind of question
is a `Question` of its own, as the baseline's is.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from stages.lib import answers
from stages.lib.charts import (
    cost_charts,
    learning_charts,
    rate_chart,
    size_charts,
    success_chart,
    sweep_charts,
    words,
)
from stages.lib.files import read_array, read_csv, read_json
from stages.lib.network_file import read_network
from stages.lib.points import read_points
from stages.lib.rendering import Learning, Picture, Question, Report, Table, write_html, write_markdown
from stages.lib.runner import run
from stages.params.baseline import Baseline
from stages.params.batch_sweep import BatchSweep
from stages.params.callbacks_demo import CallbacksDemo
from stages.params.initializer_sweep import InitializerSweep
from stages.params.lr import Lr
from stages.params.lr_sweep import LrSweep
from stages.params.network import Network
from stages.params.network_sweep import NetworkSweep
from stages.params.optimizer_sweep import OptimizerSweep
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.smallest_network import SmallestNetwork
from stages.params.training import Training


def main(
    seed: Seed,
    lr: Lr,
    network: Network,
    training: Training,
    prediction_grid: PredictionGrid,
    baseline: Baseline,
    lr_sweep: LrSweep,
    initializer_sweep: InitializerSweep,
    network_sweep: NetworkSweep,
    batch_sweep: BatchSweep,
    optimizer_sweep: OptimizerSweep,
    smallest_network: SmallestNetwork,
    callbacks_demo: CallbacksDemo,
    *,
    train: Path,
    baseline_metrics: Path,
    baseline_plots: Path,
    baseline_grids: Path,
    baseline_model: Path,
    baseline_picture: Path,
    lr_sweep_metrics: Path,
    lr_sweep_plots: Path,
    lr_sweep_model: Path,
    lr_sweep_picture: Path,
    initializer_sweep_metrics: Path,
    initializer_sweep_plots: Path,
    initializer_sweep_model: Path,
    initializer_sweep_picture: Path,
    network_sweep_metrics: Path,
    network_sweep_plots: Path,
    network_sweep_model: Path,
    network_sweep_picture: Path,
    batch_sweep_metrics: Path,
    batch_sweep_plots: Path,
    batch_sweep_model: Path,
    batch_sweep_picture: Path,
    optimizer_sweep_metrics: Path,
    optimizer_sweep_plots: Path,
    optimizer_sweep_model: Path,
    optimizer_sweep_picture: Path,
    smallest_network_metrics: Path,
    smallest_network_plots: Path,
    smallest_network_model: Path,
    smallest_network_picture: Path,
    smallest_network_units: Path,
    callbacks_demo_metrics: Path,
    callbacks_demo_plots: Path,
    html: Path,
    markdown: Path,
) -> None:
    """Writes the page and the text, both from the same questions."""
    common = {"seed": seed, "network": network, "training": training}
    drawn = {"prediction_grid": prediction_grid}
    found, curves = read_json(baseline_metrics), read_csv(baseline_plots / "curves.csv")
    stopping = read_json(callbacks_demo_metrics)
    questions = [
        Question(
            stage="baseline",
            text="Can a network separate the two figures?",
            answer=answers.baseline(found),
            params={"seed": seed, "lr": lr, "network": network, "training": training, **drawn, "baseline": baseline},
            command="dvc exp run -S lr=0.05",
            charts=learning_charts(curves, {"settled": found["plateau"]["epoch"]}),
            pictures=(Picture(baseline_picture, "The baseline's answer over the plane, soft and strict."),),
            network=("Baseline", read_network(baseline_model)),
        ),
        sweep_question(
            "lr_sweep",
            "Which learning rate?",
            key="learning_rate",
            params={**common, **drawn, "lr_sweep": lr_sweep},
            command="dvc exp run -S 'lr_sweep.learning_rates=[0.05,0.5,5.0]'",
            metrics=lr_sweep_metrics,
            plots=lr_sweep_plots,
            model=lr_sweep_model,
            picture=lr_sweep_picture,
        ),
        sweep_question(
            "initializer_sweep",
            "Which initial weights?",
            key="kernel_initializer",
            params={"seed": seed, "lr": lr, **common, **drawn, "initializer_sweep": initializer_sweep},
            command="dvc exp run -S initializer_sweep.replicates=20",
            metrics=initializer_sweep_metrics,
            plots=initializer_sweep_plots,
            model=initializer_sweep_model,
            picture=initializer_sweep_picture,
        ),
        network_question(
            {**common, **drawn, "network_sweep": network_sweep},
            metrics=network_sweep_metrics,
            plots=network_sweep_plots,
            model=network_sweep_model,
            picture=network_sweep_picture,
        ),
        batch_question(
            {**common, **drawn, "batch_sweep": batch_sweep},
            metrics=batch_sweep_metrics,
            plots=batch_sweep_plots,
            model=batch_sweep_model,
            picture=batch_sweep_picture,
        ),
        optimizer_question(
            {**common, **drawn, "optimizer_sweep": optimizer_sweep},
            metrics=optimizer_sweep_metrics,
            plots=optimizer_sweep_plots,
            model=optimizer_sweep_model,
            picture=optimizer_sweep_picture,
        ),
        smallest_question(
            {"seed": seed, "network": network, **drawn, "smallest_network": smallest_network},
            metrics=smallest_network_metrics,
            plots=smallest_network_plots,
            model=smallest_network_model,
            pictures=(smallest_network_picture, smallest_network_units),
        ),
        Question(
            stage="callbacks_demo",
            text="When to stop, and what to keep?",
            answer=answers.callbacks(stopping),
            params={**common, "callbacks_demo": callbacks_demo},
            command="dvc exp run -S callbacks_demo.patience=5",
            charts=learning_charts(
                read_csv(callbacks_demo_plots / "curves.csv"),
                {"weights taken back": stopping["early_stopping"]["best_epoch"]},
            ),
            pictures=(Picture(callbacks_demo_plots / "live_plot.png", "The curves as PlotLossesKeras drew them."),),
        ),
    ]
    grids = {int(file.stem): read_array(file) for file in baseline_grids.glob("*.npy")}
    report = Report(questions, read_points(train), Learning(grids, curves), prediction_grid.limit)
    write_html(report, html)
    write_markdown(report, markdown)


def sweep_question(
    stage: str,
    text: str,
    *,
    key: str,
    params: dict[str, Any],
    command: str,
    metrics: Path,
    plots: Path,
    model: Path,
    picture: Path,
) -> Question:
    """Returns the question of a sweep, with all its evidence.

    Args:
        stage: the stage that asks it.
        text: the question, as the stage puts it.
        key: the column of the sweep's tables that names the variant, in Keras's spelling.
        params: the sections of params.yaml that the stage reads, in its order.
        command: asks the same with other values.
        metrics: the JSON of the sweep's answer.
        plots: a folder with `curves.csv` and `variants.csv`.
        model: the network of the best variant.
        picture: the decision boundary of that network.
    """
    found, variants = read_json(metrics), read_csv(plots / "variants.csv")
    best = f"Best {words(key)}: {found['best'][key]}"
    return Question(
        stage=stage,
        text=text,
        answer=answers.sweep(found, key),
        params=params,
        command=command,
        charts=sweep_charts(read_csv(plots / "curves.csv"), variants, key),
        pictures=(Picture(picture, f"The answer over the plane, soft and strict. {best}."),),
        table=variant_table(variants, key),
        network=(best, read_network(model)),
    )


def network_question(params: dict[str, Any], *, metrics: Path, plots: Path, model: Path, picture: Path) -> Question:
    """Returns the question of layers, widths and activations: a map of all, and curves of the best size of each."""
    found, variants = read_json(metrics), read_csv(plots / "variants.csv")
    best = "Best size: {depth} x {width} {activation}".format_map(found["best"])
    return Question(
        stage="network_sweep",
        text="How many layers, how wide, which activation?",
        answer=answers.network_sweep(found, variants, params["network_sweep"].learning_rates),
        params=params,
        command="dvc exp run -S 'network_sweep.widths=[4,32]'",
        charts=size_charts(read_csv(plots / "curves.csv"), variants),
        pictures=(Picture(picture, f"The answer over the plane, soft and strict. {best}."),),
        table=variant_table(variants, "activation", "depth", "width", "parameters", "learning_rate"),
        network=(best, read_network(model)),
    )


def batch_question(params: dict[str, Any], *, metrics: Path, plots: Path, model: Path, picture: Path) -> Question:
    """Returns the question of batch size and epochs: that of a sweep, with the cost until the loss has settled."""
    variants = read_csv(plots / "variants.csv")
    asked = sweep_question(
        "batch_sweep",
        "Which batch size, and how many epochs?",
        key="batch_size",
        params=params,
        command="dvc exp run -S batch_sweep.epochs=500",
        metrics=metrics,
        plots=plots,
        model=model,
        picture=picture,
    )
    table = variant_table(variants, "batch_size", "learning_rate", "settled", "epochs", "updates", "samples")
    costs = cost_charts(variants)
    return replace(asked, answer=answers.batch_sweep(read_json(metrics)), charts=(*costs, *asked.charts), table=table)


def optimizer_question(params: dict[str, Any], *, metrics: Path, plots: Path, model: Path, picture: Path) -> Question:
    """Returns the question of the optimizer: that of a sweep, with its sensitivity to the learning rate."""
    variants = read_csv(plots / "variants.csv")
    asked = sweep_question(
        "optimizer_sweep",
        "Which optimizer?",
        key="optimizer",
        params=params,
        command="dvc exp run -S optimizer_sweep.replicates=20",
        metrics=metrics,
        plots=plots,
        model=model,
        picture=picture,
    )
    charts = (rate_chart(read_csv(plots / "rates.csv")), *asked.charts)
    answer = answers.optimizer_sweep(read_json(metrics), variants)
    return replace(asked, answer=answer, charts=charts, table=variant_table(variants, "optimizer", "learning_rate"))


def smallest_question(
    params: dict[str, Any], *, metrics: Path, plots: Path, model: Path, pictures: tuple[Path, Path]
) -> Question:
    """Returns the question of the smallest network, with a picture of what each of its units adds."""
    found, variants = read_json(metrics), read_csv(plots / "variants.csv", dtype={"hidden_units": str})
    name = "Smallest network" if found["smallest"] else "The network that comes nearest"
    boundary, units = pictures
    return Question(
        stage="smallest_network",
        text="What is the smallest network that separates the points?",
        answer=answers.smallest_network(found),
        params=params,
        command="dvc exp run -S smallest_network.restarts=100",
        charts=(success_chart(variants),),
        pictures=(
            Picture(boundary, f"{name}: its answer over the plane, soft and strict."),
            Picture(units, "What each of its hidden units adds, and their sum, which parts the two figures."),
        ),
        table=Table(
            variants,
            {
                "activation": ("activation", "g"),
                "hidden units": ("hidden_units", "g"),
                "parameters": ("parameters", "d"),
                "starts": ("restarts", "d"),
                "without a fault": ("perfect", "d"),
                "mean training accuracy": ("accuracy_mean", ".2%"),
                "best training accuracy": ("accuracy_max", ".2%"),
            },
        ),
        network=(name, read_network(model)),
    )


def variant_table(variants: pd.DataFrame, *keys: str) -> Table:
    """Returns the figures of each variant after the last epoch, over the seeds, under what names it.

    The last columns compare it to the best variant, in pairs by seed.
    """
    worse = variants["same_as_best"].map({0: "yes", 1: "no"})
    return Table(
        variants.assign(worse=worse),
        {
            **{words(key): (key, "g") for key in keys},
            "mean validation loss": ("val_loss_mean", ".4g"),
            "standard deviation": ("val_loss_std", ".2g"),
            "least": ("val_loss_min", ".4g"),
            "greatest": ("val_loss_max", ".4g"),
            "mean validation accuracy": ("val_accuracy_mean", ".2%"),
            "runs diverged": ("diverged", "d"),
            "seeds": ("n", "d"),
            "loss over that of the best": ("ratio", ".3g"),
            "95 % from": ("ratio_low", ".3g"),
            "to": ("ratio_high", ".3g"),
            "p (Holm)": ("p_value", ".2g"),
            "worse than the best": ("worse", "g"),
        },
    )


if __name__ == "__main__":
    run(main)
