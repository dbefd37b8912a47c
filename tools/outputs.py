"""Write what docs/ says of the outputs from the pages and their tables; `make docs` calls it, and tests compare.

`docs/metrics.schema.json` comes from the types of the pages' figures, the table of tables in `docs/outputs.md` from
the heads of the tables and from the words that the page explains.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, create_model
from pydantic.json_schema import GenerateJsonSchema

from stages.lib.analysis.page import pages
from stages.lib.core.files import write_text
from stages.lib.core.places import Places
from tools.readme import with_blocks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/outputs.md"
SCHEMA = ROOT / "docs/metrics.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ABOUT = "What metrics/<stage>.json holds; null is a figure of a run that diverged. See outputs.md."
POINTS = "| `data/train.csv`, `data/validation.csv`, `data/test.csv` | `x1`, `x2`, `label` |"


class Untitled(GenerateJsonSchema):
    """A schema in which a field has no title: it would repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Return False."""
        return False


def main() -> None:
    """Write the schema and the table."""
    write_text(json.dumps(schema(), indent=1), SCHEMA)
    write_text(with_tables(PAGE.read_text("utf-8")), PAGE)


def schema() -> dict[str, Any]:
    """Return the JSON schema of the figures of all stages, each under the name of its stage."""
    fields: dict[str, Any] = {page.stage: (page.figures, ...) for page in pages()}
    model = create_model("Metrics", __config__=ConfigDict(extra="forbid"), **fields)
    generated = model.model_json_schema(schema_generator=Untitled)
    del generated["required"]  # a file holds the figures of one stage
    return {"$schema": DIALECT, "description": ABOUT} | generated


def with_tables(text: str) -> str:
    """Return docs/outputs.md with the columns of each table of the pages, in the words that it explains."""
    places, meant = Places(ROOT), words(text)
    lines = ["| file | columns |", "| --- | --- |", POINTS]
    for page in pages():
        for path in sorted(places.table(page.stage, "*").parent.glob("*.csv")):
            columns = path.read_text("utf-8").partition("\n")[0].split(",")
            lines.append(f"| `{path.relative_to(ROOT)}` | {', '.join(shortened(columns, meant))} |")
    return with_blocks(text, {"tables": "\n".join(lines)}, "make docs")


def words(page: str) -> dict[str, list[str]]:
    """Return the columns that each word of the page stands for: rows of a word, its columns and their meaning."""
    rows = re.findall(r"^\| ([a-z]+) \| (`.+?`) \| .+ \|$", page, flags=re.MULTILINE)
    return {word: re.findall(r"`(\w+)`", columns) for word, columns in rows}


def shortened(columns: list[str], meant: dict[str, list[str]]) -> Iterator[str]:
    """Yield the columns, with a word where all columns are that it stands for; a word for more columns goes first."""
    said: dict[str, str] = {}
    for word, names in sorted(meant.items(), key=lambda item: -len(item[1])):
        if set(names) <= set(columns) - said.keys():
            said |= dict.fromkeys(names, word)
    yield from dict.fromkeys(said.get(column, f"`{column}`") for column in columns)


if __name__ == "__main__":
    main()
