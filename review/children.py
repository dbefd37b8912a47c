"""Work on foreign files in a process of its own, with a bound on memory and time, that no network reaches.

What a revision holds may be made to exhaust whoever reads it. A child that needs more than it is given is
ended, and the review says so in a line.
"""

import ctypes
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path
from typing import Any

import psutil

from review.revisions import Fault
from review.snapshots import FULL, no_room

MEMORY = 3 << 30  # bytes of a child
SECONDS = 60  # of work of a child
PATIENCE = 10  # times as many on the clock, as the machine may have more to do
ANSWER = 400_000_000  # bytes
AT = "at"  # the file in which a child writes down what it reads
PACKAGE = Path(__file__).parent
# This very package, wherever it is: its folder is on no path, where it would hide modules of Python or libraries.
START = """\
import sys
from importlib import util
spec = util.spec_from_file_location("review", sys.argv[1] + "/__init__.py", submodule_search_locations=[sys.argv[1]])
sys.modules["review"] = util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["review"])
from review.children import serve
serve(*sys.argv[2:])
"""
FORBIDDEN = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
}


_readable: list[str] = []  # in a child: the folders from which it may read; any, where it is empty
_at: Path | None = None  # in a child: where it writes down what it reads


def at(what: str) -> None:
    """Tell the parent what the child reads, to be named if that asks for too much."""
    if _at:
        _at.write_text(what, "utf-8", "backslashreplace")


def read_only(folders: list[Path]) -> None:
    """Let this child read its own folder, these folders and Python's alone, however a file of DVC names another."""
    if _at:
        packages = [path for path in sys.path if "-packages" in path]
        allowed = [str(_at.parent), str(PACKAGE), sys.prefix, sys.base_prefix, *packages, *map(str, folders)]
        _readable.extend(_literal(path) for path in allowed)


def _literal(path: str) -> str:
    """Return a path from the root, its links as they are: those in the folder of a child are the review's own."""
    return os.path.abspath(path) + os.sep  # noqa: PTH100


def call(function: str, request: Any, folder: Path, what: str) -> Any:
    """Return what `module:function` of this package makes of `request`; both are JSON.

    The child may write to `folder` only. Raises a Fault that begins with `what` where it fails or asks for too much.
    """
    command = [sys.executable, "-P", "-c", START, str(PACKAGE), function, str(folder), str(os.getpid())]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "TMPDIR": str(folder)}
    with (
        ThreadPoolExecutor(1) as pool,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child,
    ):
        try:
            waiting = pool.submit(child.communicate, json.dumps(request).encode())
            answer, complaints = _watched(child, waiting, what, folder / AT)
        finally:
            child.kill()
            (folder / AT).unlink(missing_ok=True)
    if child.returncode:
        lines = complaints.decode("utf-8", "replace").strip().splitlines() or [f"exit code {child.returncode}"]
        raise Fault(f"{what}: {lines[-1][:500]}")
    return json.loads(answer)


def _watched(
    child: subprocess.Popen[bytes], answer: Future[tuple[bytes, bytes]], what: str, place: Path
) -> tuple[bytes, bytes]:
    end = time.monotonic() + PATIENCE * SECONDS
    while True:
        try:
            return answer.result(timeout=0.02)
        except NotYet:
            pass
        memory, seconds = _used(child.pid)
        much = f"{MEMORY >> 30} GiB of memory" if memory > MEMORY else ""
        if seconds > SECONDS or time.monotonic() > end:
            much = f"{SECONDS} seconds"
        if much:
            name = place.read_text("utf-8", "replace") if place.is_file() else ""
            raise Fault(f"{what}: {name or 'it'} takes more than {much}")


def _used(pid: int) -> tuple[int, float]:
    """Return how many bytes a process has, and how many seconds it has worked."""
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return process.memory_info().rss, times.user + times.system
    except psutil.Error:  # it has just ended
        return 0, 0.0


def serve(function: str, folder: str, parent: str) -> None:
    """Run in the child: reads the request, and writes the answer."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: not to outlive the parent
    if os.getppid() != int(parent):  # it has ended before that
        os._exit(1)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    global _at
    _at = Path(folder) / AT
    module, _, name = function.partition(":")
    work = getattr(importlib.import_module(module), name)
    request = json.load(sys.stdin)
    sys.addaudithook(_guard(os.path.realpath(folder)))
    try:
        answer = json.dumps(work(request))
    except RecursionError:
        sys.exit("it is nested too deep")
    except MemoryError:
        sys.exit("it takes more memory than there is")
    except (Fault, OSError) as error:
        full = isinstance(error, OSError) and error.errno in FULL
        sys.exit(" ".join(str(no_room(error) if full else error).split()))  # type: ignore[arg-type]
    if len(answer) > ANSWER:
        sys.exit(f"it has more than {ANSWER:,} bytes of parameters, metrics and plots")
    answers.write(answer)
    answers.flush()
    os._exit(0)  # without the farewells of threads and temporary files: the parent removes the folder


def _guard(folder: str) -> Any:
    """Return a hook that ends what would reach the network, start a program, or write or read elsewhere."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            raise PermissionError(f"a review does not do {event}")
        if event == "open" and isinstance(arguments[0], str | bytes) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith((folder + os.sep, "/dev/")):
                raise PermissionError(f"a review does not write to {path}")
        if event in ("open", "os.listdir", "os.scandir") and _readable and isinstance(arguments[0], str | bytes):
            named = os.fsdecode(arguments[0])
            path = _literal(named)
            climbs = ".." in Path(named).parts and os.path.realpath(named) != os.path.realpath(path)
            if climbs or not path.startswith((*_readable, folder + os.sep, "/dev/", "/proc/")):
                raise PermissionError(f"a review does not read {named}, outside of the revision")

    return hook
