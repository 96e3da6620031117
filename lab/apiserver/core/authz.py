"""Authorization of requests, and impersonation."""

from __future__ import annotations

from urllib.parse import unquote

from lab.apiserver.core.errors import ApiError, bad_request
from lab.apiserver.core.identity import AUTHENTICATED, Identity, UserInfo
from lab.apiserver.core.rbac import Authorizer, Question
from lab.apiserver.core.request import Request
from lab.apiserver.core.routes import RequestInfo

_ACCOUNT = "system:serviceaccount:"


def authorize(authorizer: Authorizer, user: UserInfo, info: RequestInfo) -> None:
    """Raise ApiError 403 where the user may not do what the request asks."""
    question = _question(user, info)
    if not authorizer.decide(question).allowed:
        raise refusal(question)


def _question(user: UserInfo, info: RequestInfo) -> Question:
    if not info.is_resource:
        return Question(user, info.verb, path=info.path.rstrip("/") or "/")
    return Question(user, info.verb, info.group, info.resource, info.subresource, info.namespace, info.name)


def refusal(question: Question) -> ApiError:
    """403 with the sentence that Kubernetes has for it."""
    user = question.user.username
    if question.path:
        message = f'forbidden: User "{user}" cannot {question.verb} path "{question.path}"'
        refusal = ApiError(403, "Forbidden", message)
        refusal.generic = True
        return refusal
    where = f'in the namespace "{question.namespace}"' if question.namespace else "at the cluster scope"
    qualified = f"{question.resource}.{question.group}" if question.group else question.resource
    named = f' "{question.name}"' if question.name else ""
    message = (
        f'{qualified}{named} is forbidden: User "{user}" cannot {question.verb} resource "{question.full_resource}" '
        f'in API group "{question.group}" {where}'
    )
    return ApiError(403, "Forbidden", message, group=question.group, kind=question.resource, name=question.name)


def impersonated(authorizer: Authorizer, identity: Identity, request: Request) -> Identity:
    """The identity that the request is to be judged by: the caller's own, or the one it may put on.

    Raises ApiError 403 where the caller may not impersonate, 400 for groups without a user.
    """
    headers = request.headers
    name = headers.get("impersonate-user", "")
    groups = tuple(g for g in headers.get("impersonate-group", "").split("\n") if g)
    uid = headers.get("impersonate-uid", "")
    extra = {
        key.removeprefix("impersonate-extra-"): v for key, v in headers.items() if key.startswith("impersonate-extra-")
    }
    if not name:
        if groups or uid or extra:
            raise bad_request("impersonation of groups, uids or extras was requested without impersonating a user")
        return identity
    for question in _impersonation_questions(identity.user, name, groups, uid, extra):
        if not authorizer.decide(question).allowed:
            raise refusal(question)
    user = UserInfo(name, _effective_groups(name, groups), uid, _extra(extra))
    return Identity(user, identity.issuer)


def _impersonation_questions(
    user: UserInfo, name: str, groups: tuple[str, ...], uid: str, extra: dict[str, str]
) -> list[Question]:
    if name.startswith(_ACCOUNT):
        namespace, _, account = name.removeprefix(_ACCOUNT).partition(":")
        questions = [Question(user, "impersonate", "", "serviceaccounts", namespace=namespace, name=account)]
    else:
        questions = [Question(user, "impersonate", "", "users", name=name)]
    questions += [Question(user, "impersonate", "", "groups", name=group) for group in groups]
    group = "authentication.k8s.io"
    if uid:
        questions.append(Question(user, "impersonate", group, "uids", name=uid))
    for key, values in extra.items():
        for value in values.split("\n"):
            questions.append(Question(user, "impersonate", group, "userextras", unquote(key), name=value))
    return questions


def _effective_groups(name: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    if name.startswith(_ACCOUNT) and not groups:
        namespace = name.removeprefix(_ACCOUNT).partition(":")[0]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    if name == "system:anonymous":
        return groups if "system:unauthenticated" in groups else (*groups, "system:unauthenticated")
    return groups if AUTHENTICATED in groups else (*groups, AUTHENTICATED)


def _extra(extra: dict[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((unquote(key), tuple(values.split("\n"))) for key, values in sorted(extra.items()))
