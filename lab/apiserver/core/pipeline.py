"""The way of a request through one cluster: who asks, may they, what is asked, what is the answer.

Nothing here knows of a transport. Source: Kubernetes, apiserver handler chain.
"""

from __future__ import annotations

import asyncio
import logging

from lab.apiserver.core import authz
from lab.apiserver.core.authn import Authenticator
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.dispatch import dispatch
from lab.apiserver.core.documents import Documents
from lab.apiserver.core.encoding import encode
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.escalation import EscalationGuard
from lab.apiserver.core.faults import Faults
from lab.apiserver.core.identity import Credentials, Identity, UserInfo
from lab.apiserver.core.ledger import Ledger, LedgerEntry
from lab.apiserver.core.limit_ranger import LimitRanger
from lab.apiserver.core.quota_admission import QuotaAdmission
from lab.apiserver.core.rbac import Authorizer
from lab.apiserver.core.request import Request, Response, WatchHandle
from lab.apiserver.core.routes import RequestInfo, parse
from lab.apiserver.core.verbs.reviews import Reviews
from lab.errors.base import LabError

_log = logging.getLogger(__name__)


class Pipeline:
    """Answers the requests of one cluster."""

    def __init__(
        self, cluster: Cluster, authenticator: Authenticator, documents: Documents, ledger: Ledger, faults: Faults
    ) -> None:
        self.cluster = cluster
        self.authenticator = authenticator
        self.authorizer = Authorizer(cluster)
        cluster.guards += [EscalationGuard(self.authorizer), LimitRanger(cluster), QuotaAdmission(cluster)]
        self._reviews = Reviews(self.authorizer, lambda: authenticator.tokens)
        self._documents = documents
        self._ledger = ledger
        self._faults = faults

    async def handle(self, who: Identity | Credentials, request: Request) -> Response | WatchHandle:
        """Answer a request. Only ConnectionError (a fault that was ordered) and cancellation leave this."""
        info = parse(request)
        caller: Identity | None = None
        try:
            caller = self.authenticator.identify(who, request.headers)
            identity = authz.impersonated(self.authorizer, caller, request)
            authz.authorize(self.authorizer, identity.user, info)
            reply = await self._answer(identity.user, request, info)
        except ApiError as refusal:
            reply = refused(refusal, request)
        except ConnectionError:
            raise
        except Exception as bug:
            _log.exception("a bug of the API server: %s %s", request.method, request.path)
            reply = refused(ApiError(500, "InternalError", f"Internal error occurred: {bug}"), request)
        self._note(caller, who, info, reply.status)
        if info.is_resource and self.cluster.journal is not None and isinstance(reply, Response):
            try:
                await self.cluster.journal.flushed()
            except LabError as fault:
                return refused(
                    ApiError(500, "InternalError", f"Internal error occurred: {fault}: {fault.why}"), request
                )
        return reply

    async def _answer(self, user: UserInfo, request: Request, info: RequestInfo) -> Response | WatchHandle:
        await self._faults.strike(self.cluster.name, info.verb, info.group, info.resource)
        if not info.is_resource:
            resources = self.cluster.registry.resources()
            if self._documents.takes_long(request):
                return await asyncio.to_thread(self._documents.answer, request, resources)
            return self._documents.answer(request, resources)
        return await dispatch(self.cluster, user, request, info, self._reviews, lambda: self.authenticator.tokens)

    def _note(self, caller: Identity | None, who: Identity | Credentials, info: RequestInfo, status: int) -> None:
        if caller is None and isinstance(who, Identity):
            caller = who
        resource = f"{info.resource}.{info.group}" if info.group else info.resource
        if info.subresource:
            resource += f"/{info.subresource}"
        self._ledger.record(
            LedgerEntry(
                self.cluster.name,
                caller.issuer if caller is not None else "",
                caller.user.username if caller is not None else "",
                info.verb,
                resource or "/" + info.path.strip("/").partition("/")[0],
                status if status in (401, 403) else status // 100,
            )
        )


def refused(error: ApiError, request: Request) -> Response:
    """A refusal as a reply."""
    headers = dict(error.headers)
    if error.retry_after:
        headers["Retry-After"] = str(error.retry_after)
    body = b"" if request.method == "HEAD" else encode(error.status())
    return Response(error.code, body, headers=headers, warnings=error.warnings)
