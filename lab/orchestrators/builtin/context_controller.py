"""The context controller: brings what is known of a cluster into the variants that are meant for it.

It needs the management cluster only and works the same beside any orchestrator. The link between a variant and a
cluster is the label `nephio.org/cluster-name` on the downstream Repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.events.bus import EventBus
from lab.events.kinds import ContextAccepted, ContextRemoved, Retried, Warned
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import PACKAGE_VARIANT, Object, metadata, name_of, namespace_of
from lab.kube.queue import WorkQueue
from lab.orchestrators.builtin.cluster_index import ClusterIndex
from lab.orchestrators.builtin.context_facts import ClusterFacts, differences, present_pipeline, wanted_pipeline
from lab.orchestrators.builtin.registration import cluster_of
from lab.orchestrators.builtin.revision import Key
from lab.orchestrators.builtin.telling import shown_name
from lab.orchestrators.builtin.variant_index import VariantIndex

MANAGER = "lab-context"


class ContextController:
    """Works on what informers know: variants, Repositories (`repositories`), and objects with facts of clusters."""

    def __init__(
        self, client: KubeClient, *, variants: VariantIndex, repositories: Mapping[Key, Object], bus: EventBus
    ) -> None:
        self._client = client
        self._variants = variants
        self._repositories = repositories
        self._bus = bus
        self.clusters = ClusterIndex()
        self.queue: WorkQueue[Key] = WorkQueue(self.reconcile, failed=self._failed)

    def repository_changed(self, namespace: str, name: str) -> None:
        """News of a Repository: its variants may have got another cluster."""
        for key in self._variants.of_repository(namespace, name):
            self.queue.add(key)

    def context_changed(self, change: str, obj: Object) -> None:
        """An informer's news of a ClusterContext or WorkloadCluster."""
        namespace = namespace_of(obj)
        clusters, networks = self.clusters.note(change, obj)
        for cluster in sorted(clusters):
            self._tell(cluster, namespace, name_of(obj))
        for key, repository in self._repositories.items():
            if key[0] == namespace and (networks or cluster_of(repository) in clusters):
                self.repository_changed(*key)

    def settled(self, variant: Object) -> bool:
        """Whether a variant already holds what its cluster's context gives, so that drafts can be made of it."""
        return self._change(variant) is None

    async def reconcile(self, key: Key) -> float | None:
        """Give one variant the functions of its context, or take them back. Raises KubeError."""
        variant = self._variants.objects.get(key)
        if variant is None or metadata(variant).get("deletionTimestamp"):
            return None
        facts = self.facts_for(variant)
        if facts is not None:
            self._warn(variant, facts)
        wanted = self._change(variant)
        if wanted is None:
            return None
        meta = metadata(variant)
        applied: dict[str, Any] = {
            "apiVersion": PACKAGE_VARIANT.api_version,
            "kind": PACKAGE_VARIANT.kind,
            # With the version that was judged, so that functions which somebody adds meanwhile are not lost: the
            # list is one value to the API.
            "metadata": {"name": key[1], "namespace": key[0], "resourceVersion": meta.get("resourceVersion")},
        }
        pipeline = {field: functions for field, functions in wanted.items() if functions}
        if pipeline:
            applied["spec"] = {"pipeline": pipeline}
        try:
            await self._client.apply(PACKAGE_VARIANT, applied, manager=MANAGER, force=True)
        except KubeError as error:
            if error.not_found or error.conflict:
                # Gone, or changed meanwhile: the informer's next news brings it here again.
                return 1.0
            raise
        return None

    def facts_for(self, variant: Object) -> ClusterFacts | None:
        """The facts of the cluster that pulls a variant's downstream repository, or None."""
        namespace = namespace_of(variant)
        downstream = (variant.get("spec") or {}).get("downstream") or {}
        repository = self._repositories.get((namespace, str(downstream.get("repo") or "")))
        cluster = cluster_of(repository) if repository is not None else ""
        return self.clusters.facts(cluster, namespace) if cluster else None

    def _change(self, variant: Object) -> dict[str, list[dict[str, Any]]] | None:
        """The functions that a variant shall have, or None where they are there; only lists with ours are named."""
        facts = self.facts_for(variant)
        others = self.clusters.with_networks(facts.namespace) if facts is not None and facts.networks else []
        wanted, present = wanted_pipeline(variant, facts, others), present_pipeline(variant)
        if wanted == present:
            return None
        bare = wanted_pipeline(variant, None)
        return {
            field: functions
            for field, functions in wanted.items()
            if functions != bare[field] or present[field] != bare[field]
        }

    def _tell(self, cluster: str, namespace: str, name: str) -> None:
        facts = self.clusters.facts(cluster, namespace)
        if facts is None:
            self._bus.publish(ContextRemoved(cluster, name))
        else:
            self._bus.publish(ContextAccepted(cluster, facts.name, facts.shown))

    def _warn(self, variant: Object, facts: ClusterFacts) -> None:
        shown = shown_name(namespace_of(variant), name_of(variant))
        for found in differences(variant, facts):
            self._bus.publish(
                Warned(
                    "LAB404",
                    f"{shown}/{found.setter}",
                    f"PackageVariant {shown} sets {found.setter} to {found.variant_value!r}; the {facts.kind} "
                    f"{facts.name} says {found.context_value!r}. What the variant sets wins.",
                )
            )

    def _failed(self, key: Key, error: Exception, attempt: int, wait: float) -> None:
        self._bus.publish(Retried(f"context of PackageVariant {shown_name(*key)}", attempt, str(error), wait))
