"""One request on its way through the server: everything a verb needs to know."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from lab.apiserver.core.admission import RequestAttributes
from lab.apiserver.core.body import duplicate_fields, read, strict_error
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.errors import ApiError, FieldError, bad_request, invalid
from lab.apiserver.core.identity import UserInfo
from lab.apiserver.core.negotiation import Wanted
from lab.apiserver.core.rendering import Rendering
from lab.apiserver.core.request import Request, Response
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.routes import RequestInfo
from lab.apiserver.core.store import Entry, Key

_LONGEST_MANAGER = 128


@dataclass(slots=True)
class Call:
    """A request with its cluster, its meaning, its resource and its caller."""

    cluster: Cluster
    request: Request
    info: RequestInfo
    resource: Resource
    user: UserInfo
    wanted: Wanted = field(default_factory=Wanted)
    warnings: list[str] = field(default_factory=list)
    dry_run: bool = False

    @property
    def key(self) -> Key:
        """The key of the object that the path names."""
        return (self.info.namespace if self.resource.namespaced else "", self.info.name)

    @property
    def group_resource(self) -> str:
        """The storage name of the resource."""
        return self.resource.group_resource

    @property
    def manager(self) -> str:
        """The field manager: the parameter, or the User-Agent up to the first slash."""
        given = self.request.param("fieldManager")
        if given:
            return given
        agent = self.request.headers.get("user-agent", "").partition("/")[0]
        return agent[:_LONGEST_MANAGER] or "unknown"

    def rendering(self) -> Rendering:
        """How this request wants to be answered."""
        return Rendering(self.resource, self.wanted, self.request.param("includeObject"), self.cluster.clock)

    def attributes(self, operation: str, name: str = "") -> RequestAttributes:
        """The facts that admission functions judge by."""
        return RequestAttributes(
            operation=operation,
            user=self.user,
            group=self.resource.group,
            version=self.resource.version,
            resource=self.resource.plural,
            kind=self.resource.kind,
            subresource=self.info.subresource,
            namespace=self.info.namespace,
            name=name or self.info.name,
            dry_run=self.dry_run,
        )

    def admit(
        self, operation: str, obj: dict[str, Any] | None, old: dict[str, Any] | None, name: str = ""
    ) -> dict[str, Any] | None:
        """Let the cluster's admission functions look at a write; collects their warnings."""
        attributes = self.attributes(operation, name)
        for admission in (*self.cluster.guards, *self.cluster.admission):
            obj, warnings = admission(attributes, obj, old)
            self.warnings.extend(warnings)
        return obj

    @property
    def field_validation(self) -> str:
        """Strict, Warn (the default) or Ignore. Raises ApiError 422 for anything else."""
        return self.request.param("fieldValidation") or "Warn"

    def read_body(self, kind: str = "", api_version: str = "") -> dict[str, Any]:
        """The body as an object of the resource, or of another kind for a subresource; type meta is checked."""
        kind, api_version = kind or self.resource.kind, api_version or self.resource.api_version
        content_type = self.request.headers.get("content-type", "")
        obj = read(self.request.body, content_type, kind)
        obj.setdefault("apiVersion", api_version)
        obj.setdefault("kind", kind)
        if self.resource.custom and obj["apiVersion"] == api_version and obj["kind"] != kind:
            raise self._wrong_custom_kind(obj, kind)
        check_type_meta(obj, kind, api_version)
        if not isinstance(obj.get("metadata"), dict):
            obj["metadata"] = {}
        if self.field_validation != "Ignore":
            duplicates = duplicate_fields(self.request.body, content_type) if b'"' in self.request.body else []
            self.complain(duplicates)
        return obj

    def _wrong_custom_kind(self, obj: dict[str, Any], kind: str) -> ApiError:
        """Custom kinds are not decoded into types, so their own validation finds this."""
        given, name = str(obj["kind"]), (obj.get("metadata") or {}).get("name") or ""
        text = f'kind: Invalid value: "{given}": must be {kind}'
        return invalid(self.resource.group, given, name, [FieldError("Invalid", "kind", text)])

    def complain(self, faults: list[str]) -> None:
        """Refuse unknown or repeated fields under strict validation, warn of them by default."""
        if not faults:
            return
        mode = self.field_validation
        if mode == "Strict":
            raise strict_error(self.resource.kind, self.resource.version, faults)
        if mode == "Warn":
            self.warnings.extend(faults)

    def reply(self, entry: Entry, status: int = 200) -> Response:
        """The stored object as a reply."""
        rendering = self.rendering()
        return Response(status, rendering.object(entry), rendering.content_type, warnings=tuple(self.warnings))

    def reply_document(self, obj: dict[str, Any], status: int = 200) -> Response:
        """An object that is not stored as a reply."""
        rendering = self.rendering()
        return Response(status, rendering.document(obj), rendering.content_type, warnings=tuple(self.warnings))


def _internal(api_version: str) -> str:
    """The name of a group's internal Go package, as errors show it: `core`, `apps`, `rbac`."""
    return api_version.rpartition("/")[0].partition(".")[0] or "core"


def check_type_meta(obj: dict[str, Any], kind: str, api_version: str) -> None:
    """400 where the body holds another kind or version than the path says."""
    if obj["apiVersion"] != api_version:
        if obj["kind"] == kind and "." not in api_version:
            raise bad_request(
                f'{kind} in version "{obj["apiVersion"]}" cannot be handled as a {kind}: no kind "{kind}" is '
                f'registered for version "{obj["apiVersion"]}" in scheme "pkg/runtime/scheme.go:110"'
            )
        raise bad_request(
            f"the API version in the data ({obj['apiVersion']}) does not match the expected API version ({api_version})"
        )
    if obj["kind"] != kind:
        given, version = obj["kind"], str(obj["apiVersion"]).rpartition("/")[2]
        raise bad_request(
            f'{given} in version "{version}" cannot be handled as a {kind}: '
            f"converting ({version}.{given}) to ({_internal(api_version)}.{kind}): unknown conversion"
        )


def read_write_options(request: Request) -> bool:
    """Check the parameters that every write has; returns whether it is a dry run. Raises ApiError 422."""
    faults = []
    dry_run = request.params("dryRun")
    if any(value != "All" for value in dry_run):
        text = f'dryRun: Unsupported value: {json.dumps(dry_run)}: supported values: "All"'
        faults.append(FieldError("NotSupported", "dryRun", text))
    mode = request.param("fieldValidation")
    if mode not in ("", "Strict", "Warn", "Ignore"):
        text = f'fieldValidation: Unsupported value: "{mode}": supported values: "", "Ignore", "Strict", "Warn"'
        faults.append(FieldError("NotSupported", "fieldValidation", text))
    if len(request.param("fieldManager")) > _LONGEST_MANAGER:
        text = f"fieldManager: Too long: may not be more than {_LONGEST_MANAGER} bytes"
        faults.append(FieldError("TooLong", "fieldManager", text))
    if faults:
        kind = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}.get(
            request.method, "DeleteOptions"
        )
        raise invalid("meta.k8s.io", kind, "", faults)
    return bool(dry_run)
