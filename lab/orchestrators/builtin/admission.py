"""What is said, or refused, when people write a PackageVariant or a ClusterContext.

The seed's spellings are taken and the difference from upstream is said once, when it first appears; a strict lab
refuses instead, so that what passes here passes upstream. A ClusterContext never holds a way to reach a cluster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lab.apiserver.core import field_errors
from lab.apiserver.core.admission import RequestAttributes
from lab.apiserver.core.errors import ApiError, FieldError, invalid
from lab.orchestrators.builtin.variant_spec import setters_function, setters_of

Object = Mapping[str, Any]
Verdict = tuple[Sequence[str], ApiError | None]
"""Sentences to warn with, and the refusal if there is one."""

_VARIANT = ("config.porch.kpt.dev", "PackageVariant")
_CONTEXT = ("infra.nephio.org", "ClusterContext")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_LAB_FIELDS = ("clusterName", "cnis", "provider", "networks")
_WHY = (
    "LAB103: a ClusterContext is metadata for rendering and holds no way to reach a cluster; the management cluster "
    "never connects to a workload cluster, which pulls from Git by itself"
)

_NAME_PARTS = ("kubeconfig", "token", "password", "certificate", "credential", "privatekey", "clientkey", "apiserver")
_NAMES = frozenset(
    ("server", "endpoint", "endpoints", "url", "uri", "address", "host", "username", "secret", "secretref")
)
_SECRET_NAMES = frozenset(
    ("secretname", "cert", "certs", "ca", "cadata", "cacert", "cabundle", "tls", "key", "keydata", "bearer", "auth")
)
_VALUES = (
    ("a URL", re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")),
    ("a certificate or key", re.compile(r"-----BEGIN |LS0tLS1CRUdJTi")),
    ("a token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.|^Bearer\s|\b(?:ghp|gho|glpat)[_-]\w{16,}")),
    ("a kubeconfig", re.compile(r"^\s*kind:\s*Config\s*$|certificate-authority-data|current-context", re.MULTILINE)),
    ("an address with a port", re.compile(r"^\s*(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{2,5}\s*$")),
)


def admission(obj: Object, old: Object | None, *, strict: bool = False) -> Verdict:
    """Judge a PackageVariant or ClusterContext that is about to be stored; anything else passes.

    `old` is the stored object on an update. A difference from upstream is warned of when it was not there before.
    """
    group = str(obj.get("apiVersion") or "").rpartition("/")[0]
    kind = str(obj.get("kind") or "")
    if (group, kind) == _VARIANT:
        return _variant(obj, old, strict)
    if (group, kind) == _CONTEXT:
        return _context(obj, old, strict)
    return (), None


def api_admission(
    *, strict: bool
) -> Callable[
    [RequestAttributes, dict[str, Any] | None, dict[str, Any] | None], tuple[dict[str, Any] | None, Sequence[str]]
]:
    """`admission` in the shape of the API server's admission functions. It raises ApiError to refuse."""

    def judge(
        attributes: RequestAttributes, obj: dict[str, Any] | None, old: dict[str, Any] | None
    ) -> tuple[dict[str, Any] | None, Sequence[str]]:
        if obj is None or attributes.subresource or (attributes.group, attributes.kind) not in (_VARIANT, _CONTEXT):
            return obj, ()
        named = {"apiVersion": f"{attributes.group}/{attributes.version}", "kind": attributes.kind, **obj}
        warnings, refusal = admission(named, old, strict=strict)
        if refusal is not None:
            raise refusal
        return obj, warnings

    return judge


# -- PackageVariant ----------------------------------------------------------------------------------------------


def _variant(obj: Object, old: Object | None, strict: bool) -> Verdict:
    setters = setters_of(_map(obj.get("spec")))
    if not setters:
        return (), None
    function = json.dumps(setters_function(setters), ensure_ascii=False)
    text = (
        "LAB206: spec.setters is the lab's short form; upstream takes the same values as spec.pipeline.mutators: "
        f"[{function}]"
    )
    if strict:
        return (), _refusal(_VARIANT, obj, [field_errors.forbidden("spec.setters", text)])
    known = setters_of(_map(_map(old).get("spec"))) if old is not None else {}
    return ((text,) if setters != known else ()), None


# -- ClusterContext ----------------------------------------------------------------------------------------------


def _context(obj: Object, old: Object | None, strict: bool) -> Verdict:
    if faults := list(connections_in(obj)):
        return (), _refusal(_CONTEXT, obj, faults)
    spec, before = _map(obj.get("spec")), _map(_map(old).get("spec"))
    short = [field for field in _LAB_FIELDS if spec.get(field) not in (None, [], {}, "")]
    if not short:
        return (), None
    shown = ", ".join(f"spec.{field}" for field in short)
    text = (
        f"LAB102: {shown}: taken, but upstream's ClusterContext has siteCode and cniConfig only; clusterName and cnis "
        "belong to WorkloadCluster, the others to neither"
    )
    if strict:
        return (), _refusal(_CONTEXT, obj, [field_errors.forbidden(f"spec.{field}", text) for field in short])
    new = [field for field in short if before.get(field) in (None, [], {}, "")]
    return ((text,) if new else ()), None


def connections_in(obj: Object) -> Iterator[FieldError]:
    """Every field of a ClusterContext by whose name or value one could reach a cluster.

    What the definition does not know is dropped before it is stored, so what kubectl remembers of the file is read too.
    """
    seen: set[str] = set()
    metadata = _map(obj.get("metadata"))
    annotations = dict(_map(metadata.get("annotations")))
    applied = annotations.pop(_LAST_APPLIED, None)
    places: list[tuple[str, object]] = [
        ("metadata.labels", metadata.get("labels")),
        ("metadata.annotations", annotations),
        *((key, value) for key, value in obj.items() if key not in ("metadata", "status", "apiVersion", "kind")),
    ]
    if isinstance(applied, str):
        places += _applied(applied)
    for path, value in places:
        for fault in _connections(path, value):
            if fault.field not in seen:
                seen.add(fault.field)
                yield fault


def _applied(text: str) -> list[tuple[str, object]]:
    try:
        remembered = json.loads(text)
    except ValueError:
        return []
    return [(key, value) for key, value in _map(remembered).items() if key not in ("metadata", "status")]


def _connections(path: str, value: object) -> Iterator[FieldError]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            below = f"{path}.{key}"
            if _is_connection(str(key)) and item not in (None, "", [], {}):
                yield field_errors.forbidden(below, _WHY)
            else:
                yield from _connections(below, item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _connections(f"{path}[{number}]", item)
    elif isinstance(value, str):
        for what, pattern in _VALUES:
            if pattern.search(value):
                yield field_errors.forbidden(path, f"holds {what}. {_WHY}")
                return


def _is_connection(name: str) -> bool:
    plain = re.sub(r"[^a-z]", "", name.rpartition("/")[2].lower())
    return plain in _NAMES or plain in _SECRET_NAMES or any(part in plain for part in _NAME_PARTS)


def _refusal(kind: tuple[str, str], obj: Object, faults: list[FieldError]) -> ApiError:
    return invalid(kind[0], kind[1], str(_map(obj.get("metadata")).get("name") or ""), faults)


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
