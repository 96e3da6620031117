"""Simulated workloads reach the states that real ones reach, in order, in time, and cost nothing when settled."""

from typing import Any

from lab.apiserver.simulate.marks import SIMULATED
from lab.apiserver.simulate.simulator import Simulator
from lab.apiserver.simulate.workloads import WorkloadChange


def template(app: str, image: str = "i:1", **spec: Any) -> dict[str, Any]:
    """A pod template."""
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "c", "image": image}], **spec}}


def workload(kind: str, name: str = "web", **spec: Any) -> dict[str, Any]:
    """An object of group apps with the usual selector."""
    selector = {"matchLabels": {"app": name}}
    found = {"selector": selector, "template": template(name), **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": found}


def conditions(obj: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Status and reason by type."""
    return {c["type"]: (c["status"], c.get("reason", "")) for c in obj["status"].get("conditions", ())}


def test_idle_cluster_has_a_node_and_no_task(simulate) -> None:
    """A started simulator has a ready, marked node and no work under way."""

    async def scenario(bench) -> None:
        node = await bench.get("nodes", "c-control-plane", "")
        assert node["metadata"]["annotations"][SIMULATED] == "true"
        assert conditions(node)["Ready"][0] == "True"
        await bench.settle()
        assert bench.simulator.idle

    simulate(scenario)


def test_deployment_becomes_available(simulate) -> None:
    """A Deployment gets a ReplicaSet and ready pods within a believable time, all marked."""

    async def scenario(bench) -> None:
        await bench.create("deployments.apps", workload("Deployment", replicas=2))
        assert 0.1 <= await bench.settle() < 2
        found = await bench.get("deployments.apps", "web")
        assert conditions(found) == {
            "Available": ("True", "MinimumReplicasAvailable"),
            "Progressing": ("True", "NewReplicaSetAvailable"),
        }
        assert found["status"]["observedGeneration"] == found["metadata"]["generation"]
        pods = await bench.pods()
        assert [pod["status"]["phase"] for pod in pods] == ["Running", "Running"]
        assert len({pod["status"]["podIP"] for pod in pods}) == 2
        sets = await bench.client.list("replicasets.apps", "default")
        for obj in (found, *pods, *sets):
            assert obj["metadata"]["annotations"][SIMULATED] == "true"

    simulate(scenario)


def test_roll_keeps_its_bounds(simulate) -> None:
    """During a roll no more pods are wanted than the surge allows, and no fewer are ready than the strategy says."""

    async def scenario(bench) -> None:
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
        await bench.create("deployments.apps", workload("Deployment", replicas=4, strategy=rolling))
        await bench.settle()
        seen = []

        def look(_event: object) -> None:
            sets = [e.object() for e in bench.cluster.table("replicasets.apps").entries.values()]
            pods = [e.object() for e in bench.cluster.table("pods").entries.values()]
            alive = [p for p in pods if not p["metadata"].get("deletionTimestamp")]
            ready = [p for p in alive if conditions(p).get("Ready", ("",))[0] == "True"]
            seen.append((sum(s["spec"]["replicas"] for s in sets), len(ready)))

        bench.cluster.listeners.append(look)
        await bench.change("deployments.apps", "web", {"spec": {"template": template("web", "i:2")}})
        await bench.settle()
        assert max(wanted for wanted, _ in seen) == 5
        assert min(ready for _, ready in seen) == 3
        assert {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()} == {"i:2"}
        sets = await bench.client.list("replicasets.apps", "default")
        assert sorted(s["spec"]["replicas"] for s in sets) == [0, 4]
        revision = (await bench.get("deployments.apps", "web"))["metadata"]["annotations"]
        assert revision["deployment.kubernetes.io/revision"] == "2"

    simulate(scenario)


def test_recreate_empties_before_it_fills(simulate) -> None:
    """With the strategy Recreate, two templates never have pods at the same time."""

    async def scenario(bench) -> None:
        await bench.create("deployments.apps", workload("Deployment", replicas=2, strategy={"type": "Recreate"}))
        await bench.settle()
        images = []

        def look(_event: object) -> None:
            pods = [e.object() for e in bench.cluster.table("pods").entries.values()]
            images.append(
                {p["spec"]["containers"][0]["image"] for p in pods if not p["metadata"].get("deletionTimestamp")}
            )

        bench.cluster.listeners.append(look)
        await bench.change("deployments.apps", "web", {"spec": {"template": template("web", "i:2")}})
        await bench.settle()
        assert {"i:1", "i:2"} not in images
        assert images[-1] == {"i:2"}

    simulate(scenario)


def test_scale_to_zero_and_back(simulate) -> None:
    """The lab hears that a Deployment runs, rests and is gone; its pods follow."""
    heard: list[WorkloadChange] = []

    async def scenario(bench) -> None:
        bench.simulator.on_workload(heard.append)
        await bench.create("deployments.apps", workload("Deployment"))
        await bench.settle()
        await bench.change("deployments.apps", "web", {"spec": {"replicas": 0}}, "scale")
        await bench.settle()
        assert await bench.pods() == []
        await bench.change("deployments.apps", "web", {"spec": {"replicas": 1}}, "scale")
        await bench.settle()
        await bench.delete("deployments.apps", "web")
        await bench.settle()

    simulate(scenario)
    assert [change.running for change in heard] == [True, False, True, False]


def test_deleted_pod_is_replaced(simulate) -> None:
    """Whoever deletes a pod gets another one."""

    async def scenario(bench) -> None:
        await bench.create("deployments.apps", workload("Deployment"))
        await bench.settle()
        [before] = await bench.pods()
        await bench.client.delete("pods", before)
        await bench.settle()
        [after] = await bench.pods()
        assert after["metadata"]["name"] != before["metadata"]["name"]
        assert conditions(after)["Ready"][0] == "True"

    simulate(scenario)


def test_refused_image_exceeds_the_deadline(simulate) -> None:
    """Where an image cannot be pulled the pod says so, and the Deployment is late in its time."""

    async def scenario(bench) -> None:
        bench.simulator.stop()
        bench.simulator = bench.make_simulator(refuses_image=lambda image: image.startswith("bad/"))
        await bench.simulator.start(bench.tasks)
        bad = workload("Deployment", progressDeadlineSeconds=30)
        bad["spec"]["template"] = template("web", "bad/i:1")
        await bench.create("deployments.apps", bad)
        await bench.api.clock.sleep(60)
        [pod] = await bench.pods()
        assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
        found = conditions(await bench.get("deployments.apps", "web"))
        assert found["Progressing"] == ("False", "ProgressDeadlineExceeded")
        assert found["Available"][0] == "False"
        await bench.change("deployments.apps", "web", {"spec": {"template": template("web", "good/i:1")}})
        await bench.api.clock.sleep(5)
        assert conditions(await bench.get("deployments.apps", "web"))["Available"][0] == "True"

    simulate(scenario)


def test_readiness_probe_delays(simulate) -> None:
    """A pod is not ready before its probe's initial delay is over."""

    async def scenario(bench) -> None:
        slow = workload("Deployment")
        slow["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {
            "initialDelaySeconds": 20,
            "tcpSocket": {"port": 80},
        }
        await bench.create("deployments.apps", slow)
        await bench.api.clock.sleep(15)
        [pod] = await bench.pods()
        assert (pod["status"]["phase"], conditions(pod)["Ready"][0]) == ("Running", "False")
        await bench.settle()
        assert conditions(await bench.get("deployments.apps", "web"))["Available"][0] == "True"

    simulate(scenario)


def test_paused_deployment_does_not_roll(simulate) -> None:
    """A paused Deployment keeps its pods until it is resumed."""

    async def scenario(bench) -> None:
        await bench.create("deployments.apps", workload("Deployment"))
        await bench.settle()
        change = {"spec": {"paused": True, "template": template("web", "i:2")}}
        await bench.change("deployments.apps", "web", change)
        await bench.settle()
        assert (await bench.pods())[0]["spec"]["containers"][0]["image"] == "i:1"
        await bench.change("deployments.apps", "web", {"spec": {"paused": False}})
        await bench.settle()
        assert [p["spec"]["containers"][0]["image"] for p in await bench.pods()] == ["i:2"]

    simulate(scenario)


def test_stateful_set_in_order(simulate) -> None:
    """Numbered pods come one after the other, each with its bound claim, and go from the last."""

    async def scenario(bench) -> None:
        storage = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "s"},
            "provisioner": "p",
        }
        await bench.create("storageclasses.storage.k8s.io", storage, "")
        claim = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "s",
            "resources": {"requests": {"storage": "1Gi"}},
        }
        claims = [{"metadata": {"name": "data"}, "spec": claim}]
        await bench.create(
            "statefulsets.apps",
            workload("StatefulSet", "db", replicas=2, serviceName="db", volumeClaimTemplates=claims),
        )
        await bench.settle()
        first, second = sorted(await bench.pods(), key=lambda pod: pod["metadata"]["name"])
        ready = next(c for c in first["status"]["conditions"] if c["type"] == "Ready")
        assert second["metadata"]["creationTimestamp"] >= ready["lastTransitionTime"]
        assert [p["metadata"]["name"] for p in (first, second)] == ["db-0", "db-1"]
        bound = await bench.get("persistentvolumeclaims", "data-db-1")
        assert (bound["status"]["phase"], bound["status"]["capacity"]) == ("Bound", {"storage": "1Gi"})
        found = (await bench.get("statefulsets.apps", "db"))["status"]
        assert (found["readyReplicas"], found["currentRevision"]) == (2, found["updateRevision"])
        await bench.change("statefulsets.apps", "db", {"spec": {"replicas": 1}})
        await bench.settle()
        assert [pod["metadata"]["name"] for pod in await bench.pods()] == ["db-0"]

    simulate(scenario)


def test_stateful_set_rolls(simulate) -> None:
    """A new template replaces the pods, and the revisions meet in the end."""

    async def scenario(bench) -> None:
        await bench.create("statefulsets.apps", workload("StatefulSet", "db", replicas=2, serviceName="db"))
        await bench.settle()
        await bench.change("statefulsets.apps", "db", {"spec": {"template": template("db", "i:2")}})
        await bench.settle()
        assert {p["spec"]["containers"][0]["image"] for p in await bench.pods()} == {"i:2"}
        found = (await bench.get("statefulsets.apps", "db"))["status"]
        assert found["currentRevision"] == found["updateRevision"]

    simulate(scenario)


def test_daemon_set_follows_its_node(simulate) -> None:
    """One pod runs if the node is wanted; a node selector that fits nothing means none."""

    async def scenario(bench) -> None:
        await bench.create("daemonsets.apps", workload("DaemonSet", "d"))
        await bench.settle()
        assert (await bench.get("daemonsets.apps", "d"))["status"]["numberAvailable"] == 1
        wanted = {"spec": {"template": {"spec": {"nodeSelector": {"disk": "fast"}}}}}
        await bench.change("daemonsets.apps", "d", wanted)
        await bench.settle()
        assert (await bench.get("daemonsets.apps", "d"))["status"]["desiredNumberScheduled"] == 0
        assert await bench.pods() == []
        node = await bench.get("nodes", "c-control-plane", "")
        await bench.client.patch("nodes", node, {"metadata": {"labels": {"disk": "fast"}}})
        await bench.settle()
        assert len(await bench.pods()) == 1

    simulate(scenario)


def test_job_completes(simulate) -> None:
    """Pods of a Job end, and the Job is complete, and gone when its time to live is over."""

    async def scenario(bench) -> None:
        spec = {
            "completions": 3,
            "parallelism": 2,
            "ttlSecondsAfterFinished": 30,
            "template": template("j", restartPolicy="Never"),
        }
        await bench.create(
            "jobs.batch", {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": spec}
        )
        await bench.api.clock.sleep(10)
        job = await bench.get("jobs.batch", "j")
        assert job["status"]["succeeded"] == 3
        assert conditions(job)["Complete"] == ("True", "CompletionsReached")
        assert {pod["status"]["phase"] for pod in await bench.pods()} == {"Succeeded"}
        await bench.api.clock.sleep(40)
        assert await bench.client.find("jobs.batch", "default", "j") is None

    simulate(scenario)


def claim(name: str, class_name: str) -> dict[str, Any]:
    """A claim of one gibibyte."""
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": class_name,
        "resources": {"requests": {"storage": "1Gi"}},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def test_claim_waits_for_its_first_consumer(simulate) -> None:
    """A claim of such a class is bound when a pod uses it, and its volume goes with it."""

    async def scenario(bench) -> None:
        await bench.create("persistentvolumeclaims", claim("data", "late"))
        await bench.settle()
        storage = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "late"},
            "provisioner": "p",
            "volumeBindingMode": "WaitForFirstConsumer",
        }
        await bench.create("storageclasses.storage.k8s.io", storage, "")
        await bench.settle()
        assert (await bench.get("persistentvolumeclaims", "data"))["status"]["phase"] == "Pending"
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": template("p", volumes=volumes)["spec"],
        }
        await bench.create("pods", pod)
        await bench.settle()
        assert (await bench.get("persistentvolumeclaims", "data"))["status"]["phase"] == "Bound"
        assert (await bench.get("pods", "p"))["status"]["phase"] == "Running"
        await bench.client.delete("pods", await bench.get("pods", "p"))
        await bench.settle()
        await bench.delete("persistentvolumeclaims", "data")
        await bench.settle()
        assert await bench.client.list("persistentvolumes") == []

    simulate(scenario)


def test_service_follows_its_pods(simulate) -> None:
    """Endpoints and slices hold the ready pods that the selector chooses, by the named port."""

    async def scenario(bench) -> None:
        web = workload("Deployment", replicas=2)
        web["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"name": "http", "containerPort": 8080}]
        await bench.create("deployments.apps", web)
        ports = [{"port": 80, "targetPort": "http"}]
        spec = {"selector": {"app": "web"}, "ports": ports}
        await bench.create(
            "services", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
        )
        await bench.settle()
        addresses = {pod["status"]["podIP"] for pod in await bench.pods()}
        [subset] = (await bench.get("endpoints", "web"))["subsets"]
        assert {a["ip"] for a in subset["addresses"]} == addresses
        assert subset["ports"][0]["port"] == 8080
        [slice_] = await bench.client.list("endpointslices.discovery.k8s.io", "default")
        assert {e["addresses"][0] for e in slice_["endpoints"]} == addresses
        await bench.change("deployments.apps", "web", {"spec": {"replicas": 0}})
        await bench.settle()
        assert "subsets" not in await bench.get("endpoints", "web")

    simulate(scenario)


def test_a_second_start_takes_up_what_is_there(simulate) -> None:
    """After a restart, half-done work is finished and nothing is done twice."""

    async def scenario(bench) -> None:
        await bench.create("deployments.apps", workload("Deployment"))
        await bench.api.clock.sleep(0.05)
        bench.simulator.stop()
        await bench.api.clock.sleep(1)
        [pod] = await bench.pods()
        assert pod["status"]["phase"] == "Pending"
        heard: list[WorkloadChange] = []
        again: Simulator = bench.make_simulator()
        again.on_workload(heard.append)
        bench.simulator = again
        await again.start(bench.tasks)
        await bench.settle()
        assert [p["metadata"]["name"] for p in await bench.pods()] == [pod["metadata"]["name"]]
        assert [change.running for change in heard] == [True]

    simulate(scenario)


def test_foreign_writers_do_not_stop_it(simulate) -> None:
    """Conflicts with other writers are read again, never forced."""

    async def scenario(bench) -> None:
        meddled = 0

        def meddle(event) -> None:
            nonlocal meddled
            if event.group_resource == "pods" and event.type == "ADDED":
                meddled += 1
                obj = event.new.object()
                obj["metadata"].setdefault("labels", {})["touched"] = "yes"
                bench.cluster.put("pods", event.key, obj)

        bench.cluster.listeners.insert(0, meddle)
        await bench.create("deployments.apps", workload("Deployment", replicas=3))
        await bench.settle()
        pods = await bench.pods()
        assert meddled == 3
        assert all(pod["metadata"]["labels"]["touched"] == "yes" for pod in pods)
        assert (await bench.get("deployments.apps", "web"))["status"]["availableReplicas"] == 3

    simulate(scenario)


def quota(**hard: str) -> dict[str, Any]:
    """A ResourceQuota."""
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}}


def test_quota_holds_pods_back_until_there_is_room(simulate) -> None:
    """A ReplicaSet says what it may not create, and goes on when the quota grows."""

    async def scenario(bench) -> None:
        await bench.create("resourcequotas", quota(pods="1"))
        await bench.create("deployments.apps", workload("Deployment", replicas=2))
        await bench.api.clock.sleep(2)
        found = await bench.get("resourcequotas", "q")
        assert found["status"] == {"hard": {"pods": "1"}, "used": {"pods": "1"}}
        failure = conditions(await bench.get("deployments.apps", "web"))["ReplicaFailure"]
        assert failure == ("True", "FailedCreate")
        events = await bench.client.list("events", "default")
        told = [e["message"] for e in events if e["reason"] == "FailedCreate"]
        assert told
        assert all("exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1" in text for text in told)
        assert len(told) < 10
        await bench.change("resourcequotas", "q", {"spec": {"hard": {"pods": "2"}}})
        await bench.settle()
        assert len(await bench.pods()) == 2
        assert "ReplicaFailure" not in conditions(await bench.get("deployments.apps", "web"))
        assert (await bench.get("resourcequotas", "q"))["status"]["used"] == {"pods": "2"}

    simulate(scenario)


def test_pods_wait_for_a_node_that_takes_them(simulate) -> None:
    """A tainted or cordoned node takes no pod that does not tolerate it; freed, it takes those that waited."""

    async def scenario(bench) -> None:
        node = await bench.get("nodes", "c-control-plane", "")
        taints = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
        await bench.client.patch("nodes", node, {"spec": {"taints": taints}})
        await bench.create("deployments.apps", workload("Deployment"))
        tolerant = workload("Deployment", "patient")
        tolerant["spec"]["template"]["spec"]["tolerations"] = [{"key": "gpu", "operator": "Exists"}]
        await bench.create("deployments.apps", tolerant)
        await bench.api.clock.sleep(2)
        phases = {pod["metadata"]["labels"]["app"]: pod for pod in await bench.pods()}
        assert phases["patient"]["status"]["phase"] == "Running"
        waiting = next(c for c in phases["web"]["status"]["conditions"] if c["type"] == "PodScheduled")
        assert "had untolerated taint(s) {gpu: yes}" in waiting["message"]
        await bench.client.patch("nodes", await bench.get("nodes", "c-control-plane", ""), {"spec": {"taints": None}})
        await bench.settle()
        assert {pod["status"]["phase"] for pod in await bench.pods()} == {"Running"}

    simulate(scenario)
