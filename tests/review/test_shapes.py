"""Repositories of the shapes that are met in public, and the command as an installed package."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from review.__main__ import main
from tests.review.conftest import Fresh, commit, pipeline, plain, run, write
from tests.review.test_hostile import FEW
from tests.review.test_knows import Out, first
from tests.review.test_review import read

ROOT = Path(__file__).parents[2]


def subfolder(folder: Path) -> Path:
    """Makes a repository of DVC within one of git."""
    folder.mkdir(parents=True)
    run(folder, "dvc", "init", "--quiet", "--subdir")
    return folder


def grow(folder: Path) -> None:
    files = {"dvc.yaml": pipeline(["rate"], {"x.png": {}}), "params.yaml": {"rate": 1}, "out/scores.json": {"loss": 1}}
    commit(folder, files | {"x.png": plain(0)}, "base")
    commit(folder, {"params.yaml": {"rate": 2}, "out/scores.json": {"loss": 0.5}, "x.png": plain(9)}, "head")


EXPECTED = "1 parameter changed; scores loss 1 → 0.5 (better); 0 of 1 picture unchanged."


def test_a_worktree(fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    grow(fresh(tmp_path / "pot"))
    run(tmp_path / "pot", "git", "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), "base")
    monkeypatch.chdir(tmp_path / "tree")
    assert first(capsys, "base", "head") == EXPECTED


def test_a_sparse_checkout_has_not_lost_what_it_leaves_out(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    fresh(tmp_path)
    commit(tmp_path, FEW, "base")
    run(tmp_path, "git", "sparse-checkout", "set", "--no-cone", "/*", "!/out/")
    assert not (tmp_path / "out").exists()
    monkeypatch.chdir(tmp_path)
    assert main(["base"]) == 0
    reason = "it is left out of this sparse checkout (git sparse-checkout disable)"
    assert capsys.readouterr().out.startswith(f"Can't read out/scores.json of workspace: {reason}; what could be read")


def test_a_shallow_clone_is_told_how_to_get_the_rest(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    fresh(tmp_path / "far")
    commit(tmp_path / "far", FEW, "base")
    commit(tmp_path / "far", {"params.yaml": {"rate": 2}}, "head")
    run(tmp_path, "git", "clone", "--quiet", "--depth", "1", (tmp_path / "far").as_uri(), "near")
    monkeypatch.chdir(tmp_path / "near")
    assert main(["HEAD~1", "HEAD"]) == 2
    assert "`git fetch --unshallow` brings the rest" in capsys.readouterr().err


def test_a_hook_of_another_repository(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    grow(fresh(tmp_path / "pot"))
    fresh(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))
    monkeypatch.chdir(tmp_path / "pot")
    assert first(capsys, "base", "head") == EXPECTED


def test_a_submodule(fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    grow(fresh(tmp_path / "pot"))
    outer = fresh(tmp_path / "outer")
    run(outer, "git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "pot"), "inner")
    run(outer, "git", "-C", "inner", "fetch", "--quiet", "--tags")
    grow(outer)
    for folder in (outer / "inner", outer):
        monkeypatch.chdir(folder)
        assert first(capsys, "base", "head") == EXPECTED


def test_a_subfolder_and_its_neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    run(tmp_path, "git", "init", "--quiet")
    subfolder(tmp_path / "tea room" / "pot")
    subfolder(tmp_path / "cup")
    commit(tmp_path / "cup", {"dvc.yaml": "stages: [", "params.yaml": "{"}, "cup")
    grow(tmp_path / "tea room" / "pot")
    (tmp_path / "tea room" / "pot" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "tea room" / "pot" / "deep")
    assert first(capsys, "base", "head") == EXPECTED


def test_a_monorepo_with_pipelines_in_folders_of_which_one_is_broken(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    fresh(tmp_path)
    for name in ("a", "b"):
        files = {"dvc.yaml": pipeline(["rate"], {}), "params.yaml": {"rate": 1}, "out/scores.json": {"loss": 1}}
        write(tmp_path / name, files)
    commit(tmp_path, {}, "base")
    commit(tmp_path, {"a/out/scores.json": {"loss": 0.5}, "b/dvc.yaml": "stages: ["}, "head")
    monkeypatch.chdir(tmp_path)
    line = first(capsys, "base", "head")
    assert line.startswith("Can't read b/dvc.yaml of head: line 2: ")
    assert "scores loss 1 → 0.5 (better)" in line
    assert "gone" not in line


def test_a_lock_of_dvc_2(fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    """Its hashes of text are those with the line ends of Unix, and its cache has another layout."""
    fresh(tmp_path)
    text = b"a,b\r\n1,2\r\n"
    metric = json.dumps({"loss": 1}).encode()
    hashes = [
        subprocess.run(["md5sum"], input=it, capture_output=True, check=True).stdout[:32].decode()
        for it in (text.replace(b"\r\n", b"\n"), metric)
    ]
    stage = {"cmd": "true", "deps": ["x.csv"], "metrics": ["scores.json"]}
    lock = {"cmd": "true", "deps": [{"path": "x.csv", "md5": hashes[0], "size": len(text)}]}
    lock |= {"outs": [{"path": "scores.json", "md5": hashes[1], "size": len(metric)}]}
    (tmp_path / "x.csv").write_bytes(text)
    write(tmp_path, {".gitignore": "/scores.json\n"})
    commit(
        tmp_path, {"dvc.yaml": {"stages": {"s": stage}}, "dvc.lock": {"schema": "2.0", "stages": {"s": lock}}}, "base"
    )
    place = tmp_path / ".dvc" / "cache" / hashes[1][:2]
    place.mkdir(parents=True)
    (place / hashes[1][2:]).write_bytes(metric)
    monkeypatch.chdir(tmp_path)
    assert first(capsys, "base", "base").startswith("No result changed")
    commit(tmp_path, {"x.csv": "a,b\n3,4\n"}, "head")
    assert first(capsys, "base", "head").startswith("x.csv changed; 1 stage was not run again; ")


def test_stages_made_by_matrix_and_foreach_from_parameters(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    fresh(tmp_path)
    stages = {
        "fit": {
            "matrix": {"kind": "${kinds}"},
            "cmd": "echo ${item.kind} > ${item.kind}.txt",
            "outs": ["${item.kind}.txt"],
        },
        "end": {"foreach": [1, 2], "do": {"cmd": "echo ${item}", "params": ["rate"]}},
    }
    write(tmp_path, {"dvc.yaml": {"stages": stages}, "params.yaml": {"kinds": ["a", "b"], "rate": 1}})
    run(tmp_path, "dvc", "repro", "--quiet")
    commit(tmp_path, {}, "base")
    commit(tmp_path, {"params.yaml": {"kinds": ["a", "b", "c"], "rate": 2}}, "head")
    monkeypatch.chdir(tmp_path)
    assert first(capsys, "base", "head") == (
        "rate is 2, but the outputs were made with 1; fit@c was never run; 2 parameters changed."
    )


def test_outputs_that_are_links_to_the_cache_are_those_of_the_cache(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    fresh(tmp_path)
    cache = tmp_path.with_name(f"{tmp_path.name}-cache")
    write(tmp_path, {".dvc/config": f"[cache]\n    type = symlink\n    dir = {cache}\n"})
    stage = {"cmd": "cp params.yaml scores.yaml", "params": ["loss"], "metrics": ["scores.yaml"]}
    write(tmp_path, {"dvc.yaml": {"stages": {"s": stage}}, "params.yaml": {"loss": 1}})
    run(tmp_path, "dvc", "repro", "--quiet")
    assert (tmp_path / "scores.yaml").is_symlink()
    commit(tmp_path, {}, "base")
    write(tmp_path, {"params.yaml": {"loss": 2}})
    run(tmp_path, "dvc", "repro", "--quiet")
    monkeypatch.chdir(tmp_path)
    assert first(capsys, "base") == "1 parameter changed; scores loss 1 → 2 (worse)."


def test_the_package_builds_and_its_command_runs_without_this_repository(fresh: Fresh, tmp_path: Path) -> None:
    source = shutil.copytree(
        ROOT / "review",
        tmp_path / "source",
        ignore=shutil.ignore_patterns("__pycache__", "*.md", "pictures", "index.html"),
    )
    shutil.copytree(ROOT / "review" / "templates", source / "templates", dirs_exist_ok=True)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    target = tmp_path / "installed"
    ended = subprocess.run(
        [*install, "--target", str(target), str(source)], capture_output=True, text=True, check=False
    )
    if "BackendUnavailable" in ended.stderr or "bdist_wheel" in ended.stderr:
        pytest.fail(f"setuptools can't build here: {ended.stderr[-500:]}")
    assert ended.returncode == 0, ended.stderr
    grow(fresh(tmp_path / "pot"))
    write(
        tmp_path / "pot", {"review.py": "raise SystemExit('shadowed')\n", "queue.py": "raise SystemExit('shadowed')\n"}
    )
    shown = subprocess.run(
        [str(target / "bin" / "dvc-review"), "base", "head"],
        cwd=tmp_path / "pot",
        env=os.environ | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[0] == EXPECTED
    assert read(tmp_path / "pot" / "review").startswith("### Review: `base` → `head`")


def test_the_help_names_the_command_and_its_exit_codes(capsys: Out) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert shown.startswith("usage: dvc-review ")
    assert "Exit codes: 0" in shown
