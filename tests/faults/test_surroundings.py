"""Disks, folders, homes, networks and terminals that are not as one would wish."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.clones import bits, call, on_terminal, repro, run
from tests.faults.namespaces import PRIVATE, require_namespaces

LONG = pytest.mark.long


def call_privately(clone: Path, script: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Returns how a shell script ended whose mounts nobody else sees, and which has no network."""
    require_namespaces()
    return call(clone, *PRIVATE, "sh", "-uc", script, **changes)


FULL_DISK = """
mkdir ../disk && mount -t tmpfs -o size=20m tmpfs ../disk && cp -a . ../disk/clone && cd ../disk/clone
free=$(df --block-size=1K --output=avail . | tail -n 1)
head -c $(( (free - {left}) * 1024 )) /dev/zero > ../filler
dvc repro
code=$?
rm ../filler
cp -a . {clone}/../after
exit $code
"""


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        pytest.param(0, "check", marks=pytest.mark.long),
        (8, "walk"),
        pytest.param(24, "summary", marks=pytest.mark.long),
    ],
)
def test_a_full_disk_stops_a_stage_with_a_line_and_the_next_repro_goes_on(
    clone: Path, undisturbed: dict[str, str], left: int, stage: str
) -> None:
    ended = call_privately(clone, FULL_DISK.format(left=left, clone=clone))
    assert ended.returncode, ended.stdout
    assert f"failed to reproduce '{stage}'" in ended.stdout
    assert "No space left on device" in ended.stdout
    assert "Traceback" not in ended.stdout
    after = clone.parent / "after"
    repro(after)
    assert bits(after) == undisturbed


SMALL_CACHE = """
mkdir ../disk && mount -t tmpfs -o size={size}k tmpfs ../disk && cp -a .dvc/cache/. ../disk || exit
mount --bind ../disk .dvc/cache
dvc repro
code=$?
cp -a .dvc/cache/. {clone}/../cache
exit $code
"""


@pytest.mark.parametrize("spare", [0, pytest.param(8, marks=LONG), pytest.param(24, marks=LONG)])
def test_a_full_disk_under_the_cache_stops_dvc_with_a_line_and_the_next_repro_goes_on(
    clone: Path, undisturbed: dict[str, str], spare: int
) -> None:
    """The work tree has room: it is DVC that can't keep what a stage has made."""
    files = [file.stat().st_size for file in (clone / ".dvc/cache").rglob("*") if file.is_file()]
    size = sum(-(-size // 4096) * 4 for size in files) + spare
    (clone.parent / "cache").mkdir()
    ended = call_privately(clone, SMALL_CACHE.format(size=size, clone=clone))
    assert ended.returncode, ended.stdout
    assert "No space left on device" in ended.stdout
    assert "Traceback" not in ended.stdout
    shutil.rmtree(clone / ".dvc/cache")
    (clone.parent / "cache").rename(clone / ".dvc/cache")  # with what was left there half written
    repro(clone)
    assert bits(clone) == undisturbed


@pytest.mark.parametrize("folder", ["plots", pytest.param(".dvc/cache", marks=LONG)])
def test_a_folder_that_cant_be_written_stops_dvc_with_a_line_and_the_next_repro_goes_on(
    clone: Path, undisturbed: dict[str, str], folder: str
) -> None:
    read_only = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && dvc repro"
    ended = call_privately(clone, read_only)
    assert ended.returncode, ended.stdout
    assert "Read-only file system" in ended.stdout
    assert "Traceback" not in ended.stdout
    run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed


def test_no_network_and_a_home_that_cant_be_written_change_nothing(
    clone: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "others"
    home.mkdir()
    script = f"mount --bind {home} {home} && mount -o remount,bind,ro {home} && dvc repro && ! touch {home}/file"
    ended = call_privately(clone, script, HOME=str(home), XDG_CACHE_HOME=str(home), XDG_CONFIG_HOME=str(home))
    assert ended.returncode == 0, ended.stdout
    assert bits(clone) == undisturbed


def test_a_terminal_of_40_columns_changes_nothing(clone: Path, undisturbed: dict[str, str]) -> None:
    terminal = on_terminal(clone, "dvc", "repro", columns=40)
    printed = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 0
    assert "Running stage 'summary'" in printed
    assert bits(clone) == undisturbed


@pytest.mark.parametrize(
    "command", ["dvc repro | head -n 1", pytest.param("dvc repro 2>&1 | head -n 1", marks=pytest.mark.long)]
)
def test_a_reader_who_closes_the_pipe_does_no_harm(clone: Path, undisturbed: dict[str, str], command: str) -> None:
    printed = run(clone, "sh", "-c", command)
    assert printed.startswith("Running stage 'check'")
    assert "Traceback" not in printed
    run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed
