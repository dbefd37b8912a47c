"""What the report says of a stage, as a file."""

from dataclasses import replace
from pathlib import Path

import pytest

from stages.lib.analysis.chapter import Chapter, Chart, Column, Picture, read_chapters, variant_table, write_chapter
from stages.lib.core.runner import Fault

CHAPTER = Chapter(
    order=2,
    stage="one",
    question="Which é?",
    answer="`a`.",
    title="Best",
    reads=("seed", "one"),
    command="dvc exp run",
    charts=(Chart("curves", "name", ("a", "b"), {"settled": 3, "never": None}),),
    pictures=(Picture("plots/one.png", "A picture."),),
    table=(Column("mean", "val_loss_mean", ".4g"),),
)


def test_chapters_come_back_from_their_files_in_the_order_of_the_report(tmp_path: Path) -> None:
    others = [replace(CHAPTER, order=10, stage="ten"), replace(CHAPTER, order=1, stage="zero")]
    for chapter in (*others, CHAPTER):
        write_chapter(chapter, tmp_path)
    (tmp_path / "notes.txt").touch()
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["one.json", "ten.json", "zero.json"]
    assert read_chapters(tmp_path) == [others[1], CHAPTER, others[0]]


def test_a_chapter_is_written_to_be_read_and_compared(tmp_path: Path) -> None:
    write_chapter(CHAPTER, tmp_path)
    lines = (tmp_path / "one.json").read_text("utf-8").splitlines()
    assert lines[:4] == ["{", ' "order": 2,', ' "stage": "one",', ' "question": "Which é?",']


@pytest.mark.parametrize("content", ["", "{}", '{"order": 1, "more": 2}'])
def test_a_file_that_holds_no_chapter_is_a_clear_word(tmp_path: Path, content: str) -> None:
    (tmp_path / "one.json").write_text(content, "utf-8")
    with pytest.raises(
        Fault, match=r"one\.json: not a chapter of the report \([A-Z].*\); it is no longer as its stage"
    ):
        read_chapters(tmp_path)


def test_the_table_of_a_sweep_names_its_variants_then_gives_their_figures() -> None:
    columns = variant_table("batch_size", "learning_rate")
    assert [(column.heading, column.name, column.format) for column in columns] == [
        ("batch size", "batch_size", "g"),
        ("learning rate", "learning_rate", "g"),
        ("mean validation loss", "val_loss_mean", ".4g"),
        ("standard deviation", "val_loss_std", ".2g"),
        ("least", "val_loss_min", ".4g"),
        ("greatest", "val_loss_max", ".4g"),
        ("mean validation accuracy", "val_accuracy_mean", ".2%"),
        ("runs diverged", "diverged", "d"),
        ("replicates", "n", "d"),
        ("loss over that of the best", "ratio", ".3g"),
        ("95 % from", "ratio_low", ".3g"),
        ("to", "ratio_high", ".3g"),
        ("p (corrected)", "p_value", ".2g"),
        ("shown to be worse", "same_as_best", "worse"),
    ]
