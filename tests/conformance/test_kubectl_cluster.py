"""kubectl asks a cluster about itself: versions, resources, documentation, identity and rights."""

import json
import re

import pytest


def test_version(kubectl) -> None:
    """The server tells a version that is marked as the lab's."""
    told = json.loads(kubectl("version", "-o", "json"))
    assert told["serverVersion"]["gitVersion"] == "v1.34.4-lab"


def test_cluster_info(kubectl, address) -> None:
    """The control plane runs at the address of the kubeconfig, path included."""
    assert f"is running at \x1b[0;33m{address}" in kubectl("cluster-info") or f"is running at {address}" in kubectl(
        "cluster-info"
    )


def test_config(kubectl) -> None:
    """The kubeconfig has a context with the cluster's name, and it is the current one."""
    assert kubectl("config", "current-context").strip() == "conformance"
    assert "conformance" in kubectl("config", "get-contexts", "-o", "name").split()
    assert "REDACTED" in kubectl("config", "view") or "DATA+OMITTED" in kubectl("config", "view")


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ((), r"deployments +deploy +apps/v1 +true +Deployment"),
        (("--namespaced=false",), r"namespaces +ns +v1 +false +Namespace"),
        (("--api-group=rbac.authorization.k8s.io", "-o", "name"), r"roles.rbac.authorization.k8s.io"),
        (
            ("-o", "wide", "--api-group=apps"),
            r"deployments .* create,delete,deletecollection,get,list,patch,update,watch",
        ),
        (("--categories=all", "-o", "name"), r"deployments.apps"),
    ],
)
def test_api_resources(kubectl, arguments: tuple[str, ...], pattern: str) -> None:
    """Discovery lists kinds with short names, scope and verbs."""
    assert re.search(pattern, kubectl("api-resources", *arguments))


def test_api_versions(kubectl) -> None:
    """Every group and version of the built-in kinds is served."""
    told = kubectl("api-versions").split()
    assert {"v1", "apps/v1", "batch/v1", "apiextensions.k8s.io/v1", "storage.k8s.io/v1"} <= set(told)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("deployment", r"KIND: +Deployment\nVERSION: +v1"),
        ("deployment.spec.replicas", r"FIELD: replicas <integer>"),
        ("pod.spec.containers", r"FIELD: containers <\[\]Container>"),
        ("pod.spec.containers.image", r"Container image name"),
        ("namespace", r"VERSION: +v1"),
        ("crd.spec.versions.schema", r"openAPIV3Schema\s+<JSONSchemaProps>"),
    ],
)
def test_explain(kubectl, path: str, pattern: str) -> None:
    """Fields of built-in kinds are explained with their types and sentences."""
    assert re.search(pattern, kubectl("explain", path))


def test_explain_unknown_field(kubectl) -> None:
    """A field that does not exist is refused."""
    assert 'field "nothing" does not exist' in kubectl("explain", "pod.spec.nothing", fails=True)


def test_explain_recursive(kubectl) -> None:
    """All fields below one are listed."""
    assert re.search(
        r"matchLabels\s+<map\[string\]string>", kubectl("explain", "deployment.spec.selector", "--recursive")
    )


def test_whoami(kubectl) -> None:
    """The user of the certificate is who the server takes one for."""
    told = kubectl("auth", "whoami")
    assert "kubernetes-admin" in told
    assert "system:masters" in told


def test_can_i(kubectl) -> None:
    """An administrator may do everything, a stranger nothing but look himself up."""
    assert kubectl("auth", "can-i", "delete", "namespaces").splitlines()[-1] == "yes"
    assert kubectl("auth", "can-i", "get", "pods", "--as=stranger", fails=True).splitlines()[0] == "no"
    assert "selfsubjectaccessreviews" in kubectl("auth", "can-i", "--list", "--as=stranger")


def test_impersonation_obeys_roles(kubectl, namespace) -> None:
    """What a role gives a user is what that user may do, and no more."""
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps", "-n", namespace)
    kubectl("create", "rolebinding", "reader", "--role=reader", "--user=alice", "-n", namespace)
    assert kubectl("get", "cm", "-n", namespace, "--as=alice", "-o", "name").startswith("configmap/")
    refused = kubectl("create", "cm", "x", "-n", namespace, "--as=alice", fails=True)
    assert (
        'configmaps is forbidden: User "alice" cannot create resource "configmaps" in API group "" in the namespace '
        f'"{namespace}"' in refused
    )
    assert kubectl("auth", "can-i", "list", "configmaps", "-n", namespace, "--as=alice").strip() == "yes"


def test_token_authenticates(kubectl, address, namespace) -> None:
    """A ServiceAccount's token is an identity of its own."""
    kubectl("create", "sa", "robot", "-n", namespace)
    token = kubectl("create", "token", "robot", "-n", namespace).strip()
    assert token.count(".") == 2
    told = kubectl("auth", "whoami", "--token", token, "-o", "json", anonymous=True)
    assert json.loads(told)["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:robot"


def test_wrong_token_is_nobody(kubectl) -> None:
    """A token that was never issued is 401."""
    assert "Unauthorized" in kubectl("get", "ns", "--token", "nonsense", fails=True, anonymous=True) or (
        "must be logged in" in kubectl("get", "ns", "--token", "nonsense", fails=True, anonymous=True)
    )


def test_raw_health(kubectl) -> None:
    """Health and discovery can be had raw."""
    assert kubectl("get", "--raw", "/readyz") == "ok"
    assert json.loads(kubectl("get", "--raw", "/api"))["kind"] == "APIVersions"


def test_unknown_kind(kubectl) -> None:
    """A kind that is not served is said to be none."""
    assert 'the server doesn\'t have a resource type "unicorns"' in kubectl("get", "unicorns", fails=True)
