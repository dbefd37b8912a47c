"""The report's page on points of any number of columns and classes, in a real browser."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from stages.lib.core.points import Description, Points
from stages.lib.engine.networks.network import dense_network
from stages.lib.publish.classes import label_of
from stages.lib.publish.rendering import MOST_INPUTS, write_html, write_markdown
from tests.conftest import serious_faults
from tests.lib.publish.test_drawing import HOSTILE, described, some_points
from tests.test_report_in_browser import Visit, begin_visit, layers_of, picture, point_at, report_of, show

MAKE = Callable[..., tuple[Visit, keras.Sequential, Points, Description]]


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Visit:
    """A visit in which the pages of all tests are opened, one after the other."""
    return begin_visit(browser)


@pytest.fixture
def make(tmp_path: Path, visit: Visit) -> MAKE:
    """A visit to the page of a random network for points of some columns and classes."""

    def visited(
        columns: int,
        classes: int,
        /,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        **changed: Any,
    ) -> tuple[Visit, keras.Sequential, Points, Description]:
        network = dense_network(
            [4, 3], ["tanh", "relu"], keras.optimizers.SGD(), name="random", inputs=columns, classes=classes
        )
        random = np.random.default_rng(5)
        network.set_weights([random.normal(0, 0.8, weights.shape) for weights in network.get_weights()])
        points, description = some_points(columns, classes), described(columns, classes, **changed)
        shape = (classes, 9, 9) if classes > 2 else (9, 9)
        grids = {epoch: random.random(shape).astype(np.float32) for epoch in (0, 1)} if columns == 2 else None
        path = tmp_path / "index.html"
        report = report_of({"random": layers_of(network)}, points, description, tmp_path, grids)
        write_html(report, path)
        write_markdown(report, tmp_path / "report.md")
        show(visit, path, width=width, scheme=scheme)
        return visit, network, points, description

    return visited


def shares(page: Page) -> list[float]:
    return [float(text) for text in page.locator("#play-shares li b").all_inner_texts()]


def answers(network: keras.Sequential, place: list[float]) -> np.ndarray:
    return np.asarray(network(np.array([place], np.float32)))[0]


@pytest.mark.parametrize("classes", [3, 20])
def test_of_several_classes_the_plane_gives_the_probability_of_each(classes: int, make: MAKE) -> None:
    visit, network, _, description = make(2, classes)
    page = visit.page
    (left, right), (bottom, top) = description.limits
    for across, down in ((0.2, 0.3), (0.9, 0.6)):
        point_at(page, across, down)
        place = [float(page.input_value(f"#play-x{axis}")) for axis in (1, 2)]
        wanted = [left + across * (right - left), top - down * (top - bottom)]
        assert place == pytest.approx(wanted, abs=0.03)
        expected = answers(network, place)
        assert shares(page) == pytest.approx(expected.tolist(), abs=6e-4)
        assert page.inner_text("#play-class") == label_of(description, int(expected.argmax()))
    assert page.locator("#play-columns button[data-layer='3']").count() == classes
    assert visit.complaints == []


def test_a_plane_is_as_wide_and_high_as_its_axes_are_long(make: MAKE) -> None:
    page = make(2, 2, limits=((0.0, 4.0), (10.0, 12.0)))[0].page
    for name in ("learning", "play"):
        size = [page.get_attribute(f"#{name}-plane", side) for side in ("width", "height")]
        assert size == ["640", "320"]
    assert page.input_value("#play-x2") == "10.75"
    page.focus("#play-plane")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    assert float(page.input_value("#play-x2")) == pytest.approx(10.75 + 2 / 80, abs=1e-3)


def test_the_slider_shows_which_of_several_classes_wins(make: MAKE) -> None:
    page = make(2, 3)[0].page
    last = picture(page, "#learning-plane")
    page.focus("#learning-epoch")
    page.keyboard.press("Home")
    assert picture(page, "#learning-plane") != last
    assert page.inner_text("#learning-caption").count("kind ") == 3


@pytest.mark.parametrize(("columns", "classes"), [(1, 2), (10, 3), (MOST_INPUTS, 2)])
def test_without_a_plane_values_are_set_one_by_one_from_the_means_on(columns: int, classes: int, make: MAKE) -> None:
    mean, deviation = tuple(100.0 + i for i in range(columns)), tuple(10.0 + i for i in range(columns))
    visit, network, points, description = make(columns, classes, mean=mean, deviation=deviation)
    page = visit.page
    start = points.x.mean(axis=0, dtype=np.float64)

    def output() -> list[float]:
        return [float(page.inner_text("#play-output"))] if classes == 2 else shares(page)

    assert output() == pytest.approx(answers(network, start.tolist()).tolist(), abs=6e-4)
    page.locator(".play-input").last.fill(str(mean[-1] + 2 * deviation[-1]))  # as it is before standardising
    moved = [*start[:-1], 2.0]
    assert output() == pytest.approx(answers(network, moved).tolist(), abs=2e-3)
    page.click("#play-means")
    assert output() == pytest.approx(answers(network, start.tolist()).tolist(), abs=6e-4)
    assert page.locator("canvas.plane, #play-unit-picture").count() == 0
    assert description.features[-1] in page.locator(".inputs").inner_text()
    assert visit.complaints == []


def test_without_a_plane_a_unit_has_the_colour_of_its_answer_and_names_its_inputs(make: MAKE) -> None:
    page = make(5, 3)[0].page
    unit = page.locator("#play-columns button[data-layer='1'][data-unit='2']")
    unit.focus()
    chips = page.locator("#play-unit-weights li").all_inner_texts()
    assert [chip.rpartition(" ")[0] for chip in chips] == ["bias", *(f"column {i}" for i in range(5))]
    before = unit.evaluate("button => button.style.background")
    page.locator(".play-input").first.fill("3")
    assert unit.evaluate("button => button.style.background") != before
    unit.focus()
    names = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        names.append(page.inner_text("#play-unit-name"))
    assert names == ["hidden layer 2, unit 3", "kind C (class 2)", "kind C (class 2)"]


def test_networks_of_too_many_inputs_are_left_out_and_the_page_says_why(make: MAKE, tmp_path: Path) -> None:
    visit = make(MOST_INPUTS + 1, 10)[0]
    assert "have 41 inputs" in visit.page.inner_text("#playground")
    assert visit.page.locator("#play-choice").count() == 0
    assert visit.complaints == []
    assert "networks to play with" not in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.parametrize(("columns", "words"), [(1, "along their only column"), (3, "two principal components")])
def test_the_report_says_what_pictures_show_where_there_is_no_plane(
    columns: int, words: str, make: MAKE, tmp_path: Path
) -> None:
    page = make(columns, 2, mean=(0.0,) * columns, deviation=(1.0,) * columns)[0].page
    text = (tmp_path / "report.md").read_text("utf-8")
    for told in (page.inner_text(".lead"), text):
        assert words in told
        assert "Columns are standardised" in told
    for untrue in ("The plane", "the plane", "boundary", "ring", "the Y"):
        assert untrue not in page.inner_text("main").replace("string", "")


@pytest.mark.parametrize(
    ("columns", "classes", "scheme", "width"),
    [(2, 20, "dark", 375), (2, 20, "light", 1280), (30, 12, "light", 375), (30, 12, "dark", 1280)],
)
def test_axe_finds_no_serious_fault_and_nothing_scrolls_sideways(
    columns: int, classes: int, scheme: Literal["light", "dark"], width: int, make: MAKE
) -> None:
    page = make(columns, classes, width=width, scheme=scheme)[0].page
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("columns", "classes"), [(2, 2), (2, 3), (4, 2), (4, 3)])
def test_hostile_names_are_read_and_not_run(columns: int, classes: int, make: MAKE, tmp_path: Path) -> None:
    name = HOSTILE.replace("src=x", "src=x onerror=alert(1)")
    hostile = {
        "title": name,
        "about": name,
        "features": tuple(f"{i}{name}" for i in range(columns)),
        "classes": tuple(f"{i}{name}" for i in range(classes)),
    }
    visit = make(columns, classes, width=375, **hostile)[0]
    page = visit.page
    page.locator("#play-columns button[data-layer='3']").first.focus()
    assert visit.complaints == []
    assert page.locator("img[src='x']").count() == 0
    assert "onerror=alert(1)" in page.inner_text("h1")
    assert "onerror=alert(1)" in page.locator("#play-class").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert "<img" not in (tmp_path / "report.md").read_text("utf-8")


def test_the_text_shows_names_as_they_are_and_takes_none_for_markup(tmp_path: Path) -> None:
    about = "*a* & <b> | `c` by 2 columns of [d](e_f_.csv)"
    report = report_of({}, some_points(2, 2), replace(described(2, 2), about=about), tmp_path)
    write_markdown(report, tmp_path / "report.md")
    shown = r"\*a\* &amp; &lt;b&gt; \| \`c\` by 2 columns of \[d\](e\_f\_.csv)"
    assert f"Small networks learn to tell {shown}.\n" in (tmp_path / "report.md").read_text("utf-8")


def test_a_description_of_the_plane_as_it_is_needs_no_notes(tmp_path: Path) -> None:
    report = report_of({}, some_points(2, 2), described(2, 2), tmp_path)
    assert report.notes == ""
    standardised = replace(described(2, 2), mean=(0.0, 0.0), deviation=(1.0, 1.0))
    assert report_of({}, some_points(2, 2), standardised, tmp_path).notes.startswith("Columns are standardised")
