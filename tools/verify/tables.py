"""What was verified, as text for the README; `make readme` copies it."""

from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
TWICE, CPUS = DOCS / "verify.md", DOCS / "verify-cpu.md"


def write_table(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]], outcome: str) -> None:
    """Write a table in Markdown, and a sentence below it."""
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    path.write_text(f"{table}\n\n{outcome}\n", "utf-8", newline="\n")
