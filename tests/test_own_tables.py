"""Tables that nobody here wrote: the whole study of each, and what it finds against scikit-learn."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from stages.lib.analysis.page import pages
from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan
from stages.lib.core.points import Points, read_description, read_points
from stages.lib.data.drawn import spirals, table_of
from tests.small import run, stages_run
from tests.studied import TABLES, ask, study, write_table
from tests.test_dvc_yaml import PIPELINE

ALL_POINTS = 100_000  # of a batch: as many as there are


def points_of(places: Places, part: str) -> Points:
    return read_points(places.points(part), len(read_description(places.description).classes))


def losses(places: Places, stage: str) -> np.ndarray:
    """The final validation losses of a stage, shape (variants, seeds)."""
    return np.load(places.trained(stage) / "val_loss.npy")[:, :, -1]


def logistic_loss(places: Places, l2: float) -> float:
    """The validation loss of scikit-learn's logistic regression with the same penalty; its C is 1 / (2 n l2)."""
    train, held_out = points_of(places, "train"), points_of(places, "validation")
    model = LogisticRegression(C=1 / (2 * len(train) * l2) if l2 else np.inf, max_iter=100_000, tol=1e-10)
    answers = model.fit(train.x, train.y[:, 0]).predict_proba(held_out.x)
    return float(log_loss(held_out.y[:, 0], answers, labels=model.classes_))


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
def test_the_whole_study_of_a_table(tmp_path: Path, name: str) -> None:
    write_table(name, tmp_path / "data/own")
    ask(tmp_path, dataset={"source": f"{name}.csv"})
    places = study(tmp_path)
    description = read_description(places.description)

    network = keras.models.load_model(places.model("baseline"))
    found = json.loads(places.metrics("baseline").read_text("utf-8"))
    for part in ("train", "validation", "test"):
        points = points_of(places, part)
        loss, accuracy = network.evaluate(points.x, points.y, verbose=0)
        assert found[part]["loss"] == pytest.approx(loss, rel=1e-4)
        assert found[part]["accuracy"] == pytest.approx(accuracy, rel=1e-4)

    text = places.text.read_text("utf-8")
    shown = name.replace("_", r"\_")  # in Markdown
    assert f" columns of {shown}.csv.\n" in text.partition("| question |")[0]
    for page in pages():
        assert json.loads(places.metrics(page.stage).read_text("utf-8"))
        assert page.stage in text
    assert not re.findall(r"\b(ring|the Y|bars?)\b", text)
    page_text = places.page.read_text("utf-8")
    for word in (name, *description.classes):
        assert word in page_text
    assert (places.pictures / "data.png").exists()


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
def test_a_network_without_hidden_units_is_scikit_learns_logistic_regression(tmp_path: Path, name: str) -> None:
    """With a penalty both have one optimum; without one there is none where the classes can be parted."""
    l2 = 0.01
    write_table(name, tmp_path / "data/own")
    ask(
        tmp_path,
        dataset={"source": f"{name}.csv"},
        network={"hidden_units": []},
        training={"epochs": 2000, "batch_size": ALL_POINTS},
        weight_decay_sweep={"l2": [l2], "learning_rates": [0.3], "replicates": 1},
    )
    places = study(tmp_path, "weight_decay_sweep")
    assert losses(places, "weight_decay_sweep")[0, 0] == pytest.approx(logistic_loss(places, l2), rel=2e-3)


def test_depth_0_is_scikit_learns_logistic_regression_without_a_penalty(tmp_path: Path) -> None:
    """Of the sepals alone, by which two kinds of iris can't be parted, so that there is an optimum."""
    write_table("iris", tmp_path / "data/own")
    path = tmp_path / "data/own/iris.csv"
    rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    path.write_text("\n".join(",".join(row[:2] + row[-1:]) for row in rows), "utf-8")
    ask(
        tmp_path,
        dataset={"source": "iris.csv"},
        training={"batch_size": ALL_POINTS},
        network_sweep={"depths": [0], "learning_rates": [1.0, 3.0], "epochs": 4000, "replicates": 1},
    )
    places = study(tmp_path, "network_sweep")
    assert losses(places, "network_sweep").min() == pytest.approx(logistic_loss(places, 0), rel=0.02)


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
def test_the_best_network_is_not_worse_than_scikit_learns_beyond_the_spread(tmp_path: Path, name: str) -> None:
    """The spread is that over ten seeds of each: the difference of the means is held to two standard deviations."""
    write_table(name, tmp_path / "data/own")
    ask(
        tmp_path,
        dataset={"source": f"{name}.csv"},
        training={"batch_size": 32},
        network_sweep={
            "activations": ["relu", "tanh"],
            "depths": [0, 1, 2],
            "widths": [16],
            "learning_rates": [0.03, 0.1, 0.3],
            "epochs": 100,
            "replicates": 10,
        },
    )
    places = study(tmp_path, "network_sweep")
    final = losses(places, "network_sweep")
    best = int(np.nanmean(final, axis=1).argmin())
    train, held_out = points_of(places, "train"), points_of(places, "validation")
    labels = range(len(read_description(places.description).classes))
    theirs = []
    for seed in range(10):
        model = MLPClassifier((16,), learning_rate_init=0.01, batch_size=32, max_iter=1000, random_state=seed)
        answers = model.fit(train.x, train.y[:, 0]).predict_proba(held_out.x)
        theirs.append(log_loss(held_out.y[:, 0], answers, labels=labels))
    spread = np.hypot(final[best].std(ddof=1), np.std(theirs, ddof=1))
    recipe = read_plan(places.plan("network_sweep")).variants[best].recipe
    assert final[best].mean() <= np.mean(theirs) + 2 * spread, recipe


def write_cells(folder: Path) -> None:
    """Ten columns and three classes."""
    x, y = make_classification(300, 10, n_informative=6, n_classes=3, random_state=0)
    names = [f"marker {number}" for number in range(10)]
    table = pd.DataFrame(x, columns=names).assign(finding=np.array(["benign", "doubtful", "malignant"])[y])
    table.to_csv(folder / "cells.csv", index=False)


def write_spiral(folder: Path) -> None:
    """600 points of two arms."""
    table = table_of(spirals(np.random.RandomState(3), 600, 0.05))
    table.columns = ["east", "north", "arm"]
    table.assign(arm=table["arm"].map({0: "left", 1: "right"})).to_csv(folder / "spiral.csv", index=False)


@pytest.mark.long
@pytest.mark.parametrize(
    ("write", "name", "words"),
    [
        (write_cells, "cells", ["benign", "doubtful", "malignant"]),
        (write_spiral, "spiral", ["left", "right", "east", "north"]),
    ],
    ids=["ten columns and three classes", "a spiral"],
)
def test_one_file_and_one_option_give_the_whole_study(
    built: Path, tmp_path: Path, write: Callable[[Path], None], name: str, words: list[str]
) -> None:
    clone = Path(shutil.copytree(built, tmp_path / "clone", symlinks=True))
    write(clone / "data/own")
    output = run(clone, "dvc", "exp", "run", "-S", f"dataset.source={name}.csv")
    assert set(stages_run(output)) == set(PIPELINE)
    assert Path(clone / "data/own" / f"{name}.csv").exists()
    text, page = (clone / "report/report.md").read_text("utf-8"), (clone / "report/index.html").read_text("utf-8")
    assert not re.findall(r"\b(ring|the Y|bars?)\b", text)
    for word in (name, *words):
        assert word in page
    assert "up to date" in run(clone, "dvc", "status")
