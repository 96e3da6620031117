"""TLS of the listener: one serving certificate, client certificates of every cluster's authority.

A certificate is asked for but not required; which cluster it is good for is decided per request, not here.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab.apiserver.core.pki import KeyPair
from lab.apiserver.server import ApiServer

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


def server_context(api: ApiServer, hosts: Sequence[str] = ()) -> ssl.SSLContext:
    """The context of the listener; it learns the authorities of clusters that come later."""
    pair = api.issue_server((*LOCAL_HOSTS, *(host for host in hosts if host not in LOCAL_HOSTS)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_chain(context, pair)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=api.serving_authority.certificate_pem.decode())
    context.set_alpn_protocols(["http/1.1"])
    api.on_trust(lambda pem: context.load_verify_locations(cadata=pem.decode()))
    return context


def _load_chain(context: ssl.SSLContext, pair: KeyPair) -> None:
    """The ssl module reads keys from files only: a private one that is gone at once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "serving.pem"
        path.touch(mode=0o600)
        path.write_bytes(pair.key + pair.certificate)
        context.load_cert_chain(path)
