"""What DVC itself leaves when it is killed while it writes: it says so, and docs/faults.md says what to type."""

from pathlib import Path

import pytest

from tests.faults.clones import CUT_SHORT, ROOT, WAY_OUT, bits, call, run


@pytest.mark.parametrize(("file", "length"), [(".dvc/tmp/rwlock", 0), ("dvc.lock", 0), ("dvc.lock", 1005)])
def test_a_file_of_dvc_that_is_cut_short_is_named_and_the_documented_command_mends_it(
    clone: Path, undisturbed: dict[str, str], file: str, length: int
) -> None:
    (clone / file).write_bytes((clone / file).read_bytes()[:length])
    refused = call(clone, "dvc", "repro")
    assert refused.returncode
    assert any(words in refused.stdout for words in CUT_SHORT)
    run(clone, "sh", "-c", WAY_OUT)
    run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed


def test_a_lock_of_a_process_that_is_no_more_stops_nobody(clone: Path, undisturbed: dict[str, str]) -> None:
    holder = '{"pid": 4194304, "cmd": "dvc repro"}'  # more than the kernel gives out
    paths = [f'"{clone / path}": {holder}' for path in ("data/path.csv", "data/params.ok")]
    (clone / ".dvc/tmp/rwlock").write_text(f'{{"write": {{{", ".join(paths)}}}, "read": {{}}}}', "utf-8")
    assert "had been killed" in run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed


def test_the_way_out_is_the_documented_one() -> None:
    assert WAY_OUT in (ROOT / "docs/faults.md").read_text("utf-8")
