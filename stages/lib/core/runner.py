"""Runs a page as a stage of the pipeline: params.yaml in, one call of `main`.

The signature of `main` is the contract: `places` says where the files are; any other parameter is the key of
params.yaml of its name, checked against its type.
"""

import reprlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from stages.lib.core.bounds import refuse_bomb
from stages.lib.core.near import nearest
from stages.lib.core.places import Places
from stages.lib.core.process import CODE, DATES, dates_of_code

PARAMS = Path("params.yaml")
FLOORS = CODE / "lib"
MOST_SHOWN = 100  # characters of a value in a message


class Fault(Exception):
    """Something the user can mend; each line of its text names one thing that is wrong."""


def run(main: Callable[..., None]) -> None:
    """Run a page; a `Fault` ends the process with its lines on standard error and exit code 1.

    Args:
        main: the page's function; its parameters are `places` and keys of params.yaml.
    """
    parameters = signature(main, eval_str=True).parameters
    types = {name: parameter.annotation for name, parameter in parameters.items() if name != "places"}
    run_with(types, lambda params: main(**params, places=Places()))


def run_with(types: dict[str, Any], main: Callable[[dict[str, Any]], None], *, whole: bool = False) -> None:
    """Run `main` with the keys of params.yaml that `types` names; a `Fault` ends the process as in `run`.

    Args:
        types: the type of each key.
        main: takes the values, by their keys.
        whole: whether any other key in the file is a fault.
    """
    try:
        params = read_params(PARAMS, types, whole=whole)
        main(params)
        _refuse_changes(params, read_params(PARAMS, types, whole=whole))
    except Fault as fault:
        sys.exit(str(fault))
    except OSError as error:
        sys.exit(" ".join(str(error).split()))  # HDF5's have several lines


def _refuse_changes(before: dict[str, Any], after: dict[str, Any]) -> None:
    """DVC notes the params and the code as they are when a stage has ended, as if its outputs came from them."""
    changed = [_changed(f"{PARAMS}: {name}") for name in before if before[name] != after[name]] + changed_code()
    if changed:
        raise Fault("\n".join(changed))


def changed_code() -> list[str]:
    """Return a line for each file that has changed since this process began, of its modules and of their floors.

    Other processes of the stage may have loaded what this one has not.
    """
    # By the dict: some modules of TensorFlow's load when they are asked for an attribute.
    files = [getattr(module, "__dict__", {}).get("__file__") or "" for module in sys.modules.values()]
    loaded = {Path(file) for file in files if file.startswith(str(CODE))}
    floors = {FLOORS / file.relative_to(FLOORS).parts[0] for file in loaded if FLOORS in file.parents}
    now = dates_of_code()
    read = [file for file in {*DATES, *now} if file in loaded or floors & {*file.parents}]
    code = sorted(file for file in read if now.get(file) != DATES.get(file))
    return [_changed(str(file.relative_to(CODE.parent))) for file in code]


def _changed(what: str) -> str:
    return f"{what} changed while the stage ran; `dvc repro` runs it again"


def read_params(path: Path, types: dict[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """Return the value of each key of `types` in a YAML file, built as its type.

    The file is read as DVC reads it, with the same library: what DVC records is what a stage gets.
    With no types nothing is read.

    Raise Fault with a line for each fault; with `whole`, a key that is not in `types` is one.
    """
    if not types:
        return {}
    params = read_yaml(path)
    if not isinstance(params, dict):
        raise Fault(f"{path}: holds {shown(params)}, but must hold the keys {', '.join(types)}; `git checkout {path}`")
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
        faults += [
            f"{path}: {_unknown_key(_name(key), list(types), _homes(key, types))}" for key in params if key not in types
        ]
    if faults:
        raise Fault("\n".join(faults))
    return values


def read_yaml(path: Path) -> Any:
    """Return what a file of YAML holds; raise Fault, in one line, where it can't be read or is beyond all bounds."""
    try:
        text = path.read_text("utf-8")
        refuse_bomb(text)
    except (YAMLError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: not YAML in UTF-8: {_yaml_fault(error)}") from error
    except ValueError as error:
        raise Fault(f"{path}: {error}") from error
    try:
        return YAML(typ="safe").load(text)
    except Exception as error:  # what a tag such as !!bool makes of a text that it does not know is any error
        raise Fault(f"{path}: not YAML in UTF-8: {_yaml_fault(error)}") from error


def _yaml_fault(error: Exception) -> str:
    if not isinstance(error, MarkedYAMLError):
        return " ".join(str(error).split())
    what = " ".join(f"{error.context or ''} {error.problem or ''}".split())
    mark = error.problem_mark or error.context_mark
    return f"{what}, in line {mark.line + 1}, column {mark.column + 1}" if mark else what


def _fault_lines(key: str, kind: Any, error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        where = ".".join(_name(part) for part in [key, *fault["loc"]] if part != "[key]")
        message = _printable(fault["msg"].removeprefix("Value error, "))
        if fault["type"] == "unexpected_keyword_argument" and is_dataclass(kind):
            known = [f"{key}.{field.name}" for field in fields(kind)]
            yield _unknown_key(where, known, getattr(kind, "HINTS", {}).get(fault["loc"][-1]))
        elif fault["type"] in {"missing", "missing_argument"}:
            yield f"{where} is missing; add it"
        elif fault["type"] == "dataclass_type" and is_dataclass(kind):
            yield f"{where} is {shown(fault['input'])}: it must hold {', '.join(field.name for field in fields(kind))}"
        else:
            yield f"{where} is {shown(fault['input'])}: {message[0].lower()}{message[1:]}"


def _homes(key: Any, types: dict[str, Any]) -> str | None:
    """Return the sections that have a key which stands outside of them."""
    homes = [
        name for name, kind in types.items() if is_dataclass(kind) and key in {field.name for field in fields(kind)}
    ]
    return f"it is a key of {', '.join(homes)}" if homes else None


def _unknown_key(key: str, known: list[str], hint: str | None = None) -> str:
    """Return that a key is unknown, with a hint: what its section says of it, or the key that is spelt most alike."""
    names = {name.rpartition(".")[2]: name for name in known}  # what the keys of a section share is not alike
    match = nearest(key.rpartition(".")[2], names)
    near = f"did you mean {names[match]}?" if match else f"known: {', '.join(known)}"
    return f"{key} is not a key that the study reads; {hint or near}"


def _name(key: Any) -> str:
    """Return a key as it is typed after `-S`, and never more than a line."""
    name = str(key)
    return _shortened(name if name and name.isprintable() else repr(name))


def shown(value: Any) -> str:
    """Return a value as it stands in a message: in a line of about 100 characters at most."""
    try:
        return _shortened(reprlib.repr(value))
    except ValueError:  # Python spells out no number that long
        return "a number of thousands of digits"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
