"""Says which small faults in the code no test sees; `make mutants` calls it after mutmut, a well-kept tool, has run.

All of them take hours. `make mutants of=400` tries so many, drawn at random: `python -m tools.mutants 400` names them.

A fault that is known to be seen by no test stands in mutants.txt with the reason, as the line that it makes of the
code. All others are read by somebody: they get a test, or a place in that file.
"""

import random
import re
import subprocess
import sys
from pathlib import Path

import stages  # noqa: F401  it pins the environment, so it comes before NumPy

# isort: split
import numpy as np

from stages.lib.analysis.statistics import interval_of_share

KNOWN = Path(__file__).with_name("mutants.txt")
ENOUGH = 0.9  # share of the faults that tests must see
SEEN = {"killed", "timeout"}  # a fault that makes a test wait for ever is seen
UNTRIED = "not checked"


def main() -> None:
    """Print the faults that no test sees, and how many are seen; end with exit code 1 where that falls short."""
    found = all_outcomes()
    outcomes = {name: outcome for name, outcome in found.items() if outcome != UNTRIED}
    unseen = [name for name, outcome in outcomes.items() if outcome not in SEEN]
    faults = {name: changed_line(mutmut("show", name)) for name in unseen}
    expected = known(KNOWN.read_text("utf-8"))
    news = {name: fault for name, fault in faults.items() if fault not in expected}
    for name, fault in news.items():
        print(f"{name} ({outcomes[name]}): {fault}")
    for fault in sorted(expected - set(faults.values())) if len(outcomes) == len(found) else []:
        print(f"{KNOWN.name} holds a fault that a test sees by now, or that is gone: {fault}")
    seen = len(outcomes) - len(unseen)
    share = f"{seen} of {len(outcomes)} mutants killed ({seen / len(outcomes):.1%})"
    print(f"{share}; {len(unseen) - len(news)} of the others are known")
    if len(outcomes) < len(found):
        low, high = map(float, interval_of_share(np.array(seen), len(outcomes)))
        print(f"of all {len(found)}, {low:.0%} to {high:.0%} are killed (95 %), as those tried are drawn at random")
    if news or seen < ENOUGH * len(outcomes):
        sys.exit(1)


def draw(asked: str) -> None:
    """Print the names of so many faults that were not tried, drawn at random, the same ones each time."""
    if not asked.isdecimal() or not int(asked):
        sys.exit(f"of is {asked!r}, but must be a whole number above 0: `make mutants of=400`")
    untried = sorted(name for name, outcome in all_outcomes().items() if outcome == UNTRIED)
    print(*random.Random(0).sample(untried, min(int(asked), len(untried))), sep="\n")


def all_outcomes() -> dict[str, str]:
    """Return what became of each fault, by its name."""
    return dict(re.findall(r"^ +(\S+): (.+)$", mutmut("results", "--all", "true"), flags=re.MULTILINE))


def mutmut(*arguments: str) -> str:
    """Return what mutmut prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def changed_line(shown: str) -> str:
    """Return what `mutmut show` shows of a fault: the file, and the lines that it makes of the code, or takes away."""
    (path,) = re.findall(r"^\+\+\+ (\S+)", shown, flags=re.MULTILINE)
    added = re.findall(r"^\+(?!\+\+ )(.*)$", shown, flags=re.MULTILINE)
    taken = ["without", *re.findall(r"^-(?!-- )(.*)$", shown, flags=re.MULTILINE)]
    return f"{path}: {' '.join(' '.join(added or taken).split())}"


def known(text: str) -> set[str]:
    """Return the faults of mutants.txt: all lines but the reasons, which begin with `#` and stand before them."""
    return {line for line in text.splitlines() if line and not line.startswith("#")}


if __name__ == "__main__":
    draw(sys.argv[1]) if sys.argv[1:] else main()
