"""Request bodies to objects: JSON, YAML and protobuf, with the complaints that Kubernetes has about each."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

import orjson
import yaml

from lab.apiserver.core import protobuf
from lab.apiserver.core.errors import ApiError, bad_request, unsupported_media_type

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
ACCEPTED = (JSON, YAML, PROTOBUF)
_YAML_NAMES = (YAML, "text/yaml", "application/x-yaml")

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """YAML as Kubernetes' converter reads it: the single letters of YAML 1.1 are booleans too."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        key: list(found) for key, found in _Base.yaml_implicit_resolvers.items()
    }
    bool_values: ClassVar[dict[str, bool]] = {**_Base.bool_values, "y": True, "n": False}


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$"), list("yYnN"))


def media_type(header: str) -> str:
    """The Content-Type without parameters; JSON where none is given."""
    return header.partition(";")[0].strip().lower() or JSON


def read(body: bytes, content_type: str, kind: str) -> dict[str, Any]:
    """Parse a body that has to hold an object of `kind`. Raises ApiError 400 or 415."""
    name = media_type(content_type)
    if name == PROTOBUF or (name == JSON and body.startswith(b"k8s\x00")):
        return protobuf.decode(body)
    if name not in (JSON, *_YAML_NAMES):
        raise unsupported_media_type(ACCEPTED)
    try:
        if not body:
            raise ValueError("unexpected end of JSON input")
        value = parse(body, name)
    except ValueError as fault:
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: {fault} ({_excerpt(body)})"
        ) from None
    if not isinstance(value, dict):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse "
            f"error: json: cannot unmarshal {_go_name(value)} into Go value of type struct {{ APIVersion string "
            '"json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } '
            f"({_excerpt(body)})"
        )
    return value


def parse(body: bytes, name: str) -> Any:
    """A JSON or YAML body. JSON is tried first even under a YAML type: kubectl sends it so. Raises ValueError."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        if name not in (*_YAML_NAMES, "application/apply-patch+yaml"):
            if "unexpected end of data" in str(fault):
                raise ValueError("unexpected end of JSON input") from None
            raise
    try:
        return plain(yaml.load(body, Loader=_Loader))
    except yaml.YAMLError as fault:
        raise ValueError(f"error converting YAML to JSON: {fault}") from None


def plain(value: Any) -> Any:
    """YAML's dates and non-text keys as the JSON that Kubernetes' converter makes of them."""
    if isinstance(value, dict):
        return {_key(key): plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    isoformat = getattr(value, "isoformat", None)
    return isoformat().replace("+00:00", "Z") if isoformat is not None else str(value)


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return key if isinstance(key, str) else str(key)


def _go_name(value: Any) -> str:
    """What Go's decoder calls a JSON value."""
    if isinstance(value, list):
        return "array"
    return "string" if isinstance(value, str) else "bool" if isinstance(value, bool) else "number"


def _excerpt(body: bytes) -> str:
    if not body:
        return "<empty>"
    return body[:60].hex() + (" ..." if len(body) > 60 else "")


def duplicate_fields(body: bytes, content_type: str) -> list[str]:
    """The paths of keys that a JSON object repeats, as Kubernetes names them, such as `duplicate field "data.a"`."""
    if media_type(content_type) == PROTOBUF:
        return []
    found: list[tuple[Any, str]] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen and not any(owner is made and known == key for owner, known in found):
                    found.append((made, key))
                seen.add(key)
        return made

    try:
        root = json.loads(body, object_pairs_hook=pairs)
    except ValueError:
        return []
    if not found:
        return []
    return [f'duplicate field "{path}"' for path in _paths(root, "", found)]


def _paths(value: Any, path: str, found: list[tuple[Any, str]]) -> list[str]:
    paths: list[str] = []
    if isinstance(value, dict):
        paths += [f"{path}.{key}".lstrip(".") for owner, key in found if owner is value]
        for key, member in value.items():
            paths += _paths(member, f"{path}.{key}", found)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            paths += _paths(member, f"{path}[{index}]", found)
    return paths


def strict_error(kind: str, version: str, faults: list[str]) -> ApiError:
    """400 for unknown or repeated fields under strict field validation."""
    return bad_request(
        f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding error: {", ".join(faults)}'
    )
