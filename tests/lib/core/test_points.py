"""The reader of points: what is not a point is named with its file and line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stages.lib.core.points import (
    Draws,
    Points,
    read_description,
    read_draws,
    read_points,
    write_description,
    write_draws,
)
from stages.lib.core.runner import Fault
from tests.measured import RING_AND_Y

THREE = Points(np.array([[1, 2], [3, 4], [5, 6]], np.float32), np.array([[0], [1], [0]], np.float32))
DRAWS = {
    "train": Draws(THREE, np.array([[0, 1], [2, 1]], np.int32)),
    "validation": Draws(THREE, np.array([[1], [0]], np.int32)),
    "test": Draws(THREE, np.array([[0], [1]], np.int32)),
}
SOUND = "x1,x2,label\n0.1,0.2,0\n-0.3,0.4,1\n"


def read(folder: Path, text: str) -> str:
    """Returns the fault of a file with that text, without its path and the way to mend it."""
    path = folder / "train.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(Fault) as caught:
        read_points(path, classes=2)
    fault = str(caught.value)
    assert fault.startswith(f"{path}: ")
    assert fault.endswith("`dvc repro` makes it again")
    assert "\n" not in fault
    return fault


def test_points_come_as_float32(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(SOUND, "utf-8")
    points = read_points(tmp_path / "train.csv", classes=2)
    np.testing.assert_array_equal(points.x, np.array([[0.1, 0.2], [-0.3, 0.4]], np.float32))
    np.testing.assert_array_equal(points.y, np.array([[0], [1]], np.float32))
    assert points.x.dtype == points.y.dtype == np.float32


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SOUND.replace("-0.3,0.4,1", "nan,0.4,1"), "line 3 holds 'nan,0.4,1', but must hold finite numbers"),
        (SOUND.replace("0.2", "inf"), "line 2 holds '0.1,inf,0', but must hold finite numbers"),
        (
            SOUND.replace("0.4,1", "0.4,2"),
            "line 3 holds '-0.3,0.4,2', but must hold finite numbers and a class from 0 to 1",
        ),
        (SOUND.replace("0.4,1", "0.4,0.5"), "line 3 holds"),
        (SOUND.replace("0.1", "abc"), "line 2 holds 'abc,0.2,0'"),
        (SOUND.replace("0.1", ""), "line 2 holds ',0.2,0'"),
        (SOUND[:-5], "line 3 holds '-0.3,0', but must hold 3 values: x1, x2, label"),
        (SOUND.replace("0.2,0", "0.2,0,7"), "line 2 holds '0.1,0.2,0,7', but must hold 3 values"),
        ("label\n0\n1\n", "its columns are label, but must be one or more, and the class"),
        (SOUND.replace("\n", "\n\n", 1), "line 2 holds '', but must hold 3 values"),
        (SOUND.replace("0.1", '"0.1'), "not a table in CSV"),
        ("x1,x2,label\n", "it holds no points"),
        ("", "not a table in CSV"),
        ("\x00\x01", "its columns are"),
    ],
)
def test_a_file_that_is_damaged_or_edited_is_refused_with_its_line(tmp_path: Path, text: str, found: str) -> None:
    assert found in read(tmp_path, text)


def test_points_of_any_columns_and_classes_are_read(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a,b,c,kind\n1,2,3,0\n4,5,6,2\n", "utf-8")
    points = read_points(tmp_path / "train.csv", classes=3)
    assert points.x.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert points.y.tolist() == [[0], [2]]
    with pytest.raises(Fault, match="line 3 holds '4,5,6,2', but must hold finite numbers and a class from 0 to 1"):
        read_points(tmp_path / "train.csv", classes=2)


def test_what_is_said_of_points_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "description.json"
    for description in (RING_AND_Y, replace(RING_AND_Y, mean=(0.1, 0.2), deviation=(1 / 3, 3.0))):
        write_description(description, path)
        assert read_description(path) == description
    path.write_text(path.read_text("utf-8").replace('"rows"', '"rowz"'), "utf-8")
    with pytest.raises(
        Fault, match=r"description\.json: not a description of points \(Field required\).*`dvc repro` makes it again"
    ):
        read_description(path)


def test_a_limit_of_the_users_is_that_of_all_axes_and_auto_is_that_of_the_points() -> None:
    assert RING_AND_Y.within("auto") == RING_AND_Y
    assert RING_AND_Y.within(1.5) == replace(RING_AND_Y, limits=((-1.5, 1.5), (-1.5, 1.5)))


def test_a_line_without_end_is_shown_shortened(tmp_path: Path) -> None:
    long = "0." + "1" * 98
    assert f"line 2 holds '{long[:60]}', but" in read(tmp_path, SOUND.replace("0.1,0.2,0", f"{long},0.2,7"))
    assert f"line 2 holds '{long[:60]}', but" in read(tmp_path, SOUND.replace("0.1,0.2,0", f"{long},0.2"))


def test_a_file_without_points_is_told_so(tmp_path: Path) -> None:
    assert ": it holds no points; it is" in read(tmp_path, "x1,x2,label\n")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(Fault, match="not a table in CSV"):
        read_points(tmp_path / "train.csv", classes=2)


def test_every_cut_of_a_file_is_refused_or_gives_the_first_points_alone(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(SOUND, "utf-8")
    whole = read_points(path, classes=2)
    for length in range(len(SOUND)):
        path.write_text(SOUND[:length], "utf-8")
        try:
            points = read_points(path, classes=2)
        except Fault:
            continue
        assert SOUND[length] == "\n" or SOUND[length - 1] == "\n"
        np.testing.assert_array_equal(points.x, whole.x[: len(points)])


def test_draws_come_back_from_their_files(tmp_path: Path) -> None:
    write_draws(DRAWS, tmp_path)
    found = read_draws(tmp_path, draws=2, inputs=2, classes=2)
    for part, draws in DRAWS.items():
        np.testing.assert_array_equal(found[part].rows, draws.rows)
        np.testing.assert_array_equal(found[part].points.x, THREE.x)
        np.testing.assert_array_equal(found[part].points.y, THREE.y)


def test_points_beyond_the_rows_of_all_draws_are_left_out(tmp_path: Path) -> None:
    """So that the files of a stage stay the same where another stage has more draws."""
    write_draws({part: draws.first(1) for part, draws in DRAWS.items()}, tmp_path)
    found = read_draws(tmp_path, draws=1, inputs=2, classes=2)["train"]
    assert found.rows.tolist() == [[0, 1]]
    assert found.points.x.tolist() == [[1, 2], [3, 4]]


ALLOWED = "but must hold finite numbers and a class from 0 to 1"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("train", np.array([[0, 3], [2, 1]], np.int32), "its rows are from 0 to 3, but must be from 0 to 2"),
        ("train", np.array([[0, -1], [2, 1]], np.int32), "its rows are from -1 to 2, but must be from 0 to 2"),
        ("train", np.array([[0, 1]], np.int32), "its shape is (1, 2), but must be (2, size): a draw for each seed"),
        ("validation", np.array([0, 1], np.int32), "its shape is (2,), but must be (2, size)"),
        ("validation", np.zeros((2, 0), np.int32), "its shape is (2, 0), but must be (2, size)"),
        ("train", np.array([[0.0, 1.0], [2.0, 1.0]], np.float32), "not an array of int32"),
        ("points", np.zeros((3, 4), np.float32), "its shape is (3, 4), but must be (rows, 3): columns, and the class"),
        ("points", np.zeros(3, np.float32), "its shape is (3,), but must be (rows, 3)"),
        ("points", np.zeros((0, 3), np.float32), "its shape is (0, 3), but must be (rows, 3)"),
        ("points", np.zeros((3, 3), np.float64), "not an array of float32"),
        ("points", np.array([[1, 2, 0], [3, 4, 2]], np.float32), "row 1 holds [3.0, 4.0, 2.0], but must hold finite"),
        ("points", np.array([[np.nan, 2, 0]], np.float32), "row 0 holds [nan, 2.0, 0.0], but must hold finite numbers"),
        ("points", np.array([[1, 2, 5]], np.float32), f"row 0 holds [1.0, 2.0, 5.0], {ALLOWED}"),
        ("points", None, "not an array in NumPy's format, or cut short"),
        ("train", None, "not an array in NumPy's format, or cut short"),
    ],
)
def test_draws_that_are_damaged_are_refused_in_a_line(
    tmp_path: Path, name: str, values: np.ndarray | None, said: str
) -> None:
    write_draws(DRAWS, tmp_path)
    path = tmp_path / f"{name}.npy"
    if values is None:
        path.write_bytes(path.read_bytes()[:-1])
    else:
        np.save(path, values)
    with pytest.raises(Fault) as caught:
        read_draws(tmp_path, draws=2, inputs=2, classes=2)
    fault = str(caught.value)
    assert fault.startswith(f"{path}: {said}")
    assert fault.endswith("`dvc repro` makes it again")
    assert "\n" not in fault


def test_an_only_draw_is_that_of_all() -> None:
    assert DRAWS["train"].rows_of([1, 1, 0]).tolist() == [[2, 1], [2, 1], [0, 1]]
    assert DRAWS["train"].first(1).rows_of([1, 0]).tolist() == [[0, 1], [0, 1]]
