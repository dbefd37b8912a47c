"""The report of a study that the real DVC has built on small params: what it says, and that it is safe."""

import html
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from stages import report
from stages.lib.analysis.chapter import Chapter, read_chapters, write_chapter
from stages.lib.analysis.page import pages, sections
from stages.lib.core.places import Places
from stages.lib.core.plan import Kept, read_kept, write_kept
from stages.lib.core.runner import Fault, read_params
from stages.lib.publish.classes import COLOURS
from stages.lib.publish.rendering import TEMPLATES, inline_script
from tests.measured import ROOT
from tests.test_dvc_yaml import PARAMS, PIPELINE

HOSTILE = "</script><img src=x onerror=alert(1)>`|&'\""


def write_report(study: Places, **changed: Any) -> tuple[str, str]:
    """The page and the text of a study, written with some sections changed."""
    params = read_params(study.root / "params.yaml", sections())
    report.main(params | changed, places=study)
    return study.page.read_text("utf-8"), study.text.read_text("utf-8")


def rewrite(study: Places, stage: str, **changed: Any) -> None:
    """Changes what the chapter of a stage says."""
    (chapter,) = (chapter for chapter in read_chapters(study.chapters) if chapter.stage == stage)
    write_chapter(Chapter(**{**vars(chapter), **changed}), study.chapters)


def text_of(page: str) -> str:
    """What a reader reads, without the scripts and the style."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", bare)).split())


def data_of(page: str) -> str:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    return str(text)


def test_it_comes_out_in_another_process_as_dvc_has_built_it(built: Path, study: Places) -> None:
    """As the order of a set differs from process to process."""
    expected = [(built / name).read_bytes() for name in ("report/index.html", "report/report.md")]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-m", "stages.report"], cwd=study.root, env=environment, check=True)
    assert [study.page.read_bytes(), study.text.read_bytes()] == expected


def test_every_answer_stands_in_the_page_and_twice_in_the_text(study: Places) -> None:
    page, text = write_report(study)
    chapters = read_chapters(study.chapters)
    assert len(chapters) == len(pages())
    for chapter in chapters:
        assert text.count(chapter.answer) == 2  # in the summary and below
        assert text_of(page).count(chapter.answer.replace("`", "")) == 2


def test_an_answer_follows_its_chapter(study: Places) -> None:
    rewrite(study, "lr_sweep", answer="`0.0625` is | the best.")
    page, text = write_report(study)
    assert "0.0625 is | the best." in text_of(page)
    assert "`0.0625` is \\| the best. |" in text


def test_what_diverged_is_no_number(study: Places) -> None:
    place = study.table("lr_sweep", "variants")
    table = pd.read_csv(place)
    table.loc[3, ["val_loss_mean", "ratio"]] = np.nan
    table.to_csv(place, index=False)
    page, text = write_report(study)
    assert "NaN" not in data_of(page)
    assert "NaN" not in text
    assert "| 3e-05 | none |" in text


def test_each_question_is_its_stage_s_with_its_params_and_a_command_that_dvc_takes(study: Places) -> None:
    page, _ = write_report(study)
    asked = re.findall(r'<section id="(\w+)" aria-labelledby="\1-title">\s*<h2 id="\1-title">(.+?)</h2>', page)
    questions = {stage: html.unescape(text) for stage, text in asked if stage in PIPELINE}
    assert list(questions) == [page.stage for page in pages()]
    params = [html.unescape(text) for text in re.findall(r"<pre tabindex[^>]*>(.*?)</pre>", page, flags=re.DOTALL)]
    commands = [html.unescape(text) for text in re.findall(r"With other values: <code>(.+?)</code>", page)]
    for asking, text, command in zip(pages(), params, commands, strict=True):
        assert questions[asking.stage] == (
            "How many points does it take?" if asking.stage == "own_sweep" else asking.question
        )
        assert list(yaml.safe_load(text)) == list(asking.reads)
        key = shlex.split(command)[4].split("=")[0]
        section, _, name = key.partition(".")
        assert (name in PARAMS[section]) if name else (section in PARAMS)
        assert section in asking.reads


def test_every_picture_of_the_text_is_there(study: Places) -> None:
    _, text = write_report(study)
    links = re.findall(r"!\[.+?\]\((.+?)\)", text)
    chapters = read_chapters(study.chapters)
    curves = [f"curves/{chapter.stage}.png" for chapter in chapters if chapter.stage != "smallest_network"]
    assert [link for link in links if link.startswith("curves/")] == curves
    assert len(links) == sum(len(chapter.pictures) for chapter in chapters) + len(curves)
    for link in links:
        assert (study.text.parent / link).is_file(), link


def test_a_heading_of_the_text_is_where_the_summary_leads(study: Places) -> None:
    assert "| [When to stop, and what to keep?](#when-to-stop-and-what-to-keep) |" in write_report(study)[1]


def hostile_report(study: Places) -> tuple[str, str]:
    """A report in which each text that comes from a file is hostile."""
    rewrite(study, "initializer_sweep", answer=f"`{HOSTILE.replace('`', '')}`", title=HOSTILE, command=HOSTILE)
    for name in ("curves", "variants"):
        table = pd.read_csv(study.table("initializer_sweep", name)).replace("he_normal", HOSTILE)
        table.to_csv(study.table("initializer_sweep", name), index=False)
    return write_report(study, network={"kernel_initializer": HOSTILE})


def test_no_text_from_a_file_becomes_markup(study: Places) -> None:
    page, text = hostile_report(study)
    assert "onerror" in page
    assert "<img src=x" not in page
    json.loads(data_of(page))
    assert page.lower().count("</script>") == 3
    bare = re.sub(r"`[^`\n]*`", "", text)  # in code, nothing is markup
    assert "onerror" in bare
    assert not re.search(r"(?<!\\)<", bare)


def test_a_script_can_not_end_early() -> None:
    assert inline_script("a = '</SCRIPT>' + '<!-- b'") == "a = '<\\/SCRIPT>' + '<\\!-- b'"


def test_the_page_has_the_colours_of_the_pictures() -> None:
    style = (TEMPLATES / "report.css").read_text("utf-8")
    assert f"--class-0: {COLOURS[0]};" in style
    assert f"--class-1: {COLOURS[1]};" in style


def test_a_network_is_cut_into_its_layers(study: Places) -> None:
    layers = report.layers_of("baseline", study)
    weights = np.load(study.chosen / "baseline/weights.npy")
    assert [layer.activation for layer in layers] == ["relu", "relu", "sigmoid"]
    assert [layer.kernel.shape for layer in layers] == [(2, 16), (16, 16), (16, 1)]
    assert b"".join(layer.kernel.tobytes() + layer.bias.tobytes() for layer in layers) == weights.tobytes()
    assert report.layers_of("callbacks_demo", study) == ()


def test_a_network_of_many_parameters_is_shown_without_its_weights(study: Places) -> None:
    folder = study.chosen / "baseline"
    recipe = read_kept(folder / "kept.json").recipe
    large = type(recipe)(**{**vars(recipe), "hidden_units": (1000, 20)})
    write_kept(Kept(large), folder / "kept.json")
    np.save(folder / "weights.npy", np.zeros(large.parameters, np.float32))
    data: Any = json.loads(data_of(write_report(study)[0]))
    assert data["networks"][0]["layers"][0] == {"activation": "relu", "bias": None, "kernel": None, "shape": [2, 1000]}


@pytest.mark.parametrize("damage", ["cut", "a key too many"])
def test_a_chapter_that_was_altered_is_a_clear_word(study: Places, damage: str) -> None:
    path = study.chapters / "lr_sweep.json"
    text = path.read_text("utf-8")
    path.write_text(text[:-9] if damage == "cut" else text.replace('"order"', '"more":1,"order"', 1), "utf-8")
    with pytest.raises(Fault, match=r"lr_sweep\.json: not a chapter of the report"):
        write_report(study)
