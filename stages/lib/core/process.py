"""The process of a stage: it ends with the DVC that started it, and on Ctrl-C without a traceback."""

import ctypes
import signal
import sys
import time

STARTED = time.time_ns()
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Have the kernel end this process when its parent ends, however that comes about.

    A stage whose DVC was killed must not write its outputs later, beside those of another run.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_on_interrupt() -> None:
    """Let Ctrl-C end this process on the spot, as outputs are put in place when they are whole.

    Python would show where it was, which for seconds is somewhere inside the import of TensorFlow.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else a shell has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
