"""Copies what was found into the README; `make readme` calls it, and a test compares."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def main() -> None:
    """Write README.md with what its blocks should hold."""
    README.write_text(with_blocks(README.read_text("utf-8"), blocks()), "utf-8", newline="\n")


def blocks() -> dict[str, str]:
    """Return the text of each block, by its name."""
    return {
        "answers": answers((ROOT / "report" / "report.md").read_text("utf-8")),
        "verify": (ROOT / "docs" / "verify.md").read_text("utf-8").strip(),
        "verify-cpu": (ROOT / "docs" / "verify-cpu.md").read_text("utf-8").strip(),
        "bench": (ROOT / "docs" / "bench.md").read_text("utf-8").strip(),
    }


def answers(report: str) -> str:
    """Return the report's table of answers, with links that lead to it from the README."""
    table = "\n".join(line for line in report.split("\n## ")[0].splitlines() if line.startswith("|"))
    return table.replace("](#", "](report/report.md#")


def with_blocks(text: str, found: dict[str, str]) -> str:
    """Return the README with each block between its two markers."""
    for name, block in found.items():
        begin, end = f"<!-- {name}: begin (make readme) -->", f"<!-- {name}: end -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{block}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    main()
