"""Reviews: questions put to the server as objects that are answered and never stored.

Source: Kubernetes, authorization.k8s.io/v1 and authentication.k8s.io/v1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.apiserver.core.call import Call
from lab.apiserver.core.errors import FieldError, bad_request, invalid
from lab.apiserver.core.identity import UserInfo
from lab.apiserver.core.rbac import Authorizer, Question
from lab.apiserver.core.request import Response
from lab.apiserver.core.tokens import TokenIssuer
from lab.apiserver.core.tracking import tracked

AUTHORIZATION = "authorization.k8s.io"
AUTHENTICATION = "authentication.k8s.io"


class Reviews:
    """Answers the reviews of one cluster."""

    def __init__(self, authorizer: Authorizer, tokens: Callable[[], TokenIssuer]) -> None:
        self._authorizer = authorizer
        self._tokens = tokens
        self._answers: dict[str, Callable[[Call, dict[str, Any]], dict[str, Any]]] = {
            f"selfsubjectaccessreviews.{AUTHORIZATION}": self._self_access,
            f"subjectaccessreviews.{AUTHORIZATION}": self._access,
            f"localsubjectaccessreviews.{AUTHORIZATION}": self._local_access,
            f"selfsubjectrulesreviews.{AUTHORIZATION}": self._rules,
            f"selfsubjectreviews.{AUTHENTICATION}": self._who,
            f"tokenreviews.{AUTHENTICATION}": self._token,
        }

    def handles(self, group_resource: str) -> bool:
        """True if POSTs of this resource are reviews."""
        return group_resource in self._answers

    def answer(self, call: Call) -> Response:
        """Answer a POSTed review."""
        obj = call.read_body()
        status = self._answers[call.group_resource](call, obj.get("spec") or {})
        if call.resource.kind == "SelfSubjectRulesReview":
            # The answer to this one does not repeat the question.
            obj = {**obj, "metadata": {}, "spec": {}}
        else:
            obj = tracked(call.resource, None, obj, call.cluster.now(), manager=call.manager)
        obj["status"] = status
        if call.resource.kind == "SelfSubjectReview":
            obj["metadata"] = {"creationTimestamp": call.cluster.now()}
        else:
            obj.setdefault("spec", {})
        return call.reply_document(obj, 201)

    def _decide(self, user: UserInfo, spec: dict[str, Any]) -> dict[str, Any]:
        decision = self._authorizer.decide(_question(user, spec))
        return {"allowed": decision.allowed, **({"reason": decision.reason} if decision.reason else {})}

    def _self_access(self, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
        _refuse(call, _attribute_faults(spec))
        return self._decide(call.user, spec)

    def _access(self, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
        faults = _attribute_faults(spec)
        if not spec.get("user") and not spec.get("groups"):
            text = 'spec.user: Invalid value: "": at least one of user or group must be specified'
            faults.append(FieldError("Invalid", "spec.user", text))
        _refuse(call, faults)
        return self._decide(UserInfo(spec.get("user") or "", tuple(spec.get("groups") or ())), spec)

    def _local_access(self, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
        given = (spec.get("resourceAttributes") or {}).get("namespace") or ""
        if given != call.info.namespace:
            raise bad_request("spec.resourceAttributes.namespace must match namespace")
        return self._access(call, spec)

    def _rules(self, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
        namespace = spec.get("namespace") or ""
        if not namespace:
            raise bad_request("no namespace on request")
        rules = [rule.as_dict() for rule in self._authorizer.rules(call.user, namespace)]
        return {
            "resourceRules": [rule for rule in rules if "nonResourceURLs" not in rule],
            "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
            "incomplete": False,
        }

    def _who(self, call: Call, _: dict[str, Any]) -> dict[str, Any]:
        return {"userInfo": _as_dict(call.user)}

    def _token(self, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
        token = spec.get("token") or ""
        if not token:
            raise bad_request("token is required for TokenReview in authentication")
        audiences = spec.get("audiences") or None
        user = self._tokens().identify(token, audiences)
        if user is None:
            return {"user": {}, "error": "invalid bearer token"}
        return {"authenticated": True, "user": _as_dict(user), "audiences": audiences or [self._tokens().audience]}


def _question(user: UserInfo, spec: dict[str, Any]) -> Question:
    path = spec.get("nonResourceAttributes")
    if path:
        return Question(user, path.get("verb") or "", path=path.get("path") or "/")
    wanted = spec["resourceAttributes"]
    return Question(
        user,
        wanted.get("verb") or "",
        wanted.get("group") or "",
        wanted.get("resource") or "",
        wanted.get("subresource") or "",
        wanted.get("namespace") or "",
        wanted.get("name") or "",
    )


def _attribute_faults(spec: dict[str, Any]) -> list[FieldError]:
    """A review asks about a resource or about a path, never about both or neither."""
    if bool(spec.get("resourceAttributes")) != bool(spec.get("nonResourceAttributes")):
        return []
    if spec.get("resourceAttributes"):
        field, why = "spec.nonResourceAttributes", "cannot be specified in combination with resourceAttributes"
    else:
        field = "spec.resourceAttributes"
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
    return [FieldError("Invalid", field, f"{field}: Invalid value: null: {why}")]


def _refuse(call: Call, faults: list[FieldError]) -> None:
    if faults:
        raise invalid(call.resource.group, "", "", faults)


def _as_dict(user: UserInfo) -> dict[str, Any]:
    found = {
        "username": user.username,
        "uid": user.uid,
        "groups": list(user.groups),
        "extra": {key: list(values) for key, values in user.extra},
    }
    return {key: value for key, value in found.items() if value}
