"""Runs a page as a stage of the pipeline: params.yaml and the command line in, one call of `main`.

The signature of `main` is the contract. A parameter with the type `Path` is the option of its
name; any other is the key of params.yaml of its name, checked against its type.
"""

import argparse
import ctypes
import difflib
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

PARAMS = Path("params.yaml")
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Fault(Exception):
    """Something the user can mend; each line of its text names one thing that is wrong."""


def run(main: Callable[..., None], *, whole: bool = False) -> None:
    """Returns when `main` has run; a `Fault` ends the process with its lines on standard error and exit code 1.

    Args:
        main: the page's function.
        whole: whether `main` takes all of params.yaml, so that any other key is a fault.
    """
    _end_with_parent()
    types = {name: parameter.annotation for name, parameter in signature(main, eval_str=True).parameters.items()}
    paths = _parse_options([name for name, kind in types.items() if kind is Path])
    try:
        sections = read_params(PARAMS, {name: kind for name, kind in types.items() if kind is not Path}, whole=whole)
        main(**sections, **paths)
    except (Fault, OSError) as fault:
        sys.exit(str(fault))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def read_params(path: Path, types: dict[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """Returns the value of each key of `types` in a YAML file, built as its type.

    Raises Fault with a line for each fault; with `whole`, a key that is not in `types` is one.
    """
    try:
        params = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: not YAML in UTF-8: {' '.join(str(error).split())}") from error
    if not isinstance(params, dict):
        raise Fault(f"{path}: holds {params!r}, but must hold the keys {', '.join(types)}; `git checkout {path}`")
    values, faults = {}, []
    for key, kind in types.items():
        try:
            if key in params:
                values[key] = TypeAdapter(kind).validate_python(params[key])
            else:
                faults.append(f"{path}: {key} is missing; add it")
        except ValidationError as error:
            faults += [f"{path}: {line}" for line in _fault_lines(key, kind, error)]
    if whole:
        faults += [f"{path}: {_unknown_key(str(key), list(types))}" for key in params if key not in types]
    if faults:
        raise Fault("\n".join(faults))
    return values


def _parse_options(names: list[str]) -> dict[str, Path]:
    parser = argparse.ArgumentParser(description="A stage of the pipeline; `dvc repro` calls it.")
    for name in names:
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    return vars(parser.parse_args())


def _fault_lines(key: str, kind: Any, error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        where = ".".join([key, *map(str, fault["loc"])])
        if fault["type"] == "unexpected_keyword_argument" and is_dataclass(kind):
            yield _unknown_key(where, [f"{key}.{field.name}" for field in fields(kind)])
        elif fault["type"] in {"missing", "missing_argument"}:
            yield f"{where} is missing; add it"
        else:
            yield f"{where} is {fault['input']!r}: {fault['msg'][0].lower()}{fault['msg'][1:]}{_near(fault)}"


def _near(fault: Any) -> str:
    allowed = [word for word in str(fault.get("ctx", {}).get("expected", "")).split("'") if word.isidentifier()]
    match = difflib.get_close_matches(str(fault["input"]), allowed, n=1)
    return f"; did you mean {match[0]!r}?" if match else ""


def _unknown_key(key: str, known: list[str]) -> str:
    match = difflib.get_close_matches(key, known, n=1)
    return f"{key} is not a key that the study reads; {f'did you mean {match[0]}?' if match else f'known: {known}'}"


def _end_with_parent() -> None:
    """A stage whose DVC was killed must not write its outputs later, beside those of another run."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
