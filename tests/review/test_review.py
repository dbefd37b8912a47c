"""The command, on repositories that know nothing of this one."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from review.__main__ import main
from review.changes import Change
from review.comparison import Comparison
from review.pages import write_review
from review.pictures import Picture
from review.revisions import Revision
from tests.faults.namespaces import PRIVATE, require_namespaces
from tests.review.conftest import ODD, commit, curve, pipeline, plain, run, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tea: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The review of `new` against `old`, written from a subfolder."""
    out = tmp_path_factory.mktemp("review")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tea / "plots")
        assert main(["old", "new", "--out", str(out)]) == 0
    return out


@pytest.fixture
def copy(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tea repository, in which the test stands."""
    folder = Path(shutil.copytree(tea, tmp_path / "copy", symlinks=True))
    monkeypatch.chdir(folder)
    return folder


def section(text: str, title: str) -> str:
    """Returns what stands under a heading of Markdown."""
    return re.split(r"^#+ ", text.split(f"# {title}\n")[1], flags=re.MULTILINE)[0]


def table(text: str) -> list[list[str]]:
    """Returns the cells of a table of Markdown, without its heading."""
    rows = [row for row in text.splitlines() if row.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]
    return [row for row in cells if any(row[1:])]


def read(out: Path) -> str:
    return (out / "review.md").read_text("utf-8")


def test_the_verdict_counts_and_names_the_accuracy(written: Path) -> None:
    verdict = (
        "5 parameters changed; scores val accuracy 0.9967 → 0.9901 (worse) and 5 more metrics changed; "
        "1 of 4 curve plots and 1 of 5 pictures unchanged."
    )
    assert read(written).splitlines()[:3] == ["### Review: `old` → `new`", "", f"**{verdict}**"]
    assert verdict in (written / "index.html").read_text("utf-8")


def test_parameters_that_changed_came_or_went_are_listed_and_no_others(written: Path) -> None:
    rows = {row[0]: row[1:] for row in table(section(read(written), "Parameters"))}
    assert list(rows) == ["cup", "kettle", "leaf", "rate", "sizes"]
    assert rows["rate"] == ["0.1", "0.2"]
    assert rows["sizes"] == ["[2, 2]", "[2, 4]"]
    assert rows["cup"] == ["none", "1"]
    assert rows["kettle"] == ["1", "none"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val_accuracy", ["0.9967", "0.9901", "-0.0066 🔴 worse", ""]),
        ("loss", ["0.25", "0.125", "-0.125 🟢 better", ""]),
        ("minutes", ["3", "5", "+2", ""]),
        ("spilt_loss", ["0.5", "NaN", "🔴 worse", ""]),
        ("runs.val_loss", ["0.5 ± 0.1 (n = 5)", "0.8 ± 0.1 (n = 5)", "+0.3 🔴 worse", "yes, 3.0 x std"]),
        ("runs.accuracy", ["0.5 ± 0.1 (n = 5)", "0.55 ± 0.1 (n = 5)", "+0.05 🟢 better", "no, 0.5 x std"]),
    ],
)
def test_a_metric_says_from_what_to_what_for_better_or_worse_and_whether_seeds_explain_it(
    written: Path, name: str, expected: list[str]
) -> None:
    rows = {row[0]: row[1:] for row in table(section(read(written), "Metrics"))}
    assert len(rows) == 6
    assert "\n| **`out/scores.json`** | | | | |\n" in read(written)
    plain_letters = str.maketrans("\N{MINUS SIGN}\N{MULTIPLICATION SIGN}", "-x")
    assert [cell.translate(plain_letters) for cell in rows[name]] == expected


def test_changed_curves_are_drawn_over_each_other(written: Path) -> None:
    text = section(read(written), "Curves")
    assert "`plots/changed.csv`" in text
    assert "same.csv" not in text
    (path,) = re.findall('src="([^"]+)"', text)
    with Image.open(written / path) as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24) or []}
    assert {(0x7F, 0x7F, 0x7F), (0xD9, 0x5F, 0x02)} <= colours  # grey for the base, orange for the head


def test_changed_pictures_stand_side_by_side_with_the_pixels_that_differ(written: Path) -> None:
    text = section(read(written), "Pictures")
    assert "`plots/changed.png`: 25.0% of the pixels differ" in text
    assert "`plots/grown.png`: 50.0% of the pixels differ; 20 by 10 pixels became 40 by 10" in text
    assert "same.png" not in text
    base, head, difference = (
        np.asarray(Image.open(written / path).convert("RGB")).astype(int)
        for path in re.findall('src="([^"]+changed[^"]+)"', text)
    )
    assert (base == 0).all()
    assert (head[:, :5] == 255).all()
    grey = np.ptp(difference, axis=-1) == 0
    assert not grey[:, :5].any()
    assert grey[:, 5:].all()


def test_what_is_new_what_is_gone_and_what_is_unchanged_is_said(written: Path) -> None:
    text = read(written)
    new, gone = section(text, "New"), section(text, "Gone")
    assert "plots/new.png" in new
    assert f"``{ODD}``" in new
    assert "plots/gone.csv" in gone
    assert "plots/gone.png" in gone
    assert "\nUnchanged: no parameter" not in text
    assert "\nUnchanged: 2 metrics, 1 curve plot, 1 picture.\n" in text


def test_every_picture_that_is_shown_is_there_and_no_other(written: Path) -> None:
    shown = set(re.findall('src="(pictures/[^"]+)"', read(written)))
    there = {f"pictures/{path.name}" for path in (written / "pictures").iterdir()}
    assert shown <= there
    assert there == set(re.findall('src="(pictures/[^"]+)"', (written / "index.html").read_text("utf-8")))


def test_the_commands_run_again_what_is_reviewed(tea: Path, written: Path) -> None:
    text = read(written)
    head = run(tea, "git", "rev-parse", "new").strip()[:12]
    assert f"git switch --detach {head}\ndvc repro\n" in text
    assert "dvc-review old new\n" in text


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text that stands in no code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, str]] = set()
        self.names: set[str] = set()
        self.plain, self._code = "", 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.tags |= {(tag, name) for name, _ in attrs}
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.plain += "" if self._code else data


def test_names_and_values_are_text_in_markdown(written: Path) -> None:
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table").render(read(written))
    found = Tags(markdown)
    assert {tag for tag in found.names if tag in {"a", "b", "script"}} == set()
    assert {name for tag, name in found.tags if tag == "img"} == {"src", "alt", "width"}
    assert "octocat" not in found.plain
    assert markdown.count("octocat") == 2
    assert ODD.replace("<", "&lt;").replace(">", "&gt;") in markdown


def test_a_review_needs_no_network(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_namespaces()
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    review = [sys.executable, "-P", "-m", "review", "old", "new", "--out", str(tmp_path)]
    assert run(tea, *PRIVATE, *review).startswith("5 parameters changed; ")


def test_the_same_revision_twice_has_no_change(copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "HEAD", "--out", str(tmp_path / "out")]) == 0
    verdict = "No result changed: no parameter, metric, curve plot or picture differs."
    assert capsys.readouterr().out.splitlines()[0] == verdict
    assert "#### " not in read(tmp_path / "out")
    assert list((tmp_path / "out" / "pictures").iterdir()) == []
    assert run(copy, "git", "status", "--porcelain") == ""


def test_the_working_tree_is_reviewed_by_default_and_a_new_review_takes_the_place_of_the_former(copy: Path) -> None:
    assert main(["old"]) == 0
    old = {path.name for path in (copy / "review" / "pictures").iterdir()}
    write(copy, {"params.yaml": {"rate": 0.3, "sizes": [2, 4], "leaf": "Assam", "cup": 1}, "plots/same.png": plain(9)})
    assert main(["HEAD"]) == 0
    text = read(copy / "review")
    assert text.startswith("### Review: `HEAD` → `workspace`\n\n**2 parameters changed; no metric changed;")
    assert table(section(text, "Parameters"))[1] == ["rate", "0.2", "0.3"]
    assert f"git switch --detach {run(copy, 'git', 'rev-parse', 'new').strip()[:12]}\ndvc exp run -S" in text
    names = {path.name for path in (copy / "review" / "pictures").iterdir()}
    assert {name.partition("-")[2] for name in names} == {
        f"plots-same-png-{side}.png" for side in ("base", "head", "difference")
    }
    assert not names & old
    assert {path.name for path in (copy / "review").iterdir()} == {"review.md", "index.html", "pictures"}


@pytest.mark.usefixtures("copy")
def test_a_folder_of_pictures_that_is_the_users_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / "out" / "pictures").mkdir(parents=True)
    (tmp_path / "out" / "pictures" / "holiday.png").write_bytes(b"mine")
    assert main(["old", "new", "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "pictures" / "holiday.png").read_bytes() == b"mine"
    assert read(tmp_path / "out").startswith("### Review")


def test_an_experiment_is_found_by_its_name(copy: Path, tmp_path: Path) -> None:
    params = (copy / "params.yaml").read_text("utf-8")
    (copy / "params.yaml").write_text(params.replace("rate: 0.2", "rate: 0.7"), "utf-8")
    run(copy, "dvc", "exp", "save", "--quiet", "--name", "stronger-tea")
    run(copy, "git", "checkout", "--quiet", ".")
    assert main(["new", "stronger-tea", "--out", str(tmp_path / "out")]) == 0
    assert table(section(read(tmp_path / "out"), "Parameters")) == [["rate", "0.2", "0.7"]]


def test_a_revision_without_a_pipeline_is_said_to_have_none(copy: Path, tmp_path: Path) -> None:
    assert copy.is_dir()
    assert main(["bare", "new", "--out", str(tmp_path / "out")]) == 0
    text = read(tmp_path / "out")
    assert "bare has no parameter, metric or plot that DVC knows" in text
    assert "`plots/same.png`" in section(text, "New")
    assert "Not all could be compared" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_a_template_that_is_missing_costs_one_plot_its_looks_and_a_plot_without_rows_is_said(
    copy: Path, tmp_path: Path
) -> None:
    shown = {"x": "step", "y": "loss"}
    plots = {"plots/same.csv": shown | {"template": "lost"}, "plots/changed.csv": shown, "plots/away.csv": shown}
    write(copy, {"dvc.yaml": pipeline(["rate"], plots), "plots/same.csv": curve(3)})
    assert main(["HEAD", "--out", str(tmp_path / "out")]) == 0
    text = read(tmp_path / "out")
    assert re.search(r"plots/same.csv is drawn with DVC's template `linear`: .*'lost' not found", text)
    assert re.search(r"plots/away.csv at workspace: FileNotFoundError", text)
    assert "plots/same.csv" in section(text, "Curves")
    assert "changed.csv" not in section(text, "Curves")


def test_pictures_that_are_none_are_shown_without_a_difference(copy: Path, tmp_path: Path) -> None:
    good = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="9"/></svg>'
    files = {"dvc.yaml": pipeline(["rate"], {"plots/same.png": {}, "a.svg": {}, "b.svg": {}})}
    commit(copy, files | {"a.svg": good, "b.svg": good}, "svg")
    write(copy, {"plots/same.png": "version https://git-lfs.github.com/spec/v1\n"})
    write(copy, {"a.svg": good.replace("2000", "2500"), "b.svg": good.replace("5", "6")})
    assert main(["svg", "--out", str(tmp_path / "out")]) == 0
    text = section(read(tmp_path / "out"), "Pictures")
    assert "`plots/same.png`: can't be read as a picture" in text
    assert "`a.svg`: can't be read as a picture" in text
    assert "`b.svg`: 11.1% of the pixels differ" in text


def test_a_diverged_run_is_drawn_as_far_as_it_has_numbers(copy: Path, tmp_path: Path) -> None:
    rows = [{"step": step, "loss": 1 / (1 + step)} for step in range(6)]
    shown = {"x": "step", "y": "loss"}
    files = {"dvc.yaml": pipeline(["rate"], {"a.json": shown, "b.csv": shown}), "a.json": rows, "b.csv": curve(1)}
    commit(copy, files, "sound")
    write(copy, {"a.json": [*rows[:3], *({"step": step, "loss": float("nan")} for step in range(3, 6))]})
    write(copy, {"b.csv": "step,loss\n0,1\n1,nan\n2,inf\n3,\n"})
    write(copy, {"out/scores.json": {"loss": None, "val_accuracy": float("nan")}})
    assert main(["sound", "--out", str(tmp_path / "out")]) == 0
    text = read(tmp_path / "out")
    rows_of_metrics = {row[0]: row[1:] for row in table(section(text, "Metrics"))}
    assert rows_of_metrics["val_accuracy"] == ["0.9901", "NaN", "🔴 worse", ""]
    assert rows_of_metrics["loss"] == ["0.125", "none", "", ""]
    assert len(re.findall("src=", section(text, "Curves"))) == 2
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    data = page.split('type="application/json">')[1].split("</script>")[0]
    assert json.loads(data, parse_constant=pytest.fail)["a.json"]["data"]["values"]["rows"][3][1] is None


def test_a_repository_in_a_subfolder_of_git_has_its_pictures_under_their_commit_s_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "git", "init", "--quiet")
    project = tmp_path / "a b"
    project.mkdir()
    run(project, "dvc", "init", "--quiet", "--subdir")
    files = {"dvc.yaml": pipeline(["rate"], {"x.png": {}}), "params.yaml": {"rate": 1}, "out/scores.json": {"loss": 1}}
    commit(project, files | {"x.png": plain(0)}, "old")
    commit(project, {"x.png": plain(9)}, "new")
    (project / "deep").mkdir()
    monkeypatch.chdir(project / "deep")
    assert main(["old", "new", "--pictures-url", "https://git.example/{commit}/{path}"]) == 0
    addresses = re.findall('src="([^"]+)"', read(project / "review"))
    commits = run(tmp_path, "git", "rev-parse", "old", "new").split()
    assert addresses == [f"https://git.example/{commit}/a%20b/x.png" for commit in commits]


def test_a_very_long_review_is_folded_and_fits_in_a_comment(tmp_path: Path) -> None:
    head = Revision("a-branch-with-a-long-name", 40 * "a")
    metrics = [Change("metrics/scores.json", f"a.metric.with.a.rather.long.name_{i}", 0.0, 1 / 3) for i in range(2000)]
    picture = tmp_path / "picture.png"
    write(tmp_path, {"picture.png": plain(0)})
    pictures = [Picture(f"plots/of/a/long/name/{i}.png", picture, picture, 0.5, picture) for i in range(50)]
    names = frozenset(it.name for it in pictures)
    comparison = Comparison(head, head, metrics, metrics, [], pictures, [], [], "", {head.commit or "": names})
    write_review(comparison, tmp_path / "out", pictures_url="https://raw.example/owner/repository/{commit}/{path}")
    text = read(tmp_path / "out")
    assert len(text) < 65_000
    assert len(table(section(text, "Metrics").split("<details>")[0])) == 12
    assert "\nAnd 1940 more on the page.\n" in text
    assert "\nAnd 20 more on the page.\n" in text
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert all(f"name_{i}</th>" in page for i in range(2000))
    assert all(f"/{i}.png</code>" in page for i in range(50))


@pytest.mark.parametrize("arguments", [("nope",), ("old", "nope"), ("",), ("old", "--end-of-options"), ("old", "^old")])
def test_an_unknown_revision_is_one_line_and_exit_2_and_nothing_is_written(
    copy: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"review: unknown revision {arguments[-1]!r}; allowed are")
    assert captured.err.count("\n") == 1
    assert run(copy, "git", "status", "--porcelain") == ""


def test_the_working_tree_has_nothing_to_be_compared_with_but_commits(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["workspace"]) == 2
    assert capsys.readouterr().err.startswith("review: BASE and HEAD are both the working tree; give a commit")
    assert run(copy, "git", "status", "--porcelain") == ""


def test_a_folder_without_dvc_is_one_line_and_exit_2(tmp_path: Path) -> None:
    run(tmp_path, "git", "init", "--quiet")
    ended = subprocess.run(
        [sys.executable, "-m", "review", "HEAD"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert re.fullmatch(r"review: .+ is in no DVC repository under git: .+\n", ended.stderr)


def test_a_place_that_can_not_be_written_is_one_line_and_exit_2(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "new", "--out", str(copy / "README.md")]) == 2
    assert re.fullmatch(r"review: can't write to .+README.md: File exists\n", capsys.readouterr().err)
