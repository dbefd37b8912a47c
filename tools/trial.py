"""Train the baseline with other params, and look at it: `make try lr=0.05`, or `python -m tools.trial lr=0.05`.

It takes seconds, as it leaves DVC, the sweeps and the report aside. It records nothing and changes no output. What is
given is read as `dvc exp run -S` reads it, by the same function of DVC's, so that this records what was seen.
"""

import json
import shlex
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import stages  # noqa: F401  it pins the environment, so it comes before NumPy

# isort: split
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from dvc.exceptions import DvcException
from dvc.utils.hydra import apply_overrides

from stages.lib.analysis.measures import constant_loss
from stages.lib.analysis.needs import Rows, needs_of, refuse_too_much
from stages.lib.analysis.page import Findings, Given, Params, sections
from stages.lib.analysis.sweep import Trained
from stages.lib.core.places import Places
from stages.lib.core.png import write_png
from stages.lib.core.points import Description, Draws, Points
from stages.lib.core.process import end_on_interrupt, end_with_parent
from stages.lib.core.runner import PARAMS, Fault, read_params
from stages.lib.core.words import count
from stages.lib.data.sources import points_of, sets_of
from stages.lib.engine.fleets import train_plan
from stages.lib.publish import drawing, projection
from stages.questions.baseline import Page

FOLDER = Path(".dvc/tmp/try")  # out of git's and DVC's sight
BLOCKS = "▁▂▃▄▅▆▇█"
COLUMNS = 60  # of the curve on the terminal


def main(overrides: list[str]) -> None:
    """Print the figures beside those of the last commit, and write two pictures; a `Fault` ends it with its lines."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        read_params(PARAMS, sections(), whole=True)  # what is wrong without what is given is not laid to it
        before = committed(Places().metrics("baseline"))
        with TemporaryDirectory(dir=FOLDER) as folder:  # another may be tried at the same time
            places = Places(Path(folder))
            params = overridden(overrides, places.root)
            asked = sets_of(params["dataset"], params["seed"], Places().own)
            description, sets = asked.description, points_of(asked)
            findings = trained(params, description, sets, places)
    except (Fault, OSError) as fault:
        sys.exit(str(fault))
    print(compared(findings.figures.model_dump(), before))
    grid = params["prediction_grid"]
    accuracy = findings.tables["curves"]["val_accuracy"].to_numpy()
    print(f"\nval_accuracy  {sparkline(accuracy)}  {accuracy[0]:.3g} to {accuracy[-1]:.3g}")
    print("pictures      " + ", ".join(map(str, draw(findings, description.within(grid.limit), sets, grid.points))))
    print("to record it  dvc exp run" + "".join(f" -S {shlex.quote(override)}" for override in overrides))


def overridden(overrides: list[str], folder: Path) -> Params:
    """Return all params, checked, with those that are given as `key=value` in place of those in params.yaml.

    Raise Fault with a line for each that is wrong.
    """
    shutil.copy(PARAMS, folder)
    try:
        apply_overrides(folder / PARAMS, overrides)
    except DvcException as error:
        reason = str(error.__cause__ or error).splitlines()[0].removesuffix(".")
        raise Fault(
            f"{' '.join(overrides)}: {reason}; write key=value, as in lr=0.05, with a key of {PARAMS}"
        ) from error
    with chdir(folder):  # so that messages name params.yaml
        return read_params(PARAMS, sections(), whole=True)


def trained(params: Params, description: Description, sets: dict[str, Points], places: Places) -> Findings:
    """Return what became of the baseline; raise Fault where it would take too much."""
    page = Page()
    plan, folder = page.plan(params, description), places.trained(page.stage)
    rows = {"": Rows(description.rows, len(sets["validation"]))}
    needs = needs_of(plan, description, rows, params["prediction_grid"].points)
    refuse_too_much({page.stage: needs}, {page.stage: plan})
    draws = {part: Draws.of(points) for part, points in sets.items()}
    train_plan(plan, lambda _: draws, name=page.stage, shards=places.unfinished(page.stage), folder=folder)
    given = Given(params["training"], description, sets["train"], constant_loss(sets["train"]))
    return page.judge(Trained(plan, folder), given)


def committed(path: Path) -> dict[str, Any]:
    """Return the figures of the last commit, none where there are none."""
    shown = subprocess.run(["git", "show", f"HEAD:./{path}"], capture_output=True, text=True, check=False)
    try:
        return json.loads(shown.stdout) if shown.returncode == 0 else {}
    except ValueError as error:
        raise Fault(f"{path} of the last commit is not JSON: {error}") from error


def compared(found: dict[str, Any], before: dict[str, Any]) -> str:
    """Return a table of figures, those of the last commit beside those that were found."""
    now = pd.json_normalize(found).iloc[0]
    then = pd.json_normalize(before).iloc[0].reindex(now.index) if before else pd.Series(np.nan, now.index)
    table = pd.DataFrame({"last commit": then, "now": now})
    return table.astype(object).where(table.notna(), "none").to_string(float_format=lambda value: f"{value:.6g}")


def sparkline(values: np.ndarray) -> str:
    """Return a curve in a line of text, from the least block at 0 to a full one at 1."""
    chosen = values[np.linspace(0, len(values) - 1, min(COLUMNS, len(values))).round().astype(int)]
    return "".join(BLOCKS[min(int(value * len(BLOCKS)), len(BLOCKS) - 1)] for value in np.nan_to_num(chosen))


def draw(findings: Findings, description: Description, sets: dict[str, Points], places: int) -> list[Path]:
    """Draw the curves, and what the network answers on a grid of so many places a side; return the pictures."""
    from stages.lib.engine.networks.grid import predict, predict_grid
    from stages.lib.engine.networks.network import network_of

    assert findings.chosen  # the baseline keeps its network
    recipe = findings.chosen.kept.recipe
    network = network_of(recipe, name="baseline")
    network.set_weights(recipe.split(findings.chosen.weights))
    title = f"Baseline after {count(recipe.epochs, 'epoch')}"
    if description.in_the_plane:
        grid = predict_grid(network, limits=description.limits, points=places)
        answers = drawing.picture_of_boundary(sets["train"], grid, description, title=title)
    else:
        given = predict(network, sets["validation"].x)
        answers = projection.picture_of_answers(sets["validation"], given, sets["train"], description, title=title)
    curves, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    table = findings.tables["curves"].set_index("epoch")
    table[["accuracy", "val_accuracy"]].plot(ax=axes[0], ylabel="share of points with the right class")
    table[["loss", "val_loss"]].plot(ax=axes[1], ylabel="cross-entropy [nats]", logy=True)
    pictures = {FOLDER / "curves.png": curves, FOLDER / "answers.png": answers}
    for path, figure in pictures.items():
        write_png(figure, path)
    return list(pictures)


if __name__ == "__main__":
    end_with_parent()
    end_on_interrupt()
    main(sys.argv[1:])
