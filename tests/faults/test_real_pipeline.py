"""The whole pipeline, disturbed: on small params, with TensorFlow."""

import random
import re
import shutil
import signal
import time
from pathlib import Path

import pexpect
import psutil
import pytest

from tests.faults.clones import bits, call, on_terminal, repro, run
from tests.faults.namespaces import PRIVATE, require_namespaces
from tests.faults.test_killed import disturb, start
from tests.small import build
from tests.test_dvc_yaml import PIPELINE, outputs
from tests.test_pipeline import set_params

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the whole pipeline has run on small params, and is committed."""
    folder = tmp_path_factory.mktemp("real")
    build(folder)
    return folder / "clone"


def changed(real: Path, folder: Path) -> Path:
    """A copy in which what depends on `lr` is to run, and a sweep that is trained by processes of its own."""
    clone = Path(shutil.copytree(real, folder / "clone", symlinks=True))
    set_params(clone, {"lr": 0.05, "restarts": 3})
    return clone


@pytest.fixture(scope="module")
def undisturbed(real: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """The digests that the changed params lead to, and the seconds that this takes."""
    clone = changed(real, tmp_path_factory.mktemp("undisturbed"))
    began = time.monotonic()
    run(clone, "dvc", "repro")
    return bits(clone, *PLACES), time.monotonic() - began


PLACES = ["data", "models", "metrics", "plots", "report"]


@pytest.mark.parametrize("target", ["everything", "DVC"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_one_plain_repro_after_a_signal_gives_the_bits_of_an_undisturbed_run(
    real: Path, undisturbed: tuple[dict[str, str], float], tmp_path: Path, number: signal.Signals, target: str
) -> None:
    expected, duration = undisturbed
    clone = changed(real, tmp_path)
    disturb(clone, number, target, random.Random(f"{number.name} to {target}").random() * duration)
    repro(clone)
    assert bits(clone, *PLACES) == expected


def test_of_two_repros_at_once_one_waits_or_both_end_well_and_the_bits_are_those_of_one(
    real: Path, undisturbed: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    clone = changed(real, tmp_path)
    both = [start(clone), start(clone)]
    codes = [each.wait(600) for each in both]
    assert 0 in codes
    repro(clone)
    assert bits(clone, *PLACES) == undisturbed[0]


def networks_trained(terminal: "pexpect.spawn[str]", *, time: str) -> int:
    """Waits for a progress bar that shows such a time, and returns its count."""
    terminal.expect(rf"smallest_network: +\d+%.* (\d+)/3000 \[{time}")
    assert isinstance(terminal.match, re.Match)
    return int(terminal.match[1])


def test_ctrl_c_ends_a_large_sweep_and_the_same_command_goes_on_where_it_was(real: Path, tmp_path: Path) -> None:
    clones = [Path(shutil.copytree(real, tmp_path / name / "clone", symlinks=True)) for name in ("ended", "whole")]
    command = ["dvc", "exp", "run", "--set-param", "smallest_network.restarts=1000", "smallest_network"]
    ended = on_terminal(clones[0], *command)
    networks_trained(ended, time=r"\d+:\d+<\d+:\d+")  # since the start, and left
    workers = psutil.Process(ended.pid).children(recursive=True)
    ended.sendintr()
    printed = ended.read()
    ended.close()
    assert ended.exitstatus
    assert "Traceback" not in printed
    assert psutil.wait_procs(workers, timeout=20)[1] == []
    kept = list((clones[0] / "data/unfinished/smallest_network").glob("*.npz"))
    assert kept

    again = on_terminal(clones[0], *command)
    assert networks_trained(again, time="00:00<") > 0
    again.read()
    again.close()
    assert again.exitstatus == 0
    assert not (clones[0] / "data/unfinished/smallest_network").exists()
    run(clones[1], *command)
    assert bits(clones[0], *PLACES) == bits(clones[1], *PLACES)


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_full_disk_ends_each_stage_with_one_line(real: Path, tmp_path: Path, stage: str) -> None:
    """The folders of its outputs lie on a disk without room; what it reads is copied there before the disk is full."""
    require_namespaces()
    clone = Path(shutil.copytree(real, tmp_path / "clone", symlinks=True))
    places = sorted({path.split("/")[0] for path in outputs(PIPELINE[stage])})
    fill = "".join(
        f"mount -t tmpfs -o size=64m tmpfs {place}.full && cp -a {place}/. {place}.full && "
        f"head -c 64M /dev/zero > {place}.full/filler; mount --move {place}.full {place}; "
        for place in places
    )
    for place in places:
        (clone / f"{place}.full").mkdir()
    ended = call(clone, *PRIVATE, "sh", "-c", f"{fill} {PIPELINE[stage]['cmd']}")
    for place in places:
        (clone / f"{place}.full").rmdir()
    assert ended.returncode == 1
    assert "No space left on device" in ended.stdout.splitlines()[-1]
    assert "Traceback" not in ended.stdout
    assert run(clone, "git", "status", "--porcelain") == ""
