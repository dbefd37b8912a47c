"""The report's page in a real browser, opened from disk as a reader would."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from stages.lib.analysis.chapter import Chapter
from stages.lib.core.places import Places
from stages.lib.core.plan import Initializer, Optimizer, Recipe
from stages.lib.core.points import Description, Points
from stages.lib.engine.networks.network import dense_network
from stages.lib.publish.rendering import Layer, Learning, Picture, Question, Report, write_html
from stages.params.network import Activation
from tests.conftest import SEED, copy_of_study, serious_faults
from tests.test_report import HOSTILE, hostile_report, write_report

LIMIT = 2.0
PLACES = [(0.5, 0.5), (0.1, 0.2), (0.93, 0.35), (0.27, 0.81)]  # shares of the picture, from its upper left corner
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)


@dataclass
class Visit:
    """A page, with all that it asked for and complained of while it was open."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Path:
    """The page of a study in which one learning rate has no loss, as if all its runs had diverged."""
    study = copy_of_study(built, tmp_path_factory.mktemp("report") / "study")
    table = pd.read_csv(study.table("lr_sweep", "variants"))
    table.loc[len(table) - 1, "val_loss_mean"] = np.nan
    table.to_csv(study.table("lr_sweep", "variants"), index=False)
    write_report(study)
    return study.page


@pytest.fixture(scope="module")
def desktop(browser: Browser, report: Path) -> Page:
    """That page, opened in the dark, for all tests that leave it as it can be read on."""
    return open_page(browser, report, scheme="dark").page


@pytest.fixture(scope="module")
def phone(browser: Browser, report: Path) -> Page:
    return open_page(browser, report, width=375, touch=True).page


@pytest.fixture(scope="module")
def networks() -> dict[str, keras.Sequential]:
    """A network for each activation, of two hidden layers with random weights and biases, negative ones too."""
    made: dict[str, keras.Sequential] = {}
    for seed, name in enumerate(ACTIVATIONS):
        made[name] = dense_network([5, 4], name, keras.optimizers.SGD(), name="random")
        random = np.random.default_rng(seed)
        made[name].set_weights([random.normal(0, 0.8, weights.shape) for weights in made[name].get_weights()])
    return made


@pytest.fixture(scope="module")
def playground(
    tmp_path_factory: pytest.TempPathFactory, networks: dict[str, keras.Sequential], browser: Browser
) -> Page:
    """A page on which each of the networks can be picked, and some that no page can play with."""
    layers = {name: layers_of(network) for name, network in networks.items()}
    one = np.ones((2, 1), np.float32)
    layers["unknown"] = [Layer("glu", one, one[0])]
    layers["diverged"] = [Layer("sigmoid", one * np.nan, one[0])]
    layers["line"] = [Layer("sigmoid", np.array([[1], [-2]], np.float32), np.array([0.5], np.float32))]
    path = tmp_path_factory.mktemp("playground") / "index.html"
    write_networks(layers, path)
    return open_page(browser, path).page


def layers_of(network: keras.Sequential) -> list[Layer]:
    return [Layer(layer.get_config()["activation"], *layer.get_weights()) for layer in network.layers]


def write_networks(layers: dict[str, list[Layer]], path: Path) -> None:
    points = Points(np.array([[1, 0.5], [0.1, -0.3]], np.float32), np.array([[0], [1]], np.float32))
    description = Description(
        title="Two points",
        about="one point from the other",
        features=("x1", "x2"),
        classes=("ring", "Y"),
        article="the ",
        limits=((-LIMIT, LIMIT), (-LIMIT, LIMIT)),
        rows=2,
    )
    grids = {0: np.zeros((3, 3), np.float32), 1: np.ones((3, 3), np.float32)}
    write_html(report_of(layers, points, description, path.parent, grids), path)


def report_of(
    layers: dict[str, list[Layer]],
    points: Points,
    description: Description,
    folder: Path,
    grids: dict[int, np.ndarray] | None = None,
) -> Report:
    """A report of networks, which of other charts and tables has none."""
    questions = [
        Question(Chapter(1, name, f"{name}?", "", name, (), ""), {}, layers=tuple(network))
        for name, network in layers.items()
    ]
    Image.new("RGB", (40, 30), "white").save(folder / "data.png")
    curves = pd.DataFrame({"epoch": [1], "val_accuracy": [0.5]})
    learning = Learning(grids, curves, recipe_for(description), SEED, points) if grids else None
    return Report(questions, points, description, Picture(folder / "data.png", "The training points."), learning)


def recipe_for(description: Description) -> Recipe:
    return Recipe(
        hidden_units=(5, 4),
        activation="tanh",
        kernel_initializer=Initializer("he_normal"),
        optimizer=Optimizer("adam"),
        learning_rate=0.25,
        batch_size=7,
        epochs=1,
        inputs=len(description.features),
        classes=len(description.classes),
    )


def open_page(browser: Browser, path: Path, *, touch: bool = False, **options: Any) -> Visit:
    visit = begin_visit(browser, touch=touch)
    show(visit, path, **options)
    return visit


def begin_visit(browser: Browser, *, touch: bool = False) -> Visit:
    """A visit whose page is empty as yet."""
    visit = Visit(browser.new_page(has_touch=touch, reduced_motion="reduce"))
    visit.page.set_default_timeout(10_000)
    visit.page.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("console", lambda message: visit.complaints.append(message.text))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on("dialog", lambda dialog: visit.complaints.append(dialog.message))
    visit.page.on("dialog", lambda dialog: dialog.dismiss())
    return visit


def show(visit: Visit, path: Path, *, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> None:
    """Opens a file in place of what was open, and waits for its charts."""
    visit.page.goto("about:blank")  # what was open is heard no more
    visit.requests.clear()
    visit.complaints.clear()
    visit.page.mouse.move(0, 0)  # where nothing answers to it
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.goto(path.as_uri())
    visit.page.wait_for_selector("html[data-ready]", state="attached")
    visit.page.wait_for_function(
        "document.querySelectorAll('.chart canvas').length === document.querySelectorAll('.chart').length"
    )


def reading(page: Page) -> tuple[np.ndarray, float]:
    """The place that is asked about, shape (1, 2), and the output that the page shows for it."""
    place = [float(page.input_value(f"#play-{axis}")) for axis in ("x1", "x2")]
    return np.array([place], np.float32), float(page.inner_text("#play-output"))


def point_at(page: Page, across: float, down: float, selector: str = "#play-plane") -> None:
    seen = "part => (part.scrollIntoView({ block: 'nearest' }), part.getBoundingClientRect().toJSON())"
    box = page.eval_on_selector(selector, seen)
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])


def picture(page: Page, selector: str) -> str:
    return str(page.eval_on_selector(selector, "canvas => canvas.toDataURL()"))


def test_the_page_opens_from_disk_without_the_network_and_without_complaint(browser: Browser, report: Path) -> None:
    visit = open_page(browser, report)
    charts = visit.page.eval_on_selector_all(".chart", "all => all.map(({ id }) => id)")
    visit.page.eval_on_selector_all(".chart canvas", "all => all.forEach((canvas) => (canvas.className = 'earlier'))")
    visit.page.click("#theme")
    visit.page.wait_for_selector("canvas.earlier", state="detached")
    for chart in charts:
        point_at(visit.page, 0.5, 0.5, f"#{chart}")
    assert [url for url in visit.requests if not url.startswith("data:")] == [report.as_uri()]
    assert visit.complaints == []


def brightest(page: Page, chart: str, rows: int) -> int:
    """The lightest colour, 0 to 255, of so many rows of pixels at the top of a chart."""
    script = "(canvas, rows) => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, rows).data]"
    colours: list[int] = page.eval_on_selector(f"#chart-{chart} canvas", script, rows)
    return max(colour for place, colour in enumerate(colours) if place % 4 < 3)


def test_the_map_of_sizes_has_the_whole_row_and_its_names_can_be_read_in_the_dark(desktop: Page) -> None:
    row = desktop.locator("#network_sweep .charts").bounding_box()
    place = desktop.locator("#chart-network_sweep-0").bounding_box()
    assert row
    assert place
    assert place["width"] == row["width"]
    assert brightest(desktop, "network_sweep-0", rows=14) > 200


def tooltip_of(page: Page, chart: str) -> str:
    """What is said of the first thing that the pointer meets on its way down the right end of a chart."""
    canvas = page.locator(f"#chart-{chart} canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(0, 0)
    tooltip = page.locator("#vg-tooltip-element.visible")
    for across, down in itertools.product((6, 12, 18), range(4, 272, 4)):  # the last epoch is at the right end
        page.mouse.move(box["x"] + box["width"] - across, box["y"] + down)
        if tooltip.count():
            break
    text = tooltip.inner_text()
    assert "undefined" not in text
    return text


def test_a_curve_has_a_tooltip_and_its_legend_singles_it_out(desktop: Page) -> None:
    assert "points" in tooltip_of(desktop, "baseline-0")
    assert "learning rate" in tooltip_of(desktop, "lr_sweep-1")
    assert "kernel initializer" in tooltip_of(desktop, "initializer_sweep-1")
    assert "different units" in tooltip_of(desktop, "initializer_sweep-why-0")
    chart = desktop.locator("#chart-baseline-0")
    chart.scroll_into_view_if_needed()
    desktop.mouse.move(0, 0)
    before = picture(desktop, "#chart-baseline-0 canvas")
    box = chart.locator("canvas").bounding_box()
    assert box
    desktop.mouse.click(box["x"] + 60, box["y"] + box["height"] - 8)
    desktop.mouse.move(0, 0)
    desktop.wait_for_timeout(200)
    assert picture(desktop, "#chart-baseline-0 canvas") != before


def test_the_slider_moves_the_picture(desktop: Page) -> None:
    pictures = [picture(desktop, "#learning-plane")]
    desktop.focus("#learning-epoch")
    for key, epoch in (("ArrowLeft", 1), ("Home", 0)):
        desktop.keyboard.press(key)
        assert desktop.inner_text("#learning-label").startswith(f"Epoch {epoch}: ")
        pictures.append(picture(desktop, "#learning-plane"))
    assert len(set(pictures)) == 3
    desktop.click("#learning-play")
    desktop.wait_for_function("document.getElementById('learning-label').textContent.startsWith('Epoch 4: ')")
    assert picture(desktop, "#learning-plane") == pictures[0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_output_under_the_pointer_is_keras_s(
    activation: Activation, playground: Page, networks: dict[str, keras.Sequential]
) -> None:
    network = networks[activation]
    playground.select_option("#play-choice", label=activation)
    seen = set()
    for across, down in PLACES:
        point_at(playground, across, down)
        place, output = reading(playground)
        expected = [(2 * across - 1) * LIMIT, (1 - 2 * down) * LIMIT]
        assert place[0] == pytest.approx(expected, abs=0.02)
        assert output == pytest.approx(float(network(place)[0, 0]), abs=1e-5)
        seen.add(output)
    assert len(seen) > 1


def test_keys_and_numbers_ask_too(playground: Page) -> None:
    playground.select_option("#play-choice", label="line")
    playground.fill("#play-x1", "1")
    playground.fill("#play-x2", "0.25")
    assert reading(playground)[1] == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-6)
    playground.focus("#play-plane")
    playground.keyboard.press("ArrowRight")
    playground.keyboard.press("Shift+ArrowUp")
    assert reading(playground)[0][0] == pytest.approx([1.05, 0.5])
    playground.wait_for_function("document.getElementById('play-spoken').textContent.includes('Y (class 1)')")


def test_a_tap_asks_on_a_phone(phone: Page) -> None:
    phone.locator("#play-plane").tap(position={"x": 5, "y": 5})
    assert reading(phone)[0][0] == pytest.approx([-LIMIT, LIMIT], abs=0.1)


def test_a_unit_shows_its_weights_and_what_it_sees(playground: Page, networks: dict[str, keras.Sequential]) -> None:
    playground.select_option("#play-choice", label="tanh")
    kernel, bias = networks["tanh"].get_weights()[:2]
    playground.locator("#play-columns button[data-layer='1'][data-unit='2']").focus()
    assert playground.inner_text("#play-unit-name") == "hidden layer 1, unit 3"
    chips = playground.locator("#play-unit-weights li b").all_inner_texts()
    shown = [float(text.replace("\N{MINUS SIGN}", "-")) for text in chips]
    assert shown == pytest.approx([bias[2], kernel[0, 2], kernel[1, 2]], rel=5e-3)
    first = picture(playground, "#play-unit-picture")
    playground.locator("#play-columns button[data-layer='2'][data-unit='0']").hover()
    assert playground.locator("#play-unit-weights li").count() == 1 + 5
    assert picture(playground, "#play-unit-picture") != first
    assert playground.locator("#play-links path.chosen").count() == 5


def test_the_arrow_keys_go_from_unit_to_unit(playground: Page) -> None:
    for name in ("line", "tanh"):  # a pick begins at the first unit
        playground.select_option("#play-choice", label=name)
    assert playground.locator("#play-columns button[tabindex='0']").count() == 1
    playground.locator("#play-columns button[tabindex='0']").focus()
    names = []
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp"):
        playground.keyboard.press(key)
        names.append(playground.inner_text("#play-unit-name"))
    deeper = ["hidden layer 1, unit 2", "hidden layer 2, unit 2", "output", "output"]
    assert names == [*deeper, "hidden layer 2, unit 1", "hidden layer 2, unit 1"]


@pytest.mark.parametrize(("name", "reason"), [("unknown", "activation glu"), ("diverged", "no numbers")])
def test_what_the_page_can_not_compute_is_said(name: str, reason: str, playground: Page) -> None:
    playground.select_option("#play-choice", label=name)
    assert reason in playground.inner_text("#play-about")
    assert playground.locator("#play-stage").is_hidden()
    playground.select_option("#play-choice", label="line")
    assert playground.locator("#play-stage").is_visible()


def test_a_table_sorts_by_the_column_whose_heading_is_pressed(desktop: Page) -> None:
    table = desktop.locator("#lr_sweep table")
    loss = table.locator("th").nth(1)
    rates = []
    for order in ("ascending", "descending"):
        loss.locator("button").press("Enter")
        assert loss.get_attribute("aria-sort") == order
        rates.append(table.locator("tbody td:first-child").all_inner_texts())
    *rising, last = rates[0]
    assert len(rising) == 14
    assert rates[1] == [*reversed(rising), last]
    assert last == "10"  # the one without a loss is last both times
    table.locator("th button").nth(0).click()
    assert loss.get_attribute("aria-sort") is None
    by_rate = [float(rate) for rate in table.locator("tbody td:first-child").all_inner_texts()]
    assert by_rate == sorted(by_rate)


def test_a_narrow_page_does_not_scroll_sideways(phone: Page) -> None:
    phone.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    for width in (375, 320, 768, 375):
        phone.set_viewport_size({"width": width, "height": 900})
        phone.wait_for_timeout(100)  # until the charts have followed
        assert phone.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize(("scheme", "pressed"), [("light", "false"), ("dark", "true")])
def test_axe_finds_no_serious_fault(
    scheme: Literal["light", "dark"], pressed: str, device: str, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_selector(f"#theme[aria-pressed={pressed}]")  # the page has followed the reader's system
    assert serious_faults(page) == []


def test_the_theme_can_be_switched(playground: Page) -> None:
    colours = []
    for pressed in ("false", "true", "false"):
        assert playground.get_attribute("#theme", "aria-pressed") == pressed
        colours.append(playground.evaluate("getComputedStyle(document.body).backgroundColor"))
        playground.click("#theme")
    assert colours[0] == colours[2] != colours[1]


def test_hostile_text_is_read_and_not_run(browser: Browser, study: Places) -> None:
    hostile_report(study)
    visit = open_page(browser, study.page)
    assert visit.complaints == []
    assert visit.page.locator("img[src='x']").count() == 0
    assert HOSTILE in visit.page.locator("#initializer_sweep table").inner_text()
    assert HOSTILE in visit.page.locator("#play-choice option").nth(2).inner_text()
