"""Turns a comparison into review.md and index.html.

All that comes from the repository is escaped: by Jinja2 in the page, by `|tojson` in the data that its
script reads, and in Markdown by `code`, `cell`, `value`, `said`, `fence` and `image`.
"""

import re
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from review import words
from review.changes import Change, signed
from review.children import call
from review.comparison import Comparison, Curves
from review.figures import PICTURES, draw_curves, place_picture
from review.pictures import Picture
from review.revisions import Fault, Revision
from review.snapshots import scratch

Plot = TypeVar("Plot", Curves, Picture)
TEMPLATES = Path(__file__).with_name("templates")
SHORT = 12  # rows of a table that are in the order of their names; of more, what changed most comes first
FEW = 6  # plots, likewise
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # of Unicode: shows text in another order
SIGNS = "\N{MINUS SIGN}±→\N{MULTIPLICATION SIGN}"


def write_review(comparison: Comparison, out: Path, *, pictures_url: str | None = None) -> str:
    """Return the verdict; write review.md, index.html and pictures/ to `out`, in place of those of a former review.

    Raise a Fault if `out` can't be written.
    """
    with scratch() as folder:
        _write(comparison, Path(folder), pictures_url)
        put(Path(folder), out)
    return words.verdict(comparison)


def _write(comparison: Comparison, folder: Path, pictures_url: str | None) -> None:
    (folder / PICTURES).mkdir()
    plots = _most_first([it for it in comparison.curves if it.changed])
    with ThreadPoolExecutor(1) as pool:
        vega = pool.submit(library) if plots else None
        curves = draw_curves(plots, folder)
    pictures = _most_first([it for it in comparison.pictures if it.changed])
    figures = [*curves, *(place_picture(it, folder, len(curves) + i) for i, it in enumerate(pictures))]
    content = {
        "base": comparison.base,
        "head": comparison.head,
        "verdict": words.phrase(comparison),
        "facts": words.facts(comparison),
        "reproduced": comparison.reproduced,
        "params": _ordered(row for row in comparison.params if row.changed),
        "metrics": _ordered(row for row in comparison.metrics if row.changed),
        "curves": [it for it in figures if it.there == "both" and it.kind == "curves"],
        "pictures": [it for it in figures if it.there == "both" and it.kind == "picture"],
        "new": [it for it in figures if it.there == "head"],
        "gone": [it for it in figures if it.there == "base"],
        "unchanged": words.unchanged(comparison),
        "notes": comparison.notes,
        "commands": words.commands(comparison),
    }
    markdown = environment(autoescape=False)
    markdown.globals["image"] = partial(_image, comparison, pictures_url)
    text = markdown.get_template("review.md").render(content)
    write_text(folder / "review.md", re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    page = environment(autoescape=True).get_template("index.html")
    text = page.render(
        content,
        data={figure.name: figure.spec for figure in figures if figure.spec},
        style=Markup((TEMPLATES / "page.css").read_text("utf-8")),
        library=vega.result() if vega else "",
        script=script((TEMPLATES / "page.js").read_text("utf-8")),
    )
    write_text(folder / "index.html", text)


def write_text(path: Path, text: str) -> None:
    """Write text that may hold what UTF-8 does not, such as half of a pair of surrogates, or what turns text around."""
    text = TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def put(folder: Path, out: Path) -> None:
    """Move a review to its place, once all its files are on the same disk.

    A link that stands in the place of one of them is taken away, and not followed. Raises a Fault if `out` can't
    be written.
    """
    near = out / "partial-review"
    try:
        out.mkdir(parents=True, exist_ok=True)
        _clear(near)
        try:
            shutil.copytree(folder, near)
            if (out / "review.md").exists():  # else a folder of that name is the user's
                _clear(out / PICTURES)
            for file in near.iterdir():
                if (out / file.name).is_symlink():
                    (out / file.name).unlink()
            shutil.copytree(near, out, dirs_exist_ok=True)
        finally:
            _clear(near)
    except shutil.Error as error:  # of copytree: a list of what failed
        raise Fault(f"can't write to {out}: {error.args[0][0][2]}") from None
    except OSError as error:
        raise Fault(f"can't write to {out}: {error.strerror or error}") from None


def _clear(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


def _most_first(plots: list[Plot]) -> list[Plot]:
    return sorted(plots, key=lambda it: -(it.share or 0)) if len(plots) > FEW else plots


def _ordered(rows: Iterable[Change]) -> list[Change]:
    """Return rows by their files and names, or where they are many, what changed most first, file by file."""
    rows = list(rows)
    if len(rows) <= SHORT:
        return rows
    files = [
        sorted(group, key=lambda row: row.weight, reverse=True) for _, group in groupby(rows, lambda row: row.file)
    ]
    return [row for group in sorted(files, key=lambda group: group[0].weight, reverse=True) for row in group]


def environment(*, autoescape: bool) -> Environment:
    """Return what renders the templates."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": _code, "cell": _cell, "value": _value, "signed": signed, "fence": _fence}
    environment.filters["said"] = _said_in_page if autoescape else _said
    environment.globals |= {"texts": words.texts, "beyond_spread": words.beyond_spread}
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment


def _code(text: str) -> str:
    """Return text as a code span of Markdown, in which nothing is markup, mention or link."""
    line = " ".join(str(text).split()) or " "
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _cell(text: str) -> str:
    """Return text as a code span for a cell of a table, where a bar would end the cell."""
    return _code(text).replace("|", "\\|")


def _value(text: str) -> str:
    """Return text for a cell of a table: a number or a word as it is, other text as a code span."""
    return text if _harmless(text) else _cell(text)


def _harmless(text: str) -> bool:
    """Return whether text is no markup, link or mention in GitHub's Markdown, wherever it stands in a line."""
    return bool(
        re.fullmatch(rf"[A-Za-z0-9{SIGNS}._+,/ ()=-]+", text)
        and not re.search(
            r"www\.|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^\s|\s$|  |^[-+=]|^\d+[.)]\s|\b[0-9a-f]{7,40}\b(?<!\d)", text
        )
    )


def _said(phrase: words.Phrase) -> str:
    """Return a phrase in Markdown."""
    return "".join(
        (part if _harmless(part) else _code(part)) if isinstance(part, words.Name) else part for part in phrase
    )


def _said_in_page(phrase: words.Phrase) -> Markup:
    """Return a phrase in HTML."""
    parts = [
        Markup("<code>{}</code>").format(it) if isinstance(it, words.Name) and not _harmless(it) else it
        for it in phrase
    ]
    return Markup("").join(parts)


def _fence(text: str) -> str:
    """Return commands as a block of code of Markdown, which no line of theirs can end."""
    marks = "~" * max(6, 1 + max(map(len, re.findall("~+", text)), default=0))
    return f"{marks}sh\n{text}\n{marks}"


def _image(
    comparison: Comparison,
    pictures_url: str | None,
    path: str | None,
    name: str,
    revision: Revision | None,
    width: int = 300,
) -> str:
    """Return an image for Markdown: the file beside it, or with `pictures_url` the one in git; empty without any.

    `revision` is None for what shows both, which is never in git.
    """
    if path is None:
        return ""
    address = quote(path) if pictures_url is None else _commit_address(comparison, pictures_url, name, revision)
    if address is None:
        return ""
    alt = f"{name} in {revision.name}" if revision else f"{name}: both revisions"
    return f'<img src="{_attribute(address)}" alt="{_attribute(alt)}" width="{width}">'


def _commit_address(comparison: Comparison, template: str, name: str, revision: Revision | None) -> str | None:
    path = comparison.prefix + name
    if not revision or not revision.commit or path not in comparison.in_git[revision.commit]:
        return None
    return template.replace("{commit}", revision.commit).replace("{path}", quote(path))


def _attribute(text: str) -> str:
    """Return text for an attribute of HTML that stands in a cell of a table of Markdown."""
    return re.sub(r"[|`*_~\\\n\r\t\[\]]", lambda found: f"&#{ord(found[0])};", escape(text))


@cache
def library() -> Markup:
    """Return Vega, which draws the curves in the page."""
    with scratch() as folder:
        return script(call("review.drawing:library", None, Path(folder), "can't make the page's library"))


def script(source: str) -> Markup:
    """Return JavaScript that stands in a page: no text in it ends the script or begins a comment of HTML."""
    return Markup(re.sub(r"<(/script|!--)", r"<\\\1", source, flags=re.IGNORECASE))
