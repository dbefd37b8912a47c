"""What `make verify` says of outputs that are not the same bits."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.verify.differences import differing_files, outputs


@pytest.fixture(autouse=True)
def _without_diffoscope(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)


@pytest.fixture
def builds(tmp_path: Path) -> tuple[Path, Path]:
    folders = tmp_path / "first", tmp_path / "second"
    for folder in folders:
        folder.mkdir()
    return folders


def said(builds: tuple[Path, Path], name: str) -> list[str]:
    return list(differing_files(*builds, [name]))


def test_nothing_is_said_of_equal_bytes(builds: tuple[Path, Path]) -> None:
    for folder in builds:
        (folder / "a.csv").write_text("epoch,loss\n1,0.5\n", "utf-8")
    assert said(builds, "a.csv") == []


def test_a_file_of_one_build_alone_is_named(builds: tuple[Path, Path]) -> None:
    (builds[1] / "a.csv").write_text("", "utf-8")
    assert said(builds, "a.csv") == ["a.csv: only the second build has it"]


def test_lines_of_texts_are_shown(builds: tuple[Path, Path]) -> None:
    for folder, loss in zip(builds, ("0.5", "0.6"), strict=True):
        (folder / "a.csv").write_text(f"epoch,loss\n1,{loss}\n2,0.1\n", "utf-8")
    assert said(builds, "a.csv") == ["a.csv: 2 lines differ\n    -1,0.5\n    +1,0.6"]


def test_arrays_differ_by_so_much_in_so_many_places(builds: tuple[Path, Path]) -> None:
    for folder, value in zip(builds, (0, 0.25), strict=True):
        np.save(folder / "a.npy", np.array([1, value, 3, value], np.float32))
    assert said(builds, "a.npy") == ["a.npy: 2 of 4 values differ, by 0.25 at most"]


def test_pictures_differ_in_pixels_or_only_in_metadata(builds: tuple[Path, Path]) -> None:
    for folder, colour in zip(builds, ("black", "white"), strict=True):
        picture = Image.new("RGB", (4, 3), "white")
        picture.putpixel((0, 0), {"black": (0, 0, 0), "white": (255, 255, 255)}[colour])
        picture.save(folder / "a.png")
        Image.new("RGB", (4, 3)).save(folder / "b.png", dpi=(72, 72) if colour == "black" else (100, 100))
    assert said(builds, "a.png") == ["a.png: 1 of 12 pixels differ"]
    assert said(builds, "b.png") == ["b.png: the same pixels, other metadata"]


def test_archives_differ_in_members_or_only_in_dates(builds: tuple[Path, Path]) -> None:
    for folder, year in zip(builds, (2000, 2001), strict=True):
        with zipfile.ZipFile(folder / "a.keras", "w") as archive:
            archive.writestr(zipfile.ZipInfo("config.json", (year, 1, 1, 0, 0, 0)), "{}")
        with zipfile.ZipFile(folder / "b.keras", "w") as archive:
            archive.writestr("config.json", "{}")
            archive.writestr("weights", str(year))
    assert said(builds, "a.keras") == ["a.keras: the same content, other dates or order"]
    assert said(builds, "b.keras") == ["b.keras: differs in weights"]


def test_the_outputs_are_those_of_the_lock_files_of_folders_included(tmp_path: Path) -> None:
    lock = "schema: '2.0'\nstages:\n  a:\n    outs:\n    - path: data/a.csv\n    - path: plots\n"
    (tmp_path / "dvc.lock").write_text(lock, "utf-8")
    for name in ("data/a.csv", "data/unrelated.csv", "plots/b.csv", "plots/more/c.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert outputs(tmp_path) == ["data/a.csv", "dvc.lock", "plots/b.csv", "plots/more/c.png"]
