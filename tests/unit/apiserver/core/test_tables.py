"""Tables show each kind as `kubectl get` prints it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lab.apiserver.core.data import builtin_resources
from lab.apiserver.core.resource import Column, Resource
from lab.apiserver.core.tables import PRINTERS, table

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
RESOURCES = {resource.group_resource: resource for resource in builtin_resources()}
META = {"name": "a", "namespace": "n", "creationTimestamp": "2030-01-01T11:55:00Z"}
TEMPLATE = {"spec": {"containers": [{"name": "c", "image": "i:1"}, {"name": "d", "image": "j:2"}]}}


def shown(resource: str, obj: dict[str, Any]) -> list[Any]:
    """The cells of one object with the common metadata."""
    obj = {"metadata": META, **obj}
    found = table(RESOURCES[resource], [obj], now=NOW)
    assert len(found["columnDefinitions"]) == len(found["rows"][0]["cells"])
    return list(found["rows"][0]["cells"])


@pytest.mark.parametrize("resource", sorted(PRINTERS))
def test_every_printer_takes_a_bare_object(resource: str) -> None:
    """An object with nothing but a name has a row with one cell for each column."""
    assert shown(resource, {})


@pytest.mark.parametrize(
    ("resource", "obj", "cells"),
    [
        ("namespaces", {"status": {"phase": "Active"}}, ["a", "Active", "5m"]),
        ("configmaps", {"data": {"x": ""}, "binaryData": {"y": ""}}, ["a", 2, "5m"]),
        ("secrets", {"type": "Opaque", "data": {"x": ""}}, ["a", "Opaque", 1, "5m"]),
        ("roles.rbac.authorization.k8s.io", {}, ["a", "2030-01-01T11:55:00Z"]),
        (
            "deployments.apps",
            {
                "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "x"}}, "template": TEMPLATE},
                "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1},
            },
            ["a", "2/3", 3, 1, "5m", "c,d", "i:1,j:2", "app=x"],
        ),
        (
            "daemonsets.apps",
            {"spec": {"template": TEMPLATE}, "status": {"desiredNumberScheduled": 1, "numberReady": 1}},
            ["a", 1, 0, 1, 0, 0, "<none>", "5m", "c,d", "i:1,j:2", "<none>"],
        ),
        (
            "statefulsets.apps",
            {"spec": {"replicas": 2, "template": TEMPLATE}, "status": {"readyReplicas": 1}},
            ["a", "1/2", "5m", "c,d", "i:1,j:2"],
        ),
        (
            "jobs.batch",
            {
                "spec": {"completions": 1, "template": TEMPLATE},
                "status": {
                    "startTime": "2030-01-01T11:55:00Z",
                    "completionTime": "2030-01-01T11:55:07Z",
                    "succeeded": 1,
                    "conditions": [{"type": "Complete", "status": "True"}],
                },
            },
            ["a", "Complete", "1/1", "7s", "5m", "c,d", "i:1,j:2", "<none>"],
        ),
        (
            "cronjobs.batch",
            {"spec": {"schedule": "* * * * *", "suspend": False, "jobTemplate": {"spec": {"template": TEMPLATE}}}},
            ["a", "* * * * *", "<none>", "False", 0, "<none>", "5m", "c,d", "i:1,j:2", "<none>"],
        ),
        (
            "services",
            {
                "spec": {
                    "type": "NodePort",
                    "clusterIPs": ["10.0.0.1"],
                    "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}],
                    "selector": {"app": "x"},
                }
            },
            ["a", "NodePort", "10.0.0.1", "<none>", "80:30080/TCP,53/UDP", "5m", "app=x"],
        ),
        (
            "services",
            {"spec": {"type": "LoadBalancer", "clusterIPs": ["None"]}},
            ["a", "LoadBalancer", "None", "<pending>", "<none>", "5m", "<none>"],
        ),
        (
            "endpoints",
            {"subsets": [{"addresses": [{"ip": f"10.0.0.{i}"} for i in range(5)], "ports": [{"port": 80}]}]},
            ["a", "10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more...", "5m"],
        ),
        (
            "persistentvolumeclaims",
            {
                "spec": {"volumeName": "v", "storageClassName": "fast", "volumeMode": "Filesystem"},
                "status": {
                    "phase": "Bound",
                    "capacity": {"storage": "1Gi"},
                    "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
                },
            },
            ["a", "Bound", "v", "1Gi", "RWO,RWX", "fast", "<unset>", "5m", "Filesystem"],
        ),
        (
            "rolebindings.rbac.authorization.k8s.io",
            {
                "roleRef": {"kind": "Role", "name": "r"},
                "subjects": [
                    {"kind": "User", "name": "u"},
                    {"kind": "ServiceAccount", "name": "s", "namespace": "n"},
                ],
            },
            ["a", "Role/r", "5m", "u", "", "n/s"],
        ),
        (
            "nodes",
            {
                "metadata": {**META, "labels": {"node-role.kubernetes.io/control-plane": ""}},
                "spec": {"unschedulable": True},
                "status": {
                    "conditions": [{"type": "Ready", "status": "True"}],
                    "nodeInfo": {"kubeletVersion": "v1.34.4", "osImage": "Debian"},
                    "addresses": [{"type": "InternalIP", "address": "10.1.0.1"}],
                },
            },
            [
                "a",
                "Ready,SchedulingDisabled",
                "control-plane",
                "5m",
                "v1.34.4",
                "10.1.0.1",
                "<none>",
                "Debian",
                "<unknown>",
                "<unknown>",
            ],
        ),
        (
            "events",
            {
                "lastTimestamp": "2030-01-01T11:59:30Z",
                "firstTimestamp": "2030-01-01T11:55:00Z",
                "type": "Normal",
                "reason": "Pulled",
                "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "f"},
                "source": {"component": "kubelet", "host": "node"},
                "message": " done ",
                "count": 3,
            },
            ["30s", "Normal", "Pulled", "pod/p", "f", "kubelet, node", "done", "5m", 3, "a"],
        ),
        (
            "resourcequotas",
            {"status": {"hard": {"pods": "4", "limits.cpu": "2"}, "used": {"pods": "1"}}},
            ["a", "pods: 1/4", "limits.cpu: 0/2", "5m"],
        ),
        (
            "storageclasses.storage.k8s.io",
            {
                "metadata": {**META, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
                "provisioner": "p",
            },
            ["a (default)", "p", "Delete", "Immediate", False, "5m"],
        ),
        (
            "horizontalpodautoscalers.autoscaling",
            {
                "spec": {
                    "scaleTargetRef": {"kind": "Deployment", "name": "d"},
                    "minReplicas": 1,
                    "maxReplicas": 3,
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
                        }
                    ],
                }
            },
            ["a", "Deployment/d", "cpu: <unknown>/80%", "1", 3, 0, "5m"],
        ),
        (
            "ingresses.networking.k8s.io",
            {"spec": {"rules": [{}], "tls": [{}]}},
            ["a", "<none>", "*", "", "80, 443", "5m"],
        ),
        ("networkpolicies.networking.k8s.io", {"spec": {"podSelector": {}}}, ["a", "<none>", "5m"]),
    ],
)
def test_cells(resource: str, obj: dict[str, Any], cells: list[Any]) -> None:
    """The cells of an everyday object, wide columns included."""
    assert cells == shown(resource, obj)


RUNNING = {"name": "c", "ready": True, "restartCount": 0, "state": {"running": {}}}


@pytest.mark.parametrize(
    ("pod", "cells"),
    [
        ({"status": {"phase": "Pending"}}, ["0/1", "Pending", "0"]),
        ({"status": {"phase": "Running", "containerStatuses": [RUNNING]}}, ["1/1", "Running", "0"]),
        (
            {
                "status": {
                    "phase": "Pending",
                    "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ErrImagePull"}}}],
                }
            },
            ["0/1", "ErrImagePull", "0"],
        ),
        (
            {
                "status": {
                    "phase": "Running",
                    "containerStatuses": [
                        {
                            **RUNNING,
                            "restartCount": 2,
                            "lastState": {"terminated": {"finishedAt": "2030-01-01T11:59:00Z"}},
                        }
                    ],
                }
            },
            ["1/1", "Running", "2 (60s ago)"],
        ),
        (
            {"metadata": {**META, "deletionTimestamp": "2030-01-01T12:00:00Z"}, "status": {"phase": "Running"}},
            ["0/1", "Terminating", "0"],
        ),
        (
            {"status": {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"running": {}}}]}},
            ["0/1", "Init:0/1", "0"],
        ),
        (
            {
                "status": {
                    "phase": "Succeeded",
                    "containerStatuses": [{"name": "c", "state": {"terminated": {"reason": "Completed"}}}],
                }
            },
            ["0/1", "Completed", "0"],
        ),
        (
            {"status": {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}},
            ["0/1", "ExitCode:3", "0"],
        ),
    ],
)
def test_pods(pod: dict[str, Any], cells: list[str]) -> None:
    """Ready, status and restarts of a pod follow its containers."""
    spec = {"containers": [{"name": "c"}], "initContainers": [{"name": "i"}]}
    assert cells == shown("pods", {"spec": spec, **pod})[1:4]


def test_finished_pods_are_marked() -> None:
    """The row of a pod that ended carries the condition by which clients hide it."""
    row = table(RESOURCES["pods"], [{"metadata": META, "status": {"phase": "Failed"}}], now=NOW)["rows"][0]
    assert (row["conditions"][0]["type"], row["conditions"][0]["reason"]) == ("Completed", "Failed")


def custom(*columns: Column) -> Resource:
    """A custom resource with these printer columns."""
    return Resource("example.org", "v1", "gadgets", "gadget", "Gadget", True, columns=columns, custom=True)


@pytest.mark.parametrize(
    ("type_", "value", "cell"),
    [
        ("string", "x", "x"),
        ("string", 3, "3"),
        ("string", {"a": 1}, '{"a":1}'),
        ("integer", 3, 3),
        ("integer", 3.9, 3),
        ("integer", "3", None),
        ("number", 3, 3.0),
        ("boolean", True, True),
        ("boolean", "true", None),
        ("date", "2030-01-01T11:00:00Z", "60m"),
        ("date", "soon", "<invalid>"),
        ("string", None, None),
    ],
)
def test_custom_cells(type_: str, value: Any, cell: Any) -> None:
    """A cell of a custom resource is the found value if it is of the column's type."""
    obj = {"metadata": META, "spec": {"x": value}}
    found = table(custom(Column("X", type_, ".spec.x")), [obj], now=NOW)
    assert ["a", cell] == found["rows"][0]["cells"]


def test_custom_resources_without_columns_show_their_age() -> None:
    """A CRD without printer columns gets the column Age."""
    found = table(custom(), [{"metadata": META}], now=NOW)
    assert [column["name"] for column in found["columnDefinitions"]] == ["Name", "Age"]
    assert found["rows"][0]["cells"] == ["a", "5m"]


@pytest.mark.parametrize(
    ("include", "included"),
    [
        ("None", None),
        ("Object", {"metadata": META, "data": {}}),
        ("Metadata", {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": META}),
    ],
)
def test_included_object(include: str, included: Any) -> None:
    """A row carries as much of its object as was asked for."""
    obj = {"metadata": META, "data": {}}
    found = table(RESOURCES["configmaps"], [obj], now=NOW, include_object=include)
    assert included == found["rows"][0]["object"]
