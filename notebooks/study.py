"""What the notebooks call: the points, training of many networks at once, and pictures of what was learned.

They follow params.yaml: its seed, its points and its baseline. So the first start of a recipe of a stage is, bit for
bit, the first replicate of that stage. Other starts have the same points here, and points of their own there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import clear_output
from matplotlib.axes import Axes

from stages.lib.analysis import page
from stages.lib.analysis.measures import constant_loss
from stages.lib.analysis.page import Params, sections
from stages.lib.analysis.sweep import Sweep, Trained
from stages.lib.core.files import read_json
from stages.lib.core.places import Places
from stages.lib.core.plan import METRICS, Plan, Recipe, Variant, faultless, replicate_seeds
from stages.lib.core.points import PARTS, Description, Draws, Points
from stages.lib.core.runner import PARAMS, read_params
from stages.lib.data.sources import limits_of, points_of, sets_of
from stages.lib.engine.fleets import train_plan
from stages.lib.engine.networks.grid import predict_grid
from stages.lib.engine.networks.network import network_of
from stages.lib.publish import drawing, projection

ROOT = Path(__file__).parents[1]
PLACES = 200  # along each side of the grid that a boundary is drawn from


@dataclass(frozen=True)
class Data:
    """Three sets of points, and what there is to say of them.

    Args:
        train: to learn from.
        validation: to choose by.
        test: to look at once, at the end.
        description: of the training points.
    """

    train: Points
    validation: Points
    test: Points
    description: Description

    def draw(self) -> None:
        """Draw the training points; where they do not lie in a plane, by their principal components."""
        pictures = drawing if self.description.in_the_plane else projection
        pictures.picture_of_points(self.train, self.description)


@dataclass(frozen=True)
class Outcome:
    """What became of the networks that `train` has trained.

    Args:
        plan: what was trained.
        sweep: curves and figures of every network.
        train_accuracy: of the final networks, shape (networks, starts).
        weights: of all final networks, in one row.
    """

    plan: Plan
    sweep: Sweep
    train_accuracy: np.ndarray
    weights: np.ndarray

    @property
    def names(self) -> list[str]:
        """Return the names of the networks, in the order in which they were given."""
        return self.sweep.variants["network"].tolist()

    @property
    def table(self) -> pd.DataFrame:
        """Return a row for each network, with means over its starts after the last epoch.

        `val_loss` is in nats. `separated` and `diverged` count the starts with every training point right, and those
        that diverged, of all `starts`.
        """
        return pd.DataFrame(
            {
                "parameters": [variant.recipe.parameters for variant in self.plan.variants],
                "val_loss": self.sweep.final_val_loss.mean(axis=1),
                "val_accuracy": self.sweep.curves["val_accuracy"][:, :, -1].mean(axis=1),
                "separated": faultless(self.train_accuracy).sum(axis=1),
                "diverged": self.sweep.diverged.sum(axis=1),
                "starts": self.sweep.replicates,
            },
            index=pd.Index(self.names, name="network"),
        )

    def model(self, name: str) -> keras.Sequential:
        """Return a network of that name as a plain Keras model: of its starts the one with the least validation loss.

        Raise ValueError where none has the name.
        """
        _refuse_unknown(name, self.names)
        variant = self.names.index(name)
        losses = self.sweep.final_val_loss[variant]
        start = int(np.where(np.isfinite(losses), losses, np.inf).argmin())
        recipe = self.plan.variants[variant].recipe
        network = network_of(recipe, name="network")
        network.set_weights(recipe.split(self.plan.weights_of(self.weights, variant, start)))
        return network


def load_points(source: str | None = None) -> Data:
    """Return the points of the study, or others by their name.

    Args:
        source: as `dataset.source` of params.yaml has it: ring_and_y, circles, moons, gaussians, spirals, xor, or the
            name of a CSV in data/own/. None is the one in params.yaml.

    Raise ValueError where there is no such source, and Fault where a table can't be taken.
    """
    asked = params()["dataset"]
    sets = sets_of(replace(asked, source=source or asked.source), params()["seed"], Places(ROOT).own)
    return Data(**points_of(sets), description=sets.description)


def baseline(points: Data) -> Recipe:
    """Return the recipe of the study's baseline; `dataclasses.replace` makes another one of it."""
    return page.baseline(params(), points.description)


def train(recipes: Mapping[str, Recipe], points: Data, *, starts: int = 1) -> Outcome:
    """Train all networks at once, by the engine of the pipeline: a hundred take little longer than one.

    Args:
        recipes: by names of your choice.
        points: `train` is learned from, `validation` judged by after each epoch.
        starts: networks of each recipe, from the same points. The first starts of all recipes share a seed, and so do
            the second ones.
    """
    variants = [Variant({"network": name}, recipe) for name, recipe in recipes.items()]
    plan = Plan(variants, replicate_seeds(params()["seed"], starts), kept=starts)
    sets = {part: Draws.of(getattr(points, part)) for part in PARTS}
    with TemporaryDirectory() as folder:
        trained = Trained(plan, Path(folder) / "trained")
        train_plan(plan, lambda _: sets, name="networks", shards=Path(folder) / "shards", folder=trained.folder)
        clear_output(wait=True)  # type: ignore[no-untyped-call]  # what was said of the progress
        return Outcome(
            plan,
            Sweep.of(trained, constant_loss(points.train)),
            trained.array("train_accuracy"),
            trained.array("weights"),
        )


def plot_decision_boundary(
    model: keras.Model,
    X: np.ndarray,  # noqa: N803  the assignment's name, and scikit-learn's
    y: np.ndarray,
    strict: bool = True,
    axes: Axes | None = None,
) -> None:
    """Draw what a model answers all over the plane, and some points over it.

    Args:
        model: of two inputs, with one sigmoid output, or with a softmax over the classes.
        X: places of the points, shape (n, 2).
        y: the numbers of their classes, shape (n,) or (n, 1).
        strict: whether each place has the colour of the class that wins, of two the one above a probability of 0.5.
            False shows how sure the model is.
        axes: to draw on; None is a new picture.

    Raise ValueError where the points do not lie in the plane.
    """
    if np.ndim(X) != 2 or np.shape(X)[1] != 2:
        raise ValueError(f"`X` has the shape {np.shape(X)}, but must have (n, 2): a boundary is drawn in the plane")
    points = Points(np.asarray(X, np.float32), np.reshape(y, (-1, 1)).astype(np.float32))
    description = Description(
        title="",
        about="",
        features=("x1", "x2"),
        classes=tuple(str(label) for label in range(max(2, int(points.y.max()) + 1))),
        article="class ",
        limits=limits_of(pd.DataFrame(points.x).assign(label=points.y)),
        rows=len(points),
    )
    if axes is None:
        _, axes = plt.subplots(figsize=(5.5, 5), layout="constrained")
    draw = drawing.draw_strict if strict else drawing.draw_soft
    draw(axes, predict_grid(model, limits=description.limits, points=PLACES), description)
    drawing.draw_points(axes, points, description)
    axes.legend(loc="upper right")


def plot_curves(outcome: Outcome, metric: str = "val_accuracy", names: Iterable[str] | None = None) -> None:
    """Draw a curve over the epochs for each network: the mean of its starts, in a band from the least to the greatest.

    Args:
        outcome: of `train`.
        metric: in Keras's name: loss, accuracy, val_loss or val_accuracy.
        names: of the networks; None is all of them.

    Raise ValueError where there is no such metric or network.
    """
    table = outcome.sweep.curve_table().set_index("network")
    chosen = list(names or outcome.names)
    _refuse_unknown(metric, METRICS)
    for name in chosen:
        _refuse_unknown(name, outcome.names)
    _, axes = plt.subplots(figsize=(9, 4.5), layout="constrained")
    for name, colour in zip(chosen, plt.colormaps["turbo"](np.linspace(0.05, 0.95, len(chosen))), strict=True):
        curve = table.loc[name]
        axes.plot(curve["epoch"], curve[metric], color=colour, label=name)
        axes.fill_between(
            curve["epoch"], curve[f"{metric}_min"], curve[f"{metric}_max"], color=colour, alpha=0.15, linewidth=0
        )
    axes.set(xlabel="epoch", ylabel=metric, yscale="log" if "loss" in metric else "linear")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def pipeline_figures(stage: str) -> pd.Series:
    """Return the figures that a stage of the pipeline found; print a line and return none where it has not run."""
    path = Places(ROOT).metrics(stage)
    return pd.json_normalize(read_json(path)).iloc[0] if _is_there(path) else pd.Series(dtype=object)


def pipeline_model(stage: str) -> keras.Sequential | None:
    """Return the network that a stage of the pipeline keeps; print a line and return None where there is none."""
    path = Places(ROOT).model(stage)
    return keras.models.load_model(path) if _is_there(path) else None


def params() -> Params:
    """Return the params of the study, section by section."""
    return read_params(ROOT / PARAMS, sections())


def _refuse_unknown(name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(f"{name!r} is not one of {', '.join(map(repr, known))}")


def _is_there(path: Path) -> bool:
    if not path.exists():
        print(f"{path.relative_to(ROOT)} is not there; `make repro` makes it")
    return path.exists()
