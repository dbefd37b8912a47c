"""Copies what was found into the README, and the list of stages into docs/structure.md; `make readme` calls it."""

import re
from pathlib import Path

import yaml

from stages.lib.analysis.page import pages

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
STRUCTURE = ROOT / "docs/structure.md"
TASKS = (  # by the numbers that the pages give
    "Extra questions",
    "1. A network that separates the points: batch size and epochs, the smallest network",
    "2. Learning rate and optimizer: SGD from 1e-6 on, momentum, Adam",
    "3. Initial weights",
    "4. Callbacks",
)
PICTURE = re.compile(r"\.\./plots/(?:figures/)?(\w+)[/.]")  # by which a chapter names its stage
FIRST_SENTENCE = re.compile(r".+?\.(?= |$)(?! \d)")


def main() -> None:
    """Write the two pages with what their blocks should hold."""
    for page, found in ((README, blocks()), (STRUCTURE, {"stages": stages((ROOT / "dvc.yaml").read_text("utf-8"))})):
        page.write_text(with_blocks(page.read_text("utf-8"), found), "utf-8", newline="\n")


def blocks() -> dict[str, str]:
    """Return the text of each block of the README, by its name."""
    return {"tasks": tasks((ROOT / "report" / "report.md").read_text("utf-8"))}


def tasks(report: str) -> str:
    """Return the table of tasks: each question of the report, in its order within a task, with its stage and tables.

    Of an answer the first sentence is shown.
    """
    head, *chapters = report.split("\n## ")
    answers = dict(re.findall(r"^\| (\[.+?\]\(#\S+\)) \| (.+) \|$", head, flags=re.MULTILINE))
    numbers = {page.stage: page.task for page in pages()}
    rows: list[list[str]] = [[] for _ in TASKS]
    for (question, answer), chapter in zip(answers.items(), chapters, strict=True):
        (stage, *_) = PICTURE.findall(chapter)
        (first, *_) = FIRST_SENTENCE.findall(answer)
        task = numbers.get(stage, 0)
        name = "" if rows[task] else TASKS[task]
        links = f"[`{stage}`](stages/questions/{stage}.py), [tables](plots/{stage}/)"
        rows[task].append(f"| {name} | {question.replace('](#', '](report/report.md#')} | {first} | {links} |")
    top = ["| task | question | answer | stage |", "| --- | --- | --- | --- |"]
    return "\n".join([*top, *(row for of_task in [*rows[1:], rows[0]] for row in of_task)])


def stages(pipeline: str) -> str:
    """Return the table of stages with what each asks, from the text of dvc.yaml."""
    rows = [f"| `{name}` | {stage['desc']} |" for name, stage in yaml.safe_load(pipeline)["stages"].items()]
    return "\n".join(["| stage | asks |", "| --- | --- |", *rows])


def with_blocks(text: str, found: dict[str, str], command: str = "make readme") -> str:
    """Return a page with each block between its two markers, which name the command that writes it."""
    for name, block in found.items():
        begin, end = f"<!-- {name}: begin ({command}) -->", f"<!-- {name}: end -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{block}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    main()
