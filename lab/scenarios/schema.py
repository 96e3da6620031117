"""JSON Schema of scenario.yaml, for editors: made from the steps themselves."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from lab.scenarios.scenario import Head
from lab.scenarios.step import Step, table

TITLE = "A scenario of the lab"


def schema(lab: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The schema; `lab` is the one of lab.yaml, for the section of that name."""
    whole = Head.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = whole.setdefault("$defs", {})
    entry: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "say": {"type": "string", "description": "A sentence for whoever reads or watches."},
            "save": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Names for ${name}, and the paths of their values in what the step found.",
            },
        },
        "maxProperties": 3,
    }
    for word, step in table().items():
        definitions[word] = _step(step, definitions)
        entry["properties"][word] = {"$ref": f"#/$defs/{word}"}
    definitions["entry"] = entry
    for section in ("steps", "finally"):
        whole["properties"][section]["items"] = {"$ref": "#/$defs/entry"}
    if lab is not None:
        definitions |= lab.get("$defs", {})
        whole["properties"]["lab"] = {key: value for key, value in lab.items() if key != "$defs"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "title": TITLE}


def _step(step: type[Step], definitions: dict[str, Any]) -> dict[str, Any]:
    made = step.model_json_schema(by_alias=True)
    definitions |= made.pop("$defs", {})
    made["description"] = inspect.getdoc(step) or ""
    if not step.shorthand:
        return made
    field = made["properties"][step.shorthand]
    return {"description": made["description"], "anyOf": [{k: v for k, v in field.items() if k != "title"}, made]}
