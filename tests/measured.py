"""What a stage measures while it trains, made by hand: a page can be judged without training anything."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from pydantic import TypeAdapter

from stages import check, dataset
from stages.lib.analysis.chapter import write_chapter
from stages.lib.analysis.page import Given, Page, Params, SweepPage, pages, sections
from stages.lib.analysis.sweep import Trained
from stages.lib.core.files import write_csv
from stages.lib.core.places import Places
from stages.lib.core.plan import METRICS, Plan, read_plan
from stages.lib.core.points import Points
from stages.lib.data.sources import sets_of
from stages.params.training import Training

ROOT = Path(__file__).parents[1]
TRAINING = Training(epochs=4, batch_size=400, optimizer="sgd", min_delta=0.01, patience=1)


def params(**changed: object) -> Params:
    """The sections of params.yaml, built as their types, with some of their keys changed; rates have one budget."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    values["lr_sweep"]["budget"] = 1
    for name, change in changed.items():
        values[name] = values[name] | change if isinstance(change, dict) else change
    return {name: TypeAdapter(kind).validate_python(values[name]) for name, kind in sections().items()}


def entries(grids: Mapping[str, Sequence[float]]) -> list[dict[str, object]]:
    """Optimizers with their rates as optimizer_sweep lists them: momentum_0.9 and nesterov_0.9 are SGD's."""
    listed: list[dict[str, object]] = []
    for name, rates in grids.items():
        kind, _, momentum = name.partition("_")
        arguments = {"momentum": float(momentum or 0)} | ({"nesterov": True} if kind == "nesterov" else {})
        optimizer = {"sgd": arguments} if momentum else name
        listed.append({"name": name, "optimizer": optimizer, "learning_rates": list(rates)})
    return listed


RING_AND_Y = sets_of(params()["dataset"], 42, Path()).description
POINTS = Points(np.array([[1.0, 0.0], [0.0, -1.0]], np.float32), np.array([[0.0], [1.0]], np.float32))
GIVEN = Given(TRAINING, RING_AND_Y, POINTS, constant=0.6)


def measured(folder: Path, plan: Plan, final: Sequence[Sequence[float]] | np.ndarray, epochs: int = 3) -> Trained:
    """Files of runs whose validation loss falls by 0.1 an epoch to `final`, shape (variants, seeds).

    The training loss lies 0.01 below it. The weights of a network are all its number: variant * 100 + seed. The
    accuracies rise by 0.01 an epoch to 0.9 and 0.8, the final ones are 0.95 and 0.7, less 0.001 for each variant and
    0.0002 for each seed, so that no two networks have the same.
    """
    last = np.array(final, np.float32)
    variants, seeds = np.indices(last.shape)
    less = np.asarray(0.001 * variants + 0.0002 * seeds)
    before_end = np.arange(epochs)[::-1]
    val_loss = last[..., np.newaxis] + 0.1 * before_end
    rise = -less[..., np.newaxis] - 0.01 * before_end
    arrays = {
        "loss": val_loss - 0.01,
        "val_loss": val_loss,
        "accuracy": 0.9 + rise,
        "val_accuracy": 0.8 + rise,
        "start_loss": last + 0.1 * epochs,
        "train_loss": last - 0.02,
        "train_accuracy": 0.95 - less,
        "test_loss": last + 0.02,
        "test_accuracy": 0.7 - less,
        "start_weights": np.zeros(plan.shape_of("start_weights")),
        "weights": np.concatenate(
            [
                np.full(variant.recipe.parameters, number * 100 + seed, np.float32)
                for number, variant in enumerate(plan.variants)
                for seed in range(plan.kept)
            ]
        ),
    }
    if not plan.curves:
        arrays |= {name: arrays[name][..., -1:] for name in METRICS}
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values.astype(np.float32))
    return Trained(plan_for(plan, epochs), folder)


def plan_for(plan: Plan, epochs: int) -> Plan:
    """The same plan, with another number of epochs."""
    variants = [replace(each, recipe=replace(each.recipe, epochs=epochs)) for each in plan.variants]
    return replace(plan, variants=variants)


def plan_of(page: Page, **changed: object) -> Plan:
    """The plan of a page at the study's params, with some changed."""
    return page.plan(params(**changed), RING_AND_Y)


def draw_points(places: Places, **changed: object) -> Params:
    """Run `check` and `dataset` at the study's params, with some changed, and return the params.

    The smallest network has two starts where nothing else is asked for: 400 draws of the points take seconds.
    """
    asked = params(**{"smallest_network": {"restarts": 2, "most_restarts": 2}} | changed)
    check.main(asked, places=places)
    dataset.main(asked["seed"], asked["dataset"], asked["own_sweep"], places=places)
    return asked


def judge_by_hand(places: Places) -> None:
    """Write figures, tables and chapter of each sweep that has no figures, as `judge` would, from runs made by hand.

    The last variant of a sweep does best.
    """
    for page in pages():
        if isinstance(page, SweepPage) and not places.metrics(page.stage).exists():
            plan, folder = read_plan(places.plan(page.stage)), places.trained(page.stage)
            folder.mkdir(parents=True, exist_ok=True)
            final = np.linspace(0.9, 0.1, len(plan.variants))[:, np.newaxis].repeat(len(plan.seeds), axis=1)
            findings = page.judge(measured(folder, plan, final), GIVEN)
            findings.figures.write(places.metrics(page.stage))
            for name, table in findings.tables.items():
                write_csv(table, places.table(page.stage, name))
            write_chapter(page.chapter(findings), places.chapters)
