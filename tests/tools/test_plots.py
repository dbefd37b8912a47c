"""The templates of `dvc plots` are those of the charts that the pages declare, and dvc.yaml names each."""

from pathlib import Path

from tests.test_dvc_yaml import PIPELINE
from tools import plots

ROOT = Path(__file__).parents[2]


def test_the_templates_are_those_of_the_charts() -> None:
    found = {path.name: path.read_text("utf-8") for path in (ROOT / plots.FOLDER).iterdir()}
    assert found == plots.templates(), "`make plots`"


def test_every_table_that_is_drawn_is_a_plot_with_its_own_template() -> None:
    drawn = [name.removesuffix(".json") for name in plots.templates()]
    named = {path: entry.get("template") for plot in PIPELINE["judge"]["plots"] for path, entry in plot.items()}
    assert {path.removeprefix("plots/").removesuffix(".csv").replace("/", "_") for path in named} == set(drawn)
    assert sorted(named.values()) == sorted(drawn)
