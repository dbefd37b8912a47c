"""The page in a real browser, opened from disk as a reviewer would."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from review.__main__ import main
from tests.conftest import serious_faults
from tests.review.conftest import HOSTILE, ODD


@dataclass
class Visit:
    """A page, with all that it asked for and complained of while it was open."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def review(tea: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tea)
        assert main(["old", "new", "--out", str(out)]) == 0
    return out / "index.html"


@pytest.fixture(scope="module")
def page(browser: Browser, review: Path) -> Page:
    """The page, open, for tests that leave it as it is."""
    return visit(browser, review).page


def visit(
    browser: Browser,
    path: Path,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    ready: str = "html[data-ready]",
) -> Visit:
    size: Any = {"width": width, "height": 900}
    visit = Visit(browser.new_page(viewport=size, color_scheme=scheme))
    visit.page.set_default_timeout(10_000)
    visit.page.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("console", lambda message: visit.complaints.append(message.text))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on("dialog", lambda dialog: visit.complaints.append(dialog.message))
    visit.page.goto(path.as_uri())
    visit.page.wait_for_selector(ready, state="attached")
    return visit


def test_the_page_opens_from_disk_without_the_network_and_without_complaint(browser: Browser, review: Path) -> None:
    seen = visit(browser, review)
    for picture in seen.page.locator("img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") >= 20
    folder = review.parent.as_uri()
    assert {url for url in seen.requests if not url.startswith(("data:", "blob:"))} >= {review.as_uri()}
    assert all(url.startswith((folder, "data:", "blob:")) for url in seen.requests)
    assert seen.complaints == []


def test_its_parts_stand_in_the_order_of_a_review(page: Page) -> None:
    titles = ["Parameters", "Metrics", "Curves", "Pictures", "New", "Gone", "Unchanged", "Run it again"]
    assert page.locator("h2").all_inner_texts() == titles
    assert page.inner_text("h1") == "Review: old → new"
    assert page.inner_text(".verdict").startswith("5 parameters changed; ")


def test_better_is_told_from_worse_by_word_and_colour(page: Page) -> None:
    seen = {}
    for name in ("val_accuracy", "loss", "minutes"):
        cell = page.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True)).locator(".change")
        seen[name] = (cell.inner_text().split()[1:], cell.evaluate("cell => getComputedStyle(cell).color"))
    assert [words for words, _ in seen.values()] == [["worse"], ["better"], []]
    assert len({colour for _, colour in seen.values()}) == 3


def test_curves_can_be_pointed_at(browser: Browser, review: Path) -> None:
    page = visit(browser, review).page
    canvas = page.locator(".chart[data-name='plots/changed.csv'] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2)
    tooltip = page.locator("#vg-tooltip-element.visible").inner_text()
    assert "old" in tooltip
    assert "new" in tooltip


def test_names_and_values_are_read_and_not_run(page: Page) -> None:
    assert page.locator("img[src='x']").count() == 0
    assert HOSTILE in page.inner_text("#params + .table")
    assert page.locator(".chart canvas").count() == page.locator(".chart").count() == 3
    assert ODD in page.locator("#new ~ figure figcaption").all_inner_texts()


def test_the_curves_follow_the_scheme(browser: Browser, review: Path) -> None:
    page = visit(browser, review).page
    light = page.locator(".chart canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.evaluate("delete document.documentElement.dataset.ready")
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.locator(".chart canvas").first.evaluate("canvas => canvas.toDataURL()") != light


def grow(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})


def test_the_page_does_not_scroll_sideways(browser: Browser, review: Path) -> None:
    page = visit(browser, review, width=320).page
    for width in (320, 375, 1280):
        grow(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(scheme: Literal["light", "dark"], browser: Browser, review: Path) -> None:
    page = visit(browser, review, scheme=scheme, width=375).page
    for width in (375, 1280):
        grow(page, width)
        assert serious_faults(page) == [], width
