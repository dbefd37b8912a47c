"""The verdict says what is known: what could not be read, what is stale, what was edited, then what changed."""

import json
import math
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from review.__main__ import main
from review.changes import Change, direction, headline
from review.revisions import Revision, find_revision
from tests.review.conftest import BREW, SERVE, STAGES, Fresh, commit, curve, pipeline, plain, run, write
from tests.review.test_review import read, section


@pytest.fixture
def pot(brewed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(brewed, tmp_path / "pot", symlinks=True))
    monkeypatch.chdir(folder)
    return folder


def first(capsys: pytest.CaptureFixture[str], *revisions: str) -> str:
    """Returns the first line of a review, which must be written."""
    capsys.readouterr()
    assert main([*revisions]) == 0
    return capsys.readouterr().out.splitlines()[0]


Out = pytest.CaptureFixture[str]


def test_what_was_run_is_as_recorded(pot: Path, capsys: Out) -> None:
    write(pot, {"params.yaml": "rate: 0.2\ncup: blue\n"})
    run(pot, "dvc", "repro", "--quiet")
    commit(pot, {}, "head")
    expected = "1 parameter changed; scores accuracy 0.975 → 0.95 (worse) and 1 more metric changed."
    assert first(capsys, "base", "head") == expected
    assert first(capsys, "base") == expected
    assert "What the results rest on" not in read(pot / "review")


def test_a_parameter_that_the_outputs_were_not_made_with_is_named(pot: Path, capsys: Out) -> None:
    commit(pot, {"params.yaml": "rate: 0.01\ncup: blue\n"}, "head")
    line = first(capsys, "base", "head")
    assert line == "rate is 0.01, but the outputs were made with 0.1; 1 parameter changed."
    assert "- head: rate in params.yaml is 0.01, but brew ran with 0.1\n" in read(pot / "review")
    assert first(capsys, "base") == line


def test_a_parameter_that_no_stage_reads_makes_nothing_stale(pot: Path, capsys: Out) -> None:
    commit(pot, {"params.yaml": "rate: 0.1\ncup: red\n"}, "head")
    assert first(capsys, "base", "head") == "1 parameter changed; no metric changed."


def test_an_output_that_was_edited_is_named(pot: Path, capsys: Out) -> None:
    commit(pot, {"scores.json": {"loss": 0.0, "accuracy": 1.0}}, "head")
    line = first(capsys, "base", "head")
    assert line.startswith("scores.json is not what dvc.lock records: edited after the run; no parameter changed; ")
    assert "scores accuracy 0.975 → 1 (better)" in line
    assert first(capsys, "base") == line


def test_an_edited_output_of_the_cache_shows_in_the_working_tree(pot: Path, capsys: Out) -> None:
    (pot / "pot.txt").unlink()
    (pot / "pot.txt").write_text("coffee", "utf-8")
    assert first(capsys, "base").startswith("pot.txt is not what dvc.lock records: edited after the run; ")


def test_code_that_changed_without_a_run_is_named_with_the_stages(pot: Path, capsys: Out) -> None:
    commit(pot, {"tools/brew.py": BREW + "# more\n", "serve.py": SERVE + "# more\n"}, "head")
    line = first(capsys, "base", "head")
    expected = "tools/brew.py and 1 more file changed; 2 stages were not run again; the results are those of before."
    assert line[0].lower() + line[1:] == expected
    text = read(pot / "review")
    assert "- head: tools changed; not run again: brew\n" in text
    assert "- head: serve.py changed; not run again: serve\n" in text
    assert "- tools/brew.py differs: code that stages depend on\n" in text


def test_a_file_that_dvcignore_names_changes_no_folder(pot: Path, capsys: Out) -> None:
    commit(pot, {"tools/x.tmp": "x"}, "head")
    assert first(capsys, "base", "head").startswith("Code changed: tools/x.tmp; no result changed")


def test_data_that_changed_without_a_run_is_named(pot: Path, capsys: Out) -> None:
    write(pot, {"leaves.txt": "ceylon\n"})
    run(pot, "dvc", "add", "--quiet", "leaves.txt")
    commit(pot, {}, "head")
    assert first(capsys, "base", "head").startswith("leaves.txt changed; 1 stage was not run again; ")


def test_a_stage_that_ran_without_those_after_it_leaves_them_stale(pot: Path, capsys: Out) -> None:
    write(pot, {"params.yaml": "rate: 0.2\ncup: blue\n"})
    run(pot, "dvc", "repro", "--quiet", "brew")
    commit(pot, {}, "head")
    assert first(capsys, "base", "head").startswith("pot.txt changed; 1 stage was not run again; 1 parameter changed; ")


def test_a_command_that_changed_and_a_stage_that_never_ran_are_named(pot: Path, capsys: Out) -> None:
    stages = {**STAGES, "brew": {**STAGES["brew"], "cmd": "python -O tools/brew.py"}, "drink": {"cmd": "true"}}
    commit(pot, {"dvc.yaml": {"stages": stages}}, "head")
    line = first(capsys, "base", "head")
    assert line.startswith("The command of brew changed, and was not run again; drink was never run; ")


def test_a_base_that_is_stale_itself_is_said_to_be(pot: Path, capsys: Out) -> None:
    commit(pot, {"params.yaml": "rate: 0.2\ncup: blue\n"}, "behind")
    run(pot, "dvc", "repro", "--quiet")
    commit(pot, {}, "head")
    assert first(capsys, "behind", "head").startswith("behind itself is stale; no parameter changed; ")


def test_a_recorded_file_that_is_gone_is_named(pot: Path, capsys: Out) -> None:
    commit(pot, {"scores.json": None}, "without")
    assert first(capsys, "base", "without").startswith("scores.json is gone, and dvc.lock records it; no parameter")
    commit(pot, {"serve.py": None}, "less")
    assert first(capsys, "base", "less").startswith("scores.json and 1 more file are gone, and dvc.lock records them; ")


def test_a_reason_names_the_path_in_the_repository(pot: Path, capsys: Out) -> None:
    commit(pot, {".dvcignore": "scores.json\n"}, "head")
    line = first(capsys, "base", "head")
    assert line.startswith("Can't read dvc.yaml of head: Path 'scores.json' is ignored by .dvcignore:1:scores.json (")


def test_a_file_in_the_place_of_dvc_s_folder_is_left_out(pot: Path, capsys: Out) -> None:
    run(pot, "git", "switch", "--quiet", "--detach")
    run(pot, "git", "rm", "-r", "--quiet", "--cached", ".dvc")
    shutil.move(pot / ".dvc", pot.parent / "dvc")
    commit(pot, {".dvc": "a file\n"}, "head")
    run(pot, "git", "switch", "--quiet", "main")
    assert first(capsys, "base", "head").startswith("No result changed")


def test_a_link_to_itself_is_unread(pot: Path, capsys: Out) -> None:
    (pot / "scores.json").unlink()
    (pot / "scores.json").symlink_to("scores.json")
    reason = "it is a link that leads to nothing in the repository (put the file itself there)"
    assert first(capsys, "base").startswith(f"Can't read scores.json of workspace: {reason}; ")
    commit(pot, {}, "loop")
    assert first(capsys, "base", "loop").startswith(f"Can't read scores.json of loop: {reason}; ")


def test_the_state_of_a_commit_is_the_one_that_dvc_status_gives(pot: Path, capsys: Out) -> None:
    write(pot, {"tools/deep/more.py": "x = 1\n", "params.yaml": "rate: 0.3\ncup: blue\n"})
    status = json.loads(run(pot, "dvc", "status", "--json"))
    commit(pot, {}, "head")
    expected = (
        "rate is 0.3, but the outputs were made with 0.1; tools/deep/more.py changed; 1 stage was not run again; "
    )
    assert first(capsys, "base", "head").startswith(expected)
    assert set(status) == {"brew"}


# Unread is not unchanged, and not gone


@pytest.fixture(scope="module")
def evaluated(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the tags `base` and `head`, whose metric is in DVC's cache alone."""
    folder = fresh(tmp_path_factory.mktemp("evaluated"))
    stage = {"cmd": "mkdir -p eval && cp params.yaml eval/m.yaml", "params": ["a"], "outs": ["eval"]}
    for tag, value in (("base", 1), ("head", 2)):
        write(folder, {"dvc.yaml": {"stages": {"s": stage}, "metrics": ["eval/m.yaml"]}, "params.yaml": {"a": value}})
        run(folder, "dvc", "repro", "--quiet")
        commit(folder, {}, tag)
    shutil.rmtree(folder / "eval")
    return folder


def test_metrics_of_the_cache_are_read_from_it(evaluated: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.chdir(evaluated)
    assert first(capsys, "base", "head") == "1 parameter changed; m a 1 → 2."


def test_metrics_that_are_in_no_cache_here_are_unread_and_the_remedy_is_named(
    evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    folder = Path(shutil.copytree(evaluated, tmp_path / "pot", symlinks=True))
    monkeypatch.chdir(folder)
    for file in (folder / ".dvc" / "cache").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_text("damaged", "utf-8")
    line = first(capsys, "base", "head")
    assert line.startswith("Can't read eval/m.yaml of base and head: it is in DVC's cache elsewhere")
    assert line.endswith("(dvc fetch --all-commits); 1 parameter changed.")
    shutil.rmtree(folder / ".dvc" / "cache")
    assert first(capsys, "base", "head") == line


CONFLICT = "<<<<<<< HEAD\nrate: 1\n=======\nrate: 2\n>>>>>>> x\n"


UNREAD: list[tuple[str, Any, str]] = [
    ("params.yaml", CONFLICT, "line 1: "),
    ("params.yaml", "since: 2023-01-01\nrate: 0.1\n", "line 1: since is a date"),
    ("dvc.lock", CONFLICT, "line 1: "),
    ("dvc.lock", {"brew": {"cmd": "x"}}, ""),
    ("scores.json", '{"loss": 1,\n "accuracy":', "line 2: "),
]
BROKEN: list[tuple[str, Any, str]] = [
    ("dvc.yaml", "stages:\n  a: [\n", "line 3: "),
    ("dvc.yaml", {"stages": {"a": {"command": "x"}}}, ""),
    ("leaves.txt.dvc", "md5: [\n", "line 2: "),
]


def check_unread(line: str) -> None:
    """Checks that neither verdict nor review calls anything unchanged or gone, and that the verdict has a remedy."""
    assert "mend " in line
    assert not re.search(r"\bno \w+ changed|unchanged|gone", line)
    assert "Gone" not in read(Path("review"))
    assert "| none |" not in read(Path("review"))


@pytest.mark.parametrize(("name", "content", "words"), BROKEN)
def test_a_file_of_dvc_that_can_not_be_read_is_named_with_its_line_and_hides_nothing(
    pot: Path, capsys: Out, name: str, content: Any, words: str
) -> None:
    commit(pot, {name: content}, "head")
    for revisions in (("base", "head"), ("base",)):
        line = first(capsys, *revisions)
        assert line.startswith(f"Can't read {name} of {['workspace', *revisions[1:]][-1]}: {words}")
        check_unread(line)


def test_what_can_not_be_read_is_named_with_its_line_and_is_neither_unchanged_nor_gone(
    brewed: Path, fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    """Each case has a folder, with a pipeline of its own that has run; the first has the root."""
    cases = dict(zip(["", *(f"{number}/" for number in range(1, len(UNREAD)))], UNREAD, strict=True))
    pot = fresh(tmp_path / "pot")
    monkeypatch.chdir(pot)
    for folder in cases:
        for name in ("dvc.yaml", "dvc.lock", "params.yaml", "tools/brew.py", "serve.py", "leaves.txt", "scores.json"):
            write(pot, {f"{folder}{name}": (brewed / name).read_text("utf-8")})
    commit(pot, {}, "base")
    commit(pot, {f"{folder}{name}": content for folder, (name, content, _) in cases.items()}, "head")
    for revisions in (("base", "head"), ("base",)):
        line = first(capsys, *revisions)
        check_unread(line)
        assert f", nor {len(cases) - 1} more files" in line
        for folder, (name, _, words) in cases.items():
            note = f"`{folder}{name} of {['workspace', *revisions[1:]][-1]} can't be read: {words}.*\\(mend "
            assert re.search(note, read(pot / "review"))


def test_a_branch_whose_name_begins_with_a_dash_is_reviewed_like_any_other(pot: Path, capsys: Out) -> None:
    commit(pot, {"params.yaml": "rate: 0.1\ncup: red\n"}, "head")
    run(pot, "git", "update-ref", "refs/heads/--evil", "head")
    assert first(capsys, "--", "base", "--evil") == "1 parameter changed; no metric changed."
    assert "dvc-review -- base --evil\n" in read(pot / "review")


@pytest.fixture
def named(pot: Path) -> Path:
    """A repository in which the commit `base` has names of all kinds."""
    run(pot, "git", "tag", "--annotate", "--message", "x", "annotated", "base")
    run(pot, "git", "branch", "upstream", "base")
    commit(pot, {"params.yaml": "rate: 0.1\ncup: red\n"}, "head")
    run(pot, "git", "branch", "--set-upstream-to", "upstream")
    return pot


NAMES = ["@{u}", "HEAD@{1}", "head~1", ":/base", "annotated", "HEAD^{/base}"]


def test_any_name_that_git_resolves_is_a_revision(named: Path) -> None:
    commit = run(named, "git", "rev-parse", "base").strip()
    assert [find_revision(name, named) for name in NAMES] == [Revision(name, commit) for name in NAMES]


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("name", [NAMES[0], *(pytest.param(name, marks=pytest.mark.long) for name in NAMES[1:])])
def test_a_revision_of_any_name_is_reviewed(capsys: Out, name: str) -> None:
    assert first(capsys, name, "head") == "1 parameter changed; no metric changed."


def test_a_pipeline_without_anything_to_show_has_nothing_to_compare(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.chdir(fresh(tmp_path))
    commit(tmp_path, {"dvc.yaml": {"stages": {"a": {"cmd": "true"}}}}, "base")
    expected = "Nothing to compare: neither revision has a parameter, metric or plot."
    assert first(capsys, "base", "base") == expected


def test_plots_that_are_all_new_or_all_gone_are_called_that(tea: Path, tmp_path: Path, capsys: Out) -> None:
    copy = Path(shutil.copytree(tea, tmp_path / "copy", symlinks=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        commit(copy, {"dvc.yaml": pipeline(["rate"], {})}, "none")
        files = {"dvc.yaml": pipeline(["rate"], {"x.csv": {"x": "step", "y": "loss"}}), "x.csv": curve(1)}
        commit(copy, files, "one")
        assert first(capsys, "none", "one") == "No parameter changed; no metric changed; 1 curve plot is new."
        assert first(capsys, "one", "none") == "No parameter changed; no metric changed; 1 curve plot is gone."


def test_a_plot_whose_file_is_unread_is_not_called_gone(tea: Path, tmp_path: Path, capsys: Out) -> None:
    copy = Path(shutil.copytree(tea, tmp_path / "copy", symlinks=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        commit(copy, {"dvc.yaml": pipeline([], {"a.csv": {"x": "step", "y": "loss"}}), "a.csv": curve(1)}, "one")
        (copy / "a.csv").unlink()
        (copy / "a.csv").symlink_to("/dev/zero")
        commit(copy, {}, "two")
        for revisions in (("one", "two"), ("two", "one"), ("one",)):
            line = first(capsys, *revisions)
            assert line.startswith("Can't read a.csv of ")
            assert "gone" not in line
            assert "new" not in line


# Changed means other content


def deep(*values: int) -> np.ndarray:
    return np.full((10, 10), values[0], np.uint16)


def save(folder: Path, name: str, *frames: Image.Image) -> None:
    frames[0].save(folder / name, save_all=len(frames) > 1, append_images=frames[1:])


def of_colour(colour: str) -> Image.Image:
    return Image.new("RGB", (20, 20), colour)


def test_pictures_and_files_differ_by_their_content(tea: Path, tmp_path: Path, capsys: Out) -> None:
    copy = Path(shutil.copytree(tea, tmp_path / "copy", symlinks=True))
    plots: dict[str, dict[str, str]] = {
        name: {} for name in ("deep.png", "train.gif", "same.png", "model.pdf", "x.html")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        for tag, value, colour in (("first", 1000, "red"), ("second", 1001, "blue")):
            Image.fromarray(deep(value)).save(copy / "deep.png")
            save(copy, "train.gif", of_colour("lime"), of_colour(colour))
            of_colour("red").save(copy / "same.png", compress_level=9 if tag == "first" else 1)
            write(copy, {"dvc.yaml": pipeline(["rate"], plots), "model.pdf": colour, "x.html": f"<b>{colour}</b>"})
            commit(copy, {}, tag)
        assert first(capsys, "first", "second").endswith("1 of 5 pictures unchanged.")
    text = section(read(copy / "review"), "Pictures")
    assert "`deep.png`: 100.0% of the pixels differ" in text
    assert "`train.gif`: 50.0% of the pixels differ; the first that differs is frame 2 of 2" in text
    assert "`model.pdf`: other bytes" in text
    assert "`x.html`: other bytes" in text
    assert not list((copy / "review").rglob("*x-html*"))


def deep_png(pixels: np.ndarray, note: str) -> bytes:
    """Returns pixels of 16 bits a channel as a PNG, which Pillow does not write, with a note in its metadata."""
    kind = {2: 4, 3: 2, 4: 6}[pixels.shape[2]]
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, kind, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunks = [(b"IHDR", head), (b"tEXt", b"note\0" + note.encode()), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_colours_of_16_bits_a_palette_and_metadata_are_told_apart(tea: Path, tmp_path: Path, capsys: Out) -> None:
    copy = Path(shutil.copytree(tea, tmp_path / "copy", symlinks=True))
    kinds = {"grey": 2, "rgb": 3, "rgba": 4}
    names = [f"{kind}-{what}.png" for kind in kinds for what in ("low", "same")]
    plots: dict[str, dict[str, str]] = {name: {} for name in [*names, "palette.png", "film.png"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        for tag, last in (("first", 1000), ("second", 1001)):  # one high byte, 3, and two low ones, 232 and 233
            for kind, channels in kinds.items():
                pixels = np.full((10, 10, channels), 1000, np.uint16)
                (copy / f"{kind}-same.png").write_bytes(deep_png(pixels, tag))
                pixels[:, :3, -1] = last
                (copy / f"{kind}-low.png").write_bytes(deep_png(pixels, ""))
            indices = Image.new("P", (10, 10))
            indices.putpalette([last - 1000, 0, 0])
            indices.save(copy / "palette.png")
            save(copy, "film.png", of_colour("red"), of_colour("lime" if tag == "first" else "blue"))
            commit(copy, {"dvc.yaml": pipeline(["rate"], plots)}, tag)
        first(capsys, "first", "second")
    text = section(read(copy / "review"), "Pictures")
    for name in ("rgb-low.png", "rgba-low.png"):
        assert f"`{name}`: 30.0% of the pixels differ" in text
        assert f"`{name.replace('low', 'same')}`" not in text
    for name in ("grey-low.png", "grey-same.png"):  # which Pillow can't tell apart
        assert f"`{name}`: other bytes; of its 16 bits a channel, 8 could be compared, and they are the same" in text
    assert "`palette.png`: 100.0% of the pixels differ" in text
    assert "`film.png`: 50.0% of the pixels differ; the first that differs is frame 2 of 2" in text


def test_large_reviews_begin_with_what_changed_most(tea: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tea, tmp_path / "copy", symlinks=True))
    names = [f"p{i}.png" for i in range(9)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        scores = {f"m{i:02}_loss": 1.0 for i in range(30)}
        files = {"dvc.yaml": pipeline(["rate"], {name: {} for name in names}), "out/scores.json": scores}
        commit(copy, files | {name: plain(0, width=100) for name in names}, "first")
        for i, name in enumerate(names):
            pixels = plain(0, width=100)
            pixels[:, : 10 * (i + 1)] = 255
            write(copy, {name: pixels})
        commit(copy, {"out/scores.json": {f"m{i:02}_loss": 1 + i / 10 for i in range(30)}}, "second")
        assert main(["first", "second"]) == 0
    text = read(copy / "review")
    assert re.findall(r"^`p(\d)\.png`", text, flags=re.MULTILINE) == list("876543210")
    assert re.findall(r"`m(\d\d)_loss`", text)[:3] == ["29", "28", "27"]


# The headline


def test_a_figure_without_spread_that_moved_by_one_point_in_1209_is_neither_better_nor_worse() -> None:
    one = Change("s.json", "accuracy", 1208 / 1209, 1207 / 1209)
    five = Change("s.json", "accuracy", 1208 / 1209, 1203 / 1209)
    assert (one.better, five.better) == (None, False)
    assert headline([one, Change("s.json", "loss", 0.1, 0.2)]) == Change("s.json", "loss", 0.1, 0.2)


@pytest.mark.parametrize(
    "name", ["val_acc", "F1", "roc_auc", "macro.precision", "recall@5", "testAccuracy", "r2", "top5_acc"]
)
def test_higher_is_better_of(name: str) -> None:
    assert direction(name) is True


@pytest.mark.parametrize("name", ["RMSE", "val_mae", "test error", "log_loss", "valLoss", "mse.test", "wer"])
def test_lower_is_better_of(name: str) -> None:
    assert direction(name) is False


@pytest.mark.parametrize("name", ["epoch", "accuracy.n", "loss.std", "seconds", "f1_loss", "terror", "face"])
def test_nothing_is_better_of(name: str) -> None:
    assert direction(name) is None


def test_a_run_that_diverged_is_called_that(pot: Path, capsys: Out) -> None:
    commit(pot, {"scores.json": {"loss": math.nan, "accuracy": 0.3}}, "head")
    assert "scores loss 0.025 → NaN (diverged) and 1 more metric changed" in first(capsys, "base", "head")


def test_a_project_states_what_is_better_and_the_head_has_no_say(pot: Path, capsys: Out) -> None:
    commit(pot, {"pyproject.toml": "[tool.dvc-review]\nhigher = ['warmth']\n", "scores.json": {"warmth": 1}}, "warm")
    commit(pot, {"scores.json": {"warmth": 2}}, "warmer")
    assert "scores warmth 1 → 2 (better)" in first(capsys, "warm", "warmer")
    commit(pot, {"pyproject.toml": "[tool.dvc-review]\nlower = ['warmth']\n"}, "turned")
    assert "scores warmth 1 → 2 (better)" in first(capsys, "warm", "turned")
    commit(pot, {"pyproject.toml": "[tool.dvc-review]\nhigh = 1\n"}, "wrong")
    first(capsys, "wrong", "warm")
    assert "tool.dvc-review.high is 1; allowed are higher, lower, picture" in read(pot / "review")


# The commands


def test_the_printed_experiment_brings_the_parameters_through_a_shell(pot: Path, capsys: Out) -> None:
    base = {"rate": 0.1, "name": "x", "layers": [{"units": 4}, {"units": 8}], "none": [1], "rates": {"momentum_0.9": 1}}
    stages = {"s": {"cmd": "true", "params": list(base)}}
    commit(
        pot, {"dvc.yaml": {"stages": stages}, "params.yaml": base, "dvc.lock": None, "env": "${oc.env:HOME}\n"}, "one"
    )
    head = {
        "rate": 1e-7,
        "name": 'it\'s "größe" $(touch ran) \\',
        "layers": [{"units": 4}, {"units": None}],
        "none": [None, True, "x, y"],
        "rates": {"momentum_0.9": 2},
    }
    commit(pot, {"params.yaml": head}, "two")
    first(capsys, "one", "two")
    block = next(
        part for part in re.findall(r"~~~~~~sh\n(.*?)\n~~~~~~", read(pot / "review"), re.DOTALL) if "-S" in part
    )
    assert "# edit params.yaml: rates.momentum_0.9 is to be 2, which -S can't say" in block
    ended = subprocess.run(["bash", "-e", "-c", block], cwd=pot, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    shown = json.loads(run(pot, "dvc", "params", "diff", "two", "--json") or "{}")
    assert {name for file in shown.values() for name in file} <= {"rates.momentum_0.9"}
    assert not (pot / "ran").exists()
