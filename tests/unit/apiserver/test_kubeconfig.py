"""kubeconfig files."""

from __future__ import annotations

import base64

from lab.apiserver.core.pki import KeyPair
from lab.apiserver.kubeconfig import Context, cluster_url, kubeconfig


def test_contexts_are_named_as_clusters():
    """Each cluster has a context, a cluster entry and a user of its name; the first is current."""
    url = cluster_url("127.0.0.1", 6443, "mgmt")
    found = kubeconfig(
        [Context("mgmt", url, b"authority", KeyPair(b"certificate", b"key")), Context("edge", "u", b"a", token="t")]
    )
    assert found["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443/clusters/mgmt"
    assert [context["name"] for context in found["contexts"]] == ["mgmt", "edge"]
    assert found["current-context"] == "mgmt"
    assert base64.b64decode(found["users"][0]["user"]["client-key-data"]) == b"key"
    assert found["users"][1]["user"] == {"token": "t"}
