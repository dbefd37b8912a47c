"""The reader of the user's own tables: what it takes as a spreadsheet writes it, and what it refuses, and how."""

from pathlib import Path

import numpy as np
import pytest

from stages.lib.core.runner import Fault
from stages.lib.data import tables
from stages.lib.data.tables import read_table

SOUND = "height,width,species\n1.5,2,cat\n-3,4e-1,dog\n0,1,cat\n"


def refusal(folder: Path, content: str | bytes, label: str | None = None) -> str:
    """The one line that a table is refused with, without its path."""
    path = folder / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Fault) as caught:
        read_table(path, label)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "content",
    [
        SOUND.encode(),
        b"\xef\xbb\xbf" + SOUND.encode(),  # the mark of the byte order, as Excel writes it
        SOUND.replace("\n", "\r\n").encode(),
        SOUND.replace(",", ";").encode(),
        SOUND.replace(",", "\t").encode(),
        SOUND.replace(",", " , ").encode(),
        SOUND.replace("\n", "\n\n").encode(),
        SOUND.replace("cat", '"cat"').encode(),
        SOUND.rstrip().encode(),
        SOUND.replace("height,width,species", '"height","width",species').encode(),
    ],
    ids=["plain", "BOM", "CRLF", "semicolons", "tabs", "spaces", "blank lines", "quotes", "no last newline", "header"],
)
def test_a_table_is_read_as_a_spreadsheet_writes_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.csv").write_bytes(content)
    table = read_table(tmp_path / "own.csv", None)
    assert list(table.numbers) == ["height", "width"]
    np.testing.assert_array_equal(table.numbers.to_numpy(), [[1.5, 2], [-3, 0.4], [0, 1]])
    assert (table.label, table.labels) == ("species", ["cat", "dog", "cat"])


def test_the_column_of_labels_may_stand_anywhere_and_hold_whole_numbers(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("kind,a,b\n3,1,2\n3.0,3,4\n10,5,6\n", "utf-8")
    table = read_table(tmp_path / "own.csv", "kind")
    assert table.labels == ["3", "3", "10"]
    assert table.numbers.to_dict("list") == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_columns_may_be_called_by_whole_numbers(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("0,1,label\n5.1,3.5,x\n", "utf-8")
    assert read_table(tmp_path / "own.csv", None).numbers.to_dict("list") == {"0": [5.1], "1": [3.5]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty, but must have a header, and a line for each row"),
        ("a,b,c\n", "it has a header (a, b, c), but no rows"),
        ("1,2,3\n4,5,6\n", "line 1 holds numbers (1, 2, 3), but the first line must name the columns; add a header"),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "line 1 holds numbers (5.1, 3.5, setosa), but the first line must name"),
        ("a\n1\n", "its header names one column (a), but there must be one of numbers or more, and one of labels"),
        ("a,,c\n1,2,x\n", "line 1: column 2 has no name; name it, or remove it"),
        ("a,b,a\n1,2,x\n", "line 1: columns 1 and 3 are both called 'a'; rename or remove one"),
        ("a,b,c\n1,2,x\n1,x\n", "line 3 has 2 values, but the header names 3 columns (a, b, c), with commas between"),
        (
            "a,b,c\n1,2,x\n\n\n1,,y\n",
            "line 5, column 'b' is empty, but each value must be known; fill it in, or remove",
        ),
        ("a,b,c\n1,NA,x\n", "line 2, column 'b' holds 'NA', but each value must be known"),
        ("a,b,c\n1,nan,x\n", "line 2, column 'b' holds 'nan', but each value must be known"),
        ("a,b,c\n1,inf,x\n", "line 2, column 'b' holds 'inf', but must hold a number"),
        ("a,b,c\n1,red,x\n", "line 2, column 'b' holds 'red', but must hold a number; encode it as numbers, or remove"),
        ("a,b,c\n1,1e39,x\n", "line 2, column 'b' holds '1e39', which no 32-bit number can hold; scale the column"),
        ("a;b;c\n1,5;2;x\n", "line 2, column 'a' holds '1,5', with a decimal comma; write a point: '1.5'"),
        ("a,b,c\n1,2,\n", "line 2, column 'c': there is no label; fill it in, or remove the row"),
        ("a,b,c\n1,2,0.5\n", "line 2, column 'c' holds '0.5', but a label must be text or a whole number"),
        ('a,b,c\n1,2,"x\n', "not CSV"),
        (b"a,b,c\n1,2,caf\xe9\n", "line 2 holds the byte 0xe9, which is not UTF-8; save it as UTF-8"),
        (SOUND.encode("utf-16"), "line 1 holds the byte 0xff, which is not UTF-8"),
        (b"a,b,c\n1,2,\0\n", "line 2 holds a zero byte, so it is no text"),
        (b"PK\x03\x04\0\0", "line 1 holds a zero byte, so it is no text; save it as CSV in UTF-8"),
    ],
)
def test_what_cant_be_taken_is_refused_with_its_line_and_column(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    assert said in refusal(tmp_path, content)


def test_a_column_of_labels_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    assert refusal(tmp_path, SOUND, "spices") == (
        "it has no column 'spices', which dataset.label names; did you mean 'species'?"
    )
    assert (
        refusal(tmp_path, SOUND, "y")
        == "it has no column 'y', which dataset.label names; it has height, width, species"
    )


def test_a_file_that_is_not_there_is_refused_with_the_one_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text(SOUND, "utf-8")
    with pytest.raises(Fault, match=r"irsi\.csv: no such file; did you mean iris\.csv\?"):
        read_table(tmp_path / "irsi.csv", None)
    with pytest.raises(Fault, match=r"zebra_fish\.csv: no such file; there is iris\.csv"):
        read_table(tmp_path / "zebra_fish.csv", None)


def test_a_thousand_columns_are_read_and_one_more_is_refused(tmp_path: Path) -> None:
    for columns in (1_000, 1_001):
        header, row = ",".join(f"c{i}" for i in range(columns)), ",".join(["1"] * columns)
        content = f"{header},label\n{row},x\n{row},y\n"
        if columns == 1_000:
            (tmp_path / "wide.csv").write_text(content, "utf-8")
            assert read_table(tmp_path / "wide.csv", None).numbers.shape == (2, 1_000)
        else:
            assert refusal(tmp_path, content) == "it has 1,001 columns of numbers, but at most 1,000 are taken"


def test_a_row_too_many_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_CELLS", 9)  # three rows of three
    assert len(read_sound(tmp_path).labels) == 3
    assert refusal(tmp_path, f"{SOUND}1,1,cat\n") == (
        "it has more than 3 rows, the most of 3 columns that are read; take a part of them"
    )


def read_sound(folder: Path) -> tables.Table:
    (folder / "own.csv").write_text(SOUND, "utf-8")
    return read_table(folder / "own.csv", None)


def test_long_and_hostile_text_is_shown_shortened_in_one_line(tmp_path: Path) -> None:
    long = "x" * 500
    assert f"holds '{'x' * 40}...'" in refusal(tmp_path, f"a,b,c\n1,{long},x\n")
    assert r"column 'b\nc'" in refusal(tmp_path, 'a,"b\nc",d\n1,red,x\n')


def test_labels_stay_as_they_are_written_but_for_the_point_of_a_spreadsheet(tmp_path: Path) -> None:
    labels = ["9007199254740993", "9007199254740992", "007", "7", "1.0", "--1", "1e30"]
    (tmp_path / "own.csv").write_text("a,kind\n" + "".join(f"{n},{label}\n" for n, label in enumerate(labels)), "utf-8")
    assert read_table(tmp_path / "own.csv", None).labels == [*labels[:4], "1", *labels[5:]]


def test_a_first_row_of_whole_numbers_and_a_label_is_no_header(tmp_path: Path) -> None:
    assert "line 1 holds numbers and a label (5, 3, cat)" in refusal(tmp_path, "5,3,cat\n4,2,dog\n6,1,cat\n")


def test_the_delimiter_is_not_looked_for_between_quotes(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text('"height, in cm, bare";"kind"\n1;cat\n2;dog\n', "utf-8")
    assert list(read_table(tmp_path / "own.csv", None).numbers) == ["height, in cm, bare"]


def test_a_table_that_dvc_has_and_this_clone_has_not_is_told_how_to_get(tmp_path: Path) -> None:
    (tmp_path / "own.csv.dvc").touch()
    with pytest.raises(Fault, match=r"it is in DVC, but not here; `dvc pull .*own\.csv` brings it"):
        read_table(tmp_path / "own.csv", None)
