"""Subresources: status and its like, scale, token, eviction, binding, log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lab.apiserver.core import writing
from lab.apiserver.core.call import Call
from lab.apiserver.core.deletion import request_deletion
from lab.apiserver.core.encoding import encode
from lab.apiserver.core.errors import ApiError, bad_request, method_not_allowed, not_found, unknown_resource
from lab.apiserver.core.log_stream import LogStream
from lab.apiserver.core.request import Response, WatchHandle
from lab.apiserver.core.resource import Subresource
from lab.apiserver.core.tokens import TokenIssuer
from lab.apiserver.core.verbs import scale, virtual, write
from lab.apiserver.core.virtual import Projection


async def answer(
    call: Call, projection: Projection | None, tokens: Callable[[], TokenIssuer]
) -> Response | WatchHandle:
    """Answer a request for a subresource. Raises ApiError."""
    sub = call.resource.subresource(call.info.subresource)
    if sub is None:
        raise unknown_resource()
    if call.info.verb not in sub.verbs:
        raise method_not_allowed()
    if projection is not None:
        return await _virtual(call, projection)
    special = (call.group_resource, sub.name)
    if special == ("pods", "log"):
        return await _log(call)
    if sub.name == "scale":
        return scale.answer(call)
    if special == ("serviceaccounts", "token"):
        return tokens().answer(call)
    if special == ("pods", "eviction"):
        return _evict(call)
    if special == ("pods", "binding"):
        return _bind(call)
    if sub.name in ("exec", "attach", "portforward", "proxy"):
        raise bad_request(f"{sub.name} is not possible: containers are simulated here, no process runs in them")
    return _part_of_object(call, sub)


async def _virtual(call: Call, projection: Projection) -> Response:
    if call.info.verb == "get":
        entry, _ = writing.current(call)
        return call.reply(entry)
    if call.info.verb == "update":
        return await virtual.update(call, projection)
    if call.info.verb == "patch":
        return await virtual.patch(call, projection)
    raise method_not_allowed()


def _part_of_object(call: Call, sub: Subresource) -> Response:
    """status, finalize, approval, resize: the body is the whole object, only its part is taken."""
    if call.info.verb == "get":
        entry, _ = writing.current(call)
        return call.reply(entry)
    if sub.kind != call.resource.kind:
        raise method_not_allowed()
    return write.update(call) if call.info.verb == "update" else write.patch(call)


def _evict(call: Call) -> Response:
    """POST of an Eviction: the pod is deleted (no disruption budget is kept: nothing is disrupted here)."""
    entry, obj = writing.current(call)
    body = call.read_body("Eviction", "policy/v1")
    options = body.get("deleteOptions") or {}
    uid = (options.get("preconditions") or {}).get("uid")
    if uid and uid != entry.uid:
        raise ApiError(409, "Conflict", f"the UID in the precondition ({uid}) does not match the UID in record")
    call.admit("DELETE", None, obj)
    policy = options.get("propagationPolicy") or ""
    dry_run = call.dry_run or bool(options.get("dryRun"))
    request_deletion(call.cluster, call.resource, call.key, policy, dry_run=dry_run)
    return _success(201)


def _bind(call: Call) -> Response:
    """POST of a Binding: the pod gets its node."""
    body = call.read_body("Binding", "v1")
    node = (body.get("target") or {}).get("name") or ""
    if not node:
        raise bad_request("target.name: Required value")
    _, old = writing.current(call)
    if old["spec"].get("nodeName"):
        raise ApiError(
            409,
            "Conflict",
            f'Operation cannot be fulfilled on pods/binding "{call.info.name}": pod {call.info.name} is already '
            f'assigned to node "{old["spec"]["nodeName"]}"',
        )
    new = {**old, "spec": {**old["spec"], "nodeName": node}}
    if not call.dry_run:
        call.cluster.put(call.group_resource, call.key, new)
    return _success(201)


def _success(code: int) -> Response:
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}
    return Response(code, encode(status))


async def _log(call: Call) -> WatchHandle:
    """GET of a pod's log, from the source that the cluster has."""
    _, pod = writing.current(call)
    container = _container(call, pod)
    source = call.cluster.log_source
    if source is None:
        raise not_found("pods/log", call.info.name)
    query = call.request
    tail = query.param("tailLines")
    seconds, moment = query.param("sinceSeconds"), query.param("sinceTime")
    since = None
    if seconds:
        since = call.cluster.clock.now() - timedelta(seconds=int(seconds))
    elif moment:
        since = _moment(moment)
    lines = source.read(
        call.info.namespace,
        call.info.name,
        container,
        tail=int(tail) if tail else None,
        since=since,
        previous=query.flag("previous"),
        follow=query.flag("follow"),
        timestamps=query.flag("timestamps"),
    )
    limit = query.param("limitBytes")
    stream = LogStream(lines, int(limit) if limit else None)
    await stream.check()
    return stream


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as fault:
        raise bad_request(f'parsing time "{text}": {fault}') from None


def _container(call: Call, pod: dict[str, Any]) -> str:
    spec = pod.get("spec") or {}
    names = [c["name"] for c in spec.get("containers") or []]
    every = names + [c["name"] for c in spec.get("initContainers") or []]
    wanted = call.request.param("container")
    if wanted:
        if wanted not in every:
            raise bad_request(f"container {wanted} is not valid for pod {call.info.name}")
        return wanted
    if len(names) > 1:
        chosen = (pod["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container")
        if chosen in names:
            return str(chosen)
        raise bad_request(
            f"a container name must be specified for pod {call.info.name}, choose one of: [{' '.join(names)}]"
        )
    return names[0] if names else ""
