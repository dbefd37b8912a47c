"""The comment, as the workflow's step posts it, to a server that stands in for GitHub's and keeps what it is asked."""

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from review.comment import AUTHOR, MARKER, MOST_COMMENT

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "comment.yml").read_text("utf-8"))
SHA = 40 * "c"
REVIEW = "### Review: `a` → `b`\n\n**1 parameter changed.** @octocat\n"
COMMENTS = "/repos/tea/pot/issues/7/comments"


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None


@dataclass
class GitHub:
    """What the server answers, and what it was asked."""

    url: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    archive: bytes = b""
    asked: list[Asked] = field(default_factory=list)
    refuse: bool = False

    def answer(self, asked: Asked) -> Any:
        path, _, query = asked.path.partition("?")
        page = int(dict(part.split("=") for part in query.split("&")).get("page", 1)) if query else 1
        span = slice(100 * (page - 1), 100 * page)
        if path == "/repos/tea/pot/pulls":
            return self.pulls[span]
        if path == "/repos/tea/pot/actions/runs/5/artifacts":
            return {"total_count": len(self.artifacts), "artifacts": self.artifacts[span]}
        if path == COMMENTS and asked.method == "GET":
            return self.comments[span]
        return {"html_url": f"https://github.example{path}"}

    def written(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method != "GET"]


@pytest.fixture
def github() -> Iterator[GitHub]:
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers), json.loads(body) if body else None)
            state.asked.append(asked)
            if self.path == "/zip":
                return self.reply(302, b"", Location="/elsewhere")
            if self.path == "/elsewhere":
                return self.reply(200, state.archive)
            if state.refuse and self.command != "GET":
                return self.reply(403, b"{}")
            return self.reply(200, json.dumps(state.answer(asked)).encode())

        do_POST = do_PATCH = do_GET  # noqa: N815

        def reply(self, code: int, content: bytes, **headers: str) -> None:
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    state.pulls = [{"number": 7, "head": {"sha": SHA}}]
    state.artifacts = [artifact(state, "review-7")]
    state.archive = archive(REVIEW.encode())
    yield state
    server.shutdown()
    server.server_close()


def artifact(github: GitHub, name: str, size: int = 1000) -> dict[str, Any]:
    return {"id": 9, "name": name, "size_in_bytes": size, "archive_download_url": f"{github.url}/zip"}


def archive(text: bytes, name: str = "review.md") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(name, text)
    return file.getvalue()


def post(github: GitHub, folder: Path, code: int = 0, **changes: Any) -> str:
    """Runs the shell of the workflow's step as a runner does, in a checkout of review/ alone."""
    run = {
        "id": 5,
        "html_url": "https://github.example/tea/pot/actions/runs/5",
        "conclusion": "success",
        "head_sha": SHA,
        "head_branch": "green tea&x=1",
        "head_repository": {"owner": {"login": "visitor"}},
        # What a fork could only guess is not there for forks: GitHub leaves the list empty.
        "pull_requests": [],
    }
    (folder / "event.json").write_text(json.dumps({"workflow_run": run | changes}), "utf-8")
    if not (folder / "review").exists():
        (folder / "review").symlink_to(ROOT / "review")
    (step,) = [step for step in WORKFLOW["jobs"]["comment"]["steps"] if "run" in step]
    ended = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "tea/pot",
            "GITHUB_TOKEN": "sesame",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def test_a_first_review_is_posted(github: GitHub, tmp_path: Path) -> None:
    output = post(github, tmp_path)
    (asked,) = github.written()
    assert (asked.method, asked.path) == ("POST", COMMENTS)
    assert asked.headers["Authorization"] == "Bearer sesame"
    assert asked.headers["Accept"] == "application/vnd.github+json"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.body
    assert set(asked.body) == {"body"}
    text = asked.body["body"]
    assert text.startswith(MARKER)
    assert "https://github.example/tea/pot/actions/runs/5/artifacts/9" in text
    assert "`ccccccc` [passed](https://github.example/tea/pot/actions/runs/5)" in text
    assert "**1 parameter changed.**" in text
    assert output == f"Pull request 7: https://github.example{COMMENTS}\n"


def test_a_second_review_takes_the_place_of_the_first(github: GitHub, tmp_path: Path) -> None:
    post(github, tmp_path)
    first = github.written()[0]
    assert first.body
    others = [{"id": i, "user": {"login": "somebody"}, "body": f"{MARKER} mine"} for i in range(130)]
    github.comments = [*others, {"id": 55, "user": {"login": AUTHOR}, "body": first.body["body"]}]
    github.archive = archive(b"### Another\n")
    post(github, tmp_path, conclusion="failure")
    (_, second) = github.written()
    assert (second.method, second.path) == ("PATCH", "/repos/tea/pot/issues/comments/55")
    assert second.body
    assert "### Another" in second.body["body"]
    assert "[failed](" in second.body["body"]


def test_the_token_goes_to_github_alone(github: GitHub, tmp_path: Path) -> None:
    post(github, tmp_path)
    sent = {asked.path: asked.headers.get("Authorization") for asked in github.asked}
    assert sent.pop("/elsewhere") is None
    assert set(sent.values()) == {"Bearer sesame"}


def test_pull_requests_are_asked_for_by_the_branch_and_told_by_the_commit(github: GitHub, tmp_path: Path) -> None:
    github.pulls = [{"number": 6, "head": {"sha": 40 * "d"}}]
    github.artifacts = [artifact(github, "review-6"), artifact(github, "review-7")]
    assert post(github, tmp_path) == ""
    assert github.written() == []
    paths = [asked.path for asked in github.asked]
    assert "/repos/tea/pot/pulls?state=open&head=visitor%3Agreen+tea%26x%3D1&per_page=100&page=1" in paths


def test_an_artifact_can_not_choose_another_pull_request(github: GitHub, tmp_path: Path) -> None:
    github.artifacts = [artifact(github, "review-8")]
    assert post(github, tmp_path) == "Pull request 7: the run has left no review.\n"
    assert github.written() == []


def test_a_fork_that_is_gone_gets_no_comment(github: GitHub, tmp_path: Path) -> None:
    assert post(github, tmp_path, head_repository=None) == ""
    assert github.written() == []


def test_nobody_is_called_by_what_a_pull_request_has_written(github: GitHub, tmp_path: Path) -> None:
    post(github, tmp_path)
    body = github.written()[0].body
    assert body
    assert "@\N{ZERO WIDTH SPACE}octocat" in body["body"]


@pytest.mark.parametrize(
    ("content", "size", "complaint"),
    [
        (b"no zip", 10, "File is not a zip file"),
        (archive(b"text", "../review.md"), 10, "no item named 'review.md'"),
        (archive(b"text" * 9)[:41] + b"\xff" + archive(b"text" * 9)[42:], 10, "not a review"),
        (archive(b"0" * 1_000_001), 10, "review.md has more than 1,000,000 bytes"),
        (archive(b"text"), 100_000_001, "more than 100,000,000 bytes"),
    ],
)
def test_an_artifact_that_is_no_review_is_refused(
    github: GitHub, tmp_path: Path, content: bytes, size: int, complaint: str
) -> None:
    github.archive, github.artifacts = content, [artifact(github, "review-7", size)]
    assert complaint in post(github, tmp_path, code=1)
    assert github.written() == []
    assert {path.name for path in tmp_path.iterdir()} == {"event.json", "review"}


@pytest.mark.parametrize("at", ["&#64;", "&#064;", "&#x40;", "&#X0040;", "&commat;"])
def test_an_at_sign_in_disguise_calls_nobody(github: GitHub, tmp_path: Path, at: str) -> None:
    github.archive = archive(f"{at}octocat &amp; &#65; &#640;\n".encode())
    post(github, tmp_path)
    body = github.written()[0].body
    assert body
    assert f"&amp;{at[1:]}octocat &amp; &#65; &#640;" in body["body"]


def test_what_is_too_long_or_not_text_is_cut_and_replaced(github: GitHub, tmp_path: Path) -> None:
    github.archive = archive(b"\xff\0" + b"one line\n" * 10_000)
    post(github, tmp_path)
    body = github.written()[0].body
    assert body
    assert MOST_COMMENT - 100 < len(body["body"]) <= MOST_COMMENT
    assert body["body"].endswith("one line\n\n_Cut here: the whole is in the artifact._\n")
    assert "\N{REPLACEMENT CHARACTER}one line" in body["body"]


def test_a_refusal_is_one_line(github: GitHub, tmp_path: Path) -> None:
    github.refuse = True
    assert post(github, tmp_path, code=1) == f"GitHub refuses {COMMENTS}: 403 Forbidden\n"
