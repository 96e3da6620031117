"""What becomes of commits that cannot be applied whole, and what is pruned, kept and released."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lab.events.bus import EventBus
from lab.events.kinds import AgentStarted, Applied, ApplyFailed, PackageNotReady, PackageReady, Retried, Warned
from lab.kube.paths import CONFIG_MAP, CRD, DEPLOYMENT, NAMESPACE, RESOURCE_GROUP
from lab.manifests import load

SYSTEM = "config-management-system"
KPTFILE = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n"


def config_map(name: str, value: str = "1", namespace: str = "default", annotations: str = "{}") -> str:
    """A ConfigMap."""
    meta = f"{{name: {name}, namespace: {namespace}, annotations: {annotations}}}"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {meta}\ndata: {{v: '{value}'}}\n"


def namespace(name: str) -> str:
    """A Namespace."""
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"


def deployment(image: str) -> str:
    """A Deployment in the namespace ran."""
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: upf, namespace: ran}}
spec:
  selector: {{matchLabels: {{app: upf}}}}
  template:
    metadata: {{labels: {{app: upf}}}}
    spec:
      containers: [{{name: upf, image: "{image}"}}]
"""


WIDGETS = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: default}\nspec: {size: 1}\n"


async def errors(bench: Any, stage: str) -> list[str]:
    """The codes of a stage."""
    return [error["code"] for error in (await bench.status()).get(stage, {}).get("errors", [])]


def started(bench: Any, **how: Any) -> Any:
    """An agent with a RootSync."""
    bench.start_agent(**how)
    return bench.root_sync()


def test_broken_yaml_changes_nothing(on_bench: Callable[..., None]) -> None:
    """One unreadable file blocks its whole commit, and is named with file and line; the next good commit heals."""

    async def scenario(bench: Any) -> None:
        good = await bench.commit({"p/Kptfile": KPTFILE, "p/a.yaml": config_map("a")})
        await started(bench)
        await bench.synced()
        bad = await bench.commit({"p/a.yaml": config_map("a", "2"), "p/b.yaml": "a: 1\n b: 2\n"})
        await bench.until(lambda: errors(bench, "source"))

        status = await bench.status()
        assert (bad, good, good) == (status["source"]["commit"], status["sync"]["commit"], status["lastSyncedCommit"])
        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"v": "1"}
        told = bench.events(ApplyFailed)[0]
        refusal = told.refusals[0]
        assert (bad, False) == (told.commit, told.partial)
        assert (
            refusal.knv,
            refusal.code,
            refusal.directory,
            refusal.file,
            refusal.line,
        ) == ("KNV2001", "LAB801", "p", "p/b.yaml", 2)
        await bench.commit({"p/b.yaml": None})
        await bench.synced()

    on_bench(scenario)


def test_unknown_kind_leaves_the_others_alone(on_bench: Callable[..., None]) -> None:
    """KNV1021 holds back only its own objects, and heals when the definition comes, without a commit."""

    async def scenario(bench: Any) -> None:
        files = {"p/Kptfile": KPTFILE, "p/w.yaml": WIDGET, "q/Kptfile": KPTFILE, "q/a.yaml": config_map("a")}
        await bench.commit(files)
        await started(bench)
        await bench.until(lambda: bench.get(CONFIG_MAP, "a", "default"))
        await bench.until(lambda: bench.events(PackageReady))
        assert await errors(bench, "source") == ["1021"]
        told = bench.events(ApplyFailed)[0]
        assert [(r.code, r.subject, r.directory) for r in told.refusals] == [("LAB806", "Widget/default/w", "p")]
        assert [ready.directory for ready in bench.events(PackageReady)] == ["q"]
        assert bench.events(Retried)

        await asyncio.sleep(200)
        await bench.apply(load.parse(WIDGETS)[0])
        await bench.synced(within=3)
        await bench.until(lambda: len(bench.events(PackageReady)) == 2)

    on_bench(scenario)


def test_definition_and_its_objects_in_one_commit(on_bench: Callable[..., None]) -> None:
    """A definition is waited for, then its objects are applied; both leave in one commit, the definition alone not."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"w.yaml": WIDGET, "z-definition.yaml": WIDGETS, "keep.yaml": config_map("keep")})
        await started(bench)
        await bench.synced()
        await bench.commit({"z-definition.yaml": None})
        await bench.until(lambda: errors(bench, "source"))
        assert await errors(bench, "source") == ["1047"]
        assert await bench.get(CRD, "widgets.example.com")

        await bench.commit({"w.yaml": None})
        await bench.synced()

        async def gone() -> bool:
            return await bench.get(CRD, "widgets.example.com") is None

        await bench.until(gone)

    on_bench(scenario)


def test_refused_object_does_not_hold_up_others(on_bench: Callable[..., None]) -> None:
    """KNV2009 quotes the API; other objects are applied; the retry heals as soon as the cluster lets it."""

    async def scenario(bench: Any) -> None:
        frozen = config_map("frozen") + "immutable: true\n---\n" + config_map("beside")
        await bench.commit(
            {"p/Kptfile": KPTFILE, "p/f.yaml": frozen, "q/Kptfile": KPTFILE, "q/a.yaml": config_map("a")}
        )
        await started(bench)
        await bench.synced()
        await bench.commit({"p/f.yaml": frozen.replace("'1'", "'2'"), "q/a.yaml": config_map("a", "2")})
        await bench.until(lambda: errors(bench, "sync"))

        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"v": "2"}
        told = bench.events(ApplyFailed)[-1]
        assert told.partial
        assert [(r.knv, r.code, r.subject, r.file) for r in told.refusals] == [
            ("KNV2009", "LAB803", "ConfigMap/default/frozen", "p/f.yaml")
        ]
        assert "immutable" in told.refusals[0].message
        await asyncio.sleep(1)
        rows = (await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM))["status"]["resourceStatuses"]
        await bench.client.delete(CONFIG_MAP, "frozen", namespace="default")
        await bench.synced(within=70)
        shown = {row["name"]: (row["actuation"], row["status"]) for row in rows}
        current = ("Succeeded", "Current")
        assert {"frozen": ("Failed", "Unknown"), "beside": current, "a": current} == shown

    on_bench(scenario)


def test_missing_right_is_named(on_bench: Callable[..., None]) -> None:
    """A 403 is KNV2013, in the words of the API, with the ServiceAccount in them."""

    async def scenario(bench: Any) -> None:
        binding = await bench.client.kind_for("rbac.authorization.k8s.io/v1", "ClusterRoleBinding")
        role = await bench.client.kind_for("rbac.authorization.k8s.io/v1", "ClusterRole")
        await bench.client.delete(binding, "configsync.gke.io:reconciler-manager")
        everything_but = [
            {"apiGroups": ["configsync.gke.io", "kpt.dev"], "resources": ["*"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]},
        ]
        head = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "narrow"}}
        await bench.client.create(role, {**head, "kind": "ClusterRole", "rules": everything_but})
        subject = {"kind": "ServiceAccount", "name": "reconciler-manager", "namespace": SYSTEM}
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "narrow"}
        await bench.client.create(
            binding, {**head, "kind": "ClusterRoleBinding", "roleRef": reference, "subjects": [subject]}
        )
        secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\ndata: {a: YQ==}\n"
        await bench.commit({"a.yaml": config_map("a"), "s.yaml": secret})
        await started(bench)
        await bench.until(lambda: errors(bench, "sync"))

        refusal = bench.events(ApplyFailed)[0].refusals[0]
        assert (refusal.knv, refusal.code, refusal.subject) == ("KNV2013", "LAB804", "Secret/default/s")
        assert "system:serviceaccount:config-management-system:reconciler-manager" in refusal.message
        assert await bench.get(CONFIG_MAP, "a", "default")

    on_bench(scenario)


def test_prune_and_detach(on_bench: Callable[..., None]) -> None:
    """What leaves Git leaves the cluster, counted for its package; what is marked to be kept stays without the mark."""

    async def scenario(bench: Any) -> None:
        keep = "{client.lifecycle.config.k8s.io/deletion: detach}"
        await bench.commit(
            {"p/Kptfile": KPTFILE, "p/a.yaml": config_map("a"), "q.yaml": config_map("kept", annotations=keep)}
        )
        await started(bench)
        await bench.synced()
        await bench.commit({"p/Kptfile": None, "p/a.yaml": None, "q.yaml": None, "b.yaml": config_map("b")})
        await bench.synced()

        assert await bench.get(CONFIG_MAP, "a", "default") is None
        kept = (await bench.get(CONFIG_MAP, "kept", "default"))["metadata"]
        assert kept["annotations"] == {"client.lifecycle.config.k8s.io/deletion": "detach"}
        assert bench.events(Applied)[-1].packages["p"]["pruned"] == 1
        group = await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM)
        assert [row["name"] for row in group["spec"]["resources"]] == ["b"]

    on_bench(scenario)


def test_all_namespaces_are_not_deleted_at_once(on_bench: Callable[..., None]) -> None:
    """KNV2006 guards against losing every namespace, also after a restart; in two steps it goes."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": namespace("a"), "b.yaml": namespace("b")})
        await started(bench)
        await bench.synced()
        await bench.commit({"a.yaml": None, "b.yaml": None})
        await bench.until(lambda: errors(bench, "sync"))
        await bench.stop_agent()
        bench.start_agent()
        await asyncio.sleep(40)
        assert await errors(bench, "sync") == ["2006"]
        assert await bench.get(NAMESPACE, "a")

        await bench.commit({"a.yaml": namespace("a")})
        await bench.synced()
        await bench.commit({"a.yaml": None})
        await bench.synced()

        async def gone() -> bool:
            return await bench.get(NAMESPACE, "a") is None

        await bench.until(gone)

    on_bench(scenario)


def test_released_object_keeps_its_data(on_bench: Callable[..., None]) -> None:
    """managed: disabled takes the mark off and applies nothing; taking it back manages the object again."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await started(bench)
        await bench.synced()
        off = "{configmanagement.gke.io/managed: disabled}"
        await bench.commit({"a.yaml": config_map("a", "2", annotations=off)})
        await bench.synced()
        found = await bench.get(CONFIG_MAP, "a", "default")
        assert (found["data"], found["metadata"].get("annotations", {})) == ({"v": "1"}, {})
        await bench.client.patch(CONFIG_MAP, "a", {"data": {"v": "mine"}}, namespace="default")
        await asyncio.sleep(20)
        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"v": "mine"}

        await bench.commit({"a.yaml": config_map("a", "3")})
        await bench.synced()
        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"v": "3"}

    on_bench(scenario)


def test_implicit_namespace_comes_and_stays(on_bench: Callable[..., None]) -> None:
    """A namespace that nothing declares is made for its objects and released when they leave."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a", namespace="shadow"), "b.yaml": config_map("b")})
        await started(bench)
        await bench.synced()
        annotations = (await bench.get(NAMESPACE, "shadow"))["metadata"]["annotations"]
        assert annotations["client.lifecycle.config.k8s.io/deletion"] == "detach"
        assert "configmanagement.gke.io/source-path" not in annotations
        assert "configsync.gke.io/manager" not in (await bench.get(NAMESPACE, "default"))["metadata"].get(
            "annotations", {}
        )
        await bench.commit({"a.yaml": None})
        await bench.synced()
        left = (await bench.get(NAMESPACE, "shadow"))["metadata"]
        assert left["annotations"] == {"client.lifecycle.config.k8s.io/deletion": "detach"}

    on_bench(scenario)


def test_explicit_namespaces_are_waited_for(on_bench: Callable[..., None]) -> None:
    """With the strategy explicit an object without its namespace is refused until somebody makes the namespace."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a", namespace="ran")})
        bench.start_agent()
        await bench.root_sync(override={"namespaceStrategy": "explicit"})
        await bench.until(lambda: errors(bench, "sync"))
        assert 'namespaces "ran" not found' in bench.events(ApplyFailed)[0].refusals[0].message
        await bench.apply(load.parse(namespace("ran"))[0])
        await bench.synced(within=10)

    on_bench(scenario)


def test_image_that_cannot_be_pulled_is_told(on_bench: Callable[..., None]) -> None:
    """A workload whose image cannot be pulled is told not ready with the cluster's reason; the mended one is ready."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"p/Kptfile": KPTFILE, "p/n.yaml": namespace("ran"), "p/d.yaml": deployment("upf:missing")})
        await started(bench)
        await bench.until(lambda: bench.events(PackageNotReady))
        told = bench.events(PackageNotReady)[0]
        assert (told.directory, told.subject) == ("p", "Deployment/ran/upf")
        assert told.reason.startswith(("ImagePullBackOff", "ErrImagePull"))
        await bench.synced()
        assert bench.events(PackageReady) == []

        mended = await bench.commit({"p/d.yaml": deployment("upf:1")})
        await bench.until(lambda: bench.events(PackageReady))
        assert mended == bench.events(PackageReady)[0].commit

        async def current() -> bool:
            group = await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM)
            return {"Current"} == {row["status"] for row in group["status"]["resourceStatuses"]}

        await bench.until(current)

    on_bench(scenario, simulated=True)


def test_dependents_of_what_never_gets_ready_are_skipped(on_bench: Callable[..., None]) -> None:
    """depends-on waits for readiness; what can never be ready ends the wait, and its dependent is skipped."""

    async def scenario(bench: Any) -> None:
        needs = "{config.kubernetes.io/depends-on: apps/namespaces/ran/Deployment/upf}"
        files = {"n.yaml": namespace("ran"), "d.yaml": deployment("upf:missing")}
        await bench.commit({**files, "a.yaml": config_map("a", annotations=needs)})
        await started(bench)
        await bench.until(lambda: errors(bench, "sync"))
        assert await bench.get(CONFIG_MAP, "a", "default") is None
        message = bench.events(ApplyFailed)[0].refusals[0].message
        assert "skipped apply of ConfigMap, default/a: dependency apply reconcile" in message
        await bench.commit({"d.yaml": deployment("upf:1")})
        await bench.synced(within=120)

    on_bench(scenario, simulated=True)


def test_restart_repeats_nothing(on_bench: Callable[..., None]) -> None:
    """An agent that starts again tells no fact twice and changes no object."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"p/Kptfile": KPTFILE, "p/n.yaml": namespace("ran"), "p/a.yaml": config_map("a")})
        await started(bench)
        await bench.synced()
        await bench.until(lambda: bench.events(PackageReady))
        await asyncio.sleep(5)
        version = (await bench.get(CONFIG_MAP, "a", "default"))["metadata"]["resourceVersion"]
        status = await bench.status()
        group = await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM)
        await bench.stop_agent()
        again = EventBus(bench.clock, bench.bus.records)
        with_history = len(again.records)
        bench.start_agent(bus=again)
        await asyncio.sleep(60)

        assert [AgentStarted("my-ran")] == [record.event for record in again.records[with_history:]]
        assert version == (await bench.get(CONFIG_MAP, "a", "default"))["metadata"]["resourceVersion"]
        assert status == await bench.status()
        after = await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM)
        assert group["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]

    on_bench(scenario)


def test_agent_applies_its_own_manifests(on_bench: Callable[..., None]) -> None:
    """configsync.yaml and rootsync.yaml in the repository are no harm: applied, warned of, and never pruned."""

    async def scenario(bench: Any) -> None:
        own = load.configsync_yaml(cluster="my-ran", image="lab:dev")
        root = load.rootsync_yaml(repo_url="http://git.lab.example/lab/my-ran.git")
        await bench.commit({"agent/configsync.yaml": own, "agent/rootsync.yaml": root, "a.yaml": config_map("a")})
        await started(bench)
        await bench.synced()
        found = await bench.get(DEPLOYMENT, "reconciler-manager", SYSTEM)
        assert found["metadata"]["annotations"]["configmanagement.gke.io/source-path"] == "agent/configsync.yaml"
        assert len(bench.events(Warned)) == 1

        await bench.commit({"agent/configsync.yaml": None, "agent/rootsync.yaml": None})
        await bench.synced()
        left = await bench.get(DEPLOYMENT, "reconciler-manager", SYSTEM)
        assert "configmanagement.gke.io/managed" not in left["metadata"].get("annotations", {})
        assert await bench.get(CRD, "rootsyncs.configsync.gke.io")
        await bench.commit({"b.yaml": config_map("b")})
        await bench.synced()

    on_bench(scenario)


def test_two_root_syncs_and_one_object(on_bench: Callable[..., None]) -> None:
    """KNV1060 shows on both RootSyncs that declare one object, and soon after one let go of it on neither."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"one/a.yaml": config_map("a", "1"), "two/a.yaml": config_map("a", "2")})
        bench.start_agent()
        await bench.root_sync(name="one", dir="one")
        await bench.until(lambda: bench.get(CONFIG_MAP, "a", "default"))
        await bench.root_sync(name="two", dir="two")

        async def conflict() -> bool:
            found = [(await bench.status(name)).get("sync", {}).get("errors", []) for name in ("one", "two")]
            return all(any(error["code"] == "1060" for error in errors) for errors in found)

        await bench.until(conflict, 30)
        await bench.commit({"one/a.yaml": None, "one/b.yaml": config_map("b")})

        async def settled() -> bool:
            live = await bench.get(CONFIG_MAP, "a", "default")
            words = {await bench.word("one"), await bench.word("two")}
            return live is not None and live["data"]["v"] == "2" and words == {"SYNCED"}

        await bench.until(settled, 100)

    on_bench(scenario)


def test_strict_agent_refuses_its_own_manifests(on_bench: Callable[..., None]) -> None:
    """What upstream refuses, a strict agent refuses: its namespace, its definitions, the RootSync itself."""

    async def scenario(bench: Any) -> None:
        own = load.configsync_yaml(cluster="my-ran", image="lab:dev")
        await bench.commit({"agent/configsync.yaml": own, "a.yaml": config_map("a")})
        await started(bench, strict=True)
        await bench.until(lambda: errors(bench, "source"))
        assert {"1034", "1043"} == set(await errors(bench, "source"))
        assert await bench.get(CONFIG_MAP, "a", "default") is None

    on_bench(scenario)
