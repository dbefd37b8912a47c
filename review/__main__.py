"""The command: `dvc-review BASE [HEAD …]`, or `python -P -m review`."""

import sys
from pathlib import Path

# `python -m` puts the current folder first on the path, where a reviewed branch may have a queue.py.
sys.path[:] = [path for path in sys.path if path and Path(path).resolve() != Path.cwd()]

import argparse  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import subprocess  # noqa: E402
from dataclasses import replace  # noqa: E402

from review import words  # noqa: E402
from review.comparison import Comparison, compare  # noqa: E402
from review.many import review_all  # noqa: E402
from review.pages import write_review  # noqa: E402
from review.reproduce import ran_again, run_again  # noqa: E402
from review.revisions import Fault, Revision, find_revision, find_revisions, find_root  # noqa: E402
from review.snapshots import FULL, no_room, scratch  # noqa: E402

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

Exit codes: 0, the review is written; 2, it can't be, or a revision asks for more than is read and the rest
is written, for the reason given in one line."""


def main(arguments: list[str] | None = None) -> int:
    """Return the exit code; write the review, or one line of what was wrong."""
    options = _parser().parse_args(arguments)
    try:
        return _review(options)
    except Fault as fault:
        print(f"review: {words.plain([str(fault)])}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        complaint = " ".join(str(error.stderr or "").split())[:300]
        print(f"review: git {error.cmd[1]} failed: {words.plain([complaint]) or error.returncode}", file=sys.stderr)
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(f"review: {no_room(error)}", file=sys.stderr)
    return 2


def command() -> int:
    """Return the exit code of the console script; ends in order when it is told to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return main()
    except BrokenPipeError:  # nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def _review(options: argparse.Namespace) -> int:
    root = find_root(Path.cwd())
    base, heads = find_revision(options.base, root), find_revisions(options.heads or ["workspace"], root)
    out = _out(options.out, root)

    def review(head: Revision, folder: Path, out: Path) -> Comparison:
        comparison = compare(base, head, root, folder)
        if options.reproduce:
            comparison = replace(comparison, reproduced=run_again(head, root, folder))
        elif options.reproduced:
            comparison = replace(comparison, reproduced=ran_again(head, options.reproduced))
        if len(heads) == 1:
            print(words.verdict(comparison), flush=True)
        write_review(comparison, out, pictures_url=options.pictures_url)
        return comparison

    if len(heads) > 1:
        summary, lacks = review_all(base, heads, root, out, review)
        print(summary)
    elif not base.commit and not heads[0].commit:
        raise Fault("BASE and HEAD are both the working tree; give a commit, branch or experiment as BASE")
    else:
        with scratch() as folder:
            lacks = words.refused(review(heads[0], Path(folder), out))
    print(f"{out / 'review.md'}\n{out / 'index.html'}", flush=True)
    if lacks:
        print(f"review: {lacks}", file=sys.stderr)
    return 2 if lacks else 0


def _out(named: Path | None, root: Path) -> Path:
    """Return where the review goes; raise a Fault where a revision may have chosen the place."""
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
    again = parser.add_mutually_exclusive_group()
    again.add_argument(
        "--reproduce",
        action="store_true",
        help="run HEAD again in a throwaway clone, from an empty cache, and compare its outputs: this RUNS ITS CODE",
    )
    again.add_argument(
        "--reproduced", type=Path, metavar="FOLDER", help="compare with a clone in which HEAD has been run again"
    )
    return parser


if __name__ == "__main__":
    sys.exit(command())
