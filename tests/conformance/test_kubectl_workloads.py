"""kubectl and simulated workloads: they become ready, roll, scale, log and go."""

import json
import re

import pytest

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: "registry.example.org/web:1", ports: [{name: http, containerPort: 8080}]}
"""
OTHERS = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: "db:1"}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: conformance, resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec: {containers: [{name: main, image: "daemon:1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  completions: 2
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: "job:1"}]}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: conformance}
provisioner: conformance.example.org/simulated
"""


@pytest.fixture(scope="module")
def web(kubectl, shared_namespace):
    """A namespace with a Deployment that has rolled out, behind a Service."""
    kubectl("apply", "-n", shared_namespace, "-f", "-", input=DEPLOYMENT)
    told = kubectl("rollout", "status", "deployment/web", "-n", shared_namespace, "--timeout=20s")
    assert 'deployment "web" successfully rolled out' in told
    kubectl("expose", "deployment", "web", "--port=80", "--target-port=http", "-n", shared_namespace)
    return shared_namespace


def test_deployment_is_available(kubectl, web) -> None:
    """A Deployment becomes available, with all its pods on the one node, marked as simulated."""
    kubectl("wait", "deployment/web", "-n", web, "--for=condition=Available", "--timeout=10s")
    assert re.search(r"web +2/2 +2 +2 +\d+s", kubectl("get", "deploy", "web", "-n", web))
    assert re.search(r"web-[a-z0-9]+ +2 +2 +2 ", kubectl("get", "rs", "-n", web, "-l", "app=web"))
    told = kubectl("get", "pods", "-n", web, "-l", "app=web", "-o", "wide")
    assert len(re.findall(r"1/1 +Running +0 +\d+s +10\.244\.\d+\.\d+ +conformance-control-plane", told)) == 2
    pod = json.loads(kubectl("get", "pods", "-n", web, "-l", "app=web", "-o", "json"))["items"][0]
    assert pod["metadata"]["annotations"]["lab.nephio.org/simulated"] == "true"
    assert pod["spec"]["containers"][0]["image"] == "registry.example.org/web:1"


def test_node_is_ready(kubectl, web) -> None:
    """There is one node, ready and marked."""
    told = kubectl("get", "nodes", "-o", "wide")
    assert re.search(r"conformance-control-plane +Ready +control-plane +\S+ +v1.34.4-lab +\S+ +<none> +simulated", told)


def test_describe(kubectl, web) -> None:
    """Deployment, pod and node are described, with their events."""
    told = kubectl("describe", "deployment", "web", "-n", web)
    assert re.search(r"Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable", told)
    assert "Scaled up replica set web-" in told
    pod = kubectl("get", "pods", "-n", web, "-l", "app=web", "-o", "name").split()[0]
    told = kubectl("describe", pod, "-n", web)
    assert re.search(r"Status: +Running", told)
    assert "Started container main" in told
    assert re.search(r"Ready +True", kubectl("describe", "node", "conformance-control-plane"))


def test_service_has_endpoints(kubectl, web) -> None:
    """A Service has an address, and its endpoints are the pods."""
    assert re.search(r"web +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80/TCP", kubectl("get", "svc", "web", "-n", web))
    kubectl("wait", "endpoints/web", "-n", web, "--for=jsonpath={.subsets[0].addresses[1].ip}", "--timeout=5s")
    assert len(re.findall(r"10\.244\.\d+\.\d+:8080", kubectl("describe", "svc", "web", "-n", web))) == 2


def test_logs_say_that_nothing_runs(kubectl, web) -> None:
    """A simulated pod's log says what it is."""
    assert "this pod is simulated" in kubectl("logs", "deployment/web", "-n", web, errors=True)
    assert kubectl("logs", "deployment/web", "-n", web, "--tail=0") == ""


def test_logs_of_a_process(kubectl, web, log_book) -> None:
    """The log of a workload that stands for a process is that process's, and can be followed to its end."""
    with log_book(web, "web") as book:
        book.write("hello\nworld")
        assert kubectl("logs", "deployment/web", "-n", web, "--tail=1") == "world\n"
        assert re.fullmatch(
            r"\d{4}-\S+Z hello\n", kubectl("logs", "deployment/web", "-n", web, "--timestamps", "--limit-bytes=34")
        )
        book.end_later(0.3, "the end")
        assert kubectl("logs", "deployment/web", "-n", web, "--follow") == "hello\nworld\nthe end\n"


def test_scale_and_roll(kubectl, web) -> None:
    """A Deployment is scaled, rolled to another image, shows its history and is rolled back."""
    kubectl("scale", "deployment/web", "--replicas=3", "-n", web)
    kubectl("rollout", "status", "deployment/web", "-n", web, "--timeout=20s")
    kubectl("set", "image", "deployment/web", "main=registry.example.org/web:2", "-n", web)
    kubectl("rollout", "status", "deployment/web", "-n", web, "--timeout=20s")
    images = kubectl("get", "pods", "-n", web, "-l", "app=web", "-o", "jsonpath={.items[*].spec.containers[0].image}")
    assert images.split().count("registry.example.org/web:2") == 3
    assert re.search(r"\n1 .*\n2 ", kubectl("rollout", "history", "deployment/web", "-n", web))
    kubectl("rollout", "undo", "deployment/web", "-n", web)
    kubectl("rollout", "status", "deployment/web", "-n", web, "--timeout=20s")
    image = kubectl("get", "deploy", "web", "-n", web, "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    assert image == "registry.example.org/web:1"
    kubectl("rollout", "restart", "deployment/web", "-n", web)
    kubectl("rollout", "status", "deployment/web", "-n", web, "--timeout=20s")


def test_deleted_pod_comes_back(kubectl, web) -> None:
    """A pod that is deleted is replaced."""
    before = kubectl("get", "pods", "-n", web, "-l", "app=web", "-o", "name").split()
    kubectl("delete", before[0], "-n", web, "--timeout=10s")
    kubectl("rollout", "status", "deployment/web", "-n", web, "--timeout=10s")
    after = kubectl("get", "pods", "-n", web, "-l", "app=web", "-o", "name").split()
    assert before[0] not in after
    assert len(after) == len(before)


def test_image_that_cannot_be_pulled(kubectl, namespace) -> None:
    """A pod whose image is refused says so, and its Deployment does not become available."""
    kubectl("create", "deployment", "broken", "--image=refused.example.org/x", "-n", namespace)
    kubectl(
        "wait", "pod", "-l", "app=broken", "-n", namespace, "--timeout=10s",
        "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff",
    )  # fmt: skip
    assert re.search(r"0/1 +ImagePullBackOff", kubectl("get", "pods", "-n", namespace))
    refused = kubectl("logs", "deployment/broken", "-n", namespace, fails=True)
    assert "is waiting to start: trying and failing to pull image" in refused
    assert re.search(r"broken +0/1", kubectl("get", "deploy", "broken", "-n", namespace))


def test_other_workloads(kubectl, namespace) -> None:
    """StatefulSets, DaemonSets, Jobs and claims reach their ends."""
    kubectl("apply", "-n", namespace, "-f", "-", input=OTHERS)
    kubectl("rollout", "status", "statefulset/db", "-n", namespace, "--timeout=20s")
    kubectl("rollout", "status", "daemonset/everywhere", "-n", namespace, "--timeout=20s")
    kubectl("wait", "job/once", "-n", namespace, "--for=condition=Complete", "--timeout=20s")
    assert re.search(r"db +2/2", kubectl("get", "sts", "-n", namespace))
    assert re.search(r"everywhere +1 +1 +1 +1 +1", kubectl("get", "ds", "-n", namespace))
    assert re.search(r"once +Complete +2/2 +\S+", kubectl("get", "jobs", "-n", namespace))
    assert re.search(r"data-db-1 +Bound +pvc-\S+ +1Gi +RWO +conformance", kubectl("get", "pvc", "-n", namespace))
    assert len(re.findall(r"1Gi +RWO +Delete +Bound", kubectl("get", "pv"))) == 2


def test_run_and_events(kubectl, namespace) -> None:
    """A bare pod is scheduled and runs, and its events are listed."""
    kubectl("run", "alone", "--image=busybox", "-n", namespace)
    kubectl("wait", "pod/alone", "-n", namespace, "--for=condition=Ready", "--timeout=10s")
    told = kubectl("events", "-n", namespace, "--for", "pod/alone")
    assert "Successfully assigned" in told
    assert re.search(r"Normal +Started +pod/alone", kubectl("get", "events", "-n", namespace))


def test_cascading_delete(kubectl, namespace) -> None:
    """Deleting a Deployment takes its pods with it, unless they are to be orphaned."""
    for name in ("taken", "left"):
        kubectl("create", "deployment", name, "--image=busybox", "-n", namespace)
        kubectl("rollout", "status", f"deployment/{name}", "-n", namespace, "--timeout=10s")
    kubectl("delete", "deployment", "taken", "-n", namespace, "--cascade=foreground", "--timeout=15s")
    kubectl("wait", "pods", "-l", "app=taken", "-n", namespace, "--for=delete", "--timeout=10s")
    kubectl("delete", "deployment", "left", "-n", namespace, "--cascade=orphan")
    assert "left-" in kubectl("get", "rs", "-n", namespace, "-o", "name")


def test_quota_refuses_what_is_too_much(kubectl, namespace) -> None:
    """A quota shows what is used, and the object beyond it is Forbidden."""
    kubectl("create", "quota", "small", "--hard=pods=1,requests.memory=1Gi", "-n", namespace)
    refused = kubectl("run", "greedy", "--image=busybox", "-n", namespace, fails=True)
    assert "failed quota: small: must specify requests.memory for: greedy" in refused
    kubectl("delete", "quota", "small", "-n", namespace)
    kubectl("create", "quota", "small", "--hard=pods=1", "-n", namespace)
    kubectl("run", "first", "--image=busybox", "-n", namespace)
    refused = kubectl("run", "second", "--image=busybox", "-n", namespace, fails=True)
    assert (
        'pods "second" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1' in refused
    )
    kubectl("wait", "quota/small", "-n", namespace, "--for=jsonpath={.status.used.pods}=1", "--timeout=5s")
    assert re.search(r"small +pods: 1/1 ", kubectl("get", "quota", "-n", namespace))


def test_cordoned_node_takes_no_pods(kubectl, namespace) -> None:
    """A cordoned node leaves new pods waiting, and takes them when it is free again."""
    kubectl("cordon", "conformance-control-plane")
    try:
        kubectl("run", "waiting", "--image=busybox", "-n", namespace)
        kubectl(
            "wait", "pod/waiting", "-n", namespace, "--timeout=5s",
            "--for=jsonpath={.status.conditions[?(@.type=='PodScheduled')].reason}=Unschedulable",
        )  # fmt: skip
        assert "SchedulingDisabled" in kubectl("get", "nodes")
    finally:
        kubectl("uncordon", "conformance-control-plane")
    kubectl("wait", "pod/waiting", "-n", namespace, "--for=condition=Ready", "--timeout=5s")


def test_processes_are_refused(kubectl, web) -> None:
    """Nothing can be run in a simulated pod, and the refusal says why."""
    pod = kubectl("get", "pods", "-n", web, "-l", "app=web", "-o", "name").split()[0]
    assert "exec is not possible: containers are simulated here" in kubectl(
        "exec", pod, "-n", web, "--", "ls", fails=True
    )
