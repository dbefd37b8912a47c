"""The process of a stage: it ends with the DVC that started it, and on Ctrl-C without a traceback."""

import ctypes
import signal
import sys
from pathlib import Path
from types import TracebackType

CODE = Path(__file__).parents[2]
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def dates_of_code() -> dict[Path, int]:
    """Return when each file of the code was changed, in nanoseconds."""
    return {path: path.stat().st_mtime_ns for path in CODE.rglob("*.py") if path.is_file()}


DATES = dates_of_code()  # as this process began; no clock is asked, for it may have been set back since


def end_with_parent() -> None:
    """Have the kernel end this process when its parent ends, however that comes about.

    A stage whose DVC was killed must not write its outputs later, beside those of another run.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def refuse_other_code() -> None:
    """End this process, with a line, where the working folder has code of its own and this is not it.

    So it is with PYTHONSAFEPATH, by which Python takes the code that is installed, in the environment of another clone.
    """
    here = Path("stages")
    if here.is_dir() and not here.samefile(CODE):
        sys.exit(
            f"{CODE} would have run, and not {here.resolve()}: `unset PYTHONSAFEPATH`, or use the environment of "
            "this clone, which `make repro` sets up"
        )


def end_on_interrupt() -> None:
    """Let Ctrl-C end this process on the spot, as outputs are put in place when they are whole.

    Python would show where it was, which for seconds is somewhere inside the import of TensorFlow.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else a shell has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def end_in_a_line_without_memory() -> None:
    """Let this process end with a line where memory is short, even while it imports a library."""
    sys.excepthook = _say


def short_of_memory(error: BaseException) -> str:
    """Return the line that is said where memory is short."""
    return f"there is not enough memory ({str(error) or type(error).__name__}); see `ulimit -v` and `free -h`"


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, MemoryError) or (issubclass(kind, ImportError) and "failed to map" in str(error)):
        print(short_of_memory(error), file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
