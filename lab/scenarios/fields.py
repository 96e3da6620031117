"""What a field of a step means, so that a scenario can be judged before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, WithJsonSchema

from lab.model.stage import ORDER
from lab.scenarios.values import Location


class Means(StrEnum):
    """What the text of a field names."""

    CLUSTER = "cluster"
    NEW_CLUSTER = "new cluster"
    STAGE = "stage"
    FILE = "file"
    FOLDER = "folder"
    LOOK = "expectation"


Cluster = Annotated[str, Means.CLUSTER]
"""A cluster that the lab has at this step."""

NewCluster = Annotated[str, Means.NEW_CLUSTER]
"""A cluster that comes with this step."""

StageName = Annotated[str, Means.STAGE, WithJsonSchema({"type": "string", "enum": [str(s) for s in ORDER]})]
"""One of the nine stages."""

File = Annotated[str, Means.FILE]
"""A file beside the scenario."""

Folder = Annotated[str, Means.FOLDER]
"""A folder beside the scenario."""

Look = Annotated[Any, Means.LOOK]
"""An expectation: matched by subset, operators allowed."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A value in a step that means something, with its place in the step."""

    means: Means
    value: Any
    at: Location


def mentions(model: BaseModel, at: Location = ()) -> Iterator[Mention]:
    """Every value of a step, and of what it holds, that means something."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None:
            continue
        here = (*at, field.alias or name)
        meaning = next((m for m in field.metadata if isinstance(m, Means)), None) or _inner(field.annotation)
        if isinstance(value, BaseModel):
            yield from mentions(value, here)
        elif meaning is Means.LOOK or (meaning is not None and not isinstance(value, list | Mapping)):
            yield Mention(meaning, value, here)
        elif meaning is not None and isinstance(value, list):
            for index, item in enumerate(value):
                yield Mention(meaning, item, (*here, index))


def _inner(annotation: Any) -> Means | None:
    """The meaning inside an optional or a list."""
    found = getattr(annotation, "__metadata__", ())
    meaning = next((m for m in found if isinstance(m, Means)), None)
    if meaning is not None:
        return meaning
    return next((m for part in getattr(annotation, "__args__", ()) if (m := _inner(part)) is not None), None)
