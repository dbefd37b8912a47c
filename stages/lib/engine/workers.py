"""Where the shards of a sweep are trained: on all cores of this machine, or on a Ray cluster.

The environment variable RAY_ADDRESS, Ray's own, names the cluster. It is no parameter of the study:
where the work is done changes no bit of what comes out.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import stages
from stages.lib.core.cores import Found, on_all_cores
from stages.lib.core.environment import PINNED
from stages.lib.core.runner import Fault

PRELOADED = "stages.lib.engine.preloaded"
SECONDS_TO_REACH = 5  # a cluster that is there answers at once
RETRIES = 100  # of a task whose worker died; all others are mistakes in the code, and not tried again


def run_all(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Found]:
    """Yield the position of each task and what `function` returns for its arguments, in the order in which they end.

    Raise Fault where RAY_ADDRESS names a cluster that can't be used, and what `on_all_cores` raises.
    """
    address = os.environ.get("RAY_ADDRESS")
    return _on_cluster(function, tasks, address) if address else on_all_cores(function, tasks, preload=PRELOADED)


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
