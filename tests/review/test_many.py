"""Many revisions at once: a table, a page that sorts and filters, and a review behind each row."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from review.__main__ import main
from tests.conftest import serious_faults
from tests.review.conftest import HOSTILE, Fresh, commit, pipeline, plain, run, write
from tests.review.test_review import read, table
from tests.review.test_review_in_browser import grow, visit

SPREAD = {"mean": 0.5, "std": 0.1, "n": 5}


@pytest.fixture(scope="module")
def school(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Branches of students upon `main`, of which two have one file, one is broken and one has a hostile name."""
    folder = fresh(tmp_path_factory.mktemp("school"))
    stage = pipeline(["rate"], {"boundary.png": {}})
    stage["stages"]["brew"]["deps"] = ["brew.py"]
    base = {"dvc.yaml": stage, "params.yaml": {"rate": 1}, "brew.py": "pass\n", "boundary.png": plain(0)}
    commit(folder, base | {"out/scores.json": {"val_loss": SPREAD, "seconds": 3}}, "v1")
    for number, name in enumerate(["ada", "bo", "cy", "di", "x<img src=x onerror=alert(1)>&"], 1):
        run(folder, "git", "switch", "--quiet", "--create", f"student/{name}".replace(" ", "\N{NO-BREAK SPACE}"), "v1")
        files = {
            "params.yaml": {"rate": 1 + number, "leaf": HOSTILE},
            "out/scores.json": {"val_loss": SPREAD | {"mean": 0.5 - number / 20}, "seconds": 3},
            "boundary.png": plain(10 * number),
        }
        if name in ("ada", "bo"):
            files["brew.py"] = "print('the same')\n"
        if name == "di":
            files["out/scores.json"] = "{"
        write(folder, files)
        run(folder, "git", "add", "--all")
        run(folder, "git", "commit", "--quiet", "--message", name)
    run(folder, "git", "switch", "--quiet", "main")
    return folder


@pytest.fixture(scope="module")
def written(school: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(school)
        assert main(["main", "student/*", "--out", str(out)]) == 0
    return out


def test_the_table_has_a_row_for_the_base_and_for_each_branch(written: Path) -> None:
    rows = table(read(written).split("\n- ")[0])
    assert len(rows) == 6
    assert rows[0][:2] == ["main", "base"]
    ada = rows[1]
    assert ada[0] == "student/ada` [review](1-student-ada/review.md)"
    assert ada[1] == "nothing recorded"
    assert "`rate` 2" in "`" + ada[2]
    assert ada[3] == "0.45 ± 0.1 (n = 5)"
    assert ada[4] == "brew.py"
    assert '<img src="pictures/1-student-ada.png"' in ada[5]
    assert rows[4][1] == "not all read"


def test_each_row_opens_a_review_of_its_own(written: Path) -> None:
    text = read(written / "2-student-bo")
    assert text.startswith("### Review: `main` → `student/bo`")
    assert (written / "2-student-bo" / "index.html").exists()
    assert (written / "pictures" / "2-student-bo.png").exists()


def test_the_same_file_in_two_branches_is_named_and_not_judged(written: Path) -> None:
    text = read(written).split("#### The same file in several revisions")[1]
    assert "- `brew.py`: `student/ada`, `student/bo`\n" in text
    assert "boundary" not in text


def test_several_names_and_patterns_may_be_mixed_and_none_is_there_twice(
    school: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(school)
    assert main(["main", "student/a*", "student/[ab]*", "v1", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("3 revisions: ")
    assert main(["main", "nobody/*", "--out", str(tmp_path)]) == 2
    assert "no branch, tag or experiment matches 'nobody/*'" in capsys.readouterr().err


def test_another_name_of_a_remote_branch_has_no_row(
    school: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "git", "clone", "--quiet", "--branch", "student/bo", str(school), str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert (tmp_path / "clone" / ".git" / "refs" / "remotes" / "origin" / "HEAD").exists()
    assert main(["origin/main", "origin/[Hm]*", "student/bo", "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("2 revisions: ")


def test_branches_that_were_fetched_are_found_by_the_names_that_they_have_there(
    school: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As by `git clone`, after which one branch is there and all others are origin's; that one has one row."""
    run(tmp_path, "git", "clone", "--quiet", "--branch", "student/bo", str(school), str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert main(["origin/main", "student/[ab]*", "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("2 revisions: ")
    assert {row[0].split("`")[0] for row in table(read(tmp_path / "out"))} >= {"student/bo", "origin/student/ada"}


def test_a_revision_that_can_not_be_reviewed_has_a_row_that_says_why(
    school: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(school, tmp_path / "copy", symlinks=True))
    sha = run(copy, "git", "rev-parse", "student/cy:params.yaml").strip()
    (copy / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    monkeypatch.chdir(copy)
    assert main(["main", "student/bo", "student/cy", "--out", str(tmp_path / "out")]) == 2
    output = capsys.readouterr()
    assert output.out.startswith("2 revisions: 1 nothing recorded, 1 can't be reviewed.")
    assert output.err == "review: student/cy can't be read whole: the page says why; the rest is written\n"
    assert "git fetch --refetch" in read(tmp_path / "out")


def test_the_page_sorts_by_a_column_and_filters_rows(browser: Browser, written: Path) -> None:
    seen = visit(browser, written / "index.html", ready="body")
    page = seen.page

    def shown() -> list[str]:
        names: list[str] = page.locator("#rows tbody tr[data-state]:visible th a").all_inner_texts()
        return [name.removeprefix("student/")[:2] for name in names]

    assert shown() == ["ad", "bo", "cy", "di", "x<"]
    page.get_by_role("button", name="scores val loss").click()
    assert shown() == ["x<", "cy", "bo", "ad", "di"]
    page.get_by_role("button", name="scores val loss").click()
    assert shown()[-4:] == ["ad", "bo", "cy", "x<"]
    page.fill("#filter", "brew.py")
    assert sorted(shown()) == ["ad", "bo"]
    assert page.inner_text("#count") == "2 of 5 revisions"
    page.fill("#filter", "")
    page.select_option("#state", "not all read")
    assert shown() == ["di"]
    page.locator("#rows a", has_text="student/di").first.click()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.inner_text("h1") == "Review: main → student/di"
    assert seen.complaints == []
    assert all(url.startswith((written.as_uri(), "data:", "blob:")) for url in seen.requests)


def test_the_page_fits_and_axe_finds_no_serious_fault(browser: Browser, written: Path) -> None:
    page = visit(browser, written / "index.html", width=320, ready="body").page
    for width in (320, 1280):
        grow(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert serious_faults(page) == [], width
