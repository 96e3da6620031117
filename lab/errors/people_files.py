"""Files that people write: read as YAML 1.2 with positions, checked whole, complained about with line and column.

The file is checked against a pydantic model before anything is done with it; an unknown field is answered with the
nearest name that exists.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lab.errors.base import LabError, Place

if TYPE_CHECKING:
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: plain `data`, and the place of every node by its path of keys and indexes."""

    name: str
    data: Any
    places: Mapping[Location, tuple[int, int]]

    def place(self, location: Sequence[str | int] = ()) -> Place:
        """The place of a node, or of its nearest parent that is in the file."""
        path = tuple(location)
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (0, 0))
        return Place(self.name, line, column)


def read_text(path: Path) -> str:
    """The file's text. Raises LabError LAB005 when it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LabError(
            "LAB005",
            f'The file "{path}" cannot be read.',
            str(reason),
            [f"ls -l {path}"],
        ) from error


def parse(text: str, name: str) -> Document:
    """The single document of `text`; `name` stands in complaints. Raises LabError LAB001."""
    documents = parse_all(text, name)
    if len(documents) > 1:
        raise LabError(
            "LAB001",
            f'"{name}" holds {len(documents)} documents; one is expected.',
            place=Place(name),
        )
    return documents[0] if documents else Document(name, {}, {})


def parse_all(text: str, name: str) -> list[Document]:
    """Every document of `text`. Raises LabError LAB001 with line and column."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    loader = YAML(typ="rt", pure=True)
    loader.allow_duplicate_keys = False
    try:
        nodes = [document for document in loader.load_all(text) if document is not None]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        why = (error.problem or str(error)).splitlines()[0]
        raise LabError("LAB001", f'"{name}" is not valid YAML.', why, place=place) from error
    except YAMLError as error:
        raise LabError(
            "LAB001",
            f'"{name}" is not valid YAML.',
            str(error).splitlines()[0],
            place=Place(name),
        ) from error
    documents = []
    for node in nodes:
        places: dict[Location, tuple[int, int]] = {}
        documents.append(Document(name, _plain(node, (), places), places))
    return documents


def check(model: type[Model], document: Document, *, hint: str = "") -> Model:
    """The document as an instance of `model`. Raises LabError LAB002 (unknown field) or LAB003 (value)."""
    from pydantic import ValidationError

    try:
        return model.model_validate(document.data if document.data is not None else {})
    except ValidationError as error:
        first = min(
            error.errors(),
            key=lambda e: (
                document.place(e["loc"]).line,
                document.place(e["loc"]).column,
            ),
        )
        location = _own(first["loc"], document.data)
        place = document.place(location)
        if first["type"] == "extra_forbidden":
            field = str(first["loc"][-1])
            raise unknown_field(field, _fields_at(model, location[:-1]), place, hint) from error
        shown = ".".join(str(part) for part in location) or "the file"
        message = str(first["msg"]).removeprefix("Value error, ")
        raise LabError("LAB003", f"`{shown}` in {document.name}: {message}.", hint, place=place) from error


def unknown_field(field: str, known: Sequence[str], place: Place, hint: str = "") -> LabError:
    """LAB002 with the nearest good name."""
    near = nearest(field, known)
    why = f"Did you mean `{near}`?" if near else f"Known here: {', '.join(sorted(known))}." if known else hint
    return LabError("LAB002", f"Unknown field `{field}` in {place.file}.", why, place=place)


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word most like `word`, or an empty string."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def _plain(node: Any, path: Location, places: dict[Location, tuple[int, int]]) -> Any:
    mark = getattr(node, "lc", None)
    if mark is not None and path not in places:
        places[path] = (mark.line + 1, mark.col + 1)
    if isinstance(node, Mapping):
        result = {}
        for key, value in node.items():
            if mark is not None and key in (mark.data or {}):
                line, column = mark.key(key)
                places[(*path, key)] = (line + 1, column + 1)
            result[key] = _plain(value, (*path, key), places)
        return result
    if isinstance(node, list):
        items = []
        for index, item in enumerate(node):
            if mark is not None and index in (mark.data or {}):
                line, column = mark.item(index)
                places[(*path, index)] = (line + 1, column + 1)
            items.append(_plain(item, (*path, index), places))
        return items
    if type(node).__module__.startswith("ruamel."):
        return next(
            (kind(node) for kind in (bool, int, float, str) if isinstance(node, kind)),
            node,
        )
    return node


def _own(location: Sequence[str | int], data: Any) -> Location:
    """The part of pydantic's location that exists in the file: it also names union members and the missing field."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        if (isinstance(data, Mapping) and part in data) or (isinstance(data, list) and isinstance(part, int)):
            path.append(part)
            data = data[part]  # type: ignore[index]
        elif index == len(location) - 1 and isinstance(part, str):
            path.append(part)
    return tuple(path)


def _fields_at(model: type[Any], location: Location) -> list[str]:
    """Field names of the model that stands at `location`, through optionals, lists and maps."""
    import typing

    from pydantic import BaseModel

    def models_in(kind: Any) -> list[type[BaseModel]]:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return [kind]
        return [found for part in typing.get_args(kind) for found in models_in(part)]

    current: list[type[BaseModel]] = [model]
    for part in location:
        following = []
        for kind in current:
            by_alias = {(f.alias or name): f.annotation for name, f in kind.model_fields.items()}
            if str(part) in by_alias:
                following += models_in(by_alias[str(part)])
        current = following or current
    return [f.alias or name for kind in current for name, f in kind.model_fields.items()]
