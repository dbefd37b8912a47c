"""How Keras and TensorFlow are imported: without what nobody here calls, and without their greetings."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

GREETINGS = (b"All log messages before absl::InitializeLog()", b"Could not find cuda drivers")


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Hide these modules, but for those already imported, from the imports of the block."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is what hides a module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def quietly() -> Iterator[None]:
    """Hold back what the block writes to the standard error stream, and pass it on at its end but for `GREETINGS`.

    The libraries write to the file, not to `sys.stderr`, and before any setting of theirs holds.
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
