"""SIGKILL, SIGTERM and Ctrl-C at random moments; one plain `dvc repro` later all is as if nothing had been.

`dvc repro` starts a shell, and that the stage. A signal goes to all of them, as from a terminal; to
the stage alone; or to DVC alone, which leaves the stage behind.
"""

import hashlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from tests.faults.clones import bits, copy_of, environment, on_terminal, repro, run, set_seed

CASES = [
    (number, target)
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    for target in ("everything", "the stage", "DVC")
]


def named(case: tuple[signal.Signals, str]) -> str:
    number, target = case
    return f"{number.name} to {target}"


EMPTY = hashlib.sha256(b"").hexdigest()
REPRO, EXPERIMENT = ("dvc", "repro"), ("dvc", "exp", "run", "-S", "seed=2")


def start(clone: Path, shell: str = "/bin/sh", command: Sequence[str] = REPRO) -> psutil.Popen:
    """`dvc repro`, or another command, in a process group of its own, as a shell starts it."""
    return psutil.Popen(
        command,
        cwd=clone,
        env=environment(clone.parent / "home") | {"SHELL": shell},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def send(number: signal.Signals, target: str, dvc: psutil.Popen) -> list[psutil.Process]:
    """Returns the processes that DVC had started when the signal was sent."""
    started = dvc.children(recursive=True)
    if target == "everything":
        os.killpg(dvc.pid, number)
    elif target == "DVC":
        dvc.send_signal(number)
    else:
        for process in started[-1:]:
            process.send_signal(number)
    return started


def disturb(clone: Path, number: signal.Signals, target: str, moment: float, command: Sequence[str] = REPRO) -> None:
    """Sends a signal so many seconds after the start of `dvc repro`, and waits until DVC has ended."""
    dvc = start(clone, command=command)
    try:
        time.sleep(moment)
        started = send(number, target, dvc) if dvc.is_running() else []
    except (psutil.NoSuchProcess, ProcessLookupError):  # it ended at that very moment
        started = []
    dvc.wait(600)  # it does not heed Ctrl-C while a stage runs, which a terminal sends to both
    _, orphans = psutil.wait_procs(started, timeout=5)
    assert not orphans


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_a_stage_ends_with_its_dvc(clone: Path, undisturbed: dict[str, str], shell: str) -> None:
    (clone / "wait").touch()  # the stage `walk` would wait for ever
    dvc = start(clone, shell)
    deadline = time.monotonic() + 60
    while not (clone / "data/partial-grids").is_dir():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    started = send(signal.SIGKILL, "DVC", dvc)
    assert started
    dvc.wait(60)
    _, orphans = psutil.wait_procs(started, timeout=5)
    (clone / "wait").unlink()
    assert not orphans
    repro(clone)
    assert bits(clone) == undisturbed


@pytest.fixture(scope="module")
def duration(built: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds that an undisturbed `dvc repro` takes here."""
    clone = copy_of(built, tmp_path_factory.mktemp("timed"))
    set_seed(clone, 2)
    began = time.monotonic()
    run(clone, "dvc", "repro")
    return time.monotonic() - began


def moments(count: int, name: str) -> list[float]:
    """Shares of the duration, the same ones each time."""
    chance = random.Random(name)
    return [chance.random() for _ in range(count)]


def disturb_and_repeat(clone: Path, case: tuple[signal.Signals, str], moment: float) -> dict[str, str]:
    """Returns the digests after a disturbed `dvc repro` and a plain one."""
    disturb(clone, *case, moment)
    repro(clone)
    return bits(clone)


@pytest.mark.parametrize("case", [CASES[4], CASES[6]], ids=named)
def test_one_plain_repro_after_a_signal_gives_the_bits_of_an_undisturbed_run(
    clone: Path, undisturbed: dict[str, str], duration: float, case: tuple[signal.Signals, str]
) -> None:
    (moment,) = moments(1, named(case))
    assert disturb_and_repeat(clone, case, moment * duration) == undisturbed


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=named)
def test_so_it_does_at_thirty_moments(
    built: Path, tmp_path: Path, undisturbed: dict[str, str], duration: float, case: tuple[signal.Signals, str]
) -> None:
    for count, moment in enumerate(moments(30, f"thirty times {named(case)}")):
        clone = copy_of(built, tmp_path / str(count))
        set_seed(clone, 2)
        after = disturb_and_repeat(clone, case, moment * duration)
        assert after == undisturbed, f"after {moment * duration:.3f} s of {duration:.3f}"


def interrupt(clone: Path, moment: float, command: Sequence[str]) -> None:
    """Types Ctrl-C on the terminal of a command so many seconds after its start."""
    terminal = on_terminal(clone, *command)
    time.sleep(moment)
    started = psutil.Process(terminal.pid).children(recursive=True) if terminal.isalive() else []
    if terminal.isalive():
        terminal.sendintr()
    terminal.read()
    terminal.close()
    _, orphans = psutil.wait_procs(started, timeout=20)
    assert not orphans


def go_on(clone: Path) -> dict[str, str]:
    """The digests after the documented way back to the params, and a plain `dvc repro` with those that were sought.

    DVC tries with an empty file whether it can link into a folder, and may leave it. Git does not see it.
    """
    run(clone, "git", "checkout", "params.yaml")
    set_seed(clone, 2)
    repro(clone)
    assert ".tmp" not in run(clone, "git", "status", "--porcelain")
    return {name: digest for name, digest in bits(clone).items() if not (name.endswith(".tmp") and digest == EMPTY)}


@pytest.mark.parametrize(
    ("how", "count"),
    [
        ("Ctrl-C", 1),
        pytest.param("Ctrl-C", 30, marks=pytest.mark.long),
        pytest.param("SIGKILL", 30, marks=pytest.mark.long),
        pytest.param("SIGTERM", 30, marks=pytest.mark.long),
    ],
)
def test_an_experiment_that_is_ended_at_any_moment_is_no_harm(
    built: Path, tmp_path: Path, undisturbed: dict[str, str], duration: float, how: str, count: int
) -> None:
    for number, moment in enumerate(moments(count, f"an experiment and {how}")):
        clone = copy_of(built, tmp_path / str(number))
        if how == "Ctrl-C":
            interrupt(clone, moment * duration, EXPERIMENT)
        else:
            disturb(clone, signal.Signals[how], "everything", moment * duration, EXPERIMENT)
        assert go_on(clone) == undisturbed, f"after {moment * duration:.3f} s of {duration:.3f}"
