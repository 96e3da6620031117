"""Which simulated objects a change concerns: the object itself, its controller, and what waits for it."""

from __future__ import annotations

from collections.abc import Iterator

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.quota_admission import QUOTAS, possible_names
from lab.apiserver.core.store import Event
from lab.apiserver.simulate.claims import CLASSES, VOLUMES
from lab.apiserver.simulate.daemon_sets import DAEMON_SETS
from lab.apiserver.simulate.deployments import DEPLOYMENTS
from lab.apiserver.simulate.jobs import JOBS
from lab.apiserver.simulate.nodes import NODES
from lab.apiserver.simulate.pod_objects import CLAIMS, PODS, controller_key
from lab.apiserver.simulate.replica_sets import REPLICA_SETS
from lab.apiserver.simulate.services import SERVICES
from lab.apiserver.simulate.stateful_sets import STATEFUL_SETS

SIMULATED = frozenset({CLAIMS, DAEMON_SETS, DEPLOYMENTS, JOBS, PODS, REPLICA_SETS, SERVICES, STATEFUL_SETS, VOLUMES})
"""What has a controller of its own."""

Target = tuple[str, str, str]
"""Group resource, namespace and name of an object to be worked on."""


def concerned(cluster: Cluster, event: Event) -> Iterator[Target]:
    """Everything that has to be looked at again after a change."""
    namespace, name = event.key
    if event.group_resource == NODES:
        yield from _unsettled(cluster, PODS, "", b'"phase":"Pending"')
        yield from ((DAEMON_SETS, *key) for key, _entry in cluster.table(DAEMON_SETS).items())
        return
    if event.group_resource == CLASSES:
        yield from _unsettled(cluster, CLAIMS, "", b'"phase":"Pending"')
        return
    if len(cluster.table(QUOTAS)):
        yield from _quotas(cluster, event)
    if event.group_resource not in SIMULATED:
        return
    yield event.group_resource, namespace, name
    if event.group_resource in (PODS, REPLICA_SETS):
        owner = controller_key(event.new.object())
        if owner is not None:
            yield owner
    if event.group_resource == PODS:
        yield from ((SERVICES, *key) for key, _entry in cluster.table(SERVICES).items(namespace))
        yield from _unsettled(cluster, CLAIMS, namespace, b'"phase":"Pending"')
    elif event.group_resource == VOLUMES:
        yield from _unsettled(cluster, CLAIMS, "", b'"phase":"Pending"')
    elif event.group_resource == CLAIMS:
        yield from _unsettled(cluster, PODS, namespace, b'"phase":"Pending"')
        if event.type == "DELETED":
            yield from _volumes_of(cluster, event.new.uid)


def _quotas(cluster: Cluster, event: Event) -> Iterator[Target]:
    """Quotas whose namespace gained or lost something; and who may be waiting for room."""
    namespace = event.key[0]
    for key, entry in cluster.table(QUOTAS).items(namespace):
        counted = event.group_resource == QUOTAS and key == event.key
        if counted or (namespace and possible_names(event.group_resource, entry.object()["spec"].get("hard") or {})):
            yield (QUOTAS, *key)
    if namespace and (event.group_resource == QUOTAS or event.type == "DELETED"):
        for owners in (REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS):
            yield from ((owners, *key) for key, _entry in cluster.table(owners).items(namespace))


def _unsettled(cluster: Cluster, group_resource: str, namespace: str, phase: bytes) -> Iterator[Target]:
    """Objects in that phase; looked for in the stored bytes, because this runs with every change."""
    for key, entry in cluster.table(group_resource).items(namespace):
        if phase in entry.raw:
            yield (group_resource, *key)


def _volumes_of(cluster: Cluster, claim_uid: str) -> Iterator[Target]:
    wanted = claim_uid.encode()
    for key, entry in cluster.table(VOLUMES).items():
        if wanted in entry.raw:
            yield (VOLUMES, *key)
