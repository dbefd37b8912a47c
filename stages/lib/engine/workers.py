"""Where the shards of a sweep are trained: on all cores of this machine, or on a Ray cluster.

The environment variable RAY_ADDRESS, Ray's own, names the cluster. It is no parameter of the study:
where the work is done changes no bit of what comes out.
"""

import logging
import os
import socket
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from joblib import Parallel, cpu_count, delayed

import stages
from stages.lib.core.environment import PINNED
from stages.lib.core.process import end_on_interrupt, end_with_parent
from stages.lib.core.runner import Fault

SECONDS_TO_REACH = 5  # a cluster that is there answers at once
RETRIES = 100  # of a task whose worker died; all others are mistakes in the code, and not tried again

Found = tuple[int, Any]  # a task's position, and what it returned


def run_all(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Found]:
    """Yield the position of each task and what `function` returns for its arguments, in the order in which they end.

    Raise Fault where RAY_ADDRESS names a cluster that can't be used.
    """
    address = os.environ.get("RAY_ADDRESS")
    return _on_cluster(function, tasks, address) if address else _on_this_machine(function, tasks)


def _on_this_machine(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Found]:
    jobs = max(1, min(len(tasks), cpu_count()))  # one runs here: a process of its own would import TensorFlow again
    workers = Parallel(
        n_jobs=jobs,
        batch_size=1,
        return_as="generator_unordered",
        initializer=_begin_worker,
        initargs=(os.getpid(),),
    )
    with warnings.catch_warnings():
        # Loky replaces a process that has grown by 300 MB, as TensorFlow's do, and warns of it. The user can mend
        # nothing, and where warnings are errors, Loky's thread would end there and all others wait for ever.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
        try:
            yield from workers(delayed(_run)(function, position, task) for position, task in enumerate(tasks))
        except BrokenProcessPool as error:
            raise Fault(
                "a process that trained networks was ended from outside, most likely for want of memory; `dvc repro` "
                "goes on where it was, and LOKY_MAX_CPU_COUNT=1 before it trains in one process"
            ) from error


def _begin_worker(parent: int) -> None:
    end_with_parent(parent)
    end_on_interrupt()


def _run(function: Callable[..., Any], position: int, task: tuple[Any, ...]) -> Found:
    return position, function(*task)


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
