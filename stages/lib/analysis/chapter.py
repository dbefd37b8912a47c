"""What the report says of one stage, as a file: the report and the pictures know no stage but by this."""

from dataclasses import field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from stages.lib.core.files import damaged, write_text
from stages.lib.core.plan import EXACT


@dataclass(frozen=True, config=EXACT)
class Chart:
    """A chart of `stages/lib/publish/charts.py`.

    Args:
        kind: its name there, which says which table it draws.
        key: the column that names a variant.
        names: that it may hold, in the order of their colours; none where it holds numbers.
        marks: epochs to point out, by their label; None is left out.
        classes: that are told apart; the more they are, the higher the loss of a constant answer.
    """

    kind: str
    key: str = ""
    names: tuple[str, ...] = ()
    marks: dict[str, int | None] = field(default_factory=dict)
    classes: int = 2


@dataclass(frozen=True, config=EXACT)
class Picture:
    """A PNG, by its path from the top of the study, and what it shows for those who can't see it."""

    path: str
    alt: str


@dataclass(frozen=True, config=EXACT)
class Column:
    """A column of a table in the report: its heading, what it shows of the variants' table, and in which format."""

    heading: str
    name: str
    format: str


@dataclass(frozen=True, config=EXACT)
class Chapter:
    """A question with its answer, and what the evidence is.

    Args:
        order: of the chapters in the report.
        stage: the stage that asks it.
        question: as the stage's page puts it.
        answer: Markdown; a name stands between backticks, and nothing else is marked up.
        because: a reason that was measured, in the same form; empty where there is none.
        reasons: the charts of what it was measured by.
        title: of the picture of its network, and what that network is called.
        reads: the sections of params.yaml that the stage follows from.
        command: asks the same with other values.
        charts: may be none, as all that follow.
        pictures: the first one shows the answer best.
        table: columns of the table of all variants.
    """

    order: int
    stage: str
    question: str
    answer: str
    title: str
    reads: tuple[str, ...]
    command: str
    because: str = ""
    reasons: tuple[Chart, ...] = ()
    charts: tuple[Chart, ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: tuple[Column, ...] = ()


def write_chapter(chapter: Chapter, folder: Path) -> None:
    """Write a chapter as JSON, under the name of its stage."""
    text = TypeAdapter(Chapter).dump_json(chapter, indent=1).decode()
    write_text(text, folder / f"{chapter.stage}.json")


def read_chapters(folder: Path) -> list[Chapter]:
    """Return the chapters in the order of the report; raise Fault where a file does not hold one."""
    chapters = []
    for path in folder.glob("*.json"):
        try:
            chapters.append(TypeAdapter(Chapter).validate_json(path.read_bytes()))
        except ValidationError as error:
            raise damaged(path, f"not a chapter of the report ({error.errors()[0]['msg']})") from error
    return sorted(chapters, key=lambda chapter: chapter.order)


def variant_table(*keys: str) -> tuple[Column, ...]:
    """Return the columns of a sweep's table: what names a variant, then its figures after the last epoch.

    The last columns compare a variant to the best one, in pairs by replicate.
    """
    return (
        *(Column(key.replace("_", " "), key, "g") for key in keys),
        Column("mean validation loss", "val_loss_mean", ".4g"),
        Column("standard deviation", "val_loss_std", ".2g"),
        Column("least", "val_loss_min", ".4g"),
        Column("greatest", "val_loss_max", ".4g"),
        Column("mean validation accuracy", "val_accuracy_mean", ".2%"),
        Column("runs diverged", "diverged", "d"),
        Column("replicates", "n", "d"),
        Column("loss over that of the best", "ratio", ".3g"),
        Column("95 % from", "ratio_low", ".3g"),
        Column("to", "ratio_high", ".3g"),
        Column("p (corrected)", "p_value", ".2g"),
        Column("shown to be worse", "same_as_best", "worse"),
    )
