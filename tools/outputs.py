"""Write what docs/ says of the outputs from the pages and their tables; `make docs` calls it, and tests compare.

`docs/metrics.schema.json` comes from the types of the pages' figures, the table of tables in `docs/outputs.md` from
the heads of the tables and from the words that the page explains, and that of `docs/statistics.md` from what was found.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ConfigDict, create_model
from pydantic.json_schema import GenerateJsonSchema

from stages.lib.analysis.page import SweepPage, pages
from stages.lib.analysis.statistics import edge, power
from stages.lib.core.files import read_json, write_text
from stages.lib.core.places import Places
from tools.readme import with_blocks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/outputs.md"
STATISTICS = ROOT / "docs/statistics.md"
RATIOS = (1.2, 1.5, 2, 3)
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
    """Write the schema and the tables."""
    write_text(json.dumps(schema(), indent=1), SCHEMA)
    write_text(with_tables(PAGE.read_text("utf-8")), PAGE)
    write_text(with_power(STATISTICS.read_text("utf-8")), STATISTICS)


def schema() -> dict[str, Any]:
    """Return the JSON schema of the figures of all stages, each under the name of its stage."""
    fields: dict[str, Any] = {page.stage: (page.figures, ...) for page in pages()}
    model = create_model("Metrics", __config__=ConfigDict(extra="forbid"), **fields)
    generated = model.model_json_schema(schema_generator=Untitled)
    del generated["required"]  # a file holds the figures of one stage
    return {"$schema": DIALECT, "description": ABOUT} | generated


def with_power(text: str) -> str:
    """Return docs/statistics.md with what each sweep can see, from its table of variants."""
    lines = [
        f"| sweep | variants | candidates | spread | {' | '.join(f'{ratio:g} times' for ratio in RATIOS)} |",
        "| --- | ---: | ---: | ---: |" + " ---: |" * len(RATIOS),
    ]
    for page in pages():
        table = Places(ROOT).table(page.stage, "variants")
        if isinstance(page, SweepPage) and page.stage != "own_sweep":
            found = pd.read_csv(table)
            candidates = read_json(Places(ROOT).metrics(page.stage))["runs"] // found["n"][0]
            spread = spread_of(found, candidates)
            seen = [power(ratio, spread, candidates, found["n"][0]) for ratio in RATIOS]
            shares = " | ".join(f"{100 * share:.0f}" for share in seen)
            lines.append(f"| `{page.stage}` | {len(found)} | {candidates} | {spread:.2f} | {shares} |")
    return with_blocks(text, {"power": "\n".join(lines)}, "make docs")


def spread_of(variants: pd.DataFrame, candidates: int) -> float:
    """Return the median standard deviation of the logarithm of a variant's ratio to the best, from its low end."""
    others = variants[(variants["ratio"] != 1) & variants["ratio"].notna()]
    half = np.log(others["ratio"] / others["ratio_low"])
    return float((half / edge(candidates, int(others["n"].iloc[0])) * np.sqrt(others["n"])).median())


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
