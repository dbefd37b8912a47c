"""Work that the cores of this machine share."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from stages.lib.core import cores
from stages.lib.core.cores import Found, on_all_cores
from stages.lib.core.runner import Fault

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it is tried on a machine of one core too."""
    monkeypatch.setattr(cores, "cpu_count", lambda: 2)


def shared(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> list[Found]:
    return list(on_all_cores(function, tasks, preload=cores.__name__))


def run_script(function: str, task: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What two tasks print in a process of its own: what forks keeps the first standard error that it has seen."""
    script = (
        "from stages.lib.core import cores; from stages.lib.core.runner import run; import tests.lib.core.test_cores\n"
        "cores.cpu_count = lambda: 2\n"
        f"run(lambda places: list(cores.on_all_cores({function}, [{task}] * 2, preload='stages.lib.core.cores')))"
    )
    command = [sys.executable, "-c", script]
    surroundings = os.environ | environment
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)


def test_each_task_comes_back_with_its_position() -> None:
    assert sorted(shared(divmod, [(7, 2), (9, 4), (5, 5)])) == [(0, (3, 1)), (1, (2, 1)), (2, (1, 0))]


def test_each_task_has_a_process_of_its_own_whose_memory_goes_back_with_it() -> None:
    found = [process for _, process in shared(os.getpid, [()] * 6)]
    assert len({*found, os.getpid()}) == 7
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in found if psutil.pid_exists(pid)], timeout=10)
    assert alive == []


def test_a_single_task_is_done_where_it_is_asked_for() -> None:
    assert shared(os.getpid, [()]) == [(0, os.getpid())]


def test_no_more_tasks_run_at_once_than_there_are_cores() -> None:
    spans = [span for _, span in shared(seconds, [(2,)] * 4)]
    assert max(sum(other <= began < ended for other, ended in spans) for began, _ in spans) == 2


def seconds(length: int) -> tuple[float, float]:
    """When it began and when it ended, in seconds of a clock that all processes share."""
    began = time.monotonic()
    time.sleep(length)
    return began, time.monotonic()


def test_what_a_task_raises_is_shown_and_ends_the_stage_in_a_line() -> None:
    done = run_script("divmod", "(1, 0)")
    assert done.stderr.endswith("\na process of this stage failed; what it raised stands above\n")
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("kind", [Fault, OSError])
def test_what_a_user_can_mend_is_said_in_a_line_alone(kind: type[Exception]) -> None:
    done = run_script(f"tests.lib.core.test_cores.fail_by_{kind.__name__}", "()")
    assert (done.returncode, done.stderr) == (1, "mend me\n")


def fail_by_Fault() -> None:  # noqa: N802
    raise Fault("mend me")


def fail_by_OSError() -> None:  # noqa: N802
    raise OSError("mend me")


def fail_or_wait(number: int) -> None:
    """Fails at once for 0; else takes ten minutes."""
    if number == 0:
        raise KeyError(number)
    time.sleep(600)


def test_where_one_task_fails_the_others_are_ended() -> None:
    with pytest.raises(Fault, match="failed; what it raised stands above"):
        shared(fail_or_wait, [(1,), (0,)])
    for child in multiprocessing.active_children():
        child.join(10)
    assert multiprocessing.active_children() == []


def test_a_folder_whose_name_is_too_long_for_a_socket_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    assert f"TMPDIR, which is '{folder}'" in run_script("divmod", "(7, 2)", TMPDIR=str(folder)).stderr


def end_itself(number: int) -> int:
    """Ends as a process does that the kernel takes for too large."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_process_that_is_ended_from_outside_is_a_clear_word() -> None:
    with pytest.raises(Fault, match="was ended from outside, most likely for want of memory; say `dvc repro`"):
        shared(end_itself, [(1,), (2,)])


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda end: end.name)
@pytest.mark.parametrize("preload", ["stages.lib.publish.drawing", "stages.lib.core.cores"])
def test_all_processes_end_with_the_stage_and_none_shows_where_it_was(end: signal.Signals, preload: str) -> None:
    script = (
        "import time; from stages.lib.core import cores; from stages.lib.core.process import end_on_interrupt\n"
        f"end_on_interrupt(); cores.cpu_count = lambda: 2\n"
        f"list(cores.on_all_cores(time.sleep, [(600,)] * 2, preload={preload!r}))"
    )
    stage = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while len(others := psutil.Process(stage.pid).children(recursive=True)) < 4:  # two, their source, Python's tracker
        time.sleep(0.1)
    if end == signal.SIGINT:
        os.killpg(stage.pid, end)  # as Ctrl-C does
    else:
        stage.send_signal(end)
    _, alive = psutil.wait_procs(others, timeout=10)
    assert alive == []
    assert "Traceback" not in stage.communicate()[1]


@pytest.mark.parametrize("asked", ["abc", "", "1.5"])
def test_a_number_of_cores_that_is_none_is_a_clear_word(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", asked)
    with pytest.raises(Fault, match=f"LOKY_MAX_CPU_COUNT is '{asked}', but must be a whole number"):
        shared(divmod, [(7, 2)] * 2)


def want_memory(number: int) -> int:
    raise MemoryError(f"Unable to allocate {number} GiB")


def test_a_process_without_memory_says_so_in_a_line() -> None:
    done = run_script("tests.lib.core.test_cores.want_memory", "(9,)")
    said = "there is not enough memory (Unable to allocate 9 GiB); see `ulimit -v` and `free -h`"
    assert {*done.stderr.splitlines()} == {said, "a process of this stage failed; what it raised stands above"}
