"""Serves one RootSync: asks Git at its period, brings each commit onto the cluster, keeps its status true.

It holds no memory that a restart would lose: the ResourceGroup remembers what was applied, the RootSync's status up to
which commit. Config Sync's own reconciler waits a whole period after its start; this one looks at once.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace

from lab.agents.builtin.credentials import MissingSecret, read_credentials
from lab.agents.builtin.definitions import DefinitionWatch
from lab.agents.builtin.parts import Surroundings, assemble
from lab.agents.builtin.reports import Reports
from lab.agents.builtin.root_sync import RootSyncObject
from lab.agents.builtin.schedule import Schedule
from lab.agents.builtin.source import Source, SourceFailure
from lab.agents.builtin.status import Stage, SyncState, resumed
from lab.agents.builtin.sync_run import Result
from lab.agents.builtin.sync_spec import SyncSpec, invalid
from lab.git.urls import without_credentials
from lab.kube.client import KubeError
from lab.kube.paths import Object
from lab.ports.git_host import Credentials
from lab.reconcile.faults import Fault
from lab.reconcile.packages import package_directories

SKIPPED = "Rendering skipped"
FAILED = "Rendering failed"


class Reconciler:
    """One RootSync in one generation; a changed spec gets a new one, as upstream rebuilds the pod."""

    def __init__(self, around: Surroundings, spec: SyncSpec, obj: Object) -> None:
        self._around = around
        self._spec = spec
        self._object = RootSyncObject(around.client, around.clock, obj, around.log)
        self._state = resumed(self._object.status)
        self._reports = Reports(around.cluster, spec, around.bus)
        spread = zlib.crc32(f"{around.cluster}/{spec.name}".encode()) / 2**32
        self._schedule = Schedule(around.clock, spec.period, spread)
        self._wake = asyncio.Event()
        self._parts = assemble(around, spec, self._wake.set)
        self._definitions = DefinitionWatch(around.client, self._definition_came)
        self._source: Source | None = None
        self._credentials: Credentials | None = None
        self._begun = ""
        self._commit = ""
        self._refused: tuple[Fault, ...] = ()
        self._packages: frozenset[str] | None = None
        self._said = ""

    async def run(self) -> None:
        """Serve until cancelled."""
        self._reports.declared()
        if not self._spec.source_format and not self._around.strict:
            self._reports.taken_as_unstructured()
        try:
            async with asyncio.TaskGroup() as group:
                self._parts.start(group)
                group.create_task(self._definitions.run())
                group.create_task(self._loop())
        finally:
            if self._source is not None:
                self._source.close()

    async def _loop(self) -> None:
        while True:
            try:
                await self._attempt()
            except (ConnectionError, TimeoutError) as error:
                self._retry(f"the API server does not answer: {error}")
            except KubeError as error:
                await self._broken(Fault("2002", error.message))
            except Exception as error:
                self._around.log.exception("the reconciler of %s failed", self._spec.name)
                await self._broken(Fault("9998", f"{type(error).__name__}: {error}"))
            try:
                async with asyncio.timeout(self._schedule.wait):
                    await self._wake.wait()
            except TimeoutError:
                pass  # the next poll, retry or resync is due
            self._wake.clear()

    # -- pull ------------------------------------------------------------------------------------------------

    async def _attempt(self) -> None:
        self._schedule.polled()
        source = await self._open()
        if source is None:
            return
        try:
            commit = await source.poll()
            if commit == self._commit and not self._schedule.sync_due:
                await self._refresh()
                return
            self._reports.pulled(commit, source.news(commit, self._state.last_synced))
            await self._take(source, commit)
        except SourceFailure as failure:
            await self._not_pulled(failure)

    async def _open(self) -> Source | None:
        """The source, with the credentials of now; None when the RootSync cannot be served as it is."""
        text = invalid(self._spec)
        credentials = self._credentials
        if not text:
            try:
                credentials = await read_credentials(self._around.client, self._spec)
            except MissingSecret as missing:
                text = str(missing)
        if text:
            await self._stall(Fault("1061", text))
            return None
        if self._source is None or credentials != self._credentials:
            if self._source is not None:
                self._source.close()
            self._credentials = credentials
            self._source = Source(self._spec, self._around.open_repository(self._spec, credentials))
        return self._source

    async def _stall(self, fault: Fault) -> None:
        self._reports.not_pulled(fault, fault.text)
        if self._state.stalled != fault:
            self._around.log.error("KNV%s: %s", fault.knv, fault.text)
        self._state = replace(self._state, stalled=fault)
        await self._object.show(self._state, self._spec)

    async def _not_pulled(self, failure: SourceFailure) -> None:
        self._reports.not_pulled(failure.fault, failure.said)
        # Recovery applies the same commit once more.
        self._commit = ""
        if self._said == failure.said:
            await self._refresh()
            return
        self._said = failure.said
        self._around.log.error("KNV2004: %s", failure.said)
        stage = Stage("", (failure.fault,), touched=True)
        self._state = replace(self._state, source=stage, phase="Source", busy=False, stalled=None)
        await self._object.show(self._state, self._spec)

    # -- apply -----------------------------------------------------------------------------------------------

    async def _take(self, source: Source, commit: str) -> None:
        tree = await source.read(commit)
        if commit != self._begun:
            self._around.log.info("fetched %s of %s", commit, without_credentials(self._spec.url))
            self._begun = commit
            self._schedule.begun()
        await self._begin(commit)
        directories = self._directories(source, tree.parsed.packages)
        result = await self._parts.sync.run(tree, commit, directories)
        self._packages = tree.parsed.packages
        self._commit, self._said = commit, ""
        self._reports.noted(result.notes)
        own = {*tree.parsed.packages, *(item.package for item in tree.parsed.declared)}
        if result.faults:
            self._reports.not_applied(commit, result, directories)
            self._again(result)
        else:
            self._schedule.succeeded()
            if commit != self._state.last_synced or (result.outcome is not None and result.outcome.moved):
                self._reports.applied(commit, result, own)
        self._definitions.want(any(fault.knv == "1021" for fault in result.source))
        await self._finish(commit, result)

    async def _begin(self, commit: str) -> None:
        """Say that a commit is being worked on, when it is another one than the status speaks of."""
        same = self._state.source.commit == commit and not self._state.source.faults and self._state.stalled is None
        if same:
            return
        self._state = replace(
            self._state,
            source=Stage(commit, touched=True),
            rendering=Stage(commit, message=SKIPPED, touched=True),
            phase="Source",
            busy=True,
            stalled=None,
        )
        await self._object.show(self._state, self._spec)

    async def _finish(self, commit: str, result: Result) -> None:
        state = replace(
            self._state,
            source=Stage(commit, result.source, touched=True),
            rendering=Stage(commit, result.rendering, FAILED if result.rendering else SKIPPED, touched=True),
            busy=False,
            stalled=None,
        )
        if result.rendering or (result.outcome is None and not result.sync):
            state = replace(state, phase="Rendering" if result.rendering else "Source")
        else:
            state = replace(state, phase="Sync", sync=Stage(commit, result.sync, touched=True))
        if not result.faults:
            state = replace(state, last_synced=commit)
            self._around.log.info("synced %s", commit)
        for fault in result.faults:
            self._around.log.error("KNV%s: %s", fault.knv, fault.text)
        self._refused = result.sync
        self._state = self._with_trouble(state)
        await self._object.show(self._state, self._spec)

    def _again(self, result: Result) -> None:
        if result.worth_retrying:
            first = (*result.sync, *result.source)[0]
            self._retry(f"KNV{first.knv}: {first.text}")
        else:
            self._schedule.given_up()

    def _retry(self, error: str) -> None:
        retry = self._schedule.failed()
        if retry is None:
            self._around.log.error("Retry limit has been reached")
            return
        self._reports.retried(retry[0], error, retry[1])

    async def _broken(self, fault: Fault) -> None:
        """The attempt itself failed: say so, and try again."""
        self._retry(f"KNV{fault.knv}: {fault.text}")
        stage = Stage(self._state.sync.commit, (fault,), touched=True)
        self._state = replace(self._state, sync=stage, phase="Sync", busy=False)
        try:
            await self._object.show(self._state, self._spec)
        except (KubeError, ConnectionError, TimeoutError) as error:
            self._around.log.warning("the status of %s could not be written: %s", self._spec.name, error)

    # -- between commits -------------------------------------------------------------------------------------

    async def _refresh(self) -> None:
        """Bring fights and conflicts that began or ended into the status."""
        self._parts.remediator.cool()
        state = self._with_trouble(self._state)
        if state != self._state:
            self._state = state
            await self._object.show(state, self._spec)

    def _with_trouble(self, state: SyncState) -> SyncState:
        if self._commit == "" or not state.sync.touched:
            return state
        faults = (*self._refused, *self._parts.remediator.trouble.faults())
        return replace(state, sync=replace(state.sync, faults=faults))

    def _directories(self, source: Source, packages: frozenset[str]) -> frozenset[str]:
        """Package directories of this commit and of the one before, whose objects may have to go."""
        if self._packages is None:
            before = self._state.last_synced
            self._packages = package_directories(source.files_at(before)) if before else frozenset()
        return packages | self._packages

    def _definition_came(self) -> None:
        self._schedule.restart_retries()
        self._wake.set()
