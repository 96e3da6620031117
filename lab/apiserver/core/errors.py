"""Refusals of the API, as data: each becomes a `Status` object with the code Kubernetes gives.

Texts follow k8s.io/apimachinery `api/errors`; clients match on `reason` and `details`, people read `message`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cause:
    """One field's fault: `reason` such as FieldValueInvalid, the full message, and the field's path."""

    reason: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class FieldError:
    """A validation fault before it is a cause: `kind` is the k8s.io/apimachinery field.ErrorType name.

    `kind` is one of Required, Invalid, NotSupported, Forbidden, Duplicate, TooLong, TooMany, TypeInvalid, NotFound.
    `message` is the complete text including the path, e.g. `metadata.name: Required value: name is required`.
    """

    kind: str
    field: str
    message: str

    def cause(self) -> Cause:
        """The cause as it stands in `details.causes`; its message drops the leading path."""
        text = self.message.removeprefix(f"{self.field}: ") if self.field else self.message
        return Cause(f"FieldValue{self.kind}", text, self.field)


class ApiError(Exception):
    """A refusal with an HTTP status. `details` members that are empty are left out of the reply."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        group: str = "",
        kind: str = "",
        name: str = "",
        uid: str = "",
        causes: Sequence[Cause] = (),
        retry_after: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.group = group
        self.kind = kind
        self.name = name
        self.uid = uid
        self.causes = tuple(causes)
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        self.continue_token = ""
        """Where a client may go on after a list has expired: stands in the Status' metadata."""
        self.warnings: tuple[str, ...] = ()
        """What the client is told beside the refusal, one `Warning` header each."""
        self.generic = False
        """True for refusals of the router, whose details are there but empty."""

    def status(self) -> dict[str, Any]:
        """The `Status` object of the reply (Kubernetes, meta/v1 Status)."""
        details: dict[str, Any] = {}
        for key in ("name", "group", "kind", "uid"):
            if getattr(self, key):
                details[key] = getattr(self, key)
        if self.causes:
            details["causes"] = [
                {k: v for k, v in (("reason", c.reason), ("message", c.message), ("field", c.field)) if v}
                for c in self.causes
            ]
        if self.retry_after:
            details["retryAfterSeconds"] = self.retry_after
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_token} if self.continue_token else {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if details or self.generic:
            status["details"] = details
        status["code"] = self.code
        return status


def not_found(group_resource: str, name: str) -> ApiError:
    """404 for one object of a known resource; `group_resource` such as `deployments.apps`."""
    plural, _, group = group_resource.partition(".")
    return ApiError(404, "NotFound", f'{group_resource} "{name}" not found', group=group, kind=plural, name=name)


def already_exists(group_resource: str, name: str) -> ApiError:
    """409 on create."""
    plural, _, group = group_resource.partition(".")
    return ApiError(
        409, "AlreadyExists", f'{group_resource} "{name}" already exists', group=group, kind=plural, name=name
    )


def conflict(group_resource: str, name: str, why: str) -> ApiError:
    """409 on a stale resourceVersion, uid or another precondition."""
    plural, _, group = group_resource.partition(".")
    message = f'Operation cannot be fulfilled on {group_resource} "{name}": {why}'
    return ApiError(409, "Conflict", message, group=group, kind=plural, name=name)


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def invalid(group: str, kind: str, name: str, errors: Sequence[FieldError]) -> ApiError:
    """422 with one cause per field; `kind` is the object's Kind."""
    texts = list(dict.fromkeys(e.message for e in errors))
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    qualified = f"{kind}.{group}" if group else kind
    message = f'{qualified} "{name}" is invalid: {listed}'
    return ApiError(422, "Invalid", message, group=group, kind=kind, name=name, causes=[e.cause() for e in errors])


def forbidden(group_resource: str, name: str, why: str) -> ApiError:
    """403; `why` is the sentence behind the colon."""
    plural, _, group = group_resource.partition(".")
    shown = f' "{name}"' if name else ""
    message = f"{group_resource}{shown} is forbidden: {why}"
    return ApiError(403, "Forbidden", message, group=group, kind=plural, name=name)


def unauthorized() -> ApiError:
    """401: nobody known here."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    """405."""
    return _generic(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def unknown_resource() -> ApiError:
    """404 for a resource that a served group version does not have."""
    return _generic(404, "NotFound", "the server could not find the requested resource")


def _generic(code: int, reason: str, message: str) -> ApiError:
    refusal = ApiError(code, reason, message)
    refusal.generic = True
    return refusal


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    """415 with the media types that the endpoint reads."""
    return ApiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted),
    )


def too_large_resource_version(requested: int, current: int) -> ApiError:
    """504 for a revision that the cluster has not reached."""
    return ApiError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {requested}, current: {current}",
        causes=[Cause("ResourceVersionTooLarge", "Too large resource version")],
        retry_after=1,
    )


def delete_precondition_failed(group: str, kind: str, name: str, why: str) -> ApiError:
    """409 where a deletion names another uid or resourceVersion; it speaks of the Kind (rest.BeforeDelete)."""
    return conflict(f"{kind}.{group}" if group else kind, name, why)


def precondition_failed(group_resource: str, where: str, what: str, wanted: str, found: str) -> ApiError:
    """409 where the uid or resourceVersion in a precondition is not that of the object at `where` (NAMESPACE/NAME)."""
    plural, _, group = group_resource.partition(".")
    why = (
        f"StorageError: invalid object, Code: 4, Key: /registry/{group + '/' if group else ''}{plural}/{where}, "
        f"ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: {what} in precondition: {wanted}, "
        f"{what} in object meta: {found}"
    )
    return conflict(group_resource, where.rpartition("/")[2], why)
