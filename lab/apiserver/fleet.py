"""The clusters of a lab: create, delete, list; each with its controllers, its authorities and its pipeline."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from lab.apiserver.core.authn import Authenticator, KeyStore
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.definitions import DefinitionController
from lab.apiserver.core.derived_objects import EventExpiry, RoleAggregator, TokenSecretController
from lab.apiserver.core.documents import Documents
from lab.apiserver.core.faults import Faults
from lab.apiserver.core.garbage import GarbageCollector
from lab.apiserver.core.identity import AUTHENTICATED, Identity, UserInfo
from lab.apiserver.core.later import Delays, Later
from lab.apiserver.core.ledger import Ledger
from lab.apiserver.core.meta import new_uid
from lab.apiserver.core.namespaces import NamespaceController
from lab.apiserver.core.pipeline import Pipeline
from lab.apiserver.core.pki import KeyPair
from lab.apiserver.core.registry import Registry
from lab.apiserver.core.snapshots import Snapshots
from lab.apiserver.core.store import Entry, Table, entry_from_bytes
from lab.apiserver.core.template import Template
from lab.apiserver.persist.journal import Persistence, StoredCluster, StoredObject
from lab.errors.base import LabError
from lab.kit.clock import Clock, timestamp

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
REVISIONS_SKIPPED = 1000
"""Added to the revision at each start: what a watch saw but no reply acknowledged is never numbered twice."""


class Member:
    """A cluster with everything that belongs to it."""

    def __init__(self, cluster: Cluster, pipeline: Pipeline, resume: Callable[[], None]) -> None:
        self.cluster = cluster
        self.pipeline = pipeline
        self.resume = resume


class Fleet:
    """All clusters of one API server."""

    def __init__(
        self,
        clock: Clock,
        template: Template,
        keys: KeyStore,
        documents: Documents,
        ledger: Ledger,
        faults: Faults,
        later: Later,
        delays: Delays,
        *,
        certificate: str,
        today: Callable[[], datetime],
        trust: Callable[[bytes], None],
        store: Persistence | None,
    ) -> None:
        self._clock = clock
        self._template = template
        self._keys = keys
        self._documents = documents
        self._ledger = ledger
        self._faults = faults
        self._later = later
        self._delays = delays
        self._certificate = certificate
        self._today = today
        self._trust = trust
        self._store = store
        self._members: dict[str, Member] = {}

    def names(self) -> tuple[str, ...]:
        """The names of all clusters, sorted."""
        return tuple(sorted(self._members))

    def member(self, name: str) -> Member | None:
        """A cluster with its pipeline, or None."""
        return self._members.get(name)

    def create(self, name: str) -> Cluster:
        """A new cluster with its system namespaces and roles. Raises LabError LAB004 for a bad or taken name."""
        if not _NAME.fullmatch(name):
            raise LabError(
                "LAB004",
                f"The cluster name {name!r} cannot be used.",
                "Cluster names are RFC 1123 labels: lower case letters, digits and '-', at most 63 characters.",
            )
        if name in self._members:
            raise LabError("LAB004", f"The cluster {name} exists already.", "Names of clusters are unique in a lab.")
        uid, created = new_uid(), timestamp(self._clock.now())
        tables, rev = self._template.instantiate(uid, created)
        if self._store is not None:
            self._store.add_cluster(name, uid, created, rev)
        return self._join(name, uid, created, tables, rev).cluster

    def restore(self, stored: StoredCluster) -> Cluster:
        """A cluster from an earlier start: the template, with what was recorded over it."""
        tables, rev = self._template.instantiate(stored.uid, stored.created)
        own: set[str] = set()
        for found in stored.objects:
            if found.group_resource not in own:
                own.add(found.group_resource)
                tables[found.group_resource] = tables.get(found.group_resource, Table()).fork()
            table = tables[found.group_resource]
            if found.raw is not None:
                table.put(found.key, _entry(stored.name, found))
            elif table.get(found.key) is not None:
                table.remove(found.key)
        member = self._join(stored.name, stored.uid, stored.created, tables, max(rev, stored.rev) + REVISIONS_SKIPPED)
        member.cluster.reindex()
        return member.cluster

    def _join(self, name: str, uid: str, created: str, tables: dict[str, Table], rev: int) -> Member:
        cluster = Cluster(
            name,
            uid,
            created,
            self._clock,
            Registry(),
            Snapshots(self._clock),
            tables=tables,
            rev=rev,
            journal=self._store,
        )
        authenticator = Authenticator(cluster, self._keys, self._today, self._trust)
        pipeline = Pipeline(cluster, authenticator, self._documents, self._ledger, self._faults)
        definitions = DefinitionController(cluster, self._later, self._delays)
        namespaces = NamespaceController(cluster, self._later, self._delays, self._certificate)
        garbage = GarbageCollector(cluster, self._later, self._delays)
        TokenSecretController(cluster, self._later, lambda: authenticator.tokens, self._certificate)
        RoleAggregator(cluster, self._later)
        expiry = EventExpiry(cluster, self._later)

        def resume() -> None:
            definitions.resume()
            namespaces.resume()
            garbage.resume()
            expiry.resume()

        member = self._members[name] = Member(cluster, pipeline, resume)
        return member

    def delete(self, name: str) -> None:
        """End a cluster: its watches end, its identities mean nobody from now on. Raises LabError LAB004."""
        member = self._members.pop(name, None)
        if member is None:
            raise LabError("LAB004", f"There is no cluster {name}.", f"Known are: {', '.join(self.names()) or 'none'}.")
        member.cluster.close_watches()
        member.cluster.listeners.clear()
        member.cluster.journal = None  # what its controllers still do must not reach a later cluster of that name
        self._keys.forget(f"clusters/{name}")
        if self._store is not None:
            self._store.remove_cluster(name)

    def identity(self, name: str, username: str, groups: tuple[str, ...] = ()) -> Identity:
        """An identity for in-process clients that exists on this cluster only."""
        return Identity(UserInfo(username, (*groups, AUTHENTICATED)), "in-process", name)

    def account_identity(self, name: str, namespace: str, account: str) -> Identity:
        """The identity of a ServiceAccount, for in-process clients; it exists on this cluster only."""
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
        return self.identity(name, f"system:serviceaccount:{namespace}:{account}", groups)

    def issue_client(self, name: str, username: str, groups: tuple[str, ...]) -> KeyPair:
        """A client certificate for a user of a cluster. Raises LabError LAB004."""
        return self._authenticator(name).issue_client(username, groups)

    def issue_front_proxy(self, name: str) -> KeyPair:
        """A certificate for a proxy that names the users of a cluster in headers. Raises LabError LAB004."""
        return self._authenticator(name).issue_front_proxy()

    def _authenticator(self, name: str) -> Authenticator:
        member = self._members.get(name)
        if member is None:
            raise LabError("LAB004", f"There is no cluster {name}.", f"Known are: {', '.join(self.names()) or 'none'}.")
        return member.pipeline.authenticator


def _entry(cluster: str, found: StoredObject) -> Entry:
    try:
        return entry_from_bytes(found.raw or b"", found.rv)
    except (ValueError, KeyError, TypeError) as fault:
        raise LabError(
            "LAB031",
            f"An object in the database of the API objects cannot be read: {found.group_resource} {found.key[1]}.",
            f"It belongs to the cluster {cluster}: {fault}.",
        ) from fault
