"""Finding what would open a cluster, however it is wrapped."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lab.scenarios.conditions.keys import keys_of, traces

BODY = "MIIBszCCAVmgAwIBAgIUabcdefgh\nijklmnopqrstuvwxyz0123456789+/"
PEM = f"-----BEGIN CERTIFICATE-----\n{BODY}\n-----END CERTIFICATE-----\n"
KEYS = keys_of(
    "my-ran", "https://127.0.0.1:6443/clusters/my-ran", {"ca": "public", "certificate": PEM, "token": "t0k" * 20}
)
KUBECONFIG = "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority-data: abc\n"


def once(text: str) -> str:
    """Base64."""
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("planted", "trace"),
    [
        (PEM, "certificate"),
        (once(PEM), "certificate"),
        (once(f"client-certificate-data: {once(PEM)}"), "certificate"),
        ("\n".join(once(PEM * 3)[i : i + 76] for i in range(0, len(once(PEM * 3)), 76)), "certificate"),
        ("Bearer " + "t0k" * 20, "token"),
        ("see https://127.0.0.1:6443/clusters/my-ran/api", "address"),
        (KUBECONFIG, "kubeconfig"),
        (once(KUBECONFIG), "kubeconfig"),
        ('{"kind": "Config", "current-context": "x"}', "kubeconfig"),
        ("-----BEGIN EC PRIVATE KEY-----\nabc", "private key"),
    ],
)
@pytest.mark.parametrize("shape", [lambda text: text, lambda text: {"data": [{"x": text}]}, lambda text: text.encode()])
def test_planted_keys_are_found(planted: str, trace: str, shape: Any) -> None:
    """In plain text, in objects, in bytes; bare, in base64, twice in base64, broken into lines."""
    assert trace in traces(shape(planted), KEYS)


@pytest.mark.parametrize(
    "innocent",
    [
        "my-ran",
        {"kind": "ClusterContext", "spec": {"siteCode": "site-ran-01"}},
        {"kind": "ConfigMap", "data": {"kind": "Config"}},
        "https://127.0.0.1:6443/clusters/mgmt",
        "public",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_metadata_is_no_key(innocent: Any) -> None:
    """Names, sites, other addresses and public certificates of authorities open nothing."""
    assert traces(innocent, KEYS) == []
