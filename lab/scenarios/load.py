"""Reading scenario.yaml: every complaint is LABT01 with file, line, column and the nearest good name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from lab.errors.base import LabError
from lab.errors.people_files import Document, check, nearest, parse, read_text
from lab.scenarios.fields import Means, mentions
from lab.scenarios.match import OPERATORS, unknown_operators
from lab.scenarios.scenario import Head, Item, Scenario
from lab.scenarios.step import Part, Step, table
from lab.scenarios.values import Location, substitute

FILE_NAME = "scenario.yaml"
_BESIDE = ("say", "save")
_Model = TypeVar("_Model", bound=Part)


def load(path: Path) -> Scenario:
    """The scenario in a file. Raises LabError LABT01."""
    try:
        document = parse(read_text(path), str(path))
    except LabError as error:
        raise _ours(error) from error
    return build(path, document)


def build(path: Path, document: Document) -> Scenario:
    """The scenario in a document that was read from `path`. Raises LabError LABT01."""
    head = _checked(Head, document)
    values = head.with_
    steps = tuple(_items(document, ("steps",), head.steps, values, 1))
    last = tuple(_items(document, ("finally",), head.finally_, values, len(steps) + 1))
    return Scenario(path, document, head, steps, last)


def step_of(word: str, raw: Any, document: Document) -> Step:
    """The step that a word and its fields make; `document` holds just these fields. Raises LabError LABT01."""
    kind = table()[word]
    data = raw if isinstance(raw, dict) or not kind.shorthand else {kind.shorthand: raw}
    return _checked(kind, Document(document.name, data, document.places))


def below(document: Document, at: Location, data: Any) -> Document:
    """A part of a document, with the places of the part."""
    places = {path[len(at) :]: place for path, place in document.places.items() if path[: len(at)] == at}
    return Document(document.name, data, places)


def _items(
    document: Document, at: Location, entries: list[dict[str, Any]], values: dict[str, Any], first: int
) -> Iterator[Item]:
    for index, entry in enumerate(entries):
        yield _item(document, (*at, index), entry, values, first + index)


def _item(document: Document, at: Location, entry: dict[str, Any], values: dict[str, Any], number: int) -> Item:
    words = [key for key in entry if key not in _BESIDE]
    say, save = entry.get("say", ""), entry.get("save") or {}
    if not isinstance(say, str):
        raise _wrong(document, (*at, "say"), "`say` is a text.")
    if not isinstance(save, dict) or not all(isinstance(path, str) for path in save.values()):
        raise _wrong(document, (*at, "save"), "`save` maps names to paths such as `metadata.name`.")
    for word in words:
        if word not in table():
            raise _unknown_word(document, (*at, word), word)
    if len(words) > 1:
        why = f"Here are {' and '.join(words)}: write two entries."
        raise _wrong(document, (*at, words[1]), "One entry does one thing.", why)
    if not words:
        if not say or save:
            raise _wrong(document, at, "An entry of `steps` does or says something.")
        return Item(number, at, say=say)
    word = words[0]
    raw = entry[word]
    here = below(document, (*at, word), raw)
    step = step_of(word, substitute(raw, values, partly=True), here)
    _check_operators(step, here)
    return Item(number, at, say, word, raw, step, save)


def _check_operators(step: Step, document: Document) -> None:
    for mention in mentions(step):
        if mention.means is not Means.LOOK:
            continue
        for path, word in unknown_operators(mention.value, mention.at):
            if word in OPERATORS:
                raise _wrong(document, path, f"`{word}` stands beside plain keys.", "Operators stand alone.")
            near = nearest(word, list(OPERATORS))
            why = f"Did you mean `{near}`?" if near else f"There are {', '.join(OPERATORS)}."
            raise _wrong(document, path, f"There is no operator `{word}`.", why)


def _unknown_word(document: Document, at: Location, word: str) -> LabError:
    known = [*table(), *_BESIDE]
    near = nearest(word, known)
    why = f"Did you mean `{near}`?" if near else f"There are {', '.join(sorted(known))}."
    return _wrong(document, at, f"There is no step `{word}`.", why)


def _checked(model: type[_Model], document: Document) -> _Model:
    try:
        return check(model, document)
    except LabError as error:
        raise _ours(error) from error


def _wrong(document: Document, at: Location, what: str, why: str = "") -> LabError:
    return LabError("LABT01", what, why, place=document.place(at))


def _ours(error: LabError) -> LabError:
    return LabError("LABT01", error.what, error.why, error.next_steps, place=error.place)
