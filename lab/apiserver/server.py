"""The API server: many clusters behind one `handle`, whatever the transport."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any

from lab.apiserver.core.authn import KeyStore
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.documents import Documents, page_not_found
from lab.apiserver.core.faults import Faults
from lab.apiserver.core.identity import Credentials, Identity
from lab.apiserver.core.later import Delays
from lab.apiserver.core.ledger import Ledger
from lab.apiserver.core.openapi import kubernetes_openapi
from lab.apiserver.core.openapi_descriptions import ReadModel
from lab.apiserver.core.pki import CertificateAuthority, KeyPair
from lab.apiserver.core.request import Request, Response, WatchHandle
from lab.apiserver.core.template import Template
from lab.apiserver.core.watching import Watcher
from lab.apiserver.fleet import Fleet
from lab.apiserver.persist.journal import Persistence, StoredCluster
from lab.apiserver.persist.key_files import KeyMemory
from lab.errors.base import LabError
from lab.kit.clock import Clock, SystemClock, timestamp

BOOKMARK_SECONDS = 60.0
_log = logging.getLogger(__name__)


class _Timers:
    """A `Later` over the event loop."""

    def __init__(self) -> None:
        self._handles: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` once in `seconds`."""
        if self._stopped:
            return

        def run() -> None:
            self._handles.discard(handle)
            try:
                action()
            except Exception:
                _log.exception("a bug in a controller of the API server")

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._handles.add(handle)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work beside the requests."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a bug in a controller of the API server", exc_info=task.exception())

    async def stop(self) -> None:
        """Cancel everything that is still to come."""
        self._stopped = True
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ApiServer:
    """A fleet of clusters. Between `start` and `stop` it answers; without a store nothing outlives the process."""

    def __init__(
        self,
        clock: Clock,
        *,
        store: Persistence | None = None,
        keys: KeyStore | None = None,
        delays: Delays | None = None,
        faults: Faults | None = None,
        read_model: ReadModel | None = None,
        today: Callable[[], datetime] | None = None,
    ) -> None:
        """`keys` keeps authorities and signing keys, `read_model` gives `kubectl explain` its sentences.

        `today` is the hour for certificates: TLS peers go by the machine's time, whatever clock the lab runs on.
        """
        self.clock = clock
        self.faults = faults or Faults()
        self.ledger = Ledger()
        self._store = store
        self._keys: KeyStore = keys if keys is not None else KeyMemory()
        self._today = today or SystemClock().now
        self._timers = _Timers()
        self._trusting: list[Callable[[bytes], None]] = []
        self._delays = delays or Delays()
        self.serving_authority = self._serving_authority()
        self.documents = Documents(kubernetes_openapi(read_model))
        self._fleet: Fleet | None = None

    def _serving_authority(self) -> CertificateAuthority:
        certificate, key = self._keys.load("serving-ca.crt"), self._keys.load("serving-ca.key")
        if certificate and key:
            try:
                return CertificateAuthority.load(certificate, key)
            except ValueError as fault:
                raise LabError("LAB031", "The lab's serving authority cannot be read.", str(fault)) from fault
        made = CertificateAuthority.create("lab-serving-ca", self._today())
        self._keys.save("serving-ca.crt", made.certificate_pem)
        self._keys.save("serving-ca.key", made.key_pem)
        return made

    @property
    def fleet(self) -> Fleet:
        """The clusters. Only after `start`."""
        if self._fleet is None:
            raise RuntimeError("the API server was not started")
        return self._fleet

    async def start(self) -> None:
        """Open the store, restore its clusters, begin the controllers. Raises LabError LAB031 for a damaged store."""
        stored = self._store.open() if self._store is not None else []
        try:
            self._restore(stored)
        except BaseException:
            if self._store is not None:
                self._store.close()
            raise
        self._timers.after(BOOKMARK_SECONDS, self._bookmarks)

    def _restore(self, stored: Sequence[StoredCluster]) -> None:
        self._fleet = fleet = self._new_fleet(self._born())
        if self._store is not None:
            self.ledger.restore(iter(self._store.ledger()))
            self.ledger.sink = self._store.record_ledger
        for found in stored:
            fleet.restore(found)
        for name in fleet.names():
            member = fleet.member(name)
            assert member is not None
            member.resume()

    def _born(self) -> str:
        """The time of the lab's first start: that of the objects that all clusters share."""
        born = self._store.born() if self._store is not None else None
        if born is None:
            born = timestamp(self.clock.now())
            if self._store is not None:
                self._store.set_born(born)
        return born

    def _new_fleet(self, born: str) -> Fleet:
        certificate = self.serving_authority.certificate_pem.decode()
        return Fleet(
            self.clock,
            Template(born, certificate),
            self._keys,
            self.documents,
            self.ledger,
            self.faults,
            self._timers,
            self._delays,
            certificate=certificate,
            today=self._today,
            trust=self._trust,
            store=self._store,
        )

    async def stop(self) -> None:
        """End every stream, stop the controllers, close the store."""
        if self._fleet is not None:
            for name in self._fleet.names():
                self.cluster(name).close_watches()
        await self._timers.stop()
        if self._store is not None:
            self._store.close()

    def cluster(self, name: str) -> Cluster:
        """A cluster. Raises LabError LAB004 for a name that is not known."""
        member = self.fleet.member(name)
        if member is None:
            known = ", ".join(self.fleet.names()) or "none"
            raise LabError("LAB004", f"There is no cluster {name}.", f"Known are: {known}.")
        return member.cluster

    def on_trust(self, accept: Callable[[bytes], None]) -> None:
        """Tell a listener of every client authority (PEM), those known already and those to come."""
        self._trusting.append(accept)
        for name in self.fleet.names():
            member = self.fleet.member(name)
            if member is not None:
                for authority in member.pipeline.authenticator.kept_authorities():
                    accept(authority.certificate_pem)

    def issue_server(self, hosts: Sequence[str]) -> KeyPair:
        """A serving certificate for host names and addresses."""
        return self.serving_authority.issue_server(hosts, self._today())

    def _trust(self, certificate: bytes) -> None:
        for accept in self._trusting:
            accept(certificate)

    async def handle(self, cluster: str, identity: Identity | Credentials, request: Request) -> Response | WatchHandle:
        """Answer one request. Only ConnectionError and cancellation leave this; refusals are replies."""
        member = self.fleet.member(cluster)
        if member is None:
            return page_not_found()
        reply = await member.pipeline.handle(identity, request)
        if isinstance(reply, Watcher):
            self._limit(reply)
        return reply

    def _limit(self, watcher: Watcher) -> None:
        """End a watch at its deadline."""
        seconds = max(0.0, watcher.deadline - self.clock.time())
        timer = asyncio.get_running_loop().call_later(seconds, watcher.finish)
        watcher.on_close = timer.cancel

    def _bookmarks(self) -> None:
        for name in self.fleet.names():
            cluster = self.cluster(name)
            for watcher in cluster.all_watchers():
                watcher.bookmark()
            cluster.ring.tick()
        self._timers.after(BOOKMARK_SECONDS, self._bookmarks)
