"""Work that the cores of this machine share: a process for each task, as many at a time as there are cores."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from tempfile import gettempdir
from typing import Any

from joblib import cpu_count

from stages.lib.core.process import end_with_parent, short_of_memory
from stages.lib.core.runner import Fault

FORKED = "stages.lib.core.forked"
ENDED_FROM_OUTSIDE = (
    "a process of this stage was ended from outside, most likely for want of memory; say `dvc repro` again, or "
    "`LOKY_MAX_CPU_COUNT=1 dvc repro`, which takes one process and less memory"
)

Found = tuple[int, Any]  # a task's position, and what it returned


def on_all_cores(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], *, preload: str) -> Iterator[Found]:
    """Yield the position of each task and what `function` returns for its arguments, in the order in which they end.

    Each task has a process of its own: what it took goes back at its end. The processes are forks of one that has
    imported the module `preload`, that of the first call in this process, and has done nothing else.

    Raise the Fault or OSError that a task raises, and Fault where a process ends without an answer.
    """
    at_once = min(len(tasks), _cores())
    if at_once < 2:
        yield from ((position, function(*task)) for position, task in enumerate(tasks))
        return
    waiting = deque(enumerate(tasks))
    running: dict[Any, tuple[int, BaseProcess]] = {}  # by the pipe that a process answers on

    def start() -> None:
        position, task = waiting.popleft()
        answer, process = _started(function, task, preload)
        running[answer] = position, process

    try:
        for _ in range(at_once):
            start()
        while running:
            for answer in wait(list(running)):
                position, process = running.pop(answer)
                found = _received(answer, process)
                if waiting:
                    start()
                yield position, found
    finally:
        for _, process in running.values():
            process.kill()
            process.join()  # or it might still write where the stage clears up


def _cores() -> int:
    try:
        return cpu_count()
    except ValueError as error:
        asked = os.environ.get("LOKY_MAX_CPU_COUNT")
        raise Fault(
            f"LOKY_MAX_CPU_COUNT is {asked!r}, but must be a whole number: `unset LOKY_MAX_CPU_COUNT` takes all cores"
        ) from error


def _started(function: Callable[..., Any], task: tuple[Any, ...], preload: str) -> tuple[Connection, BaseProcess]:
    """Start a process for a task; return the pipe that it answers on, and the process."""
    context = get_context("forkserver")
    context.set_forkserver_preload([FORKED, preload])
    answer, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, function, task))
    try:
        process.start()
    except OSError as error:  # its socket lies there, and a name of more than 107 bytes is too long for one
        raise Fault(
            f"no process can be started by way of TMPDIR, which is {gettempdir()!r} ({error}); a shorter folder that "
            "can be written may do"
        ) from error
    except EOFError as error:  # what processes are forked from was ended
        raise Fault(ENDED_FROM_OUTSIDE) from error
    sender.close()  # so that only the process holds it, and its end is the end of the pipe
    return answer, process


def _send(answer: Connection, function: Callable[..., Any], task: tuple[Any, ...]) -> None:
    """Answer with what the function returns, or with what a user can mend; any other error ends the process."""
    end_with_parent()
    stage = parent_process()
    if stage is None or not stage.is_alive():
        return  # it ended before the kernel was asked to end this process with it
    try:
        found = function(*task)
    except MemoryError as error:
        sys.exit(short_of_memory(error))
    except (Fault, OSError) as error:
        found = error
    answer.send(found)


def _received(answer: Any, process: BaseProcess) -> Any:
    """Return what a process sends; raise what it answers that a user can mend, and Fault where it does not answer."""
    try:
        with answer:
            found = answer.recv()
    except (EOFError, OSError):  # before its first byte, or among them
        process.join()
        if process.exitcode == 1:  # Python's own, after an exception
            raise Fault("a process of this stage failed; what it raised stands above") from None
        raise Fault(ENDED_FROM_OUTSIDE) from None
    process.join()
    if isinstance(found, (Fault, OSError)):
        raise found
    return found
