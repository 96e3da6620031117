"""Authentication: from what a request shows to who asks, per cluster.

No credentials make the anonymous user; credentials that are not valid here are refused with 401.
Source: Kubernetes, authenticating (X.509 client certificates, service account tokens, authenticating proxy).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.errors import unauthorized
from lab.apiserver.core.identity import ANONYMOUS, AUTHENTICATED, Credentials, Identity, UserInfo
from lab.apiserver.core.pki import CertificateAuthority, KeyPair, load_private_key, private_pem
from lab.apiserver.core.tokens import TokenIssuer

_REMEMBERED = 256
FRONT_PROXY = "front-proxy-client"
"""The only name in a front proxy's certificate whose word about users is taken."""
_REMOTE_EXTRA = "x-remote-extra-"
CLIENT_LIFETIME = timedelta(days=365)


class KeyStore(Protocol):
    """Where secret keys are kept between starts. Names are slash-separated paths."""

    def load(self, name: str) -> bytes | None:
        """What was saved, or None."""
        ...

    def save(self, name: str, data: bytes) -> None:
        """Keep it, readable by the owner only."""
        ...

    def forget(self, folder: str) -> None:
        """Drop everything below a folder."""
        ...


class Authenticator:
    """The authorities of one cluster; each is made when it is first needed."""

    def __init__(
        self,
        cluster: Cluster,
        keys: KeyStore,
        today: Callable[[], datetime],
        trust: Callable[[bytes], None],
    ) -> None:
        """`today` gives the hour that TLS peers go by; `trust` lets the listener accept a new client authority."""
        self._cluster = cluster
        self._keys = keys
        self._today = today
        self._trust = trust
        self._authorities: dict[str, CertificateAuthority] = {}
        self._tokens: TokenIssuer | None = None
        self._known: dict[bytes, tuple[Identity, datetime]] = {}

    @property
    def client_authority(self) -> CertificateAuthority:
        """The authority of this cluster's client certificates."""
        return self._authority_of("client-ca")

    def _authority_of(self, kind: str) -> CertificateAuthority:
        found = self._authorities.get(kind)
        if found is None:
            found = self._kept(kind) or self._new_authority(kind)
            self._authorities[kind] = found
            self._trust(found.certificate_pem)
        return found

    def kept_authorities(self) -> list[CertificateAuthority]:
        """The authorities that were needed so far, in this start or an earlier one."""
        found = [self._authorities.get(kind) or self._kept(kind) for kind in ("client-ca", "front-proxy-ca")]
        return [authority for authority in found if authority is not None]

    def _kept(self, kind: str) -> CertificateAuthority | None:
        certificate = self._keys.load(f"clusters/{self._cluster.name}/{kind}.crt")
        key = self._keys.load(f"clusters/{self._cluster.name}/{kind}.key")
        return CertificateAuthority.load(certificate, key) if certificate and key else None

    def _new_authority(self, kind: str) -> CertificateAuthority:
        made = CertificateAuthority.create(f"{self._cluster.name}-{kind}", self._today())
        self._keys.save(f"clusters/{self._cluster.name}/{kind}.crt", made.certificate_pem)
        self._keys.save(f"clusters/{self._cluster.name}/{kind}.key", made.key_pem)
        return made

    @property
    def tokens(self) -> TokenIssuer:
        """The issuer of this cluster's ServiceAccount tokens."""
        if self._tokens is None:
            name = f"clusters/{self._cluster.name}/service-account.key"
            pem = self._keys.load(name)
            key = load_private_key(pem) if pem else ec.generate_private_key(ec.SECP256R1())
            if not pem:
                self._keys.save(name, private_pem(key))
            self._tokens = TokenIssuer(self._cluster, key)
        return self._tokens

    def issue_client(self, username: str, groups: tuple[str, ...]) -> KeyPair:
        """A client certificate for this cluster."""
        return self.client_authority.issue_client(username, groups, self._today(), CLIENT_LIFETIME)

    def issue_front_proxy(self) -> KeyPair:
        """A certificate whose bearer names the user of each request in `X-Remote-*` headers."""
        return self._authority_of("front-proxy-ca").issue_client(FRONT_PROXY, (), self._today(), CLIENT_LIFETIME)

    def identify(self, who: Identity | Credentials, headers: Mapping[str, str]) -> Identity:
        """Who asks. Raises ApiError 401 for credentials that mean nobody on this cluster."""
        if isinstance(who, Identity):
            if who.cluster and who.cluster != self._cluster.name:
                raise unauthorized()
            return who
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return self._by_token(token.strip())
        if who.certificate is not None:
            return self._by_certificate(who.certificate, headers)
        return ANONYMOUS

    def _by_token(self, token: str) -> Identity:
        user = self.tokens.identify(token)
        if user is None:
            raise unauthorized()
        return Identity(user, self.tokens.issuer)

    def _by_certificate(self, der: bytes, headers: Mapping[str, str]) -> Identity:
        known = self._known.get(der)
        if known is not None and self._today() <= known[1]:
            return known[0]
        certificate = x509.load_der_x509_certificate(der)
        subject = self.client_authority.subject_of(certificate, self._today())
        if subject is None:
            return self._by_front_proxy(certificate, headers)
        identity = Identity(UserInfo(subject.username, (*subject.groups, AUTHENTICATED)), self.client_authority.name)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[der] = (identity, subject.ends)
        return identity

    def _by_front_proxy(self, certificate: x509.Certificate, headers: Mapping[str, str]) -> Identity:
        authority = self._authorities.get("front-proxy-ca") or self._kept("front-proxy-ca")
        subject = authority.subject_of(certificate, self._today()) if authority is not None else None
        username = headers.get("x-remote-user", "")
        if authority is None or subject is None or subject.username != FRONT_PROXY or not username:
            raise unauthorized()
        groups = [group for group in headers.get("x-remote-group", "").split("\n") if group]
        extra = [
            (unquote(key.removeprefix(_REMOTE_EXTRA)), tuple(values.split("\n")))
            for key, values in sorted(headers.items())
            if key.startswith(_REMOTE_EXTRA)
        ]
        user = UserInfo(username, (*groups, AUTHENTICATED), headers.get("x-remote-uid", ""), tuple(extra))
        return Identity(user, authority.name)
