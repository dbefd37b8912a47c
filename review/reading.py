"""Reads two snapshots through DVC, in a child process: parameters, metrics, plots, and what dvc.lock records.

DVC gets plain files without remotes, credentials or history, and a cache that is empty. What a revision
keeps in a cache is taken from the user's own, by its hash, and held against it.
"""

import datetime
import hashlib
import json
import math
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from dvc.config import Config
from dvc.dependency import ParamsDependency
from dvc.dvcfile import Lockfile
from dvc.exceptions import DvcException
from dvc.output import Output
from dvc.render.match import match_defs_renderers
from dvc.repo import Repo
from dvc.repo.index import Index
from dvc.repo.plots import SUPPORTED_IMAGE_EXTENSIONS, infer_data_sources
from dvc.stage import PipelineStage, Stage
from dvc.utils.plots import group_definitions_by_id
from dvc.utils.serialize import ParseError
from dvc_data.hashfile.hash import file_md5
from dvc_data.hashfile.state import StateNoop
from dvc_objects.fs.local import localfs
from dvc_render.vega_templates import get_template
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from review.children import at, read_only
from review.overrides import unsettable
from review.pictures import compare_pictures
from review.snapshots import BOUND, GONE, MOST_FILE, SPARSE, link_from, more_than, overlap

MOST_VARIANTS = 10_000  # stages that one `matrix` or `foreach` makes
MOST_YAML = 2_000_000  # bytes, of which DVC's parser reads a quarter in a second
MOST_DATA = 20_000_000  # bytes of another file of values or rows
MOST_VALUES = 100_000  # of a file, with each alias of YAML counted as what it stands for
MOST_KEY = 1000  # characters
MOST_BITS = 2000  # of a whole number, which are 600 digits; no float has more than 309
MOST_HASHED = 256_000_000  # bytes of an output in the working tree that is held against its hash
YAMLS = frozenset({".yaml", ".yml", ".lock", ".dvc"})
ROWS = frozenset({".json", ".yaml", ".yml", ".csv", ".tsv"})
DATA = ROWS | {".toml", ".py"}


class Refused(ValueError):
    """What asks for more than a review gives; its text is the reason."""


class Side:
    """A revision, as DVC reads its snapshot."""

    def __init__(self, request: dict[str, Any], caches: list[Path]) -> None:
        self.name = request["name"]
        self.folder = Path(request["folder"])
        self.reasons: dict[str, str] = request["reasons"]
        self.tree = Path(request["tree"]) if request["tree"] else None
        self.caches = caches
        self.unread: list[dict[str, str]] = []
        self.notes: list[str] = []
        self.broken = False
        os.chdir(self.folder)
        self._refuse_yaml()
        self.repo = Repo(str(self.folder))
        self.repo.state = StateNoop()  # hashes are made once
        # DVC would forget its index at each question, and read all files of DVC again.
        self.repo.__dict__["_reset"] = lambda: None
        self.repo.__dict__["index"] = Index.from_indexes(self.repo, list(self._indexes()))
        outs = [out for out in self.repo.index.outs if out.use_cache and out.protocol == "local"]
        self.cached = {self._relative(out.fs_path): out for out in outs}
        self.hashes: dict[tuple[str, str], Any] = {}
        self.lacking = dict(self._lacking())

    def _refuse_yaml(self) -> None:
        """Take away what DVC would need too long to read, or to write out each alias of."""
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in YAMLS and path.is_file():
                try:
                    _few_bytes(path, MOST_YAML)
                    text = path.read_bytes()
                    _few_aliases(text)
                    _few_digits(text)
                except Refused as error:
                    self.reasons[self._relative(str(path))] = str(error)
                    path.unlink()

    def _indexes(self) -> Iterator[Index]:
        for reason_path, reason in list(self.reasons.items()):
            if _is_pipeline(reason_path) or reason_path.endswith("dvc.lock"):
                self._broken(reason_path, reason, _fetch(reason))
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if not _is_pipeline(name) or not path.is_file() or self.repo.dvcignore.is_ignored_file(str(path)):
                continue
            lock = path.with_suffix(".lock")
            if path.name == "dvc.yaml" and os.path.lexists(lock):
                try:
                    Lockfile(self.repo, str(lock)).load()
                except Exception as error:  # noqa: BLE001  of foreign text: any parser's
                    self._broken(lock.relative_to(self.folder).as_posix(), fault_of(error))
                    lock.unlink()
            index = self._index(path, name)
            if index:
                yield index

    def _index(self, path: Path, name: str) -> Index | None:
        """Return what a file of DVC declares; None where it can't be read, even without the files that it reads."""
        at(f"{name} of {self.name}")
        for _ in range(4):
            try:
                _few_variants(path)
                return Index.from_file(self.repo, str(path))
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001
                cause, reason = self._cause(name, error)
            self._broken(cause, reason)
            (self.folder / cause).unlink()
            if cause == name:
                break
        return None

    def _cause(self, name: str, error: Exception) -> tuple[str, str]:
        """Return the file that keeps dvc.yaml from being read, and why: the file itself, or one that it reads."""
        found = re.search(r"Unsupported value of type '(\w+)' in '(.+?):(.+)'", str(error))
        if not found:
            named = [Path(it.path) for it in _chain(error) if isinstance(it, ParseError)]
            named += [Path(name).parent / path for path in re.findall(r"in file '([^']+)'$", str(error))]
            inside = [self._relative(str(self.folder / path)) for path in named]
            return next((it for it in inside if it and (self.folder / it).is_file()), name), fault_of(error)
        kind, file, key = found.groups()
        read = [path for path in (Path(name).parent / file, Path(file)) if (self.folder / path).is_file()]
        path = read[0] if read else Path(name).parent / file  # DVC names it from its own folder, or from here
        last = key.rpartition(".")[2]
        lines = (self.folder / path).read_text("utf-8", "replace").splitlines() if read else []
        line = next((i for i, text in enumerate(lines, 1) if text.strip().startswith(f"{last}:")), None)
        where = f"line {line}: " if line else ""
        return path.as_posix(), f"{where}{key} is a {kind}, which DVC does not take; put it in quotes"

    def _broken(self, name: str, reason: str, remedy: str = "") -> None:
        self.broken = self.broken or _is_pipeline(name)
        self.reasons.setdefault(name, reason)  # nor is it brought from elsewhere
        self._tell(name, reason, remedy or _mend(name))

    def _tell(self, name: str, reason: str, remedy: str) -> None:
        place = self.folder / name
        lines = place.read_bytes().splitlines() if place.is_file() else []
        conflict = next((i for i, line in enumerate(lines, 1) if line.startswith(b"<<<<<<< ")), None)
        if conflict:
            reason, remedy = f"line {conflict}: a conflict of git that is not resolved", f"mend {name}"
        self.unread.append({"path": name, "reason": self._here(reason), "remedy": remedy})

    def _here(self, text: str) -> str:
        """Return text in which paths are those of the repository, and not of this copy of it."""
        return text.replace(f"{self.folder}{os.sep}", "")

    def _lacking(self) -> Iterator[tuple[str, str]]:
        """Yield what is shown and is not in git, with why it can't be had; brings what can be from tree and cache."""
        index = self.repo.index
        wanted = [self._path(out) for out in index.outs if out.metric or out.plot]
        for file, names in [*index._metrics.items(), *index._params.items()]:
            wanted += [os.path.normpath(Path(file).parent / name) for name in names]
        wanted += self._plot_sources()
        wanted += [dep.fs_path for dep in index.params]
        for path in dict.fromkeys(self._relative(path) for path in wanted):
            if path and path != ".":
                reason = self._bring(path) or self._much(path)
                if reason:
                    yield path, reason

    def _much(self, path: str) -> str:
        """Return why a file of values or rows is too large, or nothing; takes it away if it is."""
        place = self.folder / path
        for file in place.rglob("*") if place.is_dir() else [place]:
            if file.suffix in DATA and file.is_file():
                try:
                    _few_bytes(file, MOST_YAML if file.suffix in YAMLS else MOST_DATA)
                except Refused as error:
                    self.reasons[self._relative(str(file))] = str(error)
                    file.unlink()
        return self.reasons.get(path, "")

    def _plot_sources(self) -> Iterator[str]:
        for file, definitions in self.repo.index._plots.items():
            base = Path(file).parent
            for entry in definitions:
                for name, config in entry.items() if isinstance(entry, dict) else [(entry, None)]:
                    yield from (str(base / source) for source in infer_data_sources(name, config))

    def _relative(self, path: str) -> str:
        name = os.path.relpath(path, self.folder)
        return "" if name.startswith("..") else name

    @staticmethod
    def _path(out: Output) -> str:
        return str(out.fs_path) if out.protocol == "local" else ""

    def _bring(self, path: str) -> str:
        """Return why what stands at a path can't be had, or nothing."""
        if path in self.reasons:
            return self.reasons[path]
        if self.tree:
            for name in _below(self.tree, path):
                reason = link_from(self.tree, name, self.folder)
                if reason and not reason.startswith("is a link"):  # else a link to the cache
                    return reason
        for name, out in self.cached.items():
            if name and out.hash_info and overlap(name, path) and not self._from_cache(out, name):
                return "is in DVC's cache elsewhere, not in the one here"
        return ""

    def _from_cache(self, out: Output, name: str) -> bool:
        """Return whether an output is there, all of it; brings it from the cache if it is not."""
        if not out.hash_info.isdir:
            return self._file_from_cache(out.hash_name, out.hash_info.value, name)
        listing = self.folder / ".dvc" / "listing"
        if os.path.lexists(listing):
            listing.unlink()
        if not self._file_from_cache(out.hash_name, out.hash_info.value, ".dvc/listing"):
            return (self.folder / name).is_dir() and bool(self.tree)
        entries = json.loads(listing.read_bytes())
        return all(
            self._file_from_cache(out.hash_name, entry["md5"], f"{name}/{entry['relpath']}")
            for entry in entries
            if ".." not in entry["relpath"].split("/") and not entry["relpath"].startswith("/")
        )

    def _file_from_cache(self, kind: str, value: str, name: str) -> bool:
        place = self.folder / name
        if place.exists():
            return True
        if not set(value.removesuffix(".dir")) <= set("0123456789abcdef"):
            return False
        for folder in self.caches:
            root = folder if kind == "md5-dos2unix" else folder / "files" / "md5"
            source = root / value[:2] / value[2:]
            if source.is_file() and source.stat().st_size <= MOST_FILE:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, place)
                if file_md5(str(place), localfs, name=kind) == value.removesuffix(".dir"):
                    return True
                place.unlink()
        return False

    # What is shown

    def values(self, kind: str) -> list[tuple[str, list[str], Any]]:
        """Return file, keys and value of all `params` or `metrics`; what can't be read is added to `unread`."""
        at(f"one of the {kind} of {self.name}")
        shown: dict[str, Any] = getattr(self.repo, kind).show()
        answer = shown.get("", shown.get("workspace", {}))
        rows: list[tuple[str, list[str], Any]] = []
        if "error" in answer:
            self.unread.append({"path": kind, "reason": fault_of(answer["error"]), "remedy": "mend the file"})
        for file, entry in answer.get("data", {}).items():
            failure = ValueError("a pointer") if file in self.reasons else entry.get("error")
            if failure is None:
                try:
                    _check(entry["data"])
                    rows += [(file, keys, value) for keys, value in _leaves(entry["data"], [])]
                except (ValueError, RecursionError) as error:
                    failure = error
            if failure is not None:
                self._not_read(file, failure)
        return rows

    def _not_read(self, file: str, error: Exception) -> None:
        known = self.reasons | self.lacking
        reason = next((reason for path, reason in known.items() if overlap(path, file)), None)
        if reason:
            self._tell(file, reason, _fetch(reason))
        elif isinstance(error, FileNotFoundError):
            self.notes.append(f"{file} at {self.name}: FileNotFoundError: dvc.yaml names it, and it is not there")
        else:
            self._tell(file, fault_of(error), _mend(file))

    def plots(self) -> dict[str, Any]:
        """Return the definitions and sources of DVC's plots; a source is read when its `data_source` is called."""

        def told(result: dict[str, Any], error: Exception, *_: Any, **__: Any) -> None:
            result["error"] = error

        found: dict[str, Any] = {}
        try:
            for answer in self.repo.plots.collect(onerror=told):
                found = answer.get("workspace", {})
        except Exception as error:  # noqa: BLE001
            self.unread.append({"path": "plots", "reason": fault_of(error), "remedy": "mend dvc.yaml"})
        failure = found.get("definitions", {}).get("error")
        if failure:
            self.unread.append({"path": "plots", "reason": fault_of(failure), "remedy": "mend dvc.yaml"})
        return found

    def digest(self, path: str) -> str | None:
        """Return a hash of a file's content; None where there is none."""
        place = self.folder / path
        return hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else None

    # What dvc.lock records

    def state(self) -> dict[str, Any]:
        """Return where params, deps, outputs and commands are not those that dvc.lock records."""
        state: dict[str, Any] = {"params": [], "deps": {}, "edited": [], "commands": [], "never": [], "files": {}}
        state |= {"outs": [], "inputs": [], "recorded": 0, "lost": []}
        for stage in self.repo.index.stages:
            for out in stage.outs:
                self._state_of_out(out, stage, state)
            if isinstance(stage, PipelineStage) and stage.cmd is not None:
                deps = [dep for dep in stage.deps if not isinstance(dep, ParamsDependency) and self._path(dep)]
                state["inputs"] += filter(None, (self._relative(dep.fs_path) for dep in deps))
                recorded = self._recorded(Path(stage.path).with_suffix(".lock"))
                if stage.name not in recorded:
                    if recorded:
                        state["never"].append(stage.addressing)
                    continue
                state["recorded"] += 1
                if stage.cmd_changed:
                    state["commands"].append(stage.addressing)
                if not stage.frozen:
                    for dep in stage.deps:
                        self._state_of_dep(dep, stage, state)
        return state

    @cache  # noqa: B019  a side lives as long as its process
    def _recorded(self, lock: Path) -> dict[str, Any]:
        """Return the stages of a lock file."""
        stages: dict[str, Any] = Lockfile(self.repo, str(lock)).load().get("stages", {})
        return stages

    def _state_of_out(self, out: Output, stage: Stage, state: dict[str, Any]) -> None:
        name = self._relative(self._path(out)) if self._path(out) else ""
        if not name or not out.is_in_repo:
            return
        state["outs"].append(name)
        state["files"][name] = out.hash_info.value
        if self.tree and out.use_cache:
            self._bring(name)
        there = not out.use_cache or bool(self.tree)
        if out.hash_info and there and self._differs(out, name):
            where = "dvc.lock" if isinstance(stage, PipelineStage) else Path(stage.path).name
            state["edited"].append([name, where])
        if out.hash_info and not out.use_cache and self._lost(name):
            state["lost"].append([name, ""])

    def _state_of_dep(self, dep: Output, stage: Stage, state: dict[str, Any]) -> None:
        if isinstance(dep, ParamsDependency):
            self._state_of_params(dep, stage, state)
            return
        path = self._path(dep)
        name = self._relative(path) if path else ""
        if not name or name == "." or not dep.is_in_repo or not dep.hash_info:
            return
        made = self.cached.get(name)
        if self.tree:
            self._bring(name)
            differs = self._differs(dep, name)
        elif made:
            differs = bool(made.hash_info) and made.hash_info != dep.hash_info
        else:  # of a folder that is in git in part, nothing can be told
            differs = not any(out.startswith(f"{name}/") for out in self.cached) and self._differs(dep, name)
        if not made and self._lost(name):
            state["lost"].append([name, stage.addressing])
        if differs:
            state["deps"].setdefault(name, []).append(stage.addressing)

    def _differs(self, out: Output, name: str) -> bool:
        """Return whether an output or dep is there and is not what is recorded."""
        place = self.folder / name
        if (name, out.hash_name) in self.hashes:
            return bool(out.hash_info != self.hashes[name, out.hash_name])
        unread = next(((path, reason) for path, reason in self.reasons.items() if overlap(name, path)), None)
        if unread:
            self._unheld(*unread)
            return False
        if not place.exists():
            return False
        sizes = [file.stat().st_size for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
        if sum(sizes) > MOST_HASHED:
            self._unheld(name, f"has {more_than(sum(sizes), MOST_HASHED, 'bytes')}")
        if sum(sizes) > MOST_HASHED or not sizes:
            return False
        try:
            self.hashes[name, out.hash_name] = out.get_hash()
            return bool(out.hash_info != self.hashes[name, out.hash_name])
        except (DvcException, OSError) as error:
            self._unheld(name, fault_of(error))
            return False

    def _lost(self, name: str) -> bool:
        """Return whether what is recorded is not there, rather than unread or in the cache."""
        known = [*self.reasons, *self.cached]
        return not (self.folder / name).exists() and not any(overlap(name, path) for path in known)

    def _unheld(self, path: str, reason: str) -> None:
        """Note that a file can't be held against dvc.lock; what git has lost is unread."""
        if reason == GONE:
            self._tell(path, reason, _fetch(reason))
        self.notes.append(f"{path} at {self.name} can't be held against dvc.lock: {reason}")

    def _state_of_params(self, dep: ParamsDependency, stage: Stage, state: dict[str, Any]) -> None:
        name = self._relative(dep.fs_path)
        recorded = dep.hash_info.value
        if not isinstance(recorded, dict) or not dep.exists:
            return
        try:
            now = dep.read_params()
        except Exception:  # noqa: BLE001  said where the parameters are read
            return
        for key in dep.params or dict.fromkeys([*now, *recorded]):
            if not _same(now.get(key), recorded.get(key)):
                for keys, one, other in _where(now.get(key), recorded.get(key), [key]):
                    state["params"].append([name, ".".join(keys), one, other, stage.addressing])


def read(request: dict[str, Any]) -> dict[str, Any]:
    """Return what the snapshots of a request have and where they differ; in JSON."""
    caches = _caches(Path(request["root"]))
    scratch = request["scratch"]
    read_only(caches)
    os.environ |= dict.fromkeys(("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"), scratch)
    sides = {side: Side(request[side], caches) for side in ("base", "head")}
    answer: dict[str, Any] = {}
    for side, it in sides.items():
        os.chdir(it.folder)
        answer[side] = {"params": it.values("params"), "metrics": it.values("metrics")}
    plots = _plots(sides, request)
    answer["unsettable"] = unsettable(sides["base"].folder, answer["base"]["params"], answer["head"]["params"])
    for side, it in sides.items():
        at(f"what dvc.lock of {it.name} records")
        os.chdir(it.folder)
        answer[side] |= {
            "state": it.state(),
            "unread": it.unread,
            "notes": [it._here(note) for note in it.notes],
            "broken": it.broken,
        }
    cleaned: dict[str, Any] = _clean(answer | plots)
    return cleaned


def _caches(root: Path) -> list[Path]:
    """Return the folders of the user's own cache."""
    folder = root / ".dvc"
    try:
        named = Config(str(folder)).get("cache", {}).get("dir")
    except DvcException:
        named = None
    return [folder / Path(named or "cache")]


# Plots


def _plots(sides: dict[str, Side], request: dict[str, Any]) -> dict[str, Any]:
    names = {side: it.name for side, it in sides.items()}
    if names["base"] == names["head"]:
        names = {side: f"{name} ({side})" for side, name in names.items()}
    found: dict[str, dict[str, Any]] = {}
    for side, it in sides.items():
        os.chdir(it.folder)
        found[side] = it.plots()
    pictures, curves = _split(found)
    answer: dict[str, Any] = {"names": names}
    answer["curves"] = _curves(sides, found, curves, names)
    pairs = []
    for name in sorted(pictures):
        entry: dict[str, Any] = {"name": name}
        for side, it in sides.items():
            place = it.folder / name
            entry[side] = str(place) if name in pictures and place.is_file() else None
            if name in _all_pictures(found[side]) and (name in it.reasons or not place.is_file()):
                it._not_read(name, FileNotFoundError())
        pairs.append(entry)
    answer["pictures"] = compare_pictures(pairs, Path(request["pictures"]))
    for entry in answer["pictures"]:
        for side, reason in entry.get("refused", {}).items():
            sides[side]._tell(entry["name"], reason, _mend(entry["name"]))
    return answer


def _definitions(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file, content in found.get("definitions", {}).get("data", {}).items():
        for name, config in content.get("data", {}).items():
            yield file, name, config


def _all_pictures(found: dict[str, Any]) -> set[str]:
    return {name for _, name, config in _definitions(found) if _is_picture(name, config)}


def _is_picture(name: str, config: dict[str, Any]) -> bool:
    if isinstance(config.get("y"), dict):
        return False
    return Path(name).suffix in SUPPORTED_IMAGE_EXTENSIONS or Path(name).suffix.lower() not in {
        ".json",
        ".yaml",
        ".yml",
        ".csv",
        ".tsv",
    }


def _split(found: dict[str, dict[str, Any]]) -> tuple[set[str], dict[str, dict[str, Any]]]:
    """Return the names of what is compared by its bytes and pixels, and the definitions of curves by side."""
    pictures = set().union(*map(_all_pictures, found.values()))
    curves: dict[str, dict[str, Any]] = {}
    for side, content in found.items():
        data = content.get("definitions", {}).get("data", {})
        curves[side] = {}
        for file, entry in data.items():
            kept = {n: c for n, c in entry.get("data", {}).items() if not _is_picture(n, c)}
            if kept:
                curves[side][file] = {"data": kept}
    return pictures, curves


def _curves(
    sides: dict[str, Side], found: dict[str, Any], curves: dict[str, Any], names: dict[str, str]
) -> list[dict[str, Any]]:
    by_id = {side: group_definitions_by_id(curves[side]) for side in sides}
    same = []
    for name in by_id["base"].keys() & by_id["head"].keys():
        if by_id["base"][name] == by_id["head"][name]:
            inner, config = by_id["base"][name]
            sources = infer_data_sources(inner, config)
            prints = [[it.digest(source) for source in sources] for it in sides.values()]
            if prints[0] == prints[1] and None not in prints[0]:
                same.append(name)
    data: dict[str, Any] = {}
    for side in ("head", "base"):  # where they define a plot differently, DVC takes the first
        it = sides[side]
        kept: dict[str, Any] = {}
        needed: set[str] = set()
        for file, entry in curves[side].items():
            for name, config in entry["data"].items():
                ids = [i for i, (inner, c) in by_id[side].items() if inner == name and c is config]
                if not (set(ids) & set(same)):
                    config = _drawable(it, sides["head"], name, config)
                    kept.setdefault(file, {"data": {}})["data"][name] = config
                    needed |= set(infer_data_sources(name, config))
        sources = found[side].get("sources", {}).get("data", {})
        read = {path: _source(it, path, sources[path]) for path in sorted(needed) if path in sources}
        data[names[side]] = {"definitions": {"data": kept}, "sources": {"data": read}}
    drawn: list[dict[str, Any]] = [{"name": name, "same": True, "sources": []} for name in same]
    for renderer, source_errors, errors in match_defs_renderers(data, str(sides["head"].folder / ".dvc" / "out"), None):
        for rev, error in errors.items():
            sides["head"].notes.append(f"{renderer.name} at {rev}: {fault_of(error)}")
        for rev, failed in source_errors.items():
            side = next(side for side, name in names.items() if name == rev)
            for source, error in failed.items():
                sides[side]._not_read(source, error)
        if renderer.datapoints:
            at(renderer.name)
            try:
                spec = renderer.get_filled_template()
            except Exception as error:  # noqa: BLE001
                sides["head"].notes.append(f"{renderer.name} can't be drawn: {fault_of(error)}")
                spec = {"data": {"values": renderer.datapoints}}
            of_it = [by_id[side][renderer.name] for side in sides if renderer.name in by_id[side]]
            sources = sorted({source for definition in of_it for source in infer_data_sources(*definition)})
            drawn.append({"name": renderer.name, "same": False, "spec": spec, "sources": sources})
    return sorted(drawn, key=lambda entry: entry["name"])


def _drawable(side: Side, head: Side, name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return a definition whose template is there: of the head revision, or of DVC's own."""
    folder = str(head.folder / ".dvc" / "plots")
    try:
        get_template(config.get("template"), folder)
    except Exception as error:  # noqa: BLE001
        if side is head:
            side.notes.append(f"{name} is drawn with DVC's template `linear`: {fault_of(error)}")
        return config | {"template": "linear"}
    return config | {"template_dir": folder}


def _source(side: Side, path: str, entry: dict[str, Any]) -> dict[str, Any]:
    at(f"{path} of {side.name}")
    found: dict[str, Any] = dict(entry)
    if path in side.reasons:
        return {"error": FileNotFoundError(path)}
    if "data_source" in found:
        try:
            found |= found.pop("data_source")(cache=False)
        except Exception as error:  # noqa: BLE001
            found["error"] = error
    return found


# Small things


def _is_pipeline(name: str) -> bool:
    base = name.rpartition("/")[2]
    return base == "dvc.yaml" or (base.endswith(".dvc") and base != ".dvc")


def _below(tree: Path, path: str) -> Iterable[str]:
    place = tree / path
    if place.is_dir() and not place.is_symlink():
        return [file.relative_to(tree).as_posix() for file in place.rglob("*") if not file.is_dir()]
    return [path]


def _mend(name: str) -> str:
    return f"mend {name}, or let DVC write it anew: dvc repro" if name.endswith(".lock") else f"mend {name}"


def _fetch(reason: str) -> str:
    remedies = {
        "cache": "dvc fetch",
        "LFS": "git lfs pull",
        BOUND: "make it smaller",
        GONE: "git fetch --refetch",
        SPARSE: "git sparse-checkout disable",
    }
    return next((remedy for text, remedy in remedies.items() if text in reason), "put the file itself there")


def fault_of(error: BaseException) -> str:
    """Return what is wrong with a file, in a line, with the number of the line where a parser says it."""
    chain = _chain(error)
    for found in reversed(chain):
        if isinstance(found, Refused):
            return str(found)
        if "for integer string conversion" in str(found):
            return f"it has a whole number of more than the {sys.get_int_max_str_digits():,} digits {BOUND}"
        if isinstance(found, UnicodeDecodeError):
            return f"it is not UTF-8: byte {found.start + 1:,} is 0x{found.object[found.start]:02x}"
        if isinstance(found, RecursionError):
            return f"it is nested deeper than the {sys.getrecursionlimit():,} levels {BOUND}"
        mark = getattr(found, "problem_mark", None) or getattr(found, "context_mark", None)
        if mark is not None:
            problem = getattr(found, "problem", None) or "not YAML"
            return f"line {mark.line + 1}: {' '.join(str(problem).split())}"
        if isinstance(found, json.JSONDecodeError):
            return f"line {found.lineno}: {found.msg}"
    words = " ".join(str(chain[0]).split()) or type(chain[0]).__name__
    detail = " ".join(str(chain[-1]).split())
    text = words if detail in words else f"{words} {detail}"
    return text[:300] if isinstance(chain[0], DvcException) else f"{type(chain[0]).__name__}: {text[:300]}"


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and its causes."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = getattr(found, "exc", None) or found.__cause__ or found.__context__
    return chain


def _few_variants(path: Path) -> None:
    """Raise a ValueError where a stage of dvc.yaml stands for more stages than a review reads."""
    if path.name != "dvc.yaml":
        return
    from dvc.utils.serialize import load_yaml

    content = load_yaml(str(path))
    stages = content.get("stages") if isinstance(content, dict) else None
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        matrix = stage.get("matrix") if isinstance(stage, dict) else None
        if isinstance(matrix, dict):
            count = math.prod(len(values) for values in matrix.values() if isinstance(values, list | dict))
            if count > MOST_VARIANTS:
                raise Refused(f"stage {name} stands for {more_than(count, MOST_VARIANTS, 'stages')}")


def _few_bytes(path: Path, most: int) -> None:
    size = path.stat().st_size
    if size > most:
        raise Refused(f"has {more_than(size, most, 'bytes')}")


def _few_aliases(text: bytes) -> None:
    """Raise Refused where the aliases of YAML stand for more values than a review reads."""
    if not re.search(rb"&[^\s&]", text) or not re.search(rb"\*[^\s*]", text):
        return
    try:
        count = _expanded(YAML(typ="safe").compose(text), {})
    except (YAMLError, UnicodeError, ValueError, RecursionError):  # said where it is read
        return
    if count > MOST_VALUES:
        raise Refused(f"its aliases stand for {more_than(count, MOST_VALUES, 'values')}")


def _few_digits(text: bytes) -> None:
    """Raise Refused for a whole number of YAML that Python does not read, or a key that the parser takes for none."""
    most = sys.get_int_max_str_digits()
    found = re.search(rb"^\s*([^\s:#]{%d,}):(\s|$)" % (MOST_KEY + 1), text, re.MULTILINE)
    if found:
        raise Refused(f"has a key of {more_than(len(found[1]), MOST_KEY, 'characters')}")
    if re.search(rb"\d{%d,}" % (most + 1), text):
        raise Refused(f"has a whole number of more than the {most:,} digits {BOUND}")


def _expanded(node: Node | None, known: dict[int, int]) -> int:
    """Return how many values a node of YAML stands for, each alias counted as what it names."""
    if id(node) not in known:
        known[id(node)] = 0  # of one that holds itself
        inner: list[Node] = []
        if isinstance(node, MappingNode):
            inner = [it for pair in node.value for it in pair]
        elif isinstance(node, SequenceNode):
            inner = node.value
        known[id(node)] = 1 + sum(_expanded(it, known) for it in inner)
    return known[id(node)]


def _check(content: Any) -> None:
    """Raise Refused where the content of a file is more than a review shows, or is no text."""
    waiting, count = [content], 0
    while waiting:
        value = waiting.pop()
        count += 1
        if count > MOST_VALUES:
            raise Refused(f"has more than the {MOST_VALUES:,} values {BOUND}")
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
            longest = max((len(key) for key in value if isinstance(key, str)), default=0)
            if longest > MOST_KEY:
                raise Refused(f"has a key of {more_than(longest, MOST_KEY, 'characters')}")
        elif isinstance(value, list | tuple):
            waiting += value
        elif isinstance(value, int) and value.bit_length() > MOST_BITS:
            raise Refused(f"has a whole number of {more_than(value.bit_length(), MOST_BITS, 'bits')}")
        elif isinstance(value, str) and re.search("[\ud800-\udfff]", value):
            shown = value.encode("utf-8", "backslashreplace").decode()[:100]
            raise Refused(f"has half of a surrogate pair, in `{shown}`, which is no text {BOUND}")


def _leaves(value: Any, keys: list[str]) -> Iterator[tuple[list[str], Any]]:
    if isinstance(value, dict) and (value or not keys):
        for key, item in value.items():
            yield from _leaves(item, [*keys, str(key)])
    else:
        yield keys, value


def _where(now: Any, recorded: Any, keys: list[str]) -> Iterator[tuple[list[str], Any, Any]]:
    """Yield the places in which two nested values differ."""
    if isinstance(now, dict) and isinstance(recorded, dict):
        for key in dict.fromkeys([*now, *recorded]):
            if not _same(now.get(key), recorded.get(key)):
                yield from _where(now.get(key), recorded.get(key), [*keys, str(key)])
    else:
        yield keys, now, recorded


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple):
        one = list(one)
    return bool(one == other) or (one != one and other != other)


def _clean(value: Any) -> Any:
    """Return a value of which JSON and a page can be made: no date, set, lone surrogate or endless number."""
    if isinstance(value, dict):
        return {str(_clean(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool | float):
        return float(value) if isinstance(value, float) and not isinstance(value, bool) else value
    if isinstance(value, int):
        return int(value) if abs(value) < 1 << 1000 else str(value) if value.bit_length() < MOST_BITS else hex(value)
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    return str(value)
