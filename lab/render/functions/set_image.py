"""`set-image`: change name, tag or digest of container images.

Source: kpt function catalog, set-image. Upstream passes over initContainers and drops the separator when only the name
is new (`nginx:1.14` becomes `redis1.14`); both are mistakes that this function does not make.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, data_texts, refused
from lab.render.functions._field_paths import find, put_at, split_path, value_at
from lab.render.resources import Resource

_KEYS = ("name", "newName", "newTag", "digest")
_POD_SPECS = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    **dict.fromkeys(("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"), ("spec", "template", "spec")),
}


def set_image(resources: Sequence[Resource], config: Config) -> Outcome:
    """Change the images whose name without tag is the `name` of `config`."""
    try:
        wanted, additional = _wanted(config)
    except FunctionFault as fault:
        terminated = Result(f"function is terminated: {fault.message}", severity="error")
        return refused(resources, Result(fault.message, severity="error"), terminated)
    total = 0
    changed: list[Resource] = []
    for resource in resources:
        data = resource.editable()
        total += sum(_set(holder, wanted) for holder in _containers(resource, data))
        for spec in additional:
            total += _set_field(resource, data, spec, wanted)
        changed.append(resource.with_data(data))
    return Outcome(tuple(changed), (Result(f"summary: updated a total of {total} image(s)"),))


def _wanted(config: Config) -> tuple[dict[str, str], list[Mapping[str, Any]]]:
    additional: list[Mapping[str, Any]] = []
    if config is not None and config.get("kind") == "SetImage":
        wanted = {key: str(value) for key, value in (config.get("image") or {}).items() if value}
        additional = list(config.get("additionalImageFields") or [])
    else:
        wanted = data_texts(config)
    for key in wanted:
        if key not in _KEYS:
            raise FunctionFault(f"ConfigMap has wrong field name {key}")
    if not wanted.get("name"):
        raise FunctionFault("must specify `name`")
    if not any(wanted.get(key) for key in _KEYS[1:]):
        raise FunctionFault("must specify one of `newName`, `newTag`, or `digest`")
    return wanted, additional


def _containers(resource: Resource, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec: Any = data
    for step in _POD_SPECS.get(resource.kind, ("no pods",)):
        spec = spec.get(step) if isinstance(spec, dict) else None
    if isinstance(spec, dict):
        for kind in ("initContainers", "containers"):
            containers = spec.get(kind)
            if isinstance(containers, list):
                yield from (container for container in containers if isinstance(container, dict))


def _set(container: dict[str, Any], wanted: Mapping[str, str]) -> int:
    image = container.get("image")
    new = _image(str(image), wanted) if image else None
    if new is None or new == image:
        return 0
    container["image"] = new
    return 1


def _set_field(resource: Resource, data: dict[str, Any], spec: Mapping[str, Any], wanted: Mapping[str, str]) -> int:
    known = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    if any(spec.get(field) not in (None, "", value) for field, value in known.items()):
        return 0
    path = ".".join(
        part for step in str(spec["path"]).split("/") for part in ([step[:-2], "*"] if step.endswith("[]") else [step])
    )
    total = 0
    try:
        places = list(find(data, split_path(path), path, create=False))
    except FunctionFault:
        return 0
    for steps in places:
        current = value_at(data, steps)
        new = _image(current, wanted) if isinstance(current, str) else None
        if new is not None and new != current:
            put_at(data, steps, new)
            total += 1
    return total


def _image(image: str, wanted: Mapping[str, str]) -> str | None:
    """The new image, or None when it is another one; a digest goes before a tag."""
    rest, at, digest = image.partition("@")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, colon, tag = rest, "", ""
    if name != wanted["name"]:
        return None
    new_name = wanted.get("newName") or name
    if wanted.get("digest"):
        return f"{new_name}@{wanted['digest']}"
    if wanted.get("newTag"):
        return f"{new_name}:{wanted['newTag']}"
    return f"{new_name}{colon}{tag}{at}{digest}"
