"""Turns a comparison into review.md and index.html.

All that comes from the repository is escaped: by Jinja2 in the page, by `|tojson` in the data that its
script reads, and in Markdown by `code`, `cell` and `image`.
"""

import re
import shutil
import tempfile
from functools import cache, partial
from html import escape
from pathlib import Path
from urllib.parse import quote

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from review import words
from review.changes import signed
from review.comparison import Comparison
from review.figures import PICTURES, draw_curves, place_picture
from review.revisions import Fault, Revision

TEMPLATES = Path(__file__).with_name("templates")


def write_review(comparison: Comparison, out: Path, *, pictures_url: str | None = None) -> str:
    """Returns the verdict; writes review.md, index.html and pictures/ to `out`, in place of those of a former review.

    Raises a Fault if `out` can't be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        verdict = _write(comparison, Path(folder), pictures_url)
        try:
            _put(Path(folder), out)
        except OSError as error:
            raise Fault(f"can't write to {out}: {error.strerror or error}") from None
    return verdict


def _write(comparison: Comparison, folder: Path, pictures_url: str | None) -> str:
    (folder / PICTURES).mkdir()
    curves = [draw_curves(plot, folder, i) for i, plot in enumerate(comparison.curves) if plot.changed]
    pictures = [place_picture(it, folder, i) for i, it in enumerate(comparison.pictures) if it.changed]
    content = {
        "base": comparison.base,
        "head": comparison.head,
        "verdict": words.verdict(comparison),
        "params": [row for row in comparison.params if row.changed],
        "metrics": [row for row in comparison.metrics if row.changed],
        "curves": [figure for figure in curves if figure.there == "both"],
        "pictures": [figure for figure in pictures if figure.there == "both"],
        "new": [figure for figure in [*curves, *pictures] if figure.there == "head"],
        "gone": [figure for figure in [*curves, *pictures] if figure.there == "base"],
        "unchanged": words.unchanged(comparison),
        "notes": comparison.notes,
        "commands": words.commands(comparison),
    }
    markdown = _environment(autoescape=False)
    markdown.globals["image"] = partial(_image, comparison, pictures_url)
    text = markdown.get_template("review.md").render(content)
    (folder / "review.md").write_text(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", "utf-8", newline="\n")
    page = _environment(autoescape=True).get_template("index.html")
    text = page.render(
        content,
        data={figure.name: figure.spec for figure in curves if figure.spec},
        style=Markup((TEMPLATES / "page.css").read_text("utf-8")),
        library=_library(),
        script=_script((TEMPLATES / "page.js").read_text("utf-8")),
    )
    (folder / "index.html").write_text(text, "utf-8", newline="\n")
    return words.verdict(comparison)


def _put(folder: Path, out: Path) -> None:
    """Moves a review to its place, once all its files are on the same disk."""
    out.mkdir(parents=True, exist_ok=True)
    near = out / "partial-review"
    shutil.rmtree(near, ignore_errors=True)
    try:
        shutil.copytree(folder, near)
        if (out / "review.md").exists():  # else a folder of that name is the user's
            shutil.rmtree(out / PICTURES, ignore_errors=True)
        shutil.copytree(near, out, dirs_exist_ok=True)
    finally:
        shutil.rmtree(near, ignore_errors=True)


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": _code, "cell": _cell, "value": _value, "signed": signed}
    environment.globals |= {"texts": words.texts, "beyond_spread": words.beyond_spread}
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment


def _code(text: str) -> str:
    """Returns text as a code span of Markdown, in which nothing is markup, mention or link."""
    line = " ".join(str(text).split()) or " "
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _cell(text: str) -> str:
    """Returns text as a code span for a cell of a table, where a bar would end the cell."""
    return _code(text).replace("|", "\\|")


def _value(text: str) -> str:
    """Returns text for a cell of a table: a number or a word as it is, other text as a code span."""
    return text if re.fullmatch(r"[A-Za-z0-9.+\N{MINUS SIGN}± ()=]+", text) else _cell(text)


def _image(
    comparison: Comparison,
    pictures_url: str | None,
    path: str | None,
    name: str,
    revision: Revision | None,
    width: int = 300,
) -> str:
    """Returns an image for Markdown: the file beside it, or with `pictures_url` the one in git; empty without any.

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
    """Returns text for an attribute of HTML that stands in a cell of a table of Markdown."""
    return re.sub(r"[|`*_~\\\n\r\t\[\]]", lambda found: f"&#{ord(found[0])};", escape(text))


@cache
def _library() -> Markup:
    """Returns Vega, which draws the curves in the page."""
    return _script(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _script(source: str) -> Markup:
    """Returns JavaScript that stands in a page: no text in it ends the script or begins a comment of HTML."""
    return Markup(re.sub(r"<(/script|!--)", r"<\\\1", source, flags=re.IGNORECASE))
