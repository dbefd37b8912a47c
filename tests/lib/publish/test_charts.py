"""The charts, drawn by DVC and by Vega-Lite from tables that are real or made for one case."""

import json
import math
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
import vl_convert
import yaml
from playwright.sync_api import Browser

from stages.lib.analysis.chapter import Chart
from stages.lib.analysis.page import Page, SweepPage, pages
from stages.lib.publish.charts import drawn
from stages.lib.publish.encodings import MIXED, PALETTES, look
from stages.lib.publish.specs import REVISIONS, columns_of, numbers_of
from stages.params.network import Activation
from tests.measured import GIVEN
from tools.plots import charts_of, main, templates

ROOT = Path(__file__).parents[3]
TEMPLATES = {name: json.loads(text) for name, text in templates().items()}
PLOTS = [re.sub(r"_([a-z]+)\.json$", r"/\1.csv", name) for name in TEMPLATES]
OLDEST = "5.8"  # of the versions that are at hand; DVC's own page has 5.2
ASKED = {1: ["workspace"], 2: ["HEAD~1", "HEAD"], 3: ["HEAD~2", "HEAD~1", "HEAD"]}
REASONS = [
    (page, kind)
    for page in pages()
    if isinstance(page, SweepPage)
    for kind in page.reasons(pd.read_csv(ROOT / f"plots/{page.stage}/variants.csv"), GIVEN)
]
GROUNDS = {"light": "#fbfaf7", "dark": "#15191d"}  # --ground of report.css
RATES = [10.0**power * step for power in range(-6, 1) for step in (1, 3)] + [10.0]


def svg_of(spec: Mapping[str, Any], **top: Any) -> str:
    return vl_convert.vegalite_to_svg({**spec, **top}, vl_version=OLDEST)


def draw(chart: Chart, rows: list[dict[str, Any]], number: int = 0) -> str:
    """The chart's picture of that number as SVG, in the light."""
    config = {"range": look("light")}
    return svg_of(drawn(chart)[number].spec, data={"values": rows}, width=400, height=300, config=config)


def marks(svg: str, *, role: str) -> list[dict[str, str]]:
    """The attributes of each mark that a reader sees, with its description for those who don't."""
    found = re.findall(r"<path ([^>]*)/>", svg)
    attributes = [dict(re.findall(r'([\w-]+)="([^"]*)"', text)) for text in found]
    return [mark for mark in attributes if mark.get("aria-roledescription") == role]


def texts(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", svg)


def styles(svg: str, key: str) -> dict[str, tuple[str, str]]:
    """The colour and the dash of each line, by the variant that it describes."""
    lines = marks(svg, role="line mark")
    named = [(re.search(rf"{key}: ([^;]+)", line["aria-label"]), line) for line in lines]
    return {found[1]: (line["stroke"], line.get("stroke-dasharray", "")) for found, line in named if found}


def learning(key: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """A row of a sweep's curves for each of two epochs of each variant."""
    figures = {f"{metric}{part}": 0.5 for metric in ("val_loss", "val_accuracy") for part in ("", "_min", "_max")}
    return [{key: value, "epoch": epoch, **figures} for value in values for epoch in (1, 2)]


def ends(key: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """A row of a sweep's variants for each, the next one with twice the loss of the last."""
    return [
        {key: value, "val_loss_mean": 2.0**i, "val_loss_min": 2.0**i / 2, "val_loss_max": 2.0**i * 2, "diverged": 0}
        for i, value in enumerate(values)
    ]


# What is in git is what follows from the pages.


def test_the_templates_in_git_are_those_that_the_tool_writes() -> None:
    committed = {path.name: path.read_text("utf-8") for path in (ROOT / ".dvc/plots").iterdir()}
    assert sorted(committed) == sorted(templates()), "run `make plots`"
    changed = [name for name, text in templates().items() if committed[name] != text]
    assert changed == [], "run `make plots`"


def test_the_tool_removes_what_no_page_draws(tmp_path: Path) -> None:
    (tmp_path / "gone_sweep_curves.json").write_text("{}", "utf-8")
    main(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(TEMPLATES)


def test_dvc_yaml_names_for_each_table_its_template_and_no_more() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"].values()
    plots = {path: says for stage in stages for entry in stage.get("plots", []) for path, says in entry.items()}
    tables = {path: says for path, says in plots.items() if path.endswith(".csv")}
    expected = {f"plots/{plot}": {"cache": False, "template": plot[:-4].replace("/", "_")} for plot in PLOTS}
    assert tables == expected


@pytest.mark.parametrize("page", [page for page in pages() if page.key], ids=lambda page: page.stage)
def test_a_page_whose_variants_have_names_knows_them_all(page: Page) -> None:
    for chart in charts_of(page):
        shown = pd.read_csv(ROOT / f"plots/{page.stage}/{chart.table}.csv")[page.key]
        if page.names:
            assert set(shown) <= set(page.names)
        else:
            assert pd.api.types.is_numeric_dtype(shown)


@pytest.mark.parametrize("plot", PLOTS)
def test_a_template_parses_the_columns_that_hold_numbers_and_no_others(plot: str) -> None:
    template = TEMPLATES[plot[:-4].replace("/", "_") + ".json"]
    table = pd.read_csv(ROOT / "plots" / plot)
    shown = set().union(*map(columns_of, template["concat"])) - MIXED
    numbers = {str(name) for name in table.select_dtypes("number")} & shown
    assert numbers
    assert template["data"]["format"]["parse"] == dict.fromkeys(sorted(numbers), "number")


# What DVC makes of them, in a repository of three commits whose losses differ.


@pytest.fixture(
    scope="module",
    params=[pytest.param(10, id="each tenth epoch"), pytest.param(1, id="each epoch", marks=pytest.mark.long)],
)
def shown(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[int, dict[str, dict[str, Any]]]:
    """What `dvc plots diff` hands to Vega-Lite of each plot, by the number of revisions that are compared."""
    folder = tmp_path_factory.mktemp("plots")
    git = ("git", "-c", "user.name=A Reader", "-c", "user.email=reader@example.org")
    subprocess.run([*git, "init", "--quiet", str(folder)], check=True)
    for name in ("plots", ".dvc/plots"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.png", ".gitignore"))
    (folder / ".dvc/config").write_text("[core]\n    analytics = false\n    check_update = false\n", "utf-8")
    entries = [{f"plots/{plot}": {"template": plot[:-4].replace("/", "_")}} for plot in PLOTS]
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"plots": entries}), "utf-8")
    for path in folder.glob("plots/*/curves.csv"):
        curves = pd.read_csv(path)
        epochs = curves["epoch"].unique()[:: -request.param]  # with the last one
        curves[curves["epoch"].isin(epochs)].to_csv(path, index=False)
    for times in (1, 2, 2):
        for path in folder.glob("plots/*/*.csv"):
            table = pd.read_csv(path)
            losses = [name for name in map(str, table) if "loss" in name]
            table.assign(**(table[losses] * times)).to_csv(path, index=False)
        subprocess.run([*git, "add", "--all"], cwd=folder, check=True)
        message = f"Make losses {times} times as large"
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", message], cwd=folder, check=True)
    return {count: plots_of(folder, *revisions) for count, revisions in ASKED.items()}


def plots_of(folder: Path, *revisions: str) -> dict[str, dict[str, Any]]:
    asked = ["diff", *revisions] if len(revisions) > 1 else ["show"]
    command = ["dvc", "plots", *asked, "--json"]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    data = json.loads(text)["data"]
    return {
        name.removeprefix("dvc.yaml::").removeprefix("plots/"): entries[0]["content"] for name, entries in data.items()
    }


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("plot", PLOTS)
def test_dvc_draws_each_table_of_one_revision_and_of_several(
    plot: str, count: int, shown: dict[int, dict[str, dict[str, Any]]]
) -> None:
    spec = shown[count][plot]
    assert "<DVC_METRIC" not in json.dumps(spec)
    svg = svg_of(spec)
    assert set(texts(svg)) >= set(ASKED[count])
    assert "NaN" not in svg
    roles = ("line mark", "point", "rect mark")
    assert sum(len(marks(svg, role=role)) for role in roles) > 3 * count
    assert vl_convert.vegalite_to_svg({name: part for name, part in spec.items() if name != "$schema"})  # the newest


def test_learning_curves_of_revisions_lie_over_each_other(shown: dict[int, dict[str, dict[str, Any]]]) -> None:
    lines = marks(svg_of(shown[3]["baseline/curves.csv"]), role="line mark")
    seen = {
        (re.findall(r"revision: ([^;]+)", line["aria-label"])[0], line["stroke"], line["stroke-dasharray"])
        for line in lines
    }
    colours = dict(zip(ASKED[3], REVISIONS, strict=False))
    assert seen == {(revision, colours[revision], dash) for revision in ASKED[3] for dash in ("1,0", "7,3")}


def test_where_colours_tell_variants_the_revisions_stand_in_rows_as_they_were_asked_for(
    shown: dict[int, dict[str, dict[str, Any]]],
) -> None:
    svg = svg_of(shown[3]["optimizer_sweep/rates.csv"])
    rows = [text for text in texts(svg) if text in ASKED[3]]
    assert rows == ASKED[3]
    sweep = styles(svg, "optimizer")
    colours = {stroke for stroke, _ in sweep.values()}
    assert colours <= set(PALETTES["light"])


def test_the_best_size_is_chosen_for_each_revision() -> None:
    """Of each activation the one with the least loss after the last epoch; its losses are then in the tooltips."""
    rows = [
        {"rev": rev, "activation": "relu", "depth": 1, "width": width, "epoch": epoch, "val_loss": loss}
        for rev, width, losses in (("a", 2, (1, 0.2)), ("a", 4, (0.1, 0.5)), ("b", 2, (1, 0.4)), ("b", 4, (1, 0.3)))
        for epoch, loss in enumerate(losses, start=1)
    ]
    for row in rows:
        row |= {f"val_{name}": row["val_loss"] for name in ("loss_min", "loss_max")}
    chart = Chart("curves_of_best_sizes", "activation", get_args(Activation))
    points = marks(draw(chart, rows), role="point")
    found = [re.findall(r"width: (\d+).*?mean: ([\d.]+)", point["aria-label"])[0] for point in points]
    assert sorted(found) == [("2", "0.2"), ("2", "1"), ("4", "0.3"), ("4", "1")]


# Variants at 0, and axes.


@pytest.mark.parametrize(
    ("key", "values"),
    [("l2", [0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2]), ("momentum", [0.9, 0, 0.5, 0.99]), ("batch_size", [8, 1209])],
)
def test_each_number_has_a_place_and_a_tick_by_its_size_also_0(key: str, values: list[float]) -> None:
    svg = draw(Chart("variants", key), ends(key, values))
    found = {
        float(re.findall(rf"{key.replace('_', ' ')}: ([^;]+)", point["aria-label"])[0]): float(
            re.findall(r"translate\(([\d.]+),", point["transform"])[0]
        )
        for point in marks(svg, role="point")
    }
    assert sorted(found) == sorted(values)
    places = [found[value] for value in sorted(found)]
    assert all(after - before > 15 for before, after in pairwise(places))
    assert places[0] >= 0
    assert places[-1] <= 400
    assert {float(text) for text in texts(svg)[: len(values)]} == set(values)


def test_decades_are_evenly_spaced_above_0() -> None:
    values = [0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2]
    points = marks(draw(Chart("variants", "l2"), ends("l2", values)), role="point")
    _, *places = sorted(float(re.findall(r"translate\(([\d.]+),", point["transform"])[0]) for point in points)
    steps = [after - before for before, after in pairwise(places)]
    assert max(steps) / min(steps) < 1.05


@pytest.mark.parametrize("key", ["l2", "momentum"])
def test_a_variant_at_0_has_a_curve_and_stands_in_the_legend(key: str) -> None:
    svg = draw(Chart("curves", key), learning(key, [0, 0.01, 0.1]))
    assert set(styles(svg, words := key.replace("_", " "))) == {"0", "0.01", "0.1"}
    legend = texts(svg)
    assert legend[legend.index(words) :][1:4] == ["0", "0.01", "0.1"] or legend[-4:-1] == ["0", "0.01", "0.1"]


def test_values_of_any_kind_stand_in_the_order_of_the_rows_and_are_not_parsed() -> None:
    for values in (["relu", "tanh", "[16, 16]"], ["64", "8", "128"]):
        chart = Chart("variants", "value")
        svg = draw(chart, ends("value", values))
        assert [text for text in texts(svg) if text in values] == values
        assert "value" not in numbers_of(drawn(chart)[0].spec)
        found = styles(draw(Chart("curves", "value"), learning("value", values)), "value")
        assert len(set(found.values())) == len(found) == 3


# Colours.


@pytest.mark.parametrize("names", [page.names for page in pages() if page.names])
def test_all_names_that_a_page_knows_are_told_apart(names: tuple[str, ...]) -> None:
    found = styles(draw(Chart("curves", "name", names), learning("name", names)), "name")
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names) >= 13


def test_fifteen_learning_rates_are_told_apart_and_neighbours_differ_in_their_dash() -> None:
    found = styles(draw(Chart("curves", "learning_rate"), learning("learning_rate", RATES)), "learning rate")
    assert len(found) == len(set(found.values())) == 15
    assert all(before[1] != after[1] for before, after in pairwise(found.values()))


@pytest.mark.parametrize(
    ("key", "names", "few", "others"),
    [
        ("activation", get_args(Activation), ["tanh", "relu"], ["elu", "tanh", "sigmoid", "relu", "linear"]),
        ("learning_rate", (), [0.1, 0.03], [1e-6, 0.03, 0.1, 10]),
        ("batch_size", (), [8, 32], [1, 8, 32, 1209]),
    ],
)
def test_a_variant_has_the_same_colour_and_dash_whichever_others_are_shown(
    key: str, names: tuple[str, ...], few: list[Any], others: list[Any]
) -> None:
    chart = Chart("curves", key, names)
    here, there = (styles(draw(chart, learning(key, values)), key.replace("_", " ")) for values in (few, others))
    assert set(here) == {f"{value:g}" if not names else value for value in few}
    assert here == {name: there[name] for name in here}


def test_a_legend_has_what_is_shown_in_the_order_of_the_rows() -> None:
    svg = draw(Chart("curves", "activation", get_args(Activation)), learning("activation", ["tanh", "elu", "relu"]))
    assert [text for text in texts(svg) if text in get_args(Activation)] == ["tanh", "elu", "relu"]


def test_names_that_a_user_has_added_get_looks_of_their_own_after_those_that_are_known() -> None:
    known, own = [f"known_{i}" for i in range(15)], [f"own_{i} stddev=0.{i}" for i in range(30)]
    chart = Chart("curves", "name", tuple(known))
    found = styles(draw(chart, learning("name", [*reversed(own), *known[7:]])), "name")
    assert len(found) == len(set(found.values())) == 30 + 8
    all_known = styles(draw(chart, learning("name", known)), "name")
    assert {name: found[name] for name in known[7:]} == {name: all_known[name] for name in known[7:]}


def test_a_name_that_is_not_known_stands_in_the_legend_and_is_told_apart_by_its_shape_too() -> None:
    rows = [row | {"parameters": 9, "hidden_units": "3"} for row in ends("activation", ["tanh", "new", "newer"])]
    svg = draw(Chart("success", "activation", ("relu", "tanh")), [row | {"share": 0.5} for row in rows])
    assert [text for text in texts(svg) if text in ("relu", "tanh", "new", "newer")] == ["tanh", "new", "newer"]
    found = {(mark["fill"], re.sub(r"[\d.,-]+", "", mark["d"])) for mark in marks(svg, role="point")}
    assert len(found) == 3


@pytest.mark.parametrize("theme", GROUNDS)
def test_colours_stand_out_from_the_page(theme: str) -> None:
    """By 3 to 1, as WCAG 2.2 asks of graphics (1.4.11)."""
    ground = luminance(GROUNDS[theme])
    for colour in PALETTES[theme]:
        lighter, darker = sorted((luminance(colour), ground), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3, colour


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_both_themes_have_as_many_colours_that_all_differ() -> None:
    assert len(set(PALETTES["light"])) == len(set(PALETTES["dark"])) == len(PALETTES["light"]) == 10


# What a reader can do.


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stage)
def test_each_chart_has_a_title_a_description_and_tooltips(page: Page) -> None:
    for chart in charts_of(page):
        assert chart.title
        assert chart.description.endswith(".")
        assert '"tooltip"' in json.dumps(chart.spec)


@pytest.mark.parametrize(("page", "kind"), REASONS, ids=lambda value: value if isinstance(value, str) else value.stage)
def test_the_chart_of_a_reason_shows_what_its_table_has(page: Page, kind: str) -> None:
    """Of the table it is given what it says that it reads, as in the report's page."""
    chart = Chart(kind, page.key, page.names)
    (picture,) = drawn(chart)[:1]
    table = pd.read_csv(ROOT / f"plots/{page.stage}/{picture.table}.csv")
    rows = json.loads(table[sorted(columns_of(picture.spec))].to_json(orient="records"))
    svg = draw(chart, rows)
    assert any(marks(svg, role=shape) for shape in ("point", "bar", "line mark", "circle"))


def test_the_title_of_a_figure_keeps_its_capitals() -> None:
    (chart,) = drawn(Chart("epochs_to_sgd", "optimizer", ("adam", "sgd")))
    assert chart.title == "Epochs to the final loss of plain SGD"


def test_a_gradient_of_0_has_no_mark_as_it_has_no_logarithm() -> None:
    rows = [{"activation": "tanh", "depth": depth, "first_gradient": ratio} for depth, ratio in ((1, 0.5), (2, 0.0))]
    svg = draw(Chart("first_gradient", "activation", ("tanh", "relu")), rows)
    (mark,) = marks(svg, role="point")
    assert mark["aria-label"].startswith("hidden layers: 1; gradient, first / output layer: 0.5")


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [
        ("lr_sweep_curves", "learning_rate", [0.1, 1]),
        ("optimizer_sweep_curves", "optimizer", ["sgd", "adam"]),
        ("network_sweep_curves", "activation", ["relu", "tanh"]),
    ],
)
def test_a_click_on_a_legend_singles_out_in_all_panels(
    name: str, key: str, values: list[Any], browser: Browser
) -> None:
    rows = [{"rev": rev, **row} for rev in ("HEAD", "workspace") for row in learning(key, values)]
    template = TEMPLATES[f"{name}.json"]
    spec = {part: template[part] for part in template if part != "$schema"} | {"data": {"values": rows}}
    page = browser.new_page()
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    page.set_content(f'<div id="chart"></div><script type="module">{script}</script>')
    page.wait_for_function("typeof window.vegaEmbed === 'function'")
    options = {"mode": "vega-lite", "renderer": "svg", "actions": False}
    page.evaluate("async ([spec, options]) => void (await vegaEmbed('#chart', spec, options))", [spec, options])
    lines = "[...document.querySelectorAll('.mark-line.role-mark path')]"
    read = f"{lines}.map((line) => [line.getAttribute('opacity'), line.getAttribute('aria-label')])"
    assert {opacity for opacity, _ in page.evaluate(read)} == {"1"}
    page.locator(".role-legend-label text").first.click()
    page.wait_for_function("document.querySelector('.mark-line.role-mark path[opacity=\"0.08\"]')")
    alone = [label for opacity, label in page.evaluate(read) if opacity == "1"]
    assert len(alone) == 2 * len(spec["concat"])  # of both revisions
    assert all(re.search(rf"{key.replace('_', ' ')}: {values[0]}", label) for label in alone)


@pytest.mark.parametrize("kind", ["variants", "cost"])
@pytest.mark.parametrize(("key", "axes"), [("l2", None), ("momentum", ["y"])])
def test_an_axis_of_ranks_is_not_zoomed(kind: str, key: str, axes: list[str] | None) -> None:
    for chart in drawn(Chart(kind, key)):
        (zoom,) = (param for param in chart.spec["params"] if param["name"].startswith("zoom"))
        assert zoom["select"].get("encodings") == axes


@pytest.mark.parametrize(("classes", "most"), [(2, 2.0), (3, 2.0), (10, 3.5), (20, 4.5)])  # 1.5 * log(classes), or 2
def test_a_constant_answer_to_many_classes_is_not_cut_off(classes: int, most: float) -> None:
    for kind in ("learning", "curves", "rates"):
        loss, *_ = drawn(Chart(kind, "value", classes=classes))
        assert loss.spec["encoding"]["y"]["scale"]["domainMax"] == most
        assert most > math.log(classes)
