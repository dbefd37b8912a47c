"""The command: `dvc-review BASE [HEAD …]`, or `python -P -m review`."""

import sys
from pathlib import Path

# `python -m` puts the current folder first on the path, where a reviewed branch may have a queue.py.
sys.path[:] = [path for path in sys.path if path and Path(path).resolve() != Path.cwd()]

import argparse  # noqa: E402
import errno  # noqa: E402
import shlex  # noqa: E402, F401
import signal  # noqa: E402

from review import words  # noqa: E402
from review.comparison import compare  # noqa: E402
from review.pages import write_review  # noqa: E402
from review.revisions import Fault, find_revision, find_revisions, find_root  # noqa: E402
from review.snapshots import no_room, scratch  # noqa: E402

DESCRIPTION = """\
Writes what changed between two revisions of a DVC repository: review.md, fit for a pull request,
index.html, a page for a browser, and the pictures that both show. Parameters, metrics, curve plots
and pictures are those of `dvc params`, `dvc metrics` and `dvc plots`; what is stale is what `dvc status`
would say. It runs no code of a revision, needs no network and no DVC remote, and changes nothing else."""
EPILOG = """\
examples:
  dvc-review main                   the working tree, compared with the branch main
  dvc-review main lr-0.05           a branch or a DVC experiment, compared with main
  dvc-review HEAD~1 HEAD            what the last commit did
  dvc-review main 'student/*'       all branches that match, a row each

Exit codes: 0, the review is written; 2, it can't be, for the reason given in one line."""


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code; writes the review, or one line of what was wrong."""
    options = _parser().parse_args(arguments)
    try:
        return _review(options)
    except Fault as fault:
        print(f"review: {words.plain([str(fault)])}", file=sys.stderr)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        print(f"review: {no_room(error)}", file=sys.stderr)
    return 2


def command() -> int:
    """Returns the exit code of the console script; ends in order when it is told to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return main()


def _review(options: argparse.Namespace) -> int:
    root = find_root(Path.cwd())
    base, heads = find_revision(options.base, root), find_revisions(options.heads or ["workspace"], root)
    if len(heads) > 1:
        raise Fault("one HEAD at a time")
    (head,) = heads
    if not base.commit and not head.commit:
        raise Fault("BASE and HEAD are both the working tree; give a commit, branch or experiment as BASE")
    out = _out(options.out, root)
    with scratch() as folder:
        comparison = compare(base, head, root, Path(folder))
        print(words.verdict(comparison), flush=True)
        write_review(comparison, out, pictures_url=options.pictures_url)
    print(f"{out / 'review.md'}\n{out / 'index.html'}")
    return 0


def _out(named: Path | None, root: Path) -> Path:
    """Returns where the review goes; raises a Fault where a revision may have chosen the place."""
    if named:
        return named
    if (root / "review").is_symlink():
        raise Fault(f"{root / 'review'} is a link, which a review does not follow; name a folder with --out")
    return root / "review"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "dvc-review", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", metavar="BASE", help="a commit, branch, tag or DVC experiment to compare with")
    parser.add_argument(
        "heads",
        metavar="HEAD",
        nargs="*",
        help="what to review; by default the working tree; of several, or of a pattern such as 'student/*', a row each",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: review/ in the DVC repository")
    parser.add_argument(
        "--pictures-url",
        metavar="TEMPLATE",
        help="in review.md, the address of a picture that is in git, with {commit} and {path} in it, such as "
        "https://raw.githubusercontent.com/OWNER/REPOSITORY/{commit}/{path}; other pictures are named only",
    )
    return parser


if __name__ == "__main__":
    sys.exit(command())
