"""A flipped bit in DVC's cache: found, named, and mended."""

import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.faults.clones import ROOT, bits, call, copy_of, run

COMMAND = (sys.executable, str(ROOT / "tools/check_cache.py"))


def digest_of(clone: Path, output: str) -> str:
    stages = YAML(typ="safe").load((clone / "dvc.lock").read_text("utf-8"))["stages"]
    return {entry["path"]: entry["md5"] for stage in stages.values() for entry in stage["outs"]}[output]


def flip_a_bit(clone: Path, output: str) -> Path:
    """Damages an output in the cache, which keeps its size, its time and its permissions."""
    digest = digest_of(clone, output)
    file = clone / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    file.chmod(0o444)
    return file


@pytest.fixture
def former(built: Path, tmp_path: Path) -> Path:
    """A built clone in which nothing has changed."""
    return copy_of(built, tmp_path)


def test_a_sound_cache_passes(former: Path) -> None:
    before = bits(former)
    assert run(former, *COMMAND) == ""
    assert bits(former) == before


@pytest.mark.parametrize("output", ["data/path.csv", "data/grids", "report/index.html"])
def test_a_flipped_bit_is_named_with_its_output_and_the_next_repro_mends_it(former: Path, output: str) -> None:
    before = bits(former)
    file = flip_a_bit(former, output)
    found = call(former, *COMMAND)
    assert found.returncode == 1
    assert f"{file.relative_to(former)}: was {output}" in found.stdout
    run(former, "dvc", "repro")
    assert run(former, *COMMAND) == ""
    assert bits(former) == before


def test_what_was_checked_out_from_a_damaged_cache_is_found_too(former: Path) -> None:
    before = bits(former)
    flip_a_bit(former, "data/path.csv")
    (former / "data/path.csv").unlink()
    run(former, "dvc", "checkout")
    assert bits(former) != before
    assert "up to date" in run(former, "dvc", "status")  # why DVC alone does not do
    assert "data/path.csv: damaged, removed" in call(former, *COMMAND).stdout
    run(former, "dvc", "repro")
    assert bits(former) == before


def test_the_command_is_the_documented_one() -> None:
    assert "check-cache: .venv/run\n\tpython -m tools.check_cache\n" in (ROOT / "Makefile").read_text("utf-8")
    assert "make check-cache" in (ROOT / "docs/faults.md").read_text("utf-8")
