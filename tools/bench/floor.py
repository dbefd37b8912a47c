"""What a stage can't do without: `python -m tools.bench.floor STAGE OPTION…` runs it, and says how long that took.

They are its imports and all that it waits for the engine or for Keras's `fit`: compiling, training and
judging, by itself or in processes that it starts. Reading, writing, statistics and drawing are not in them.
"""

import runpy
import sys
import time
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from typing import Any

FLOOR = "floor"  # begins the line that says it


class Clock:
    """Adds up the seconds inside the functions that it has wrapped; one inside another counts once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._running = False

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same on the clock."""

        @wraps(function)
        def on_the_clock(*args: Any, **kwargs: Any) -> Any:
            if self._running:
                return function(*args, **kwargs)
            self._running, began = True, time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._running = False
                self.seconds += time.perf_counter() - began

        return on_the_clock

    def timed_items(self, function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """Return a function that yields the same, with the wait for each item on the clock; none may be None."""

        def on_the_clock(*args: Any) -> Iterator[Any]:
            found = function(*args)
            return iter(self.timed(lambda: next(found, None)), None)

        return on_the_clock


def main(stage: str, *options: str) -> None:
    """Print the line after all that the stage prints."""
    clock = Clock()
    page = clock.timed(import_module)(f"stages.{stage}").__name__
    if keras := sys.modules.get("keras"):
        keras.Model.fit = clock.timed(keras.Model.fit)
    if fleets := sys.modules.get("stages.lib.engine.fleets"):
        vars(fleets)["run_all"] = clock.timed_items(fleets.run_all)
    sys.argv = [stage, *options]
    del sys.modules[page]
    runpy.run_module(page, run_name="__main__")
    print(FLOOR, clock.seconds, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
