"""A real kube-apiserver with etcd and four controllers on loopback, from start to a stop that leaves nothing.

Usage by hand: python tools/realapi/servers.py    (prints the path of a kubeconfig and serves until Ctrl-C)
"""

from __future__ import annotations

import ctypes
import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import build
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.apiserver.core.pki import CertificateAuthority

TOKEN = "conformance-admin"
COMPACTION_SECONDS = 5
CONTROLLERS = (
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True, slots=True)
class Real:
    """A running server: its URL, the file of the authority to trust, and the administrator's kubeconfig."""

    address: str
    authority: Path
    kubeconfig: Path


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _child() -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _write_secrets(folder: Path) -> None:
    now = datetime.now(UTC)
    authority = CertificateAuthority.create("conformance-ca", now)
    server = authority.issue_server(["127.0.0.1", "localhost"], now)
    (folder / "ca.crt").write_bytes(authority.certificate_pem)
    (folder / "tls.crt").write_bytes(server.certificate)
    (folder / "tls.key").write_bytes(server.key)
    (folder / "tokens.csv").write_text(f'{TOKEN},kubernetes-admin,,"system:masters"\n')
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "accounts.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def _kubeconfig(folder: Path, address: str) -> Path:
    cluster = {"server": address, "certificate-authority": str(folder / "ca.crt")}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "real",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "admin"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(document))
    return file


def _etcd(folder: Path, client: int, peer: int) -> list[str]:
    clients, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return [
        str(build.binary(build.ETCD_SERVER)),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
    ]


def _api_server(folder: Path, port: int, etcd: int) -> list[str]:
    return [
        str(build.binary(build.API_SERVER)),
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        f"--etcd-compaction-interval={COMPACTION_SECONDS}s",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--advertise-address=192.0.2.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder / 'made'}",
        f"--tls-cert-file={folder / 'tls.crt'}",
        f"--tls-private-key-file={folder / 'tls.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=Node,RBAC",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        f"--service-account-key-file={folder / 'accounts.key'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--allow-privileged=true",
    ]


def _controllers(folder: Path) -> list[str]:
    return [
        str(build.binary(build.CONTROLLERS)),
        f"--kubeconfig={folder / 'kubeconfig'}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--root-ca-file={folder / 'ca.crt'}",
        f"--service-account-private-key-file={folder / 'accounts.key'}",
    ]


def _wait_ready(real: Real, server: subprocess.Popen[bytes], log: Path) -> None:
    trust = ssl.create_default_context(cafile=str(real.authority))
    request = urllib.request.Request(f"{real.address}/readyz", headers={"Authorization": f"Bearer {TOKEN}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(request, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise RuntimeError(f"kube-apiserver did not become ready:\n{log.read_text()[-3000:]}")


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(running):
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def real_server() -> Iterator[Real]:
    """A ready server with an empty database. Raises RuntimeError when it does not start or is not built."""
    if missing := build.missing():
        names = ", ".join(program.stamped for program in missing)
        raise RuntimeError(f"Not built: {names}. Run python tools/realapi/build.py.")
    folder = Path(tempfile.mkdtemp(prefix="realapi-"))
    running: list[subprocess.Popen[bytes]] = []

    def start(command: list[str]) -> Path:
        log = folder / f"{len(running)}.log"
        with log.open("wb") as file:
            running.append(subprocess.Popen(command, stdout=file, stderr=file, cwd=folder, preexec_fn=_child))
        return log

    # A polite kill shall clean up as well; it would end this process without the block below.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        _write_secrets(folder)
        client, peer, port = _free_ports(3)
        address = f"https://127.0.0.1:{port}"
        real = Real(address, folder / "ca.crt", _kubeconfig(folder, address))
        start(_etcd(folder, client, peer))
        log = start(_api_server(folder, port, client))
        _wait_ready(real, running[1], log)
        start(_controllers(folder))
        yield real
    finally:
        _stop(running)
        signal.signal(signal.SIGTERM, before)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Serve until interrupted."""
    try:
        with real_server() as real:
            print(f"export KUBECONFIG={real.kubeconfig}", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except RuntimeError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
