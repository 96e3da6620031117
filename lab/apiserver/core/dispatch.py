"""From a request that may go on to the verb that answers it."""

from __future__ import annotations

from collections.abc import Callable

from lab.apiserver.core.call import Call, read_write_options
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.documents import page_not_found
from lab.apiserver.core.errors import ApiError, method_not_allowed, unknown_resource
from lab.apiserver.core.identity import UserInfo
from lab.apiserver.core.negotiation import negotiate
from lab.apiserver.core.request import Request, Response, WatchHandle
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.routes import RequestInfo
from lab.apiserver.core.tokens import TokenIssuer
from lab.apiserver.core.verbs import delete, read, subresources, virtual, write
from lab.apiserver.core.verbs.reviews import Reviews
from lab.apiserver.core.virtual import Projection

_WRITES = ("create", "update", "patch", "delete", "deletecollection")


async def dispatch(
    cluster: Cluster,
    user: UserInfo,
    request: Request,
    info: RequestInfo,
    reviews: Reviews,
    tokens: Callable[[], TokenIssuer],
) -> Response | WatchHandle:
    """Answer a request for a resource. Raises ApiError."""
    resource = cluster.registry.find(info.group, info.version, info.resource)
    if resource is None:
        # Groups that are built in answer for versions that they do not have; others leave that to the router.
        registry = cluster.registry
        if not registry.has_version(info.group, info.version) and not registry.is_builtin_group(info.group):
            return page_not_found()
        raise unknown_resource()
    _check_scope(resource, info)
    call = Call(cluster, request, info, resource, user, negotiate(request.headers.get("accept", "")))
    if resource.deprecation:
        call.warnings.append(resource.deprecation)
    try:
        return await _answer(call, reviews, tokens)
    except ApiError as refusal:
        refusal.warnings = tuple(call.warnings)
        raise


async def _answer(call: Call, reviews: Reviews, tokens: Callable[[], TokenIssuer]) -> Response | WatchHandle:
    request, info = call.request, call.info
    if info.verb in _WRITES:
        call.dry_run = read_write_options(request)
    projection = call.cluster.projections.get(call.group_resource)
    if info.subresource:
        return await subresources.answer(call, projection, tokens)
    if info.verb not in call.resource.verbs:
        raise method_not_allowed()
    if reviews.handles(call.group_resource):
        return reviews.answer(call)
    if info.verb in ("create", "deletecollection") and info.name and not _selected(request):
        raise method_not_allowed()
    if info.verb in ("update", "patch", "delete") and not info.name:
        raise method_not_allowed()
    if projection is not None and info.verb in _WRITES:
        return await _virtual(call, projection)
    return await _stored(call)


def _selected(request: Request) -> bool:
    return bool(request.param("fieldSelector"))


def _check_scope(resource: Resource, info: RequestInfo) -> None:
    """A namespaced object needs a namespace in its path, a cluster-wide one must not have one."""
    if not resource.namespaced and info.namespace_in_path:
        raise unknown_resource()
    one = info.verb in ("get", "create", "update", "patch", "delete")
    if resource.namespaced and not info.namespace and one:
        raise method_not_allowed() if info.verb == "create" else unknown_resource()


async def _stored(call: Call) -> Response | WatchHandle:
    verb = call.info.verb
    if verb == "get":
        return read.get(call)
    if verb == "list":
        return await read.list_(call)
    if verb == "watch":
        return read.watch(call)
    if verb == "create":
        return write.create(call)
    if verb == "update":
        return write.update(call)
    if verb == "patch":
        return write.patch(call)
    return delete.delete(call) if verb == "delete" else delete.delete_collection(call)


async def _virtual(call: Call, projection: Projection) -> Response:
    verb = call.info.verb
    if verb == "create":
        return await virtual.create(call, projection)
    if verb == "update":
        return await virtual.update(call, projection)
    if verb == "patch":
        return await virtual.patch(call, projection)
    if verb == "delete":
        return await virtual.delete(call, projection)
    return await virtual.delete_collection(call, projection)
