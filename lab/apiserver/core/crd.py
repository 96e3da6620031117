"""CustomResourceDefinitions: from a definition to the resources that it makes the cluster serve.

Source: Kubernetes, apiextensions-apiserver (naming, establishing and finalizing controllers, validation).
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from lab.apiserver.core.crd_schemas import schema_faults
from lab.apiserver.core.discovery import version_rank
from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.resource import Column, Resource, ScalePaths, Subresource
from lab.apiserver.core.schema import structural_node

GROUP_RESOURCE = "customresourcedefinitions.apiextensions.k8s.io"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_AGE = Column("Age", "date", ".metadata.creationTimestamp", description="CreationTimestamp of the object.")

_interned: dict[bytes, tuple[Resource, ...]] = {}


def resources_of(definition: dict[str, Any]) -> tuple[Resource, ...]:
    """The served versions of a definition. Equal specs give the same resources, whatever cluster they come from."""
    spec = definition["spec"]
    digest = hashlib.blake2b(orjson.dumps(spec, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
    found = _interned.get(digest)
    if found is None:
        found = tuple(_resource(spec, version) for version in spec["versions"] if version.get("served"))
        _interned[digest] = found
    return found


def _resource(spec: dict[str, Any], version: dict[str, Any]) -> Resource:
    names = spec["names"]
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or {"type": "object"}
    scale = (version.get("subresources") or {}).get("scale")
    columns = tuple(_column(column) for column in version.get("additionalPrinterColumns") or ())
    return Resource(
        group=spec["group"],
        version=version["name"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        kind=names["kind"],
        namespaced=spec.get("scope") == "Namespaced",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=_subresources(spec, version),
        columns=columns or (_AGE,),
        schema=structural_node(schema),
        custom=True,
        has_generation=True,
        selectable_fields=tuple(f["jsonPath"].lstrip(".") for f in version.get("selectableFields") or ()),
        scale=ScalePaths(scale["specReplicasPath"], scale["statusReplicasPath"], scale.get("labelSelectorPath", ""))
        if scale
        else None,
        cel=b'"x-kubernetes-validations"' in orjson.dumps(schema),
        deprecation=_deprecation(spec, version),
    )


def _deprecation(spec: dict[str, Any], version: dict[str, Any]) -> str:
    """What clients of a deprecated version are told; the preferred version is named where it is a better one."""
    if not version.get("deprecated"):
        return ""
    group, kind, name = spec["group"], spec["names"]["kind"], version["name"]
    served = [v["name"] for v in spec["versions"] if v.get("served") and not v.get("deprecated")]
    best = max(served, key=version_rank, default=name)
    advice = f"; use {group}/{best} {kind}" if version_rank(best) > version_rank(name) else ""
    return version.get("deprecationWarning") or f"{group}/{name} {kind} is deprecated{advice}"


def _column(column: dict[str, Any]) -> Column:
    return Column(
        column["name"],
        column["type"],
        column["jsonPath"],
        column.get("format", ""),
        column.get("description", ""),
        column.get("priority", 0),
    )


def _subresources(spec: dict[str, Any], version: dict[str, Any]) -> tuple[Subresource, ...]:
    wanted = version.get("subresources") or {}
    verbs = ("get", "patch", "update")
    found = []
    if wanted.get("status") is not None:
        found.append(Subresource("status", spec["group"], version["name"], spec["names"]["kind"], verbs))
    if wanted.get("scale"):
        found.append(Subresource("scale", "autoscaling", "v1", "Scale", verbs))
    return tuple(found)


def condition(kind: str, status: str, reason: str, message: str, now: str) -> dict[str, Any]:
    """One entry of `status.conditions`."""
    return {"type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message}


def set_condition(obj: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Put a condition into the status, in place; its time stays where the status value stays. True on a change."""
    conditions = obj.setdefault("status", {}).setdefault("conditions", []) or []
    obj["status"]["conditions"] = conditions
    for index, known in enumerate(conditions):
        if known["type"] == wanted["type"]:
            if known["status"] == wanted["status"]:
                wanted = {**wanted, "lastTransitionTime": known["lastTransitionTime"]}
            conditions[index] = wanted
            return bool(known != wanted)
    conditions.append(wanted)
    return True


def is_true(obj: dict[str, Any], kind: str) -> bool:
    """True if the condition is there and True."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def _judge_names(names: dict[str, Any], taken: set[str], kinds: set[str]) -> tuple[dict[str, Any], str, str]:
    """The names that are free, and reason and text of the last conflict."""
    accepted: dict[str, Any] = {"plural": "", "kind": ""}
    reason = text = ""
    for key, why, held in (
        ("plural", "PluralConflict", taken),
        ("singular", "SingularConflict", taken),
        ("shortNames", "ShortNamesConflict", taken),
        ("kind", "KindConflict", kinds),
        ("listKind", "ListKindConflict", kinds),
    ):
        given = names.get(key)
        clashes = [word for word in ([given] if isinstance(given, str) else given or []) if word in held]
        if clashes:
            reason, text = why, ", ".join(f'"{word}" is already in use' for word in clashes)
        elif given:
            accepted[key] = given
    return accepted, reason, text


def accept_names(obj: dict[str, Any], taken: set[str], kinds: set[str], now: str) -> bool:
    """Judge the names of a definition, in place: NamesAccepted and acceptedNames. True on a change.

    `taken` are the words and `kinds` the kinds that other definitions of the group hold.
    """
    before = orjson.dumps(obj.get("status") or {})
    accepted, reason, text = _judge_names(obj["spec"]["names"], taken, kinds)
    if reason:
        obj.setdefault("status", {})["acceptedNames"] = accepted
        set_condition(obj, condition("NamesAccepted", "False", reason, text, now))
        set_condition(
            obj,
            condition("Established", "False", "NotAccepted", "not all names are accepted", now),
        )
    else:
        spec_names = obj["spec"]["names"]
        obj.setdefault("status", {})["acceptedNames"] = dict(spec_names)
        set_condition(obj, condition("NamesAccepted", "True", "NoConflicts", "no conflicts found", now))
        if not is_true(obj, "Established"):
            text = "the initial names have been accepted"
            set_condition(obj, condition("Established", "False", "Installing", text, now))
    return orjson.dumps(obj["status"]) != before


def establish(obj: dict[str, Any], now: str) -> None:
    """Let a definition be served, in place."""
    text = "the initial names have been accepted"
    set_condition(obj, condition("Established", "True", "InitialNamesAccepted", text, now))


def mark_terminating(obj: dict[str, Any], now: str) -> None:
    """Say, in place, that the instances are being deleted."""
    text = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    set_condition(obj, condition("Terminating", "True", "InstanceDeletionPending", text, now))


def validate_definition(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a definition beyond its types."""
    spec = obj.get("spec") or {}
    names, group = spec.get("names") or {}, spec.get("group") or ""
    name, faults = obj["metadata"].get("name", ""), []
    required = f"{names.get('plural', '')}.{group}"
    if name != required:
        text = f'metadata.name: Invalid value: "{name}": must be spec.names.plural+"."+spec.group'
        faults.append(FieldError("Invalid", "metadata.name", text))
    if not group:
        faults.append(FieldError("Required", "spec.group", "spec.group: Required value"))
    elif "." not in group:
        text = f'spec.group: Invalid value: "{group}": should be a domain with at least one dot'
        faults.append(FieldError("Invalid", "spec.group", text))
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        given = spec.get("scope", "")
        text = f'spec.scope: Unsupported value: "{given}": supported values: "Cluster", "Namespaced"'
        kind = "NotSupported" if given else "Required"
        faults.append(FieldError(kind, "spec.scope", text if given else "spec.scope: Required value"))
    versions = spec.get("versions") or []
    faults += _version_faults(versions)
    faults += [
        FieldError("Required", f"spec.names.{key}", f"spec.names.{key}: Required value")
        for key in ("plural", "singular", "kind", "listKind")
        if not names.get(key)
    ]
    if old is None and not any(v.get("storage") for v in versions):
        field = "status.storedVersions"
        text = f"{field}: Invalid value: null: must have at least one stored version"
        faults.append(FieldError("Invalid", field, text))
    return faults + (_immutable_faults(obj, old) if old is not None else [])


_GO_FIELDS = ("deprecationWarning", "schema", "subresources", "additionalPrinterColumns", "selectableFields")


def _as_go(versions: list[dict[str, Any]]) -> str:
    """Versions as errors print them: Go's field names, and what all versions share moved elsewhere."""
    if not versions:
        return "null"
    shown = []
    for version in versions:
        one = {key.capitalize(): version.get(key) or False for key in ("name", "served", "storage", "deprecated")}
        rest = {key: None if version.get(key) == versions[0].get(key) else version.get(key) for key in _GO_FIELDS}
        shown.append(one | {key[0].upper() + key[1:]: value for key, value in rest.items()})
    return orjson.dumps(shown).decode()


def _version_faults(versions: list[dict[str, Any]]) -> list[FieldError]:
    faults = []
    stored = [v for v in versions if v.get("storage")]
    if len(stored) != 1:
        given = _as_go(versions)
        text = f"spec.versions: Invalid value: {given}: must have exactly one version marked as storage version"
        faults.append(FieldError("Invalid", "spec.versions", text))
    if len({v.get("name") for v in versions}) != len(versions):
        text = "spec.versions: Invalid value: [...]: must contain unique version names"
        faults.append(FieldError("Invalid", "spec.versions", text))
    for index, version in enumerate(versions):
        path = f"spec.versions[{index}].schema.openAPIV3Schema"
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if not schema:
            faults.append(FieldError("Required", path, f"{path}: Required value"))
        elif schema.get("type") != "object":
            text = f'{path}.type: Invalid value: "{schema.get("type", "")}": must be object at the root'
            faults.append(FieldError("Invalid", f"{path}.type", text))
        else:
            faults += schema_faults(schema, _schema_path(versions, path))
    return faults


def _schema_path(versions: list[dict[str, Any]], path: str) -> str:
    """Where errors see a schema: one that all versions share stands above them."""
    shared = all(v.get("schema") == versions[0].get("schema") for v in versions)
    return "spec.validation.openAPIV3Schema" if shared else path


def _immutable_faults(obj: dict[str, Any], old: dict[str, Any]) -> list[FieldError]:
    faults: list[FieldError] = []
    spec, before = obj["spec"], old["spec"]
    if not is_true(old, "Established"):
        return faults
    for path, new_value, old_value in (
        ("spec.group", spec.get("group"), before.get("group")),
        ("spec.scope", spec.get("scope"), before.get("scope")),
        ("spec.names.kind", spec["names"].get("kind"), before["names"].get("kind")),
    ):
        if new_value != old_value:
            faults.append(FieldError("Invalid", path, f'{path}: Invalid value: "{new_value}": field is immutable'))
    served = {v["name"] for v in spec.get("versions") or []}
    missing = [v for v in (old.get("status") or {}).get("storedVersions") or [] if v not in served]
    for version in missing:
        text = f'status.storedVersions[0]: Invalid value: "{version}": missing from spec.versions'
        faults.append(FieldError("Invalid", "status.storedVersions[0]", text))
    return faults
