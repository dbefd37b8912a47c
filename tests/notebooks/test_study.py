"""The functions that the notebooks call, against the pipeline's own outputs and against Keras."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest

from notebooks import study
from stages.lib.core.places import Places
from stages.lib.core.points import PARTS, read_description, read_points
from stages.lib.engine.networks.archive import save_network
from stages.lib.engine.networks.network import network_of
from stages.lib.publish.drawing import STRICT
from tests.small import ROOT
from tests.studied import write_table

POINTS = study.load_points("ring_and_y")
BASELINE = study.baseline(POINTS)
NAMES = ["baseline", "a slow one"]


@pytest.fixture(scope="module")
def outcome() -> study.Outcome:
    """The baseline and another rate, as `lr_sweep` has them."""
    recipes = dict(zip(NAMES, [BASELINE, replace(BASELINE, learning_rate=0.03)], strict=True))
    return study.train(recipes, POINTS, starts=3)


@pytest.fixture(autouse=True)
def _closed_figures() -> None:
    plt.close("all")


def test_the_points_are_those_that_the_stage_writes(data: Places) -> None:
    assert POINTS.description == read_description(data.description)
    for part in PARTS:
        written = read_points(data.points(part), 2)
        np.testing.assert_array_equal(getattr(POINTS, part).x, written.x)
        np.testing.assert_array_equal(getattr(POINTS, part).y, written.y)


def test_other_points_come_by_their_name_and_a_wrong_one_is_refused() -> None:
    assert study.load_points("moons").description.title == "Two moons"
    assert study.load_points().description.title == "The ring and the Y"
    with pytest.raises(ValueError, match="did you mean 'moons'"):
        study.load_points("moon")


def test_the_points_are_drawn() -> None:
    POINTS.draw()
    assert plt.gca().get_title() == "The training set: 1209 points"


def test_the_users_own_points_are_drawn_whatever_the_number_of_their_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    write_table("iris", tmp_path / "data/own")
    monkeypatch.setattr(study, "ROOT", tmp_path)
    flowers = study.load_points("iris.csv")
    flowers.draw()
    assert flowers.train.x.shape == (90, 4)
    assert "component" in plt.gca().get_xlabel()


def test_what_is_trained_is_what_the_pipeline_has_trained(outcome: study.Outcome) -> None:
    committed = json.loads(Places(ROOT).metrics("baseline").read_text("utf-8"))
    first = {name: values[0, 0, -1] for name, values in outcome.sweep.curves.items()}
    assert float(f"{first['val_loss']:.6g}") == committed["validation"]["loss"]
    assert float(f"{first['val_accuracy']:.6g}") == committed["validation"]["accuracy"]


def test_the_table_has_a_row_for_each_network(outcome: study.Outcome) -> None:
    assert outcome.table.index.tolist() == NAMES
    assert outcome.table["parameters"].tolist() == [2 * 16 + 16 + 16 * 16 + 16 + 16 + 1] * 2
    assert outcome.table["starts"].tolist() == [3, 3]


def test_a_start_separates_the_points_where_keras_finds_every_one_right() -> None:
    recipe = replace(BASELINE, hidden_units=(3,), epochs=1)
    trained = study.train({"alone": recipe}, POINTS)
    accuracy = trained.model("alone").evaluate(POINTS.train.x, POINTS.train.y, verbose=0)[1]
    assert accuracy < 1
    assert trained.train_accuracy == pytest.approx(np.array([[accuracy]]), abs=1e-6)
    assert trained.table.loc["alone", "separated"] == 0
    perfect = replace(trained, train_accuracy=np.array([[1.0]]))
    assert perfect.table.loc["alone", "separated"] == 1


def test_the_model_is_that_of_the_best_start(outcome: study.Outcome) -> None:
    for row, name in enumerate(NAMES):
        losses = outcome.sweep.curves["val_loss"][row, :, -1]
        loss, _ = outcome.model(name).evaluate(POINTS.validation.x, POINTS.validation.y, verbose=0)
        assert loss == pytest.approx(losses.min(), rel=1e-4)
        assert losses.max() > losses.min() * 1.01


def test_a_start_that_is_no_number_is_not_the_best(outcome: study.Outcome) -> None:
    curves = {name: values.copy() for name, values in outcome.sweep.curves.items()}
    best = curves["val_loss"][0, :, -1].argmin()
    curves["val_loss"][0, best, -1] = np.nan
    others = replace(outcome, sweep=replace(outcome.sweep, curves=curves))
    loss, _ = others.model("baseline").evaluate(POINTS.validation.x, POINTS.validation.y, verbose=0)
    assert loss == pytest.approx(np.nanmin(curves["val_loss"][0, :, -1]), rel=1e-4)


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(outcome: study.Outcome) -> None:
    with pytest.raises(ValueError, match="'fast' is not one of 'baseline', 'a slow one'"):
        outcome.model("fast")
    with pytest.raises(ValueError, match="'fast' is not one of 'baseline', 'a slow one'"):
        study.plot_curves(outcome, names=["fast"])
    with pytest.raises(ValueError, match="'val_los' is not one of 'loss', 'accuracy', 'val_loss', 'val_accuracy'"):
        study.plot_curves(outcome, "val_los")


def test_a_curve_is_the_mean_of_the_starts_in_a_band_from_the_least_to_the_greatest(outcome: study.Outcome) -> None:
    study.plot_curves(outcome, "val_loss", ["a slow one"])
    (line,), (band,) = plt.gca().lines, plt.gca().collections
    epochs, means = np.asarray(line.get_data())
    values = outcome.sweep.curves["val_loss"][1].astype(np.float64)
    assert line.get_label() == "a slow one"
    np.testing.assert_array_equal(epochs, np.arange(1, 201))
    np.testing.assert_allclose(means, values.mean(axis=0))
    edges = np.asarray(band.get_paths()[0].vertices)[:, 1]
    assert (edges.min(), edges.max()) == pytest.approx((values.min(), values.max()))
    study.plot_curves(outcome)
    assert [line.get_label() for line in plt.gca().lines] == NAMES


def network(outputs: int) -> keras.Sequential:
    keras.utils.set_random_seed(7)
    layers = [keras.layers.Dense(8, "tanh", kernel_initializer=keras.initializers.RandomNormal(stddev=3.0))]
    last = keras.layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax")
    return keras.Sequential([keras.Input((2,)), *layers, last])


@pytest.mark.parametrize("outputs", [1, 3], ids=["sigmoid", "softmax"])
def test_the_strict_regions_are_where_the_model_says_so(outputs: int) -> None:
    model, labels = network(outputs), np.arange(1209) % max(2, outputs)
    study.plot_decision_boundary(model, POINTS.train.x, labels, strict=True)
    axes = plt.gca()
    (picture,) = axes.images
    colours = np.asarray(picture.to_rgba(picture.get_array()))[..., :3]  # type: ignore[arg-type]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left < POINTS.train.x.min() < POINTS.train.x.max() < right
    places = np.random.RandomState(3).uniform((left, bottom), (right, top), (2_000, 2))
    answers = model.predict(places.astype(np.float32), verbose=0)
    wins = (answers[:, 0] > 0.5).astype(int) if outputs == 1 else answers.argmax(axis=1)
    margin = np.abs(answers[:, 0] - 0.5) if outputs == 1 else np.diff(np.sort(answers, axis=1)[:, -2:])[:, 0]
    clear = margin > 0.1  # a picture has places, and a boundary runs between two of them
    rows, columns = ((places - (left, bottom)) / (right - left, top - bottom) * 200).astype(int).T[::-1]
    shown = colours[rows, columns]
    of_classes = [np.unique(shown[clear & (wins == label)], axis=0) for label in range(max(2, outputs))]
    assert clear.mean() > 0.8
    assert [len(each) for each in of_classes] == [1] * max(2, outputs)
    assert len(np.unique(np.concatenate(of_classes), axis=0)) == max(2, outputs)
    if outputs == 1:
        np.testing.assert_allclose(np.concatenate(of_classes), [STRICT(label)[:3] for label in (0, 1)])


def test_strict_is_the_default_and_without_it_the_picture_says_how_sure_the_model_is() -> None:
    study.plot_decision_boundary(network(1), POINTS.train.x, POINTS.train.y)
    assert len(plt.gcf().axes) == len(plt.gca().images) == 1
    study.plot_decision_boundary(network(1), POINTS.train.x, POINTS.train.y, strict=False)
    picture, scale = plt.gcf().axes
    assert not picture.images
    assert scale.get_ylabel() == "probability of class 1"


def test_the_points_are_drawn_over_the_regions_on_given_axes() -> None:
    _, (left, right) = plt.subplots(1, 2)
    study.plot_decision_boundary(network(1), POINTS.train.x, POINTS.train.y, axes=right)
    assert not left.has_data()
    first, second = (np.asarray(dots.get_offsets()) for dots in right.collections[-2:])
    np.testing.assert_allclose(first, POINTS.train.x[POINTS.train.y[:, 0] == 0])
    np.testing.assert_allclose(second, POINTS.train.x[POINTS.train.y[:, 0] == 1])
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["class 0", "class 1"]


def test_points_that_do_not_lie_in_the_plane_are_refused() -> None:
    with pytest.raises(ValueError, match=r"has the shape \(4, 3\), but must have \(n, 2\)"):
        study.plot_decision_boundary(network(1), np.zeros((4, 3)), np.zeros(4))


def test_what_the_pipeline_found_is_read_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert study.pipeline_figures("baseline")["parameters"] == 337
    monkeypatch.setattr(study, "ROOT", tmp_path)
    saved = network_of(BASELINE, name="baseline", kernel_initializer=BASELINE.kernel_initializer)
    save_network(saved, tmp_path / "models/baseline.keras")
    loaded = study.pipeline_model("baseline")
    assert loaded
    x = POINTS.test.x
    np.testing.assert_allclose(loaded.predict(x, verbose=0), saved.predict(x, verbose=0), rtol=1e-5)


def test_what_the_pipeline_has_not_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(study, "ROOT", tmp_path)
    assert study.pipeline_figures("baseline").empty
    assert study.pipeline_model("baseline") is None
    assert capsys.readouterr().out.splitlines() == [
        "metrics/baseline.json is not there; `make repro` makes it",
        "models/baseline.keras is not there; `make repro` makes it",
    ]
