"""Copies the answers of report/report.md into the README; `make readme` calls it, and a test compares."""

from pathlib import Path

ROOT = Path(__file__).parent
README, REPORT = ROOT / "README.md", ROOT / "report" / "report.md"
BEGIN, END = "<!-- answers: begin (make readme) -->", "<!-- answers: end -->"


def main() -> None:
    """Returns nothing; writes README.md with the answers of the report."""
    README.write_text(with_answers(README.read_text("utf-8"), REPORT.read_text("utf-8")), "utf-8", newline="\n")


def with_answers(text: str, report: str) -> str:
    """Returns the README with the report's table of answers between the two markers, its links pointing there."""
    table = "\n".join(line for line in report.split("\n## ")[0].splitlines() if line.startswith("|"))
    table = table.replace("](#", "](report/report.md#")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    main()
