"""The life of namespaces: what each is born with, and how it ends.

Source: Kubernetes, namespace controller (termination), serviceaccounts controller, root CA publisher.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core import crd
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.deletion import request_deletion
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.identity import AUTHENTICATED, UserInfo
from lab.apiserver.core.later import Delays, Later
from lab.apiserver.core.meta import new_uid
from lab.apiserver.core.store import Entry, Event, Key
from lab.apiserver.core.tracking import put_tracked, tracked
from lab.apiserver.core.virtual import Projection

ROOT_CA = "kube-root-ca.crt"
_CONTROLLER = UserInfo(
    "system:serviceaccount:kube-system:namespace-controller",
    ("system:serviceaccounts", "system:serviceaccounts:kube-system", AUTHENTICATED),
)
_ROOT_CA_TEXT = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


def default_account(namespace: str) -> dict[str, Any]:
    """The ServiceAccount `default` of a namespace, without uid and time."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}


def root_ca(namespace: str, certificate: str) -> dict[str, Any]:
    """The ConfigMap with the authority of the serving certificate, without uid and time."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": ROOT_CA,
            "namespace": namespace,
            "annotations": {"kubernetes.io/description": _ROOT_CA_TEXT},
        },
        "data": {"ca.crt": certificate},
    }


class NamespaceController:
    """Watches one cluster."""

    def __init__(self, cluster: Cluster, later: Later, delays: Delays, certificate: str) -> None:
        self._cluster = cluster
        self._later = later
        self._delays = delays
        self._certificate = certificate
        self._due: set[str] = set()
        self._ending: set[str] = set()
        cluster.listeners.append(self.note)

    def note(self, event: Event) -> None:
        """Look at a change."""
        if event.group_resource == "namespaces":
            name = event.key[1]
            if event.type == "ADDED":
                self._later.after(self._delays.account, lambda: self._equip(name))
            elif event.type == "DELETED":
                self._ending.discard(name)
            if event.type != "DELETED" and _is_ending(event.new):
                self._end(name)
        elif event.type == "DELETED":
            if event.key[0] in self._ending:
                self._end(event.key[0])
            elif event.key[1] in ("default", ROOT_CA) and event.group_resource in ("serviceaccounts", "configmaps"):
                namespace = event.key[0]
                self._later.after(self._delays.account, lambda: self._equip(namespace))

    def resume(self) -> None:
        """Go on with every namespace after a start."""
        for (_, name), entry in self._cluster.table("namespaces").items():
            if _is_ending(entry):
                self._end(name)
            else:
                self._equip(name)

    def _equip(self, namespace: str) -> None:
        entry = self._cluster.get("namespaces", ("", namespace))
        if entry is None or _is_ending(entry):
            return
        for group_resource, obj in (
            ("serviceaccounts", default_account(namespace)),
            ("configmaps", root_ca(namespace, self._certificate)),
        ):
            key: Key = (namespace, obj["metadata"]["name"])
            if self._cluster.get(group_resource, key) is None:
                now = self._cluster.now()
                resource = self._cluster.registry.of_group_resource(group_resource)
                if resource is not None:
                    obj = tracked(resource, None, obj, now)
                obj["metadata"]["uid"] = new_uid()
                obj["metadata"]["creationTimestamp"] = now
                self._cluster.put(group_resource, key, obj)

    def _end(self, name: str) -> None:
        self._ending.add(name)
        if name not in self._due:
            self._due.add(name)
            self._later.after(self._delays.namespace, lambda: self._sweep(name))

    def _sweep(self, name: str) -> None:
        """Delete the contents; when nothing is left, let the namespace go."""
        self._due.discard(name)
        entry = self._cluster.get("namespaces", ("", name))
        if entry is None or not _is_ending(entry):
            return
        for group_resource, table in self._cluster.tables():
            resource = self._cluster.registry.of_group_resource(group_resource)
            if resource is None or not resource.namespaced or not table.has_namespace(name):
                continue
            projection = self._cluster.projections.get(group_resource)
            if projection is not None:
                self._later.spawn(self._delete_virtual(projection, name))
                continue
            for key, _ in table.items(name):
                if self._cluster.get(group_resource, key) is not None:
                    request_deletion(self._cluster, resource, key, "Background")
        self._conclude(name)

    async def _delete_virtual(self, projection: Projection, namespace: str) -> None:
        group_resource = projection.resource.group_resource
        for key, entry in self._cluster.table(group_resource).items(namespace):
            try:
                await projection.backend.delete(entry.object(), _CONTROLLER, False)
            except ApiError as refusal:
                self._explain(namespace, {group_resource: 1}, {}, refusal.message)
                self._end(namespace)
                continue
            if self._cluster.get(group_resource, key) is entry:
                projection.remove(*key)

    def _conclude(self, name: str) -> None:
        left, finalizers = self._remaining(name)
        if left:
            self._explain(name, left, finalizers, "")
            return
        entry = self._cluster.get("namespaces", ("", name))
        if entry is None:
            return
        obj = entry.object()
        kept = [f for f in (obj.get("spec") or {}).get("finalizers") or () if f != "kubernetes"]
        obj["spec"] = {**(obj.get("spec") or {}), "finalizers": kept}
        if not kept:
            del obj["spec"]["finalizers"]
        if kept or obj["metadata"].get("finalizers"):
            self._cluster.put("namespaces", ("", name), obj)
        else:
            self._cluster.remove("namespaces", ("", name), obj)

    def _remaining(self, name: str) -> tuple[dict[str, int], dict[str, int]]:
        left: dict[str, int] = {}
        finalizers: dict[str, int] = {}
        for group_resource, table in self._cluster.tables():
            for _, entry in table.items(name) if group_resource != "namespaces" else ():
                left[group_resource] = left.get(group_resource, 0) + 1
                for finalizer in entry.object()["metadata"].get("finalizers") or ():
                    finalizers[finalizer] = finalizers.get(finalizer, 0) + 1
        return left, finalizers

    def _explain(self, name: str, left: dict[str, int], finalizers: dict[str, int], failure: str) -> None:
        """Say in the status what holds the namespace."""
        entry = self._cluster.get("namespaces", ("", name))
        if entry is None:
            return
        obj, now = entry.object(), self._cluster.now()
        contents = ", ".join(f"{kind}. has {count} resource instances" for kind, count in sorted(left.items()))
        holders = ", ".join(f"{kind} in {count} resource instances" for kind, count in sorted(finalizers.items()))
        changed = False
        for condition in (
            crd.condition("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", _DISCOVERED, now),
            crd.condition("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", _PARSED, now),
            crd.condition("NamespaceDeletionContentFailure", "True", "ContentDeletionFailed", failure, now)
            if failure
            else crd.condition("NamespaceDeletionContentFailure", "False", "ContentDeleted", _DELETED, now),
            crd.condition(
                "NamespaceContentRemaining",
                "True",
                "SomeResourcesRemain",
                f"Some resources are remaining: {contents}",
                now,
            ),
            crd.condition(
                "NamespaceFinalizersRemaining",
                "True" if finalizers else "False",
                "SomeFinalizersRemain" if finalizers else "ContentHasNoFinalizers",
                f"Some content in the namespace has finalizers remaining: {holders}" if finalizers else _NO_FINALIZERS,
                now,
            ),
        ):
            changed = crd.set_condition(obj, condition) or changed
        if changed:
            put_tracked(self._cluster, "namespaces", ("", name), obj, subresource="status")


_DISCOVERED = "All resources successfully discovered"
_PARSED = "All legacy kube types successfully parsed"
_DELETED = "All content successfully deleted, may be waiting on finalization"
_NO_FINALIZERS = "All content-preserving finalizers finished"


def _is_ending(entry: Entry) -> bool:
    return b'"deletionTimestamp"' in entry.raw and bool(entry.object()["metadata"].get("deletionTimestamp"))
