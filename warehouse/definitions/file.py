"""Reading a YAML file of definitions into strict models: each fault with its line, and the nearest known word.

Knows no file by name: another file (alerts, plays, changes) is a class of `File` with its fields, and one call of `read`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.files import printable
from warehouse.settings import UserError

LONGEST_LISTING = 20  # faults told of one file
LONGEST_FAULT = 400  # characters
MOST_NODES = 100_000

Location = tuple[int | str, ...]
Fault = tuple[Location, str]


class Strict(BaseModel):
    """A part of a file: unknown keys are faults, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class File(Strict):
    """A whole file, or one of the sections it is composed of by inheritance."""

    called: ClassVar[str] = "file"
    to_begin_with: ClassVar[str] = ""  # what to do where there is nothing in it
    named_by: ClassVar[str] = ""  # what says where it is

    def of_each_section(self, method: str) -> Iterator[Any]:
        """What each section yields by this method of its own."""
        for section in type(self).__mro__:
            if method in vars(section):
                yield from vars(section)[method](self)

    def faults(self) -> Iterable[Fault]:
        """What is wrong across a section's parts, or with the sections it builds on, by where it stands."""
        return ()


AnyFile = TypeVar("AnyFile", bound=File)


def read(path: Path, model: type[AnyFile]) -> AnyFile:
    """Read and check a file.

    Raises UserError listing every fault with its line, what is known instead, and the nearest known word.
    """
    node, content = _parsed(path, model)
    if not isinstance(content, dict):
        raise UserError(f"{path} is empty. {model.to_begin_with}".rstrip())
    faults = [(line, f"key '{key}' is written twice; keep one") for key, line in _keys_written_twice(node)]
    try:
        found = model.model_validate(content)
    except ValidationError as error:
        faults += [(_line(node, one["loc"]), _in_words(model, one["loc"], one["type"], one["msg"])) for one in error.errors()]
    else:
        faults += [(_line(node, loc), message) for loc, message in found.of_each_section("faults")]
    if not faults:
        return found
    listed = [f"  {path.name} line {line}: {_shortened(message)}" for line, message in sorted(set(faults))]
    more = [f"  and {len(listed) - LONGEST_LISTING} more"] if len(listed) > LONGEST_LISTING else []
    listing = "\n".join(listed[:LONGEST_LISTING] + more)
    raise UserError(f"The {model.called} {path} has {len(listed)} fault(s); nothing was run.\n{listing}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, as a question; nothing where none is near."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def unknown(kind: str, name: str | None, known: Iterable[str], loc: Location, listed: str | None = None) -> Iterator[Fault]:
    """A name that is used and not defined; `listed` is said instead of all that is known, where that is too much to read."""
    names = list(known)
    if name is not None and name not in names:
        yield loc, f"unknown {kind} '{name}'{nearest(name, names)}; known: {listed or ', '.join(names)}"


def repeated(kind: str, values: Sequence[str], loc: Location) -> Iterator[Fault]:
    """What stands twice in a list whose elements have a place of their own."""
    for number, value in enumerate(values):
        if value in values[:number]:
            yield (*loc, number), f"{kind} '{value}' stands twice; keep one"


class _Loader(yaml.SafeLoader):
    """YAML whose days exist."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """A date or a time; a text that only looks like one is a fault of the file."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(None, None, f"no such day: {error}", node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _parsed(path: Path, model: type[File]) -> tuple[yaml.Node | None, Any]:
    """The file's nodes, which know their lines, and its content. Raises UserError where it is not readable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        hint = f"; {model.named_by} names the {model.called}" if model.named_by else ""
        raise UserError(f"{path} cannot be read ({error.strerror}){hint}.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not readable as UTF-8 (byte {error.start}); save it as UTF-8.") from None
    try:
        node = yaml.compose(text, Loader=_Loader)
        if _size(node, {}) > MOST_NODES:
            too_much = "its aliases (*) stand for too much; write them out."
            raise UserError(f"{path} is not readable as a {model.called}: {too_much}")
        return node, yaml.load(text, Loader=_Loader)
    except RecursionError:
        raise UserError(f"{path} is not readable as YAML: it is nested too deeply.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is no YAML"
        raise UserError(f"{path}{line}: not readable as YAML: {_shortened(why)}") from None


def _size(node: yaml.Node | None, known: dict[int, int]) -> int:
    """How many nodes a file has when every alias is written out; one that holds itself has more than anybody reads."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = MOST_NODES + 1
        inner = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_size(one, known) for one in inner)
    return known[id(node)]


def _shortened(message: str) -> str:
    """A message not longer than anybody reads."""
    shown = printable(message)
    return shown if len(shown) <= LONGEST_FAULT else f"{shown[:LONGEST_FAULT]}…"


def _in_words(model: type[File], loc: Location, kind: str, message: str) -> str:
    """A validation fault in the words of the file."""
    where = ".".join(str(part) for part in loc[:-1]) or "the file"
    if kind == "extra_forbidden":
        known = _known_keys(model, loc[:-1])
        return f"unknown key '{loc[-1]}' in {where}{nearest(str(loc[-1]), known)}; known: {', '.join(known)}"
    if kind == "missing":
        return f"{where} needs the key '{loc[-1]}'"
    return f"{'.'.join(str(part) for part in loc)}: {message.removeprefix('Value error, ')}"


def _known_keys(model: Any, loc: Location) -> list[str]:
    """The keys that the model at this place of the file takes."""
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = model.model_fields[str(part)].annotation
        while not (isinstance(model, type) and issubclass(model, BaseModel)):
            inner = [arg for arg in getattr(model, "__args__", ()) if arg is not type(None) and arg is not str]
            models = [arg for arg in inner if _holds_model(arg)]
            if not models:
                return []
            model = models[-1]
    return [field.alias or name for name, field in model.model_fields.items()]


def _holds_model(kind: Any) -> bool:
    if isinstance(kind, type):
        return issubclass(kind, BaseModel)
    return any(_holds_model(arg) for arg in getattr(kind, "__args__", ()))


def _line(node: yaml.Node | None, loc: Location) -> int:
    """The line (from 1) of the deepest part of `loc` that the file has."""
    line = 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _keys_written_twice(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Keys that one mapping of the file has twice (YAML would silently keep the last)."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _keys_written_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _keys_written_twice(value)
