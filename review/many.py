"""Reviews many revisions against one: a page and a Markdown table with a row each, and a review behind each row."""

import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from review import words
from review.changes import Change, headline
from review.comparison import Comparison
from review.pages import TEMPLATES, environment, library, put, script, write_text
from review.pictures import RASTER
from review.revisions import Fault, Revision, git
from review.snapshots import scratch

Review = Callable[[Revision, Path, Path], Comparison]
FIGURES = 3  # metrics that have a column
MOST_SAME = 50  # files that are named as the same in several revisions


@dataclass
class Row:
    """A revision of the table.

    Args:
        revision: which.
        folder: of its review, relative to the page; empty where there is none.
        state: what its results rest on, in words.
        verdict: of its review, or why there is none.
        params: what differs from the base, as name and value.
        metrics: by file and name, all metrics.
        chief: of those that changed, the one that says most.
        code: the files that differ and that stages depend on.
        pictures: by name, a copy of each picture, and whether it differs from the base's.
    """

    revision: Revision
    folder: str = ""
    state: str = "can't be reviewed"
    verdict: words.Phrase = field(default_factory=list)
    params: list[tuple[str, str]] = field(default_factory=list)
    metrics: dict[tuple[str, str], Change] = field(default_factory=dict)
    chief: tuple[str, str] | None = None
    code: list[str] = field(default_factory=list)
    pictures: dict[str, tuple[Path, bool]] = field(default_factory=dict)
    picture: str = ""  # the one that the project names
    whole: bool = False  # nothing of it asks for too much


def review_all(base: Revision, heads: list[Revision], root: Path, out: Path, review: Review) -> tuple[str, str]:
    """Return what there is in a sentence, and what is not read whole; write page, table and reviews to `out`.

    `review` writes one of them to a folder, with the help of another that is thrown away.
    """
    if not base.commit:
        raise Fault("several revisions are compared with a commit, branch or tag; give one as BASE")
    with scratch() as place:
        folder = Path(place)
        (folder / "page" / "pictures").mkdir(parents=True)
        library()  # once for all
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            waiting = [
                pool.submit(_row, head, folder, f"{i:0{len(str(len(heads)))}}", review)
                for i, head in enumerate(heads, 1)
            ]
            rows = [row.result() for row in waiting]
        _write(base, rows, _same_files(base, heads, root), folder / "page")
        put(folder / "page", out)
    counts = Counter(row.state for row in rows)
    summary = f"{len(rows)} revisions: {', '.join(f'{number} {state}' for state, number in counts.items())}."
    lacks = [row.revision.name for row in rows if not row.whole]
    if not lacks:
        return summary, ""
    named = words.plain(words.some(lacks, "revision"))
    return summary, f"{named} can't be read whole: the page says why; the rest is written"


def _row(head: Revision, folder: Path, number: str, review: Review) -> Row:
    name = f"{number}-{re.sub(r'[^A-Za-z0-9]+', '-', head.name).strip('-')[-60:]}"
    row = Row(head)
    try:
        with scratch() as place:
            comparison = review(head, Path(place), folder / "page" / name)
            kept = folder / "kept" / name
            kept.mkdir(parents=True)
            for i, picture in enumerate(comparison.pictures):
                if picture.head and picture.shown and picture.head.suffix.lower() in RASTER:
                    copy = kept / f"{i}{picture.head.suffix.lower()}"
                    shutil.copyfile(picture.head, copy)
                    row.pictures[picture.name] = (copy, picture.changed)
    except (Fault, subprocess.CalledProcessError) as fault:
        row.verdict = [words.Name(fault)]
        return row
    _fill(row, comparison, name)
    return row


def _fill(row: Row, comparison: Comparison, name: str) -> None:
    row.folder, row.verdict, row.state = name, words.phrase(comparison), words.state(comparison)
    changed = [it for it in comparison.params if it.changed]
    row.params = [(it.name, words.texts(it)[1]) for it in changed]
    row.metrics = {(it.file, it.name): it for it in comparison.metrics}
    chief = headline(comparison.metrics)
    row.chief = (chief.file, chief.name) if chief else None
    row.code = comparison.code
    row.picture = comparison.picture
    row.whole = not words.refused(comparison)


def _same_files(base: Revision, heads: list[Revision], root: Path) -> list[tuple[str, list[str]]]:
    """Return the files that several revisions have with one content, which the base has nowhere."""
    known = {line.split()[2] for line in git(root, "ls-tree", "-r", "--full-tree", str(base.commit)).splitlines()}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for head in heads:
        if head.commit:
            for entry in git(root, "ls-tree", "-r", "-z", "--full-tree", head.commit).split("\0")[:-1]:
                about, _, path = entry.partition("\t")
                sha = about.split()[2]
                if sha not in known:
                    found[sha][head.name] = path
    shared = [(sorted(set(names.values())), list(names)) for names in found.values() if len(names) > 1]
    return sorted((", ".join(paths), names) for paths, names in shared)


def _write(base: Revision, rows: list[Row], same: list[tuple[str, list[str]]], page: Path) -> None:
    chiefs = Counter(row.chief for row in rows if row.chief)
    columns = [name for name, _ in chiefs.most_common(FIGURES)]
    picture = _picture(rows)
    shown = []
    for row in rows:
        image = ""
        if picture in row.pictures:
            copy = row.pictures[picture][0]
            image = f"pictures/{row.folder}{copy.suffix}"
            shutil.copyfile(copy, page / image)
        figures = [row.metrics.get(column) for column in columns]
        shown.append({"row": row, "image": image, "figures": figures})
    content = {
        "base": base,
        "rows": shown,
        "columns": [next(row.metrics[it].title for row in rows if it in row.metrics) for it in columns],
        "first": [_of_base(rows, column) for column in columns],
        "picture": picture,
        "same": same[:MOST_SAME],
        "more": max(0, len(same) - MOST_SAME),
    }
    text = environment(autoescape=False).get_template("many.md").render(content)
    write_text(page / "review.md", re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    style = "".join((TEMPLATES / name).read_text("utf-8") for name in ("page.css", "many.css"))
    text = (
        environment(autoescape=True)
        .get_template("many.html")
        .render(content, style=Markup(style), script=script((TEMPLATES / "many.js").read_text("utf-8")))
    )
    write_text(page / "index.html", text)


def _of_base(rows: list[Row], column: tuple[str, str]) -> str:
    found = [row.metrics[column] for row in rows if column in row.metrics]
    return words.texts(found[0])[0] if found else ""


def _picture(rows: list[Row]) -> str:
    """Return the name of the picture that stands for a revision: the project's, or the one that changed most often."""
    named = next((row.picture for row in rows if row.picture), "")
    changed = Counter(name for row in rows for name, (_, changed) in row.pictures.items() if changed)
    return named or next((name for name, _ in changed.most_common(1)), "")
