"""The writers: whole files or none, and bytes that depend on the values alone."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.files import (
    array_on_disk,
    read_array,
    read_csv,
    read_json,
    whole,
    write_array,
    write_csv,
    write_json,
    write_text,
)
from stages.lib.core.runner import Fault


def test_a_failure_half_way_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("former", "utf-8")

    def fail_half_way() -> None:
        with whole(path) as partial:
            partial.write_text("half", "utf-8")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail_half_way()
    assert path.read_text("utf-8") == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_takes_the_place_of_the_former_one_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    for name in ("old", "new"):
        with whole(folder) as partial:
            partial.mkdir()
            (partial / name).touch()
    assert [file.name for file in folder.iterdir()] == ["new"]


def test_json_has_sorted_keys_six_digits_and_null_for_what_is_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "out.json"
    write_json({"b": np.float32(1 / 3), "a": {"loss": float("nan"), "n": np.int64(3)}, "c": [1, np.inf]}, path)
    text = path.read_text("utf-8")
    assert json.loads(text) == {"a": {"loss": None, "n": 3}, "b": 0.333333, "c": [1, None]}
    assert text.index('"a"') < text.index('"b"')
    assert text.endswith("}\n")


def test_json_is_written_as_it_is_read_best(tmp_path: Path) -> None:
    write_json({"b": [0.1], "a": {"é": 1}}, tmp_path / "out.json")
    expected = '{\n  "a": {\n    "é": 1\n  },\n  "b": [\n    0.1\n  ]\n}\n'
    assert (tmp_path / "out.json").read_bytes() == expected.encode()


def test_text_ends_with_one_newline_and_is_utf_8(tmp_path: Path) -> None:
    for name, text in (("none.txt", " é"), ("several.txt", " é \n\n")):
        write_text(text, tmp_path / "new" / "folder" / name)
        assert (tmp_path / "new" / "folder" / name).read_bytes() == " é\n".encode()


def test_what_an_interrupted_run_has_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "partial-out").mkdir()
    (tmp_path / "partial-out" / "left").touch()
    with whole(tmp_path / "out") as partial:
        partial.mkdir()
    assert [file.name for file in tmp_path.rglob("*")] == ["out"]


def test_a_failure_half_way_leaves_no_folder(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with whole(tmp_path / "out") as partial:
            partial.mkdir()
            (partial / "file").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_an_array_on_disk_takes_its_room_before_it_has_values(tmp_path: Path) -> None:
    path = tmp_path / "large.npy"
    array = array_on_disk(path, (500, 400))
    assert array.shape == (500, 400)
    assert array.dtype == np.float32
    assert path.stat().st_size == 128 + 500 * 400 * 4  # the header of .npy and the values
    assert path.stat().st_blocks * 512 >= path.stat().st_size  # what is allocated
    array[:] = np.arange(400)
    del array  # the values reach the disk
    np.testing.assert_array_equal(read_array(path)[499], np.arange(400))


def test_csv_leaves_what_is_not_finite_empty(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_csv(pd.DataFrame({"rate": [1e-6, 0.1, 1], "loss": [np.inf, 2 / 3, -np.inf]}), path)
    assert path.read_bytes() == b"rate,loss\n1e-06,\n0.1,0.666667\n1,\n"


def test_arrays_are_float32(tmp_path: Path) -> None:
    write_array(np.eye(2), tmp_path / "grid.npy")
    assert np.load(tmp_path / "grid.npy").dtype == np.float32


def fault_of(reader: Callable[[Path], object], path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(Fault) as caught:
        reader(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("length", [0, 6, 60, 128, 139])
def test_an_array_that_is_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "grid.npy"
    write_array(np.eye(2), path)
    assert fault_of(read_array, path, path.read_bytes()[:length]).startswith(f"{path}: not an array")


def test_an_array_of_python_objects_is_refused_and_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "grid.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    assert "not an array" in fault_of(read_array, path, path.read_bytes())


class Trap:
    """What leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def test_nothing_runs_while_an_array_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "grid.npy", np.array([Trap(tmp_path / "trapped")], dtype=object), allow_pickle=True)
    with pytest.raises(Fault):
        read_array(tmp_path / "grid.npy")
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("values", [np.eye(2), np.array(["text"])])
def test_an_array_of_another_type_is_refused(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "grid.npy"
    np.save(path, values)
    assert fault_of(read_array, path, path.read_bytes()).startswith(f"{path}: not an array of float32; it is no longer")


@pytest.mark.parametrize(
    "shape", [(2**33,), (2**70,), (-1,), (2**33, 2**33), (0, 2**62), (True,)], ids=lambda shape: str(shape)
)
def test_an_array_that_says_that_it_is_larger_than_its_file_is_refused_and_takes_no_memory(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    said = fault_of(read_array, tmp_path / "grid.npy", header.getvalue() + bytes(40))
    assert said.startswith(f"{tmp_path / 'grid.npy'}: not an array in NumPy's format, or cut short")


def test_the_fault_of_an_array_is_in_the_words_of_its_reader(tmp_path: Path) -> None:
    fault = fault_of(read_array, tmp_path / "grid.npy", b"")
    assert "grid.npy: not an array in NumPy's format, or cut short (EOF: reading magic string" in fault


def test_an_array_with_what_is_not_finite_is_read_as_a_run_may_diverge(tmp_path: Path) -> None:
    write_array(np.array([np.nan]), tmp_path / "grid.npy")
    assert np.isnan(read_array(tmp_path / "grid.npy")).all()


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"\xff"])
def test_json_that_is_cut_short_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "metrics.json: not JSON" in fault_of(read_json, tmp_path / "metrics.json", content)


def test_the_fault_of_a_file_says_where_it_is_and_how_to_mend_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    assert fault_of(read_json, path, b'{"a": 1') == (
        f"{path}: not JSON (Expecting ',' delimiter: line 1 column 8 (char 7)); "
        "it is no longer as its stage wrote it: `dvc repro` makes it again"
    )


def test_json_is_read_as_utf_8(tmp_path: Path) -> None:
    (tmp_path / "names.json").write_bytes('["é"]'.encode())
    assert read_json(tmp_path / "names.json") == ["é"]


def test_a_table_that_is_cut_short_is_refused_with_its_line(tmp_path: Path) -> None:
    fault = fault_of(read_csv, tmp_path / "curves.csv", b"epoch,loss\n1,0.5\n2")
    assert "curves.csv: line 3 holds '2', but must hold 2 values: epoch, loss" in fault


def test_a_table_that_is_none_is_refused_in_the_words_of_its_reader(tmp_path: Path) -> None:
    fault = fault_of(read_csv, tmp_path / "curves.csv", b'a,b\n"1,2')
    assert "curves.csv: not a table in CSV (unexpected end of data); it is" in fault
    fault = fault_of(read_csv, tmp_path / "curves.csv", b"")
    assert "curves.csv: not a table in CSV (No columns to parse from file); it is" in fault


def test_a_table_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text('name,units,loss\nno,"4,3",\nno,2,0.1234567890123456789\n', "utf-8")
    pd.testing.assert_frame_equal(read_csv(path), pd.read_csv(path), check_exact=True)
    as_text = {"units": str, "loss": str}
    pd.testing.assert_frame_equal(read_csv(path, dtype=as_text), pd.read_csv(path, dtype=as_text), check_exact=True)


def test_nothing_in_the_project_pickles() -> None:
    root = Path(__file__).parents[3]
    words = re.compile(
        r"^\s*(?:import|from) (?:pickle|dill|cloudpickle|shelve|marshal)|allow_pickle=True|safe_mode=False"
    )
    for file in [*root.glob("*.py"), *(root / "stages").rglob("*.py")]:
        assert not [line for line in file.read_text("utf-8").splitlines() if words.search(line)], file


def test_no_network_is_opened_but_those_that_a_stage_has_just_written() -> None:
    """One of somebody else's may take its weights, by HDF5's external storage, from any file of the user's."""
    root = Path(__file__).parents[3]
    opens = re.compile(r"load_model|h5py|load_weights|keras\.saving")
    files = [file for folder in ("stages", "tools", "review") for file in (root / folder).rglob("*.py")]
    found = {file.name for file in files if opens.search(re.sub(r'""".*?"""', "", file.read_text("utf-8"), flags=re.S))}
    assert found == {"callbacks.py"}
