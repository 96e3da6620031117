"""Who asks: the identity of a caller, and the credentials from which it is derived."""

from __future__ import annotations

from dataclasses import dataclass

SYSTEM_MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A name, its groups and, for ServiceAccounts, a uid. `extra` holds further facts as (key, values) pairs.

    Source: Kubernetes, authentication.k8s.io/v1 UserInfo.
    """

    username: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller that the lab itself vouches for (in-process controllers), or the result of authentication.

    `issuer` names who vouched, for the ledger. Where `cluster` is given, the identity exists on that cluster only:
    any other cluster answers 401.
    """

    user: UserInfo
    issuer: str = "in-process"
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection showed: `certificate` is the peer's certificate in DER, or None.

    A bearer token is read from the request's Authorization header.
    """

    certificate: bytes | None = None


ANONYMOUS = Identity(UserInfo("system:anonymous", (UNAUTHENTICATED,)), issuer="")
ADMIN = Identity(UserInfo("kubernetes-admin", (SYSTEM_MASTERS, AUTHENTICATED)))
