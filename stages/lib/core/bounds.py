"""Bounds on YAML, checked before it is built: a few aliases in each other stand for more than any memory holds."""

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent

MOST_CHARACTERS = 1_000_000
MOST_VALUES = 100_000  # names and values, each as often as an alias repeats it
DEEPEST = 20  # lists and mappings in each other; thousands end Python within libyaml's reader


def refuse_bomb(text: str) -> None:
    """Raise ValueError where YAML is larger than any params are, or deeper, or an alias stands in what it names.

    The parser's events are counted, one after the other. Raise ruamel's YAMLError where it is no YAML.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(
            f"the file is too large: it has {len(text):,} characters, but at most {MOST_CHARACTERS:,} are read"
        )
    sizes: dict[str, int] = {}  # of what has a name
    inner: list[tuple[str | None, int]] = [(None, 0)]  # the name and the size so far of each that is open
    for event in YAML(typ="safe").parse(text):
        name, size = getattr(event, "anchor", None), 1
        line = f"line {event.start_mark.line + 1}"
        if isinstance(event, CollectionStartEvent):
            inner.append((name, 1))
            if len(inner) > DEEPEST + 1:  # of which the file is the first
                raise ValueError(f"{line} is too deep: at most {DEEPEST} lists and mappings may lie in each other")
            continue
        if isinstance(event, AliasEvent):
            if any(name == opened for opened, _ in inner):
                raise ValueError(f"{line} is no value: the alias *{name} stands in what it names")
            size = sizes.get(str(name), 1)
        elif isinstance(event, CollectionEndEvent):
            name, size = inner.pop()
        elif not isinstance(event, NodeEvent):
            continue
        if name:
            sizes[name] = size
        opened, before = inner[-1]
        inner[-1] = (opened, before + size)
        if before + size > MOST_VALUES:
            raise ValueError(
                f"{line} is too much: up to it the file has more than {MOST_VALUES:,} values, with aliases"
            )
