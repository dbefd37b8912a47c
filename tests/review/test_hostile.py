"""Branches of strangers: nothing of theirs runs, is fetched, or reaches beyond the review's folder."""

import hashlib
import json
import math
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import psutil
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from review.__main__ import main
from review.changes import Change
from review.comparison import Comparison, Stale, State
from review.pages import write_review
from review.revisions import Revision
from review.words import verdict
from tests.review.conftest import Fresh, commit, pipeline, plain, run, write
from tests.review.test_review import Tags, read, section

ROOT = Path(__file__).parents[2]
FEW = {"dvc.yaml": pipeline(["rate"], {}), "params.yaml": {"rate": 1}, "out/scores.json": {"loss": 1.0}}


@pytest.fixture
def pot(fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one stage, at the tag `base`, in which the test stands."""
    folder = fresh(tmp_path / "pot")
    commit(folder, FEW, "base")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    it = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=it.serve_forever, args=[0.01], daemon=True).start()
    yield f"http://127.0.0.1:{it.server_port}", asked
    it.shutdown()
    it.server_close()


def review(folder: Path, *arguments: str, code: int = 0, seconds: float = 100, **variables: str) -> str:
    """Runs the command as its users do; returns what it prints, without a traceback."""
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "review", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    if code:
        assert ended.stderr.count("\n") == 1
    return ended.stdout + ended.stderr


def test_no_remote_of_a_revision_is_asked_and_nothing_enters_the_cache(
    pot: Path, server: tuple[str, list[str]]
) -> None:
    address, asked = server
    value = "0123456789abcdef0123456789abcdef"
    out = {"path": "scores.json", "md5": value, "hash": "md5", "size": 9}
    files = {
        ".dvc/config": f"[core]\n    remote = bait\n['remote \"bait\"']\n    url = {address}\n",
        "dvc.yaml": {"stages": {"brew": {"cmd": "true", "params": ["rate"], "metrics": ["scores.json"]}}},
        "dvc.lock": {"schema": "2.0", "stages": {"brew": {"cmd": "true", "outs": [out]}}},
        "import.csv.dvc": {"deps": [{"path": f"{address}/x.csv"}], "outs": [out | {"path": "import.csv"}]},
        "repo.csv.dvc": {
            "frozen": True,
            "deps": [{"path": "x.csv", "repo": {"url": f"{address}/repo.git", "rev_lock": 40 * "a"}}],
            "outs": [out | {"path": "repo.csv"}],
        },
    }
    commit(pot, files, "head")
    first = review(pot, "base", "head").splitlines()[0]
    assert asked == []
    assert "scores.json of head" in first
    assert "dvc fetch" in first
    assert not list((pot / ".dvc" / "cache").rglob("*")) if (pot / ".dvc" / "cache").exists() else True


def test_a_module_of_the_checkout_hides_none_of_python_s_or_a_library_s(pot: Path) -> None:
    modules = ["queue", "json", "numpy", "dvc", "argparse"]
    shadow = "open('ran', 'w')\nraise SystemExit('shadowed')\n"
    commit(pot, {f"{module}.py": shadow for module in modules} | {"params.yaml": {"rate": 2}}, "head")
    assert review(pot, "base", "head").startswith("1 parameter changed")
    ended = subprocess.run(
        [sys.executable, "-m", "review", "base", "head"],
        cwd=pot,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert ended.returncode == 0
    assert not (pot / "ran").exists()


def test_a_python_file_of_parameters_is_read_and_not_run(pot: Path) -> None:
    files = {"dvc.yaml": pipeline([{"config.py": ["RATE"]}], {}), "config.py": "RATE = 2\nopen('ran', 'w')\n"}  # type: ignore[list-item]
    commit(pot, files, "head")
    assert main(["base", "head"]) == 0
    assert "RATE" in read(pot / "review")
    assert not (pot / "ran").exists()


@pytest.mark.parametrize("checked_out", [True, False])
def test_a_link_leads_to_no_file_outside(pot: Path, tmp_path: Path, checked_out: bool) -> None:
    (tmp_path / "secret.json").write_text('{"secret": 4711}', "utf-8")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "deep.json").write_text('{"secret": 4711}', "utf-8")
    (pot / "out" / "scores.json").unlink()
    (pot / "out" / "scores.json").symlink_to("../../secret.json")
    (pot / "all").symlink_to(tmp_path / "secret")
    (pot / "via").symlink_to("all/deep.json")
    commit(pot, {"dvc.yaml": FEW["dvc.yaml"] | {"metrics": ["all", "via", "all/deep.json"]}}, "head")
    first = review(pot, "base", *(() if checked_out else ("head",))).splitlines()[0]
    assert "an't read" in first
    assert "leads out of the repository" in first
    for file in (pot / "review").rglob("*.*"):
        assert "4711" not in file.read_text("utf-8")


STOLEN = {
    "vars": {"vars": ["SECRET.yaml"], "stages": {"brew": {"cmd": "echo ${secret}", "outs": ["${secret}"]}}},
    "stages": {
        "vars": ["SECRET.yaml"],
        "stages": {"brew": {"foreach": ["${secret}"], "do": {"cmd": "echo ${item}", "params": ["${item}"]}}},
    },
    "params": {"params": ["SECRET.yaml"], "metrics": ["SECRET.yaml"], "plots": [{"SECRET.yaml": {"x": "secret"}}]},
    "folder": {"stages": {"brew": {"cmd": "x", "wdir": "FOLDER", "metrics": [{"secret.yaml": {"cache": False}}]}}},
}


def thief(tmp_path: Path, kind: str, way: str) -> str:
    """Returns a dvc.yaml that names a file outside of the repository."""
    (tmp_path / "secret.yaml").write_text("secret: s4711\n", "utf-8")
    folder = str(tmp_path) if way == "absolute" else f"{20 * '../'}{str(tmp_path)[1:]}"
    return json.dumps(STOLEN[kind]).replace("SECRET.yaml", f"{folder}/secret.yaml").replace("FOLDER", folder)


def check_secret(out: Path) -> None:
    for file in out.rglob("*.*"):
        assert "4711" not in file.read_text("utf-8"), file


def test_a_path_in_dvc_yaml_of_a_commit_leads_to_no_file_outside(pot: Path, tmp_path: Path) -> None:
    heads = [f"{way}-{kind}" for way in ("absolute", "relative") for kind in STOLEN]
    for head in heads:
        way, _, kind = head.partition("-")
        commit(pot, {"dvc.yaml": thief(tmp_path, kind, way)}, head)
    assert main(["base", *heads]) == 0
    assert {path.parent.name[2:] for path in (pot / "review").glob("*/index.html")} == {*heads}
    check_secret(pot / "review")


@pytest.mark.parametrize("kind", STOLEN)
@pytest.mark.parametrize("way", ["absolute", pytest.param("relative", marks=pytest.mark.long)])
def test_a_path_in_dvc_yaml_of_the_working_tree_leads_to_no_file_outside(
    pot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, way: str
) -> None:
    write(pot, {"dvc.yaml": thief(tmp_path, kind, way)})
    assert main(["base"]) == 0
    assert "4711" not in "".join(capsys.readouterr())
    check_secret(pot / "review")


def test_a_child_reads_what_it_is_given_and_climbs_out_through_no_link(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("4711", "utf-8")
    (folder / "mine").write_text("mine", "utf-8")
    (folder / "top").symlink_to(tmp_path / "in")
    code = (
        "import sys; from pathlib import Path; from review import children\n"
        "folder = sys.argv[1]; children._at = Path(folder) / 'at'; children.read_only([])\n"
        "sys.addaudithook(children._guard(folder)); print(open(folder + '/mine').read())\n"
        "for name in ('/../../secret', '/top/../secret'):\n"
        "    try: print(open(folder + name).read())\n"
        "    except PermissionError as error: print('refused')\n"
    )
    assert run(tmp_path, sys.executable, "-c", code, str(folder)).split() == ["mine", "refused", "refused"]


def test_a_link_within_the_repository_is_followed(pot: Path) -> None:
    write(pot, {"real/scores.json": {"loss": 0.5}})
    (pot / "out" / "scores.json").unlink()
    (pot / "out" / "scores.json").symlink_to("../real/scores.json")
    commit(pot, {}, "head")
    assert "scores loss 1 → 0.5 (better)" in review(pot, "base", "head")
    assert "scores loss 1 → 0.5 (better)" in review(pot, "base")


def test_a_link_in_the_place_of_the_review_is_not_written_through(pot: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine", "utf-8")
    (pot / "review").mkdir()
    (pot / "review" / "review.md").symlink_to(tmp_path / "mine")
    (pot / "review" / "pictures").symlink_to(tmp_path / "folder")
    (pot / "review" / "partial-review").symlink_to(tmp_path / "folder")
    commit(pot, {}, "head")
    assert main(["base", "head"]) == 0
    assert (tmp_path / "mine").read_text("utf-8") == "mine"
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["mine"]
    assert read(pot / "review").startswith("### Review")
    shutil.rmtree(pot / "review")
    (pot / "review").symlink_to(tmp_path / "folder")
    assert "is a link, which a review does not follow" in review(pot, "base", "head", code=2)


MARKUP = [
    "\x1b]8;;https://bait.example\x07x",
    "https://bait.example/x",
    "www.bait.example",
    "&#64;octocat",
    "@octocat",
    "reader@bait.example",
    "<img src=https://bait.example>",
    "![x](https://bait.example)",
    "a\n~~~~~~\n[x](https://bait.example)\n~~~~~~sh",
    "`a` [x](https://bait.example)",
    "**x** | y",
    "__init__",
]


def check_text(shown: str) -> None:
    """Checks that a review in Markdown has no link, picture, mention or bold of the values in it."""
    assert re.search(r"^\*\*`?", shown, flags=re.MULTILINE)
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(shown)
    found = Tags(markdown)
    assert {tag for tag in found.names if tag in {"a", "img", "b", "script"}} == set()
    for bait in ("bait.example", "octocat", "__init__"):
        assert bait not in found.plain
    assert markdown.count("<strong>") == 1 + markdown.count("<strong><code>")
    assert "www." not in found.plain


@pytest.mark.parametrize("text", MARKUP)
def test_a_value_is_text_in_the_verdict_the_tables_and_the_commands(tmp_path: Path, text: str) -> None:
    params, metrics = [Change("params.yaml", "rate", 1, text)], [Change("out/scores.json", "loss", 1.0, text)]
    stale = State([Stale("params.yaml", "rate", text, 1, ("brew",))], recorded=1)
    base, head = Revision("base", 40 * "a"), Revision("head", 40 * "b")
    comparison = Comparison(base, head, params, metrics, [], [], [], [], "", {}, head_state=stale)
    assert "\x1b" not in verdict(comparison)
    write_review(comparison, tmp_path)
    assert read(tmp_path).count("dvc exp run") == 1
    check_text(read(tmp_path))


def test_values_of_a_repository_are_text_too(pot: Path) -> None:
    names = [f"rate{i}" for i in range(len(MARKUP))]
    lock = {"schema": "2.0", "stages": {"brew": {"cmd": "true", "params": {"params.yaml": dict.fromkeys(names, 1)}}}}
    sides = {"plain": dict.fromkeys(names, 1), "hostile": dict(zip(names, MARKUP, strict=True))}
    for tag, values in sides.items():
        files = {"dvc.yaml": pipeline(names, {}), "params.yaml": values, "dvc.lock": lock, "out/scores.json": values}
        commit(pot, files, tag)
    output = review(pot, "plain", "hostile")
    assert output.startswith(
        r"rate0 is \x1b]8;;https://bait.example\x07x, but the outputs were made with 1 (and 11 more para"
    )
    assert "\x1b" not in output
    assert read(pot / "review").count("`rate11`") == 2
    check_text(read(pot / "review"))


def test_what_turns_text_around_is_written_out(pot: Path) -> None:
    commit(pot, {"params.yaml": {"rate": "\u202ehigh\u2066"}}, "head")
    review(pot, "base", "head")
    for name in ("review.md", "index.html"):
        text = (pot / "review" / name).read_text("utf-8")
        assert "\\u202ehigh\\u2066" in text
        assert not set("\u202e\u2066") & {*text}


def test_a_page_names_no_address_and_tells_vega_nothing(pot: Path, server: tuple[str, list[str]]) -> None:
    address, asked = server
    template = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "usermeta": {"embedOptions": {"config": f"{address}/config", "sourceHeader": "<script>1</script>"}},
        "data": {"values": "<DVC_METRIC_DATA>"},
        "layer": [
            {"mark": "line", "encoding": {"x": {"field": "step", "type": "quantitative"}}},
            {"data": {"url": f"{address}/rows.csv"}, "mark": "point", "encoding": {"href": {"value": f"{address}/go"}}},
            {"mark": {"type": "image", "url": f"{address}/x.png"}},
        ],
    }
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
        f'<image href="{address}/a.png" width="9" height="9"/>'
        f'<image xlink:href="file:///etc/hostname" width="9" height="9"/>'
        f"<style>@import url({address}/s.css); rect {{ fill: url({address}/f.svg#a) }}</style><script>alert(1)</script>"
        f'<rect width="5" height="9" style="fill: url({address}/b.svg#x)" onclick="alert(1)"/></svg>'
    )
    plots = {"x.csv": {"template": "bait", "x": "step", "y": "loss"}, "x.svg": {}, "x.html": {}}
    files = {"dvc.yaml": pipeline(["rate"], plots), ".dvc/plots/bait.json": json.dumps(template)}
    commit(pot, files | {"x.csv": "step,loss\n1,2\n", "x.svg": svg, "x.html": "<script>alert(1)</script>"}, "head")
    assert main(["base", "head"]) == 0
    assert asked == []
    page = (pot / "review" / "index.html").read_text("utf-8")
    data = page.split('type="application/json">')[1].split("</script>")[0]
    assert address not in data
    assert "usermeta" not in data
    kinds = {path.suffix for path in (pot / "review" / "pictures").iterdir()}
    assert kinds == {".png"}
    assert "x.html" in read(pot / "review")


def test_make_evaluates_nothing_of_a_name(pot: Path, tmp_path: Path) -> None:
    for text in ("`touch ran`", "$(shell touch ran)", '"; touch ran; "', "$$(touch ran)", "--out=ran"):
        ended = subprocess.run(
            [
                "make",
                "--no-print-directory",
                "--file",
                str(ROOT / "Makefile"),
                "--old-file",
                ".venv/run",
                "review",
                f"HEAD={text}",
            ],
            cwd=pot,
            env=os.environ | {"PYTHONPATH": str(ROOT), "BASE": "base"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 2
        assert "review: unknown revision" in ended.stderr
        assert not list(pot.rglob("ran")), tmp_path


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


@cache
def png_bomb(side: int) -> bytes:
    """Returns a small file that says it is a picture of `side` by `side` pixels."""
    packer = zlib.compressobj(9)
    rows = [packer.compress(bytes(1 + side // 8)) for _ in range(side)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"".join(rows) + packer.flush()) + chunk(b"IEND", b"")


def bounded(folder: Path, *arguments: str, seconds: float = 60, memory: int = 4 << 30) -> tuple[int, str]:
    """Returns exit code and output of a review, with all its processes within some bytes and seconds."""
    command = [sys.executable, "-P", "-m", "review", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True
    ) as process:
        most, end = 0, time.monotonic() + seconds
        while process.poll() is None:
            try:
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                most = max(most, sum(it.memory_info().rss for it in family))
            except psutil.Error:
                pass
            assert time.monotonic() < end
            time.sleep(0.02)
        output = process.stdout.read() if process.stdout else ""
    assert most < memory
    assert "Traceback" not in output
    return process.returncode, output


def test_a_matrix_of_millions_of_stages_is_not_read(pot: Path) -> None:
    axis = list(range(40))
    stage = {"matrix": dict.fromkeys("abcd", axis), "cmd": "echo ${item.a}"}
    commit(pot, {"dvc.yaml": {"stages": {"many": stage}}}, "head")
    code, output = bounded(pot, "base", "head")
    assert code == 2
    assert output.startswith("Can't read dvc.yaml of head: ")
    assert (
        "review: dvc.yaml of head is not read: stage many stands for 2,560,000 stages, more than the 10,000" in output
    )


@pytest.mark.parametrize(("megapixels", "memory"), [(9, 700 << 20), pytest.param(100, 4 << 30, marks=pytest.mark.long)])
def test_pictures_of_many_megapixels_are_compared_within_the_bound(pot: Path, megapixels: int, memory: int) -> None:
    commit(pot, {"dvc.yaml": pipeline(["rate"], {"x.png": {}})}, "small")
    side = 1000 * math.isqrt(megapixels)
    pixels = np.zeros((side, side, 3), np.uint8)
    for tag in ("first", "second"):
        Image.fromarray(pixels).save(pot / "x.png", compress_level=1)
        commit(pot, {}, tag)
        pixels[:, : side // 4] = 255
    code, output = bounded(pot, "first", "second", seconds=120, memory=memory)
    assert code == 0, output
    assert "`x.png`: 25.0% of the pixels differ" in read(pot / "review")
    difference = next((pot / "review" / "pictures").glob("*difference.png"))
    with Image.open(difference) as picture:
        assert max(picture.size) <= 1600


def test_what_asks_for_too_much_is_ended_in_a_line_that_names_it(
    pot: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = {"matrix": dict.fromkeys("abcd", "${axis}"), "cmd": "echo ${item.a}"}  # counted by DVC alone
    commit(pot, {"dvc.yaml": {"stages": {"many": stage}}, "params.yaml": {"axis": [*range(30)]}}, "head")
    monkeypatch.setattr("review.children.SECONDS", 4)
    assert main(["base", "head"]) == 2
    line = r"review: can't read the revisions: dvc.yaml of head takes more than .*\n"
    assert re.fullmatch(line, capsys.readouterr().err)


BOMB = "".join(f"a{i}: &a{i} [{', '.join(10 * [f'*a{i - 1}' if i else 'x'])}]\n" for i in range(12))
REFUSED = [
    ("params.yaml", f"{BOMB}rate: 2\n", "its aliases stand for 1,234,567,"),
    ("dvc.yaml", f"{BOMB}stages: {{}}\n", "its aliases stand for 1,234,567,"),
    ("dvc.lock", f"{BOMB}schema: '2.0'\n", "its aliases stand for 1,234,567,"),
    ("params.yaml", f"rate: 2\n#{2_000_000 * 'x'}\n", "it has 2,000,010 bytes, more than the 2,000,000"),
    ("out/scores.json", f"[{20_000_000 * ' '}]", "it has 20,000,002 bytes, more than the 20,000,000"),
    ("out/scores.json", json.dumps({f"x{i}": i for i in range(100_000)}), "it has more than the 100,000 values"),
    ("out/scores.json", f'{{"{5000 * "7"}": 1}}', "it has a key of 5,000 characters, more than the 1,000"),
    ("params.yaml", f"rate: 2\n{5000 * '7'}: 1\n", "it has a key of 5,000 characters, more than the 1,000"),
    ("params.yaml", f"rate: 2\nx: {5000 * '7'}\n", "it has a whole number of more than the 4,300 digits"),
    ("params.yaml", f"rate: 2\nx: [0x{1000 * 'f'}]\n", "it has a whole number of 4,000 bits, more than the 2,000"),
    ("out/scores.json", f'{{"loss": {5000 * "9"}}}', "it has a whole number of more than the 4,300 digits"),
    ("out/scores.json", '{"half \\ud800": 1}', "it has half of a surrogate pair, in `half \\ud800`, which"),
    ("out/scores.json", '{"loss": "\\udfff"}', "it has half of a surrogate pair, in `\\udfff`, which"),
    ("out/scores.json", 100_000 * "[", "it is nested deeper than the"),
]


def test_a_file_that_asks_for_too_much_is_named_the_rest_is_written_and_the_exit_code_says_so(pot: Path) -> None:
    """Each of them has a folder, with a pipeline of its own."""
    whole = {"params": ["new.yaml", "params.yaml"]}
    good = FEW | {"new.yaml": {"cup": 7}, "dvc.yaml": FEW["dvc.yaml"] | whole}
    for number in range(len(REFUSED)):
        write(pot / f"case{number}", FEW)
    commit(pot, {}, "few")
    for number, (name, content, _) in enumerate(REFUSED):
        write(pot / f"case{number}", good | {name: content})
    commit(pot, {}, "head")
    code, output = bounded(pot, "few", "head", seconds=40)
    assert code == 2, output
    last = f"review: (.*) of head is not read: .* that a review reads, nor {len(REFUSED) - 1} more files; the rest .*"
    first = re.fullmatch(last, output.splitlines()[-1])
    assert first, output
    assert output.startswith(f"Can't read {first[1]} of head: ")
    shown = read(pot / "review")
    for number, (name, _, reason) in enumerate(REFUSED):
        assert f"case{number}/{name} of head can't be read: {reason}" in shown
        if name != "dvc.yaml":
            assert f"| **`case{number}/new.yaml`** | | |\n| `cup` | none | 7 |\n" in shown


@pytest.mark.parametrize("side", ["base", "head"])
def test_a_picture_that_asks_for_too_much_is_named_and_not_put_into_the_page(pot: Path, side: str) -> None:
    small = 'xmlns="http://www.w3.org/2000/svg" width="9" height="9"'
    commit(pot, {"dvc.yaml": pipeline(["rate"], {"x.png": {}, "y.svg": {}, "ok.png": {}})}, "pictures")
    sides = {"good": (plain(7), f"<svg {small}/>"), "bad": (None, f"<svg {small.replace('9', '90000')}/>")}
    for tag in ("good", "bad") if side == "head" else ("bad", "good"):
        pixels, svg = sides[tag]
        write(pot, {"x.png": plain(7), "y.svg": svg, "ok.png": plain(7 if tag == "good" else 9)})
        if pixels is None:
            (pot / "x.png").write_bytes(png_bomb(20_000))
        commit(pot, {}, tag)
    code, output = bounded(pot, *(("good", "bad") if side == "head" else ("bad", "good")))
    assert code == 2, output
    assert output.startswith("Can't read x.png of bad: it has 400,000,000 pixels, more than the 150,000,000")
    assert "nor 1 more file" in output.splitlines()[-1]
    shown = read(pot / "review")
    assert "`x.png`: other bytes" in shown
    assert "`y.svg`: other bytes" in shown
    assert "`ok.png`: 100.0% of the pixels differ" in shown
    assert [path.name for path in (pot / "review" / "pictures").iterdir() if "x-png" in path.name] == []
    assert "y.svg of bad can't be read: it has 8,100,000,000 pixels" in shown
    code, output = bounded(pot, "pictures", "bad")
    assert code == 2
    assert list((pot / "review" / "pictures").glob("*x-png*")) == []


def test_what_is_the_same_in_both_revisions_asks_for_nothing(pot: Path) -> None:
    (pot / "x.png").write_bytes(png_bomb(20_000))
    commit(pot, {"dvc.yaml": pipeline(["rate"], {"x.png": {}})}, "before")
    commit(pot, {"params.yaml": {"rate": 2}}, "after")
    assert review(pot, "before", "after").startswith("1 parameter changed")


def test_long_keys_and_whole_numbers_that_no_float_holds_are_shown(pot: Path) -> None:
    scores = f'{{"{900 * "7"}": 1, "{900 * "8"}": 2, "big": {400 * "9"}, "deep": {50 * "["}{50 * "]"}}}'
    commit(pot, {"out/scores.json": scores, "params.yaml": {"rate": 2}}, "head")
    code, output = bounded(pot, "base", "head")
    assert code == 0, output
    assert 400 * "9" in (pot / "review" / "index.html").read_text("utf-8")


def test_what_no_parser_takes_is_unread_and_not_gone(pot: Path) -> None:
    stages = [FEW["dvc.yaml"]["stages"]["brew"] | {"wdir": name} for name in "abc"]
    pipelines = {"dvc.yaml": {"stages": {f"brew-{stage['wdir']}": stage for stage in stages}}}
    texts = dict(zip("abc", ('{"loss": 1', "\x00", ""), strict=True))
    params = {f"{name}/params.yaml": {"rate": 1} for name in texts}
    commit(pot, pipelines | params | {f"{name}/out/scores.json": {"loss": 1.0} for name in texts}, "three")
    commit(pot, {f"{name}/out/scores.json": text for name, text in texts.items()}, "head")
    code, output = bounded(pot, "three", "head")
    assert code == 0, output
    assert re.match("Can't read ./out/scores.json of head: .*, nor 2 more files;", output)
    assert "no metric" not in output
    assert "Metrics" not in read(pot / "review")
    for name in texts:
        assert f"{name}/out/scores.json of head can't be read: " in read(pot / "review")


def test_an_endless_template_costs_its_plot_alone(pot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = {
        "data": {"values": "<DVC_METRIC_DATA>"},
        "transform": [{"calculate": "length(join(sequence(4000000000), ''))", "as": "z"}],
        "mark": "line",
        "encoding": {"x": {"field": "step"}, "y": {"field": "z"}},
    }
    plots = {"x.csv": {"template": "endless", "x": "step", "y": "loss"}}
    files = {"dvc.yaml": pipeline(["rate"], plots), ".dvc/plots/endless.json": json.dumps(template)}
    commit(pot, files | {"x.csv": "step,loss\n1,2\n"}, "head")
    monkeypatch.setattr("review.children.SECONDS", 8)
    assert main(["base", "head"]) == 0
    assert "`x.csv`" in section(read(pot / "review"), "New")


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def command_of(child: psutil.Process) -> str:
    """What a process was started as; nothing where it has ended by now."""
    try:
        return " ".join(child.cmdline())
    except psutil.Error:
        return ""


def test_no_child_outlives_a_review_that_is_killed(pot: Path) -> None:
    commit(
        pot, {"dvc.yaml": {"stages": {"many": {"foreach": list(range(3000)), "do": {"cmd": "echo ${item}"}}}}}, "head"
    )
    for end in (signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "review", "head", "head"], env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        children: list[psutil.Process] = []
        while not any("review.reading" in command_of(child) for child in children):
            time.sleep(0.05)
            children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(end)
        process.wait(10)
        end_of_wait = time.monotonic() + 5
        while any(map(lives, children)):
            assert time.monotonic() < end_of_wait
            time.sleep(0.05)


def object_of(folder: Path, name: str) -> Path:
    """Returns where git keeps what a name stands for."""
    sha = run(folder, "git", "rev-parse", name).strip()
    return folder / ".git" / "objects" / sha[:2] / sha[2:]


def test_missing_objects_are_one_line_with_the_remedy(pot: Path) -> None:
    commit(pot, {"params.yaml": {"rate": 2}}, "head")
    for name in ("base^{tree}", "base:params.yaml"):
        place = object_of(pot, name)
        content = place.read_bytes()
        place.unlink()
        assert "git fetch --refetch" in review(pot, "base", "head", code=2)
        place.write_bytes(content)


def test_an_object_that_is_missing_ends_a_review_only_where_it_is_needed(pot: Path) -> None:
    deps = [{"path": "brew.py", "hash": "md5", "md5": hashlib.md5(b"brew\n", usedforsecurity=False).hexdigest()}]
    stage = FEW["dvc.yaml"]["stages"]["brew"]
    lock = {"schema": "2.0", "stages": {"brew": {"cmd": stage["cmd"], "deps": deps}}}
    files = {"dvc.yaml": {"stages": {"brew": stage | {"deps": ["brew.py"]}}}, "dvc.lock": lock, "brew.py": "brew\n"}
    commit(pot, files | {"notes/a.txt": "long ago\n", "plots/b.png": plain(3)}, "head")
    for names, needed in ((("notes/a.txt", "plots/b.png"), False), (("brew.py",), True), (("dvc.lock",), True)):
        places = [object_of(pot, f"head:{name}") for name in names]
        contents = [place.read_bytes() for place in places]
        for place in places:
            place.unlink()
        output = review(pot, "base", "head", code=2 if needed else 0)
        assert (f"({names[0]} of head); `git fetch --refetch` brings" in output) == needed
        for place, content in zip(places, contents, strict=True):
            place.write_bytes(content)


def test_a_partial_clone_fetches_nothing(pot: Path, tmp_path: Path) -> None:
    commit(pot, {"params.yaml": {"rate": 2}}, "head")
    run(pot, "git", "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    run(tmp_path, "git", "clone", "--quiet", "--filter=blob:none", "--no-checkout", pot.as_uri(), str(clone))
    (clone / ".dvc").mkdir()
    objects = sorted(path.name for path in (clone / ".git" / "objects").rglob("*"))
    assert "git fetch --refetch" in review(clone, "base", "head", code=2)
    assert sorted(path.name for path in (clone / ".git" / "objects").rglob("*")) == objects


def test_a_repository_of_somebody_else_is_one_line_with_the_remedy(pot: Path) -> None:
    line = review(pot, "base", code=2, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert f"git config --global --add safe.directory {pot}" in line


def test_a_full_temporary_folder_is_one_line_with_the_remedy(pot: Path, tmp_path: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    commit(pot, {"params.yaml": {"rate": 2}, "big.json": "[" + 9000 * " " + "]"}, "head")
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "review", "base", "head"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        preexec_fn=small,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended.stderr
    assert re.match(r"review: can't write to the temporary folder: .*TMPDIR", ended.stderr)
    assert not list(tmp_path.glob("dvc-review-*"))


def test_nothing_is_left_in_the_temporary_folder_or_the_repository(pot: Path, tmp_path: Path) -> None:
    commit(pot, {"params.yaml": {"rate": 2}}, "head")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = sorted(path for path in pot.rglob("*") if ".git" not in path.parts)
    review(pot, "base", "head", "--out", str(tmp_path / "out"), TMPDIR=str(scratch))
    assert list(scratch.iterdir()) == []
    assert sorted(path for path in pot.rglob("*") if ".git" not in path.parts) == before


def tree(folder: Path, entries: list[tuple[str, str, str]]) -> str:
    """Returns a tree of git made by hand, of mode, name and hash."""
    content = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
    command = ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"]
    return subprocess.run(command, cwd=folder, input=content, capture_output=True, check=True).stdout.decode().strip()


def test_a_path_that_climbs_out_of_the_tree_is_not_written(pot: Path, tmp_path: Path) -> None:
    blob = run(pot, "git", "rev-parse", "base:params.yaml").strip()
    dvc = run(pot, "git", "rev-parse", "base:.dvc").strip()
    climbing = tree(pot, [("100644", "evil.yaml", blob)])
    top = tree(pot, [("40000", "..", climbing), ("40000", ".dvc", dvc), ("100644", "params.yaml", blob)])
    head = run(pot, "git", "commit-tree", top, "-m", "x").strip()
    review(pot, "base", head, "--out", str(tmp_path / "out"))
    assert not list(tmp_path.rglob("evil.yaml"))
