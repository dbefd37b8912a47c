"""Keeps from the console what TensorFlow's libraries greet with before any setting of theirs holds."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

GREETINGS = (b"All log messages before absl::InitializeLog()", b"Could not find cuda drivers")


@contextmanager
def quietly() -> Iterator[None]:
    """Hold back what the block writes to the standard error stream, and pass it on at its end but for `GREETINGS`.

    The libraries write to the file, not to `sys.stderr`.
    """
    sys.stderr.flush()
    outside = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(outside, 2)
            os.close(outside)
            held.seek(0)
            for line in held:
                if not any(greeting in line for greeting in GREETINGS):
                    os.write(2, line)
