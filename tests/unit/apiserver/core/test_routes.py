"""Paths to meanings."""

from __future__ import annotations

import pytest

from lab.apiserver.core.request import Request
from lab.apiserver.core.routes import parse


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/api/v1/namespaces", (), ("list", "", "v1", "namespaces", "", "", "")),
        ("GET", "/api/v1/namespaces/a", (), ("get", "", "v1", "namespaces", "", "a", "a")),
        ("PUT", "/api/v1/namespaces/a/finalize", (), ("update", "", "v1", "namespaces", "finalize", "a", "a")),
        ("GET", "/api/v1/namespaces/a/pods/p/log", (), ("get", "", "v1", "pods", "log", "a", "p")),
        ("POST", "/apis/apps/v1/namespaces/a/deployments", (), ("create", "apps", "v1", "deployments", "", "a", "")),
        ("DELETE", "/apis/apps/v1/deployments", (), ("deletecollection", "apps", "v1", "deployments", "", "", "")),
        ("GET", "/api/v1/pods", (("watch", "true"),), ("watch", "", "v1", "pods", "", "", "")),
        ("GET", "/api/v1/pods", (("watch", "0"),), ("list", "", "v1", "pods", "", "", "")),
        (
            "GET",
            "/api/v1/pods",
            (("fieldSelector", "a=b,metadata.name=p"),),
            ("list", "", "v1", "pods", "", "", "p"),
        ),
        ("GET", "/api/v1/namespaces/a/configmaps/x%2Fy", (), ("get", "", "v1", "configmaps", "", "a", "x/y")),
    ],
)
def test_resource_requests(method, path, query, expected):
    """Verb, group, version, resource, subresource, namespace and name, as the RequestInfo factory gives them."""
    info = parse(Request(method, path, query))
    assert info.is_resource
    assert expected == (
        info.verb,
        info.group,
        info.version,
        info.resource,
        info.subresource,
        info.namespace,
        info.name,
    )


@pytest.mark.parametrize(
    "path", ["/", "/api", "/apis/apps", "/apis/apps/v1", "/api/v1", "/version", "/openapi/v3/api/v1"]
)
def test_other_requests(path):
    """Discovery and the like are no resource requests."""
    info = parse(Request("GET", path))
    assert (False, "get", path) == (info.is_resource, info.verb, info.path)
