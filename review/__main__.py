"""The command: `python -m review BASE [HEAD]`."""

import argparse
import sys
import tempfile
from pathlib import Path

from review.comparison import compare
from review.pages import write_review
from review.revisions import Fault, find_revision, find_root

DESCRIPTION = """\
Writes what changed between two revisions of a DVC repository: review.md, fit for a pull request,
index.html, a page for a browser, and the pictures that both show. Parameters, metrics, curve plots
and pictures are those of `dvc params`, `dvc metrics` and `dvc plots`. It needs no network and no DVC
remote, and changes nothing else."""
EPILOG = """\
examples:
  python -m review main                   the working tree, compared with the branch main
  python -m review main lr-0.05           a branch or a DVC experiment, compared with main
  python -m review HEAD~1 HEAD            what the last commit did

Exit codes: 0, the review is written; 2, it can't be, for the reason given in one line."""


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code; writes the review, or one line of what was wrong."""
    options = _parser().parse_args(arguments)
    try:
        root = find_root(Path.cwd())
        base, head = find_revision(options.base, root), find_revision(options.head, root)
        if not base.commit and not head.commit:
            raise Fault("BASE and HEAD are both the working tree; give a commit, branch or experiment as BASE")
        out = options.out or root / "review"
        with tempfile.TemporaryDirectory() as folder:
            comparison = compare(base, head, root, Path(folder))
            verdict = write_review(comparison, out, pictures_url=options.pictures_url)
    except Fault as fault:
        print(f"review: {fault}", file=sys.stderr)
        return 2
    print(f"{verdict}\n{out / 'review.md'}\n{out / 'index.html'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m review", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", metavar="BASE", help="a commit, branch, tag or DVC experiment to compare with")
    parser.add_argument(
        "head", metavar="HEAD", nargs="?", default="workspace", help="what to review; by default the working tree"
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
    sys.exit(main())
