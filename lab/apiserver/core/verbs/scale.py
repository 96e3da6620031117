"""The scale subresource: a Scale object over a workload's replicas.

Source: Kubernetes, autoscaling/v1 Scale; for custom resources the paths of the definition.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core import writing
from lab.apiserver.core.call import Call
from lab.apiserver.core.encoding import duplicate
from lab.apiserver.core.errors import FieldError, bad_request, invalid
from lab.apiserver.core.request import Response
from lab.apiserver.core.resource import ScalePaths
from lab.apiserver.core.store import Entry
from lab.apiserver.core.verbs import write

_BUILTIN = ScalePaths(".spec.replicas", ".status.replicas")


def answer(call: Call) -> Response:
    """get, update or patch of the scale."""
    if call.info.verb == "get":
        entry, obj = writing.current(call)
        return call.reply_document(scale_of(call, entry, obj))
    entry, old = writing.current(call)
    before = scale_of(call, entry, old)
    wanted = _read(call, before)
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        text = f"spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid("autoscaling", "Scale", call.info.name, [FieldError("Invalid", "spec.replicas", text)])
    new = duplicate(old)
    _set(new, _paths(call).replicas, replicas)
    new["metadata"]["resourceVersion"] = (wanted.get("metadata") or {}).get("resourceVersion") or ""
    after = writing.replace(call, new, entry, old, subresource="scale")
    return call.reply_document(scale_of(call, after, after.object()))


def _read(call: Call, before: dict[str, Any]) -> dict[str, Any]:
    if call.info.verb == "update":
        wanted = call.read_body("Scale", "autoscaling/v1")
        name = wanted["metadata"].get("name", "")
        if name != call.info.name:
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.info.name})")
        return wanted
    kind = write.check_patch_type(call)
    if kind == write.APPLY_PATCH:
        kind = write.MERGE_PATCH
    given = before["metadata"].pop("resourceVersion")
    patched = write.patched(call, kind, before, typed=False)
    before["metadata"]["resourceVersion"] = given
    return patched


def _paths(call: Call) -> ScalePaths:
    return call.resource.scale or _BUILTIN


def scale_of(call: Call, entry: Entry, obj: dict[str, Any]) -> dict[str, Any]:
    """The Scale of an object."""
    paths, metadata = _paths(call), obj["metadata"]
    status: dict[str, Any] = {"replicas": _get(obj, paths.status_replicas) or 0}
    selector = _get(obj, paths.selector) if paths.selector else None
    if call.resource.scale is None:
        selector = _selector_text((obj.get("spec") or {}).get("selector") or {})
    if selector:
        status["selector"] = selector
    kept = ("name", "namespace", "uid", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {**{key: metadata[key] for key in kept if key in metadata}, "resourceVersion": str(entry.rv)},
        "spec": {"replicas": wanted} if (wanted := _get(obj, paths.replicas) or 0) else {},
        "status": status,
    }


def _selector_text(selector: dict[str, Any]) -> str:
    labels = selector if "matchLabels" not in selector and "matchExpressions" not in selector else {}
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or labels).items())]
    for term in selector.get("matchExpressions") or ():
        values = ",".join(sorted(term.get("values") or ()))
        terms.append(
            {
                "In": f"{term['key']} in ({values})",
                "NotIn": f"{term['key']} notin ({values})",
                "Exists": term["key"],
            }.get(term["operator"], f"!{term['key']}")
        )
    return ",".join(terms)


def _get(obj: dict[str, Any], path: str) -> Any:
    value: Any = obj
    for part in path.strip(".").split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _set(obj: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.strip(".").split(".")
    for part in parents:
        obj = obj.setdefault(part, {})
    obj[last] = value
