"""Copies what was found, and the list of stages, into the README; `make readme` calls it, and a test compares."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def main() -> None:
    """Write README.md with what its blocks should hold."""
    README.write_text(with_blocks(README.read_text("utf-8"), blocks()), "utf-8", newline="\n")


def blocks() -> dict[str, str]:
    """Return the text of each block, by its name."""
    return {
        "stages": stages((ROOT / "dvc.yaml").read_text("utf-8")),
        "answers": answers((ROOT / "report" / "report.md").read_text("utf-8")),
        "verify": (ROOT / "docs" / "verify.md").read_text("utf-8").strip(),
        "verify-cpu": (ROOT / "docs" / "verify-cpu.md").read_text("utf-8").strip(),
        "bench": (ROOT / "docs" / "bench.md").read_text("utf-8").strip(),
    }


def answers(report: str) -> str:
    """Return the report's table of answers, with links that lead to it from the README."""
    table = "\n".join(line for line in report.split("\n## ")[0].splitlines() if line.startswith("|"))
    return table.replace("](#", "](report/report.md#")


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
