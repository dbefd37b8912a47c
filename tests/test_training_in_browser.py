"""Networks that a reader trains in the report's page: their gradients are Keras's, and their numbers come again."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest
import tensorflow as tf
from playwright.sync_api import Browser, Page

from stages.lib.core.points import Points
from stages.lib.engine.networks.network import judge
from stages.lib.publish.rendering import TEMPLATES, write_html
from stages.params.network import Activation
from tests.conftest import SEED, serious_faults
from tests.lib.publish.test_drawing import described, some_points
from tests.test_report_in_browser import ACTIVATIONS, Visit, begin_visit, picture, report_of, show

CORNERS = [-6.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0]
FIGURES = ["Two circles", "Two moons", "Two spirals", "Four quarters"]


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """An empty page that has the functions of the training."""
    page = browser.new_page()
    for name in ("activations.js", "descent.js"):
        page.add_script_tag(path=TEMPLATES / name)
    yield page
    page.close()


@pytest.fixture(scope="module")
def begun(browser: Browser) -> Visit:
    """A visit in which the pages of all tests are opened, one after the other."""
    return begin_visit(browser)


@pytest.fixture
def visit(tmp_path: Path, begun: Visit) -> Iterator[Visit]:
    """A page on which a reader can train on 90 points of two classes."""
    yield visit_of(2, 2, tmp_path, begun)
    assert begun.complaints == []


def visit_of(
    columns: int, classes: int, folder: Path, begun: Visit, baseline: dict[str, Any] | None = None, **options: Any
) -> Visit:
    shape = (classes, 9, 9) if classes > 2 else (9, 9)
    grids = {0: np.zeros(shape, np.float32)} if columns == 2 else None
    report = report_of({}, some_points(columns, classes), described(columns, classes), folder, grids)
    if baseline and report.learning:
        recipe = replace(report.learning.recipe, **baseline)
        report = replace(report, learning=replace(report.learning, recipe=recipe))
    write_html(report, folder / "index.html")
    show(begun, folder / "index.html", **options)
    return begun


def plain_network(activation: Activation, classes: int) -> keras.Sequential:
    """Keras's own network of two hidden layers, with random weights and biases."""
    output = keras.layers.Dense(1, "sigmoid") if classes == 2 else keras.layers.Dense(classes, "softmax")
    network = keras.Sequential([keras.Input((2,)), *(keras.layers.Dense(n, activation) for n in (5, 4)), output])
    random = np.random.default_rng(3)
    network.set_weights([random.normal(0, 0.4, weights.shape) for weights in network.get_weights()])
    loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
    network.compile(keras.optimizers.SGD(0.5), loss, metrics=["accuracy"])
    return network


def near_the_middle(points: Points) -> Points:
    """Points of which two layers of exponentials make no numbers that float32 has to round off by more than 1e-5."""
    return Points(points.x / np.abs(points.x).max(), points.y)


def for_the_page(network: keras.Sequential) -> dict[str, Any]:
    layers = [(layer.get_config()["activation"], *layer.get_weights()) for layer in network.layers]
    return {"layers": [{"activation": name, "kernel": k.tolist(), "bias": b.tolist()} for name, k, b in layers]}


def rows_of(points: Points) -> list[list[float]]:
    return np.hstack([points.x, points.y]).tolist()


def flat(layers: list[dict[str, Any]]) -> np.ndarray:
    return np.concatenate([np.ravel(layer[name]) for layer in layers for name in ("kernel", "bias")])


def epochs(page: Page, count: int) -> str:
    """What the page says after so many epochs more."""
    for _ in range(count):
        page.click("#train-step")
    return page.inner_text("#train-label")


def wait_for_epoch(page: Page, epoch: int) -> None:
    page.wait_for_function(
        "epoch => Number(document.getElementById('train-label').textContent.split(/[ :]/)[1]) >= epoch", arg=epoch
    )


def loss_in(label: str, kind: str = "training") -> float:
    (loss,) = re.findall(rf"{kind} loss ([\d.e+-]+[\de])", label)
    return float(loss)


def write(page: Page, field: str, text: str) -> None:
    page.fill(f"#train-{field}", text)
    page.keyboard.press("Tab")


# What is computed.


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_keras_s(activation: Activation, classes: int, scripts: Page) -> None:
    network, points = plain_network(activation, classes), near_the_middle(some_points(2, classes))
    with tf.GradientTape() as tape:
        loss = network.compute_loss(y=points.y, y_pred=network(points.x))
    expected = np.concatenate([np.ravel(of) for of in tape.gradient(loss, network.trainable_variables)])
    found = flat(
        scripts.evaluate("([network, rows]) => gradientOf(network, rows)", [for_the_page(network), rows_of(points)])
    )
    assert np.abs(expected).max() > 0.01
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_derivatives_are_keras_s_at_the_corners_too(activation: Activation, scripts: Page) -> None:
    x = tf.constant(CORNERS)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = keras.activations.get(activation)(x)
    found = scripts.evaluate("([name, places]) => places.map(DERIVATIVES[name])", [activation, CORNERS])
    expected = tape.gradient(y, x).numpy()
    if activation == "celu":
        expected[CORNERS.index(0)] /= 2  # Keras adds up the slopes of both sides, which are 1
    assert found == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_ten_updates_lead_where_keras_s_lead_with_the_same_loss_and_accuracy(classes: int, scripts: Page) -> None:
    network, points = plain_network("tanh", classes), some_points(2, classes)
    trained = scripts.evaluate(
        """([network, rows]) => {
          const steps = descend(network, rows, { rate: 0.5, batchSize: 1000, random: randomOf(1) });
          const ends = Array.from({ length: 10 }, () => steps.next().value);
          return { ends, layers: network.layers, ...judge(network, rows) };
        }""",
        [for_the_page(network), rows_of(points)],
    )
    network.fit(points.x, points.y, batch_size=1000, epochs=10, verbose=0)
    expected = judge(network, points)
    assert trained["ends"] == [True] * 10
    assert flat(trained["layers"]) == pytest.approx(flat(for_the_page(network)["layers"]), abs=1e-4)
    assert trained["loss"] == pytest.approx(expected["loss"], abs=1e-5)
    assert trained["accuracy"] == pytest.approx(expected["accuracy"])


def test_an_epoch_sees_each_point_once_and_its_last_batch_may_be_smaller(scripts: Page) -> None:
    found = scripts.evaluate(
        """() => {
          const rows = Array.from({ length: 10 }, (_, i) => [i, -i, i % 2]);
          const network = freshNetwork([2, 1], ["sigmoid"], randomOf(1));
          const steps = descend(network, rows, { rate: 0, batchSize: 4, random: randomOf(2) });
          const orders = [randomOf(2), randomOf(3)].map((random) => shuffled(rows, random).map(([x]) => x));
          return { ends: [1, 2, 3, 4, 5, 6].map(() => steps.next().value), orders };
        }"""
    )
    assert found["ends"] == [False, False, True] * 2
    assert [sorted(order) for order in found["orders"]] == [list(range(10))] * 2
    assert found["orders"][0] != found["orders"][1]


def test_kernels_start_as_glorot_uniform_draws_them_and_biases_at_0(scripts: Page) -> None:
    script = "seed => freshNetwork([2, 300, 1], ['relu', 'sigmoid'], randomOf(seed)).layers"
    first, other = scripts.evaluate(script, 1), scripts.evaluate(script, 2)
    for layer, units in zip(first, (2 + 300, 300 + 1), strict=True):
        kernel, limit = np.ravel(layer["kernel"]), np.sqrt(6 / units)
        assert np.abs(kernel).max() <= limit
        assert np.abs(kernel).max() > 0.95 * limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)  # of a uniform distribution
        assert not np.any(layer["bias"])
    assert (flat(first) != flat(other)).any()
    assert (flat(first) == flat(scripts.evaluate(script, 1))).all()


def test_the_figures_are_those_of_their_names(scripts: Page) -> None:
    drawn = {name: np.array(scripts.evaluate("name => drawFigure(name, 400, randomOf(7))", name)) for name in FIGURES}
    for points in drawn.values():
        assert points[:, 2].mean() == 0.5
        assert np.abs(points[:, :2]).max() < 1.7
    radius = np.hypot(*drawn["Two circles"][:, :2].T)
    assert radius == pytest.approx(np.where(drawn["Two circles"][:, 2] == 1, 0.5, 1), abs=0.25)  # 5 deviations
    x1, x2, label = drawn["Four quarters"].T
    assert ((x1 * x2 < 0) == (label == 1)).mean() > 0.9


# What a reader does.


def test_it_begins_with_the_numbers_of_the_baseline(visit: Visit) -> None:
    fields = {
        name: visit.page.input_value(f"#train-{name}") for name in ("units", "activation", "rate", "batch", "seed")
    }
    assert fields == {"units": "5, 4", "activation": "tanh", "rate": "0.25", "batch": "7", "seed": str(SEED)}
    assert visit.page.inner_text("#train-label").startswith("Epoch 0: training loss 0.")


def test_a_baseline_of_several_activations_keeps_them(tmp_path: Path, begun: Visit) -> None:
    page = visit_of(2, 2, tmp_path, begun, {"activation": ("tanh", "relu")}).page
    assert page.input_value("#train-activation") == "tanh, relu"
    of_both = epochs(page, 2)
    page.select_option("#train-activation", label="tanh")
    assert epochs(page, 2) != of_both


def test_a_baseline_that_is_too_large_for_a_page_is_said_to_be(tmp_path: Path, begun: Visit) -> None:
    visit = visit_of(2, 2, tmp_path, begun, {"hidden_units": (128,)})
    assert "from 1 to 100" in visit.page.inner_text("#train-fault")
    visit.page.click("#theme")  # which draws the chart anew, without a row
    write(visit.page, "units", "8")
    assert epochs(visit.page, 1).startswith("Epoch 1: ")
    assert all("Infinite extent" in complaint for complaint in visit.complaints)  # Vega's, of a chart without a row


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(visit: Visit) -> None:
    page = visit.page
    first = epochs(page, 3), picture(page, "#train-plane")
    page.click("#train-reset")
    assert page.inner_text("#train-label").startswith("Epoch 0: ")
    assert (epochs(page, 3), picture(page, "#train-plane")) == first
    page.reload()
    assert (epochs(page, 3), picture(page, "#train-plane")) == first
    write(page, "seed", "7")
    assert page.inner_text("#train-label").startswith("Epoch 0: ")
    assert epochs(page, 3) != first[0]


def test_the_loss_the_boundary_and_the_chart_move_by_the_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    shown = ("#train-plane", "#chart-train canvas")
    before, loss = [picture(page, name) for name in shown], loss_in(page.inner_text("#train-label"))
    page.focus("#train-play")
    page.keyboard.press("Enter")
    assert page.inner_text("#train-play") == "Pause"
    wait_for_epoch(page, 20)
    page.keyboard.press("Enter")
    assert page.inner_text("#train-play") == "Play"
    label = page.inner_text("#train-label")
    assert loss_in(label) < loss
    assert page.text_content("#train-spoken") == label.replace(" %", "\N{NO-BREAK SPACE}%")
    page.wait_for_timeout(200)  # until the chart has followed
    assert page.inner_text("#train-label") == label
    assert all(picture(page, name) != was for name, was in zip(shown, before, strict=True))


def test_a_paused_run_goes_on_where_it_was(visit: Visit) -> None:
    page = visit.page
    wanted = epochs(page, 4)
    page.click("#train-reset")
    page.click("#train-play")
    wait_for_epoch(page, 1)
    page.click("#train-play")
    reached = int(page.inner_text("#train-label").split(":")[0].split()[1])
    further = epochs(page, 2)
    assert further.startswith(f"Epoch {reached + 2}: ")
    page.click("#train-reset")
    assert epochs(page, 4) == wanted


@pytest.mark.parametrize("figure", FIGURES)
def test_points_can_be_drawn_too_and_are_learned(figure: str, visit: Visit) -> None:
    page = visit.page
    page.select_option("#train-points", value=figure)
    start = page.inner_text("#train-label")
    label = epochs(page, 5)
    assert loss_in(label) < loss_in(start)
    assert loss_in(label, "validation") < loss_in(start, "validation")


def test_three_classes_are_learned_by_a_softmax(tmp_path: Path, begun: Visit) -> None:
    visit = visit_of(2, 3, tmp_path, begun)
    start = loss_in(visit.page.inner_text("#train-label"))
    before = picture(visit.page, "#train-plane")
    visit.page.click("#train-play")
    wait_for_epoch(visit.page, 20)
    visit.page.click("#train-play")
    assert loss_in(visit.page.inner_text("#train-label")) < start
    assert picture(visit.page, "#train-plane") != before
    visit.page.select_option("#train-points", value="Two moons")
    assert loss_in(epochs(visit.page, 2)) < 0.75
    assert visit.complaints == []


def test_no_hidden_units_draw_a_straight_line(visit: Visit) -> None:
    write(visit.page, "units", "")
    assert visit.page.inner_text("#train-fault") == ""
    assert epochs(visit.page, 2).startswith("Epoch 2: ")


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("units", ", ".join(["1000"] * 10), "at most 8 whole numbers from 1 to 100"),
        ("units", "16, 0", "at most 8 whole numbers from 1 to 100"),
        ("units", "16; 4", "the field holds “16; 4”"),
        ("rate", "", "the field is empty"),
        ("rate", "NaN", "above 0, up to 100, such as 0.1; the field holds “NaN”"),
        ("rate", "-1", "above 0"),
        ("batch", "2.5", "a whole number from 1"),
        ("batch", "0", "a whole number from 1"),
        ("seed", "4294967296", "from 0 to 4294967295"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(field: str, text: str, words: str, visit: Visit) -> None:
    page = visit.page
    good = page.input_value(f"#train-{field}")
    write(page, field, text)
    assert words in page.inner_text("#train-fault")
    assert page.get_attribute(f"#train-{field}", "aria-invalid") == "true"
    assert all(page.is_disabled(f"#train-{name}") for name in ("play", "step", "reset"))
    write(page, field, good)
    assert page.inner_text("#train-fault") == ""
    assert page.get_attribute(f"#train-{field}", "aria-invalid") == "false"
    assert epochs(page, 1).startswith("Epoch 1: ")


def test_a_loss_that_is_no_number_ends_the_training_and_is_said(visit: Visit) -> None:
    page = visit.page
    page.select_option("#train-activation", label="exponential")
    write(page, "rate", "100")
    page.click("#train-play")
    page.wait_for_function("document.getElementById('train-label').textContent.includes('no number any more')")
    page.wait_for_function("document.getElementById('train-play').textContent === 'Play'")
    label = page.inner_text("#train-label")
    assert "diverged" in label
    assert "NaN" not in label
    assert "Infinity" not in label
    for name in ("play", "step"):
        page.click(f"#train-{name}")
        assert page.inner_text("#train-label") == label
    page.click("#train-reset")
    assert page.inner_text("#train-label").startswith("Epoch 0: ")


def test_a_loss_above_that_of_a_constant_answer_is_said_to_have_diverged(visit: Visit) -> None:
    write(visit.page, "rate", "100")
    assert "above that of a constant answer, 0.693" in epochs(visit.page, 5)  # ln 2, as half the points are of each


def test_points_of_other_than_two_columns_are_not_trained_on_and_the_page_says_so(tmp_path: Path, begun: Visit) -> None:
    visit = visit_of(4, 3, tmp_path, begun)
    assert "on points of two columns" in visit.page.inner_text("#train")
    assert "These have 4." in visit.page.inner_text("#train")
    assert visit.page.locator("#train button").count() == 0
    assert visit.complaints == []


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1280)])
def test_axe_finds_no_serious_fault_while_it_trains_or_refuses(
    scheme: Literal["light", "dark"], width: int, tmp_path: Path, begun: Visit
) -> None:
    page = visit_of(2, 3, tmp_path, begun, scheme=scheme, width=width).page
    page.click("#train-play")
    assert serious_faults(page) == []
    write(page, "rate", "fast")
    assert page.inner_text("#train-fault")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
