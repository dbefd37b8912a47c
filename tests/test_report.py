"""The report from small files: what it says, and that it is safe and the same each time."""

import html
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import yaml

from stages.lib.analysis import answers
from stages.lib.engine.archive import save_network
from stages.lib.publish.drawing import BLUE, ORANGE
from stages.lib.engine.network import dense_network
from stages.lib.publish.network_file import read_network
from stages.lib.publish.rendering import TEMPLATES, inline_script
from stages.params.network import Network
from tests import report_inputs
from tests.report_inputs import write_metrics, write_report
from tests.test_dvc_yaml import PARAMS, PIPELINE

HOSTILE = "</script><img src=x onerror=alert(1)>`|&'\""


@pytest.fixture
def files(tmp_path: Path, data: dict[str, Path]) -> dict[str, Path]:
    return report_inputs.inputs(tmp_path, data["train"])


def text_of(page: str) -> str:
    """What a reader reads, without the scripts and the style."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", bare)).split())


def test_the_same_files_give_the_same_bytes(tmp_path: Path, files: dict[str, Path]) -> None:
    first, second = (write_report(tmp_path / name, files) for name in ("one", "two"))
    for name in first:
        assert first[name].read_bytes() == second[name].read_bytes()


def test_another_process_gives_the_same_bytes(tmp_path: Path, files: dict[str, Path]) -> None:
    """As the order of a set differs from process to process."""
    (tmp_path / "params.yaml").write_text((Path(__file__).parents[1] / "params.yaml").read_text("utf-8"), "utf-8")
    root = str(Path(__file__).parents[1])
    pages = []
    for seed in ("1", "2"):
        paths = files | report_inputs.outputs(tmp_path / seed)
        options = [word for name, path in paths.items() for word in (f"--{name.replace('_', '-')}", str(path))]
        command = [sys.executable, "-m", "stages.report", *options]
        subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": root, "PYTHONHASHSEED": seed}, check=True)
        pages.append([(tmp_path / seed / name).read_bytes() for name in ("index.html", "report.md")])
    assert pages[0] == pages[1]


def test_the_answers_follow_the_metrics(tmp_path: Path, files: dict[str, Path]) -> None:
    found = json.loads(files["lr_sweep_metrics"].read_text("utf-8"))
    found["best"] |= {"learning_rate": 0.0625, "at_end_of_grid": ["learning_rate"]}
    write_metrics(found, files["lr_sweep_metrics"])
    paths = write_report(tmp_path / "out", files)
    markdown, page = paths["markdown"].read_text("utf-8"), text_of(paths["html"].read_text("utf-8"))
    for text in (markdown, page.replace("0.0625 has", "`0.0625` has")):
        assert (
            text.count("`0.0625` has the least validation loss after 3 epochs: 0.25, 95 % interval 0.095 to 0.41") == 2
        )  # in the summary and below
        assert "Its learning rate stands at an end of what was tried" in text
        assert "Of 9 runs 3 diverged" in text
        assert "87.50% of the test points right" in text
        assert "settled at epoch 2: the next" in text


def test_the_answers_name_what_can_not_be_told_from_the_best() -> None:
    best = {"optimizer": "adam", "learning_rate": 0.01, "diverged": 0}
    figures = {"val_loss": report_inputs.FIGURES, "val_accuracy": report_inputs.FIGURES}
    found = {"best": best | figures, "same_as_best": [best, {"optimizer": "sgd"}], "diverged": 0, "runs": 6}
    found |= {"epochs": 9, "variants": 3}
    assert "has the least validation loss after 9 epochs: 0.25, 95 % interval" in answers.sweep(found, "optimizer")
    assert "`adam` at a learning rate of `0.01`" in answers.sweep(found, "optimizer")
    assert "Not to be told from it at 5 %: `sgd`." in answers.sweep(found, "optimizer")
    alone = found | {"same_as_best": [best]}
    assert "All others are worse" in answers.sweep(alone, "optimizer")
    assert "All others are worse" not in answers.sweep(alone | {"variants": 1}, "optimizer")


def test_the_interval_of_a_loss_does_not_reach_below_0() -> None:
    loss = {"mean": 0.001, "std": 0.002, "min": 0.0, "max": 0.003, "n": 3}
    best = {"learning_rate": 0.1, "val_loss": loss, "val_accuracy": report_inputs.FIGURES}
    found = {"best": best, "same_as_best": [0.1], "diverged": 0, "runs": 3, "epochs": 9, "variants": 1}
    assert "0.001, 95 % interval 0 to 0.006 (3 seeds)" in answers.sweep(found, "learning_rate")  # 0.001 + 4.3 * 0.00115


def test_it_is_said_when_the_epochs_ran_out_before_early_stopping_stopped() -> None:
    found = report_inputs.callbacks_metrics()
    found["early_stopping"] |= {"stopped_epoch": 9, "best_epoch": 7, "patience": 2}
    assert "`EarlyStopping` ends the training after 9 epochs and takes back" in answers.callbacks(found)
    found["early_stopping"] |= {"best_epoch": 8}
    assert "9 epochs run out before `EarlyStopping` ends the training; it takes back" in answers.callbacks(found)


def test_the_smallest_network_is_told_with_its_starts_and_none_is_said_to_be_none() -> None:
    shape = {"hidden_units": "4", "activation": "tanh", "parameters": 17, "perfect": 15, "restarts": 50}
    kept = {part: {"loss": 0.1, "accuracy": 0.995} for part in ("validation", "test")}
    found = {"smallest": shape, "smallest_reliable": None, "kept": kept, "runs": 100, "most_parameters": 20}
    assert "17 parameters are the fewest" in answers.smallest_network(found)
    assert "15 starts of 50 (95 % interval 19% to 44%)" in answers.smallest_network(found)  # Wilson (1927)
    assert "gets 99.50% of the validation points and 99.50% of the test points right" in answers.smallest_network(found)
    assert "None does so in nine starts of ten." in answers.smallest_network(found)
    assert "No network that was tried" in answers.smallest_network(found | {"smallest": None})


@pytest.mark.parametrize(("accuracy", "verdict"), [(1.0, "Yes"), (0.99, "Nearly"), (0.6, "Not so far")])
def test_the_baseline_is_judged_by_the_test_points(accuracy: float, verdict: str) -> None:
    found = report_inputs.baseline_metrics()
    found["test"]["accuracy"] = accuracy
    assert answers.baseline(found).startswith(f"{verdict}: ")


def test_a_run_without_figures_is_no_number(tmp_path: Path, files: dict[str, Path]) -> None:
    found = json.loads(files["lr_sweep_metrics"].read_text("utf-8"))
    found["best"]["val_loss"] = dict.fromkeys(("mean", "std", "min", "max"), None) | {"n": 3}
    found["best"]["val_accuracy"] = {**found["best"]["val_loss"]}
    write_metrics(found, files["lr_sweep_metrics"])
    paths = write_report(tmp_path / "out", files)
    assert "No learning rate ends with a finite loss from every seed. Of 9 runs 3 diverged." in paths[
        "markdown"
    ].read_text("utf-8")
    assert "NaN" not in data_of(paths["html"].read_text("utf-8"))


def data_of(page: str) -> str:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    return str(text)


def test_each_question_is_its_stage_s_with_its_params_and_a_command_that_dvc_takes(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    page = write_report(tmp_path / "out", files)["html"].read_text("utf-8")
    asked = re.findall(r'<section id="(\w+)" aria-labelledby="\1-title">\s*<h2 id="\1-title">(.+?)</h2>', page)
    questions = {stage: html.unescape(text) for stage, text in asked if stage in PIPELINE}
    assert list(questions) == [name for name in PIPELINE if name not in {"check", "dataset", "figures", "report"}]
    params = [html.unescape(text) for text in re.findall(r"<pre tabindex[^>]*>(.*?)</pre>", page, flags=re.DOTALL)]
    commands = [html.unescape(text) for text in re.findall(r"With other values: <code>(.+?)</code>", page)]
    for (stage, question), text, command in zip(questions.items(), params, commands, strict=True):
        assert PIPELINE[stage]["desc"].startswith(question)
        assert list(yaml.safe_load(text)) == PIPELINE[stage]["params"]
        key = shlex.split(command)[4].split("=")[0]
        section, _, name = key.partition(".")
        assert (name in PARAMS[section]) if name else (section in PARAMS)
        assert section in PIPELINE[stage]["params"]


def test_every_picture_of_the_text_is_there(tmp_path: Path, files: dict[str, Path]) -> None:
    markdown = write_report(tmp_path / "out", files)["markdown"]
    links = re.findall(r"!\[.+?\]\((.+?)\)", markdown.read_text("utf-8"))
    assert len(links) == 9
    for link in links:
        assert (markdown.parent / link).is_file(), link


def test_a_heading_of_the_text_is_where_the_summary_leads(tmp_path: Path, files: dict[str, Path]) -> None:
    text = write_report(tmp_path / "out", files)["markdown"].read_text("utf-8")
    assert "| [When to stop, and what to keep?](#when-to-stop-and-what-to-keep) |" in text


def hostile_report(folder: Path, files: dict[str, Path]) -> dict[str, Path]:
    """A report in which each text that comes from a file is hostile."""
    found = json.loads(files["initializer_sweep_metrics"].read_text("utf-8"))
    found["best"]["kernel_initializer"] = HOSTILE
    write_metrics(found, files["initializer_sweep_metrics"])
    for name in ("curves.csv", "variants.csv"):
        table = pd.read_csv(files["initializer_sweep_plots"] / name).replace("he_normal", HOSTILE)
        table.to_csv(files["initializer_sweep_plots"] / name, index=False)
    network = Network(hidden_units=[3], activation="tanh", kernel_initializer="zeros")
    object.__setattr__(network, "kernel_initializer", HOSTILE)  # its type would refuse it
    return write_report(folder, files, network=network)


def test_no_text_from_a_file_becomes_markup(tmp_path: Path, files: dict[str, Path]) -> None:
    paths = hostile_report(tmp_path / "out", files)
    page = paths["html"].read_text("utf-8")
    assert "onerror" in page
    assert "<img src=x" not in page
    json.loads(data_of(page))
    assert page.lower().count("</script>") == 3
    text = re.sub(r"`[^`\n]*`", "", paths["markdown"].read_text("utf-8"))  # in code, nothing is markup
    assert "onerror" in text
    assert not re.search(r"(?<!\\)<", text)


def test_a_script_can_not_end_early() -> None:
    assert inline_script("a = '</SCRIPT>' + '<!-- b'") == "a = '<\\/SCRIPT>' + '<\\!-- b'"


def test_the_page_has_the_colours_of_the_pictures() -> None:
    style = (TEMPLATES / "report.css").read_text("utf-8")
    assert f"--class-0: {BLUE};" in style
    assert f"--class-1: {ORANGE};" in style


def test_a_network_is_read_as_keras_reads_it(files: dict[str, Path]) -> None:
    weights = keras.models.load_model(files["baseline_model"]).get_weights()
    layers = read_network(files["baseline_model"])
    assert [layer.activation for layer in layers] == ["tanh", "tanh", "sigmoid"]
    for layer, kernel, bias in zip(layers, weights[::2], weights[1::2], strict=True):
        assert np.array_equal(layer.kernel, kernel)
        assert np.array_equal(layer.bias, bias)


def test_a_network_of_many_parameters_is_shown_without_its_weights(tmp_path: Path, files: dict[str, Path]) -> None:
    large = dense_network([1000, 20], "relu", keras.optimizers.SGD(), name="large")
    save_network(large, files["baseline_model"])
    data: Any = json.loads(data_of(write_report(tmp_path / "out", files)["html"].read_text("utf-8")))
    assert data["networks"][0]["layers"][0] == {"activation": "relu", "bias": None, "kernel": None, "shape": [2, 1000]}


def test_the_report_starts_without_tensorflow() -> None:
    code = "import sys, stages.report; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
