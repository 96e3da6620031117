"""What is known of clusters, by namespace and name, from ClusterContexts and WorkloadClusters as they come and go."""

from __future__ import annotations

from collections import defaultdict

from lab.kube.paths import Object, name_of, namespace_of
from lab.orchestrators.builtin.context_facts import ClusterFacts, facts_for, facts_of
from lab.orchestrators.builtin.revision import Key


class ClusterIndex:
    """Facts of clusters, read once each time their object changes."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str, str], ClusterFacts] = {}
        self._by_cluster: dict[Key, set[tuple[str, str, str]]] = defaultdict(set)
        self._with_networks: dict[str, set[tuple[str, str, str]]] = defaultdict(set)

    def note(self, change: str, obj: Object) -> tuple[set[str], bool]:
        """Take an informer's news in; returns the clusters that it is about, and whether networks changed."""
        place = namespace_of(obj), str(obj.get("kind") or ""), name_of(obj)
        before = self._facts.pop(place, None)
        if before is not None:
            self._by_cluster[place[0], before.cluster].discard(place)
            self._with_networks[place[0]].discard(place)
        facts = None if change == "DELETED" else facts_of(obj)
        if facts is not None:
            self._facts[place] = facts
            self._by_cluster[place[0], facts.cluster].add(place)
            if facts.networks:
                self._with_networks[place[0]].add(place)
        networks = [dict(found.networks) if found else {} for found in (before, facts)]
        return {found.cluster for found in (before, facts) if found}, networks[0] != networks[1]

    def facts(self, cluster: str, namespace: str) -> ClusterFacts | None:
        """What a namespace knows of a cluster, or None."""
        places = self._by_cluster.get((namespace, cluster), ())
        return facts_for(cluster, namespace, [self._facts[place] for place in places])

    def with_networks(self, namespace: str) -> list[ClusterFacts]:
        """Everything of a namespace that names address ranges."""
        return [self._facts[place] for place in sorted(self._with_networks.get(namespace, ()))]
