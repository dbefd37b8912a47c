"""Where the shards of a sweep are trained: on all cores of this machine, or on a Ray cluster.

The environment variable RAY_ADDRESS, Ray's own, names the cluster. It is no parameter of the study:
where the work is done changes no bit of what comes out.
"""

import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from tempfile import gettempdir
from typing import Any

from joblib import cpu_count

import stages
from stages.lib.core.environment import PINNED
from stages.lib.core.process import end_with_parent, short_of_memory
from stages.lib.core.runner import Fault

PRELOADED = "stages.lib.engine.preloaded"
SECONDS_TO_REACH = 5  # a cluster that is there answers at once
RETRIES = 100  # of a task whose worker died; all others are mistakes in the code, and not tried again
ENDED_FROM_OUTSIDE = (
    "a process that trained networks was ended from outside, most likely for want of memory; `dvc repro` goes on where "
    "it was, and LOKY_MAX_CPU_COUNT=1 before it trains in one process"
)

Found = tuple[int, Any]  # a task's position, and what it returned


def run_all(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Found]:
    """Yield the position of each task and what `function` returns for its arguments, in the order in which they end.

    Raise Fault where RAY_ADDRESS names a cluster that can't be used, or where a process ends without an answer.
    """
    address = os.environ.get("RAY_ADDRESS")
    return _on_cluster(function, tasks, address) if address else _on_this_machine(function, tasks)


def _on_this_machine(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Found]:
    """Run each task in a process of its own, as many at a time as there are cores: what it took goes back at its end.

    The processes are forks of one that has imported TensorFlow and done nothing else.
    """
    at_once = min(len(tasks), _cores())
    if at_once < 2:
        yield from ((position, function(*task)) for position, task in enumerate(tasks))
        return
    waiting = deque(enumerate(tasks))
    running: dict[Any, tuple[int, BaseProcess]] = {}  # by the pipe that a process answers on

    def start() -> None:
        position, task = waiting.popleft()
        answer, process = _started(function, task)
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


def _cores() -> int:
    try:
        return cpu_count()
    except ValueError as error:
        asked = os.environ.get("LOKY_MAX_CPU_COUNT")
        raise Fault(
            f"LOKY_MAX_CPU_COUNT is {asked!r}, but must be a whole number: `unset LOKY_MAX_CPU_COUNT` takes all cores"
        ) from error


def _started(function: Callable[..., Any], task: tuple[Any, ...]) -> tuple[Connection, BaseProcess]:
    """Start a process for a task; return the pipe that it answers on, and the process."""
    context = get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
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
    """Answer with what the function returns; what it raises, Python shows, and ends the process."""
    end_with_parent()
    stage = parent_process()
    if stage is None or not stage.is_alive():
        return  # it ended before the kernel was asked to end this process with it
    try:
        answer.send(function(*task))
    except MemoryError as error:
        sys.exit(short_of_memory(error))


def _received(answer: Any, process: BaseProcess) -> Any:
    """Return what a process sends; raise Fault where it ended without an answer."""
    try:
        with answer:
            found = answer.recv()
    except (EOFError, OSError):  # before its first byte, or among them
        process.join()
        if process.exitcode == 1:  # Python's own, after an exception
            raise Fault("a process that trained networks failed; what it raised stands above") from None
        raise Fault(ENDED_FROM_OUTSIDE) from None
    process.join()
    return found


def _on_cluster(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], address: str) -> Iterator[Found]:
    try:
        import ray
    except ImportError as error:
        raise Fault(
            f"RAY_ADDRESS is {address!r}, but Ray is not installed: `make ray` installs it, `unset RAY_ADDRESS` "
            "trains on this machine"
        ) from error
    _reach(address)
    # A worker of Ray has imported NumPy before it imports `stages`, so it must be born with the pins.
    environment = {"py_modules": [stages], "env_vars": PINNED}
    ray.init(address=address, runtime_env=environment, logging_level=logging.ERROR, log_to_driver=False)
    remote = ray.remote(max_retries=RETRIES)(function)
    waiting = {remote.remote(*task): position for position, task in enumerate(tasks)}
    try:
        while waiting:
            (done,), _ = ray.wait(list(waiting))
            yield waiting.pop(done), ray.get(done)
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Raise Fault at once where nothing listens; Ray itself would try for half a minute."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), SECONDS_TO_REACH).close()
    except (OSError, ValueError) as error:
        raise Fault(
            f"RAY_ADDRESS is {address!r}, but no Ray cluster answers there ({error}): give host:port as `ray start "
            "--head` prints it, or `unset RAY_ADDRESS` to train on this machine"
        ) from error
