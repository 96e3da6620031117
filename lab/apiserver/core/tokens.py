"""ServiceAccount tokens: issued by TokenRequest or for token Secrets, bound to the account's uid, checked on use.

Source: Kubernetes, managing service accounts; authentication.k8s.io/v1 TokenRequest.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.apiserver.core import jwt, writing
from lab.apiserver.core.call import Call
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.errors import FieldError, invalid
from lab.apiserver.core.identity import AUTHENTICATED, UserInfo
from lab.apiserver.core.meta import new_uid
from lab.apiserver.core.request import Response
from lab.apiserver.core.tracking import tracked
from lab.kit.clock import timestamp

ISSUER = "https://kubernetes.default.svc.cluster.local"
DEFAULT_SECONDS = 3600
SHORTEST_SECONDS = 600
LONGEST_SECONDS = 1 << 32


class TokenIssuer:
    """Signs and checks the tokens of one cluster. The issuer's URL carries the cluster's uid: no two are alike."""

    def __init__(self, cluster: Cluster, key: ec.EllipticCurvePrivateKey) -> None:
        self._cluster = cluster
        self._key = key
        self._public = key.public_key()
        self.issuer = f"{ISSUER}/{cluster.uid}"
        self.audience = self.issuer
        public = self._public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._key_id = hashlib.sha256(public).hexdigest()[:40]

    def issue(
        self,
        namespace: str,
        name: str,
        uid: str,
        *,
        seconds: int | None,
        audiences: list[str] | None = None,
        bound: dict[str, Any] | None = None,
    ) -> tuple[str, datetime | None]:
        """A token for an account and when it ends; `seconds` None is for token Secrets, which do not end."""
        now = self._cluster.clock.now()
        facts: dict[str, Any] = {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}}
        if bound:
            facts[bound["kind"].lower()] = {"name": bound["name"], "uid": bound.get("uid", "")}
        claims: dict[str, Any] = {
            "aud": audiences or [self.audience],
            "iat": int(now.timestamp()),
            "iss": self.issuer,
            "jti": new_uid(),
            "kubernetes.io": facts,
            "nbf": int(now.timestamp()),
            "sub": f"system:serviceaccount:{namespace}:{name}",
        }
        ends = None
        if seconds is not None:
            ends = now + timedelta(seconds=seconds)
            claims["exp"] = int(ends.timestamp())
        return jwt.sign(claims, self._key, self._key_id), ends

    def identify(self, token: str, audiences: list[str] | None = None) -> UserInfo | None:
        """Whom a token names; None where it is not ours, over, for others, or its account was deleted since."""
        claims = jwt.verify(token, self._public)
        if claims is None or claims.get("iss") != self.issuer:
            return None
        now = self._cluster.clock.now().timestamp()
        if claims.get("nbf", 0) > now + 1 or now >= claims.get("exp", now + 1):
            return None
        if not set(claims.get("aud") or ()) & set(audiences or [self.audience]):
            return None
        facts = claims.get("kubernetes.io") or {}
        namespace, account = facts.get("namespace", ""), facts.get("serviceaccount") or {}
        entry = self._cluster.get("serviceaccounts", (namespace, account.get("name", "")))
        if entry is None or entry.uid != account.get("uid"):
            return None
        for plural in ("pod", "secret"):
            bound = facts.get(plural)
            if bound is not None:
                found = self._cluster.get(f"{plural}s", (namespace, bound.get("name", "")))
                if found is None or (bound.get("uid") and found.uid != bound["uid"]):
                    return None
        extra: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("authentication.kubernetes.io/credential-id", (f"JTI={claims.get('jti', '')}",)),
        )
        return UserInfo(
            claims["sub"],
            ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED),
            entry.uid,
            extra,
        )

    def answer(self, call: Call) -> Response:
        """POST of a TokenRequest."""
        entry, _ = writing.current(call)
        body = call.read_body("TokenRequest", "authentication.k8s.io/v1")
        spec = body.get("spec") or {}
        seconds = spec.get("expirationSeconds") or DEFAULT_SECONDS
        _check_seconds(seconds)
        audiences = spec.get("audiences") or [self.audience]
        bound = spec.get("boundObjectRef")
        token, ends = self.issue(
            call.info.namespace, call.info.name, entry.uid, seconds=seconds, audiences=audiences, bound=bound
        )
        reply: dict[str, Any] = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": call.info.name,
                "namespace": call.info.namespace,
                "uid": new_uid(),
                "creationTimestamp": call.cluster.now(),
            },
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": bound},
            "status": {"token": token, "expirationTimestamp": timestamp(ends or datetime.max.replace(tzinfo=UTC))},
        }
        sent = {**body, "metadata": {}}
        owned = tracked(call.resource, None, sent, call.cluster.now(), manager=call.manager, subresource="token")
        reply["metadata"]["managedFields"] = owned["metadata"].get("managedFields")
        return call.reply_document(reply, 201)


def _check_seconds(seconds: int) -> None:
    why = ""
    if seconds < SHORTEST_SECONDS:
        why = "may not specify a duration less than 10 minutes"
    elif seconds > LONGEST_SECONDS:
        why = "may not specify a duration larger than 2^32 seconds"
    if why:
        field = "spec.expirationSeconds"
        text = f"{field}: Invalid value: {seconds}: {why}"
        raise invalid("authentication.k8s.io", "TokenRequest", "", [FieldError("Invalid", field, text)])
