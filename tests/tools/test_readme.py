"""The README says what was measured and what is there."""

import re
import subprocess
from pathlib import Path

from stages.lib.analysis.page import pages
from tests.test_dvc_yaml import PIPELINE
from tests.test_pipeline import DRAWN, READ_LR
from tools import readme
from tools.bench.__main__ import lines

ROOT = Path(__file__).parents[2]
PIPELINE_TEXT = (ROOT / "dvc.yaml").read_text("utf-8")
TEXT = (ROOT / "README.md").read_text("utf-8")
STRUCTURE = readme.STRUCTURE.read_text("utf-8")


def test_the_blocks_are_what_was_found() -> None:
    assert readme.with_blocks(TEXT, readme.blocks()) == TEXT, "`make readme`"


def test_what_was_verified_has_a_head_and_an_outcome() -> None:
    for name, head in (("verify", "| varied |"), ("verify-cpu", "| processor (qemu-user) |")):
        table = (ROOT / f"docs/{name}.md").read_text("utf-8").strip()
        assert table.startswith(head)
        assert table.splitlines()[-1].startswith("All ")


def test_what_was_compared_is_what_the_benchmark_compares() -> None:
    table = (ROOT / "docs/bench.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")][2:]
    assert [(what, target) for what, _, _, target in rows] == [(line.what, line.target) for line in lines()]
    for _, ratio, span, _ in rows:
        least, greatest = span.split(" to ")
        assert 0 < float(least) <= float(ratio) <= float(greatest)


def test_each_question_of_the_report_stands_under_its_task_with_the_first_sentence_of_its_answer() -> None:
    answer = "Yes: `2` gets 99.98% right (0.21 of 1,000 wrong). Its loss is 0.1. `3` is worse."
    rows = [f"| [{page.question}](#{page.stage}) | {answer} |" for page in pages()]
    chapters = [f"\n## {page.question}\n\n![It.](../plots/figures/{page.stage}.png)" for page in pages()]
    table = readme.tasks("\n".join(["# Report", "", "| question | answer |", "| --- | --- |", *rows, *chapters]))
    listed = re.findall(r"^\| (.*?) \| \[.+\]\(report/report\.md#(\w+)\) \| (.+?) \|", table, flags=re.MULTILINE)
    assert {stage for _, stage, _ in listed} == {page.stage for page in pages()}
    under: dict[str, list[str]] = {}
    for task, stage, _ in listed:  # a task is named in the first of its rows
        under.setdefault(task or list(under)[-1], []).append(stage)
    for number, task in enumerate(readme.TASKS):
        assert under[task] == [page.stage for page in pages() if page.task == number]
    assert list(under) == [*readme.TASKS[1:], readme.TASKS[0]]
    assert {first for *_, first in listed} == {"Yes: `2` gets 99.98% right (0.21 of 1,000 wrong)."}


def test_the_stages_are_listed_with_what_each_asks_in_the_order_of_the_pipeline() -> None:
    assert readme.with_blocks(STRUCTURE, {"stages": readme.stages(PIPELINE_TEXT)}) == STRUCTURE, "`make readme`"
    listed = re.findall(r"^\| `(\w+)` \| (.+) \|$", STRUCTURE, flags=re.MULTILINE)
    assert listed == [(name, stage["desc"]) for name, stage in PIPELINE.items()]


def test_what_another_rate_runs_is_what_the_pipeline_runs() -> None:
    (said,) = re.findall(r"^`lr=0\.05` runs (.+?) again", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", said) == ["check", *READ_LR, *DRAWN]


def test_the_tree_has_every_folder_of_the_top_and_every_floor() -> None:
    (tree,) = re.findall(r"^params\.yaml .+?^```", STRUCTURE, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"^(?:\S+/ )*\S+/|^  \S+/", tree, flags=re.MULTILINE))
    shown = {name.strip() for line in named for name in line.split()}
    floors = {f"lib/{folder.name}/" for folder in (ROOT / "stages/lib").iterdir() if (folder / "__init__.py").is_file()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {f"{path.split('/')[0]}/" for path in tracked.splitlines() if "/" in path} - {".ci/", ".dvc/"}
    assert shown == top | floors | {".dvc/plots/", "questions/", "params/", "bench/", "verify/"}


def test_every_file_that_is_linked_or_shown_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert len(links) >= 4
    for link in links:
        assert (ROOT / link).exists(), link


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"(?:^|`)make ([a-z-]+)", TEXT, flags=re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
