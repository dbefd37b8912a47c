"""Posts a review as the one comment of its pull request: `python -m review.comment`, in a GitHub workflow.

It runs on `workflow_run`, with the repository's own code and a token that may write comments. What the
pull request's own run has left, the artifact, is foreign: it is read up to a limit, as text, and only
that text is used, in which nobody can be mentioned. Which pull requests it belongs to is asked of
GitHub, by the commit and branch that the run was started for. Nothing but Python is needed.

See https://docs.github.com/en/rest (Actions artifacts, Pulls, Issue comments).
"""

import io
import json
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

MARKER = "<!-- review of the results -->"
AUTHOR = "github-actions[bot]"
MOST_ARTIFACT = 100_000_000  # bytes of the zip file
MOST_TEXT = 1_000_000  # bytes of review.md
MOST_COMMENT = 65_536  # characters; GitHub refuses more
CUT = "\n\n_Cut here: the whole is in the artifact._\n"


class GitHub:
    """A repository, spoken to through GitHub's API."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._root = f"{api}/repos/{repository}"
        self._token = token

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the answer's JSON; raise HTTPError where GitHub refuses."""
        return json.loads(self.read(method, f"{self._root}{path}", body))

    def read(self, method: str, url: str, body: dict[str, Any] | None = None, most: int = MOST_ARTIFACT) -> bytes:
        """Return the answer; raise ValueError where it has more bytes than `most`."""
        request = Request(url, json.dumps(body).encode() if body else None, method=method)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("Content-Type", "application/json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        # GitHub sends the reader of an artifact to another host, which the token is none of the business of.
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        with urlopen(request, timeout=60) as answer:
            content: bytes = answer.read(most + 1)
        if len(content) > most:
            raise ValueError(f"{urlsplit(url).path} has more than {most:,} bytes")
        return content

    def pages(self, path: str, key: str | None = None, **query: str) -> Iterator[dict[str, Any]]:
        """Return all entries of a list, whatever the number of its pages."""
        for page in count(1):
            answer = self.ask("GET", f"{path}?{urlencode({**query, 'per_page': '100', 'page': str(page)})}")
            entries = answer[key] if key else answer
            yield from entries
            if len(entries) < 100:
                return


def main() -> int:
    """Return the exit code; post or renews the comment on each open pull request that the run was for."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    github = GitHub(os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_TOKEN"])
    run = event["workflow_run"]
    artifacts = {entry["name"]: entry for entry in github.pages(f"/actions/runs/{run['id']}/artifacts", "artifacts")}
    for number in _pull_requests(github, run):
        artifact = artifacts.get(f"review-{number}")
        if artifact is None:
            print(f"Pull request {number}: the run has left no review.")
            continue
        try:
            text = _review(github, artifact)
        except (
            ValueError,
            KeyError,
            RuntimeError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:  # of reading foreign files
            print(f"Pull request {number}: the artifact is not a review: {error}", file=sys.stderr)
            return 1
        print(f"Pull request {number}: {_post(github, number, comment(text, run, artifact))}")
    return 0


def comment(text: str, run: dict[str, Any], artifact: dict[str, Any]) -> str:
    """Return the comment: a review with its marker, where it comes from, and a link to its page."""
    page = f"{run['html_url']}/artifacts/{artifact['id']}"
    result = {"success": "passed", "failure": "failed"}.get(run["conclusion"], "did not finish")
    head = (
        f"{MARKER}\n[The page with its curves]({page}) (unpack it and open `index.html`) · the checks of "
        f"`{run['head_sha'][:7]}` [{result}]({run['html_url']}); its code has written what follows.\n\n"
    )
    # An `@` names somebody to GitHub, who is told; with a space of no width behind it, it does not.
    # So does `&#64;`, which GitHub reads as one; it is text here.
    text = re.sub(r"&(?=#0*64\b|#x0*40\b|commat\b)", "&amp;", text.replace("\0", ""), flags=re.IGNORECASE)
    text = re.sub(r"@(?=\w)", "@\N{ZERO WIDTH SPACE}", text)
    room = MOST_COMMENT - len(head)
    if len(text) > room:
        text = text[: room - len(CUT)].rpartition("\n")[0] + CUT
    return head + text


def _pull_requests(github: GitHub, run: dict[str, Any]) -> list[int]:
    """Return the numbers of the open pull requests whose last commit is the one that the run was started for."""
    if not run["head_repository"]:  # a fork that is gone
        return []
    branch = f"{run['head_repository']['owner']['login']}:{run['head_branch']}"
    pulls = github.pages("/pulls", state="open", head=branch)
    return [pull["number"] for pull in pulls if pull["head"]["sha"] == run["head_sha"]]


def _review(github: GitHub, artifact: dict[str, Any]) -> str:
    if artifact["size_in_bytes"] > MOST_ARTIFACT:
        raise ValueError(f"it has more than {MOST_ARTIFACT:,} bytes")
    content = github.read("GET", artifact["archive_download_url"])
    with zipfile.ZipFile(io.BytesIO(content)) as files, files.open("review.md") as file:
        text = file.read(MOST_TEXT + 1)
    if len(text) > MOST_TEXT:
        raise ValueError(f"its review.md has more than {MOST_TEXT:,} bytes")
    return text.decode("utf-8", "replace")


def _post(github: GitHub, number: int, body: str) -> str:
    """Return the address of the comment: the one that stands already, renewed, or a new one."""
    for entry in github.pages(f"/issues/{number}/comments"):
        if entry["user"]["login"] == AUTHOR and entry["body"].startswith(MARKER):
            answer = github.ask("PATCH", f"/issues/comments/{entry['id']}", {"body": body})
            break
    else:
        answer = github.ask("POST", f"/issues/{number}/comments", {"body": body})
    return str(answer["html_url"])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HTTPError as error:
        sys.exit(f"GitHub refuses {urlsplit(error.url).path}: {error.code} {error.reason}")
