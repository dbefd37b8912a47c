"""Writes docs/licences.md, what each locked package says of its licence; `make licences` calls it, a test compares."""

import re
from importlib.metadata import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
USES = ("run", "build", "dev", "ray", "bench", "notebook")
# Their metadata say nothing; their licence files do.
BY_HAND = {"axe-playwright-python": "MIT", "namex": "Apache-2.0"}


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8", newline="\n")


def page() -> str:
    """Return the page: a row for each package of requirements/*.txt, with what it is needed for."""
    packages = {use: locked(use) for use in USES}
    versions = {name: version for use in USES for name, version in packages[use].items()}
    rows = [
        f"| {name} | {version} | {licence(name)} | {', '.join(use for use in USES if name in packages[use])} |"
        for name, version in sorted(versions.items())
    ]
    return "\n".join([*HEAD, *rows, ""])


HEAD = [
    "# Licences of what is installed",
    "",
    "Each package of [`requirements/`](../requirements), with the licence that its metadata state: for the",
    "pipeline (run), what is built on install (build), tests and checks (dev), training on a cluster (ray),",
    "comparisons of speed (bench), the notebooks (notebook). None is part of this repository. `make licences`",
    "writes this page.",
    "",
    "| package | version | licence | for |",
    "| --- | --- | --- | --- |",
]


def locked(use: str) -> dict[str, str]:
    """Return the version of each package in a lock file."""
    text = (ROOT / "requirements" / f"{use}.txt").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


def licence(name: str) -> str:
    """Return the licence of an installed package, in one line."""
    if name in BY_HAND:
        return BY_HAND[name]
    said = metadata(name)
    texts = [text.strip() for field in ("License-Expression", "License") for text in said.get_all(field) or []]
    classes = [line for line in said.get_all("Classifier") or [] if line.startswith("License :: ")]
    names = [words[-1] for line in classes if len(words := line.split(" :: ")) > 2]
    short = [text for text in texts if text and "\n" not in text]
    return ", ".join(names) if names and not said.get_all("License-Expression") else (short or ["not stated"])[0]


if __name__ == "__main__":
    main()
