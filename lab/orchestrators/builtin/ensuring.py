"""The downstream of one PackageVariant, made to be there: create, take over, upgrade, change, let go.

Source: Porch, PackageVariant controller, ensure algorithm and deletion policy. Creating is one push that already holds
what the variant makes of the package, so no half-made draft is ever seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from lab.events.bus import EventBus
from lab.events.kinds import Warned
from lab.kube.client import KubeClient
from lab.kube.paths import Object, metadata
from lab.orchestrators.builtin.contents import Content
from lab.orchestrators.builtin.creation_rules import NewRevision
from lab.orchestrators.builtin.engine import Engine
from lab.orchestrators.builtin.git_steps import Order
from lab.orchestrators.builtin.lifecycle import Act, Lifecycle
from lab.orchestrators.builtin.names import next_variant_workspace
from lab.orchestrators.builtin.revision import Metadata, Revision
from lab.orchestrators.builtin.revisions import Revisions
from lab.orchestrators.builtin.variant_content import differs, varied
from lab.orchestrators.builtin.variant_plan import downstream_of, is_current, old_upstream, release_act
from lab.orchestrators.builtin.variant_spec import VariantSpec


class NotPublished(Exception):
    """A draft stands on an old upstream and cannot be moved: Porch upgrades published revisions only."""


@dataclass(frozen=True, slots=True)
class Ensured:
    """The downstream revisions as they now are."""

    revisions: tuple[Revision, ...]


@dataclass(frozen=True, slots=True)
class Variation:
    """What a variant makes of a package's files, with the objects of the management cluster that may be injected."""

    spec: VariantSpec
    objects: tuple[Mapping[str, Any], ...]

    def __call__(self, texts: Mapping[str, str]) -> Mapping[str, str]:
        """Other files, for a worker thread. Raises PackageFault."""
        shown = f"{self.spec.namespace}/{self.spec.repository}.{self.spec.package}"
        return varied(texts, self.spec, self.objects, shown)


class Ensuring:
    """Acts for variants under the name `user`."""

    def __init__(self, engine: Engine, client: KubeClient, bus: EventBus, user: str) -> None:
        self.engine = engine
        self._client = client
        self._bus = bus
        self._user = user
        self._fixed: dict[str, tuple[Variation, str]] = {}
        """By the variant's uid, what it last left a package's tree as it was."""

    @property
    def revisions(self) -> Revisions:
        """Everything that is known."""
        return self.engine.revisions

    async def ensure(self, obj: Object, spec: VariantSpec, upstream: Revision) -> Ensured:
        """Bring the downstream up to date with the variant.

        Raises what the engine raises, NotPublished or KubeError.
        """
        plan = downstream_of(spec, self._candidates(spec))
        for revision in plan.released:
            await self._release(spec, revision, obj, drop=spec.orphans)
        kept = [await self._adopted(spec, revision, obj, revision in plan.adopted) for revision in plan.kept]
        for revision in plan.adopted:
            if revision not in plan.kept:
                await self._adopted(spec, revision, obj, True)
        change = await self._change(spec, [upstream, *kept])
        if not kept:
            return Ensured((await self._create(obj, spec, upstream, change),))
        return Ensured(tuple([await self._update(obj, spec, upstream, revision, change) for revision in kept]))

    async def let_go(self, obj: Object, spec: VariantSpec) -> None:
        """Apply the deletion policy to every revision that the variant owns."""
        self._fixed.pop(spec.uid, None)
        for _, revision in self.revisions.owned_by(spec.namespace, spec.uid):
            await self._release(spec, revision, obj, drop=True)

    # -- steps ------------------------------------------------------------------------------------------------

    async def _create(self, obj: Object, spec: VariantSpec, upstream: Revision, change: Variation) -> Revision:
        task = {"type": "clone", "clone": {"upstreamRef": {"upstreamRef": {"name": upstream.name}}}}
        new = self._new(spec, task, self._metadata(spec))
        return await self.engine.create(new, self._order(obj, [upstream]), change=change, patient=True)

    async def _update(
        self, obj: Object, spec: VariantSpec, upstream: Revision, downstream: Revision, change: Variation
    ) -> Revision:
        if downstream.lifecycle is Lifecycle.DELETION_PROPOSED:
            order = self._order(obj, [downstream])
            back = await self.engine.act(downstream.key, Act.KEEP_AFTER_ALL, order, patient=True)
            downstream = back or downstream
        if not is_current(downstream, upstream):
            return await self._upgrade(obj, spec, upstream, downstream, change)
        if self._fixed.get(spec.uid) == (change, downstream.tree):
            return downstream
        texts = (await self._content(downstream)).texts
        wanted = await asyncio.to_thread(change, texts)
        if not differs(texts, wanted):
            self._fixed[spec.uid] = change, downstream.tree
            return downstream
        if downstream.lifecycle.published:
            rendering = await self.engine.renderer.rendered(wanted)
            if not differs(texts, rendering.package):
                self._fixed[spec.uid] = change, downstream.tree
                self._warn_no_fixed_point(spec)
                return downstream
            task = {"type": "edit", "edit": {"sourceRef": {"name": downstream.name}}}
            new = self._new(spec, task, self._metadata(spec))
            return await self.engine.create(new, self._order(obj, [downstream]), change=change, patient=True)
        return await self.engine.write_content(downstream.key, change, self._order(obj, [downstream]), patient=True)

    async def _upgrade(
        self, obj: Object, spec: VariantSpec, upstream: Revision, downstream: Revision, change: Variation
    ) -> Revision:
        if not downstream.lifecycle.published:
            raise NotPublished(f'cannot update upstream of downstream "{downstream.name}" when it is not published')
        known = self.revisions.of_package(spec.namespace, spec.upstream_repository, spec.upstream_package)
        old = old_upstream(downstream, spec, known)
        if isinstance(old, str):
            raise NotPublished(old)
        task = {
            "type": "upgrade",
            "upgrade": {
                "oldUpstreamRef": {"name": old.name},
                "newUpstreamRef": {"name": upstream.name},
                "localPackageRevisionRef": {"name": downstream.name},
                "strategy": "resource-merge",
            },
        }
        new = self._new(spec, task, self._metadata(spec))
        return await self.engine.create(new, self._order(obj, [upstream, downstream]), change=change, patient=True)

    async def _adopted(self, spec: VariantSpec, revision: Revision, obj: Object, adopt: bool) -> Revision:
        if not adopt:
            return revision

        def taken(known: Metadata) -> Metadata:
            return replace(
                known.with_owner(spec.owner()),
                labels={**known.labels, **spec.labels},
                annotations={**known.annotations, **spec.annotations},
            )

        order = self._order(obj, [revision])
        return await self.engine.act(revision.key, Act.KEEP, order, metadata=taken, patient=True) or revision

    async def _release(self, spec: VariantSpec, revision: Revision, obj: Object, *, drop: bool) -> None:
        act = release_act(spec, revision)
        if act is Act.KEEP and not (drop and revision.metadata.owned_by(spec.uid)):
            return

        def left(known: Metadata) -> Metadata:
            return known.without_owner(spec.uid) if drop else known

        await self.engine.act(revision.key, act, self._order(obj, [revision]), metadata=left, patient=True)

    # -- parts ------------------------------------------------------------------------------------------------

    def _candidates(self, spec: VariantSpec) -> list[Revision]:
        here = self.revisions.of_package(spec.namespace, spec.repository, spec.package)
        owned = (revision for _, revision in self.revisions.owned_by(spec.namespace, spec.uid))
        return [*here, *(revision for revision in owned if revision not in here)]

    def _new(self, spec: VariantSpec, task: Mapping[str, Any], metadata: Metadata) -> NewRevision:
        there = self.revisions.of_package(spec.namespace, spec.repository, spec.package)
        workspace = next_variant_workspace(revision.workspace for revision in there)
        return NewRevision(spec.namespace, spec.repository, spec.package, workspace, task, metadata)

    @staticmethod
    def _metadata(spec: VariantSpec) -> Metadata:
        return Metadata(dict(spec.labels), dict(spec.annotations), (spec.owner(),))

    def _order(self, obj: Object, sources: Iterable[Revision]) -> Order:
        """The acting user and the hour of the request: when the newest thing that led to it was written down.

        Asked again after a crash it is the same hour, so the same commit.
        """
        return Order(self._user, max(requested_at(obj), *(revision.committed_at for revision in sources)))

    async def _content(self, revision: Revision) -> Content:
        shelf = self.revisions.shelves[revision.namespace, revision.repository]
        return await shelf.content(revision)

    async def _change(self, spec: VariantSpec, packages: Iterable[Revision]) -> Variation:
        """What the variant makes of a package, with the objects that may be injected at hand."""
        kinds: set[tuple[str, str]] = set()
        for revision in packages:
            kinds |= await asyncio.to_thread(_injectable, await self._content(revision))
        objects: list[Mapping[str, Any]] = []
        for api_version, kind in sorted(kinds):
            served = await self._client.kind_for(api_version, kind, refresh=True)
            if served is not None:
                objects += (await self._client.list(served, spec.namespace if served.namespaced else ""))[0]
        return Variation(spec, tuple(objects))

    def _warn_no_fixed_point(self, spec: VariantSpec) -> None:
        self._bus.publish(
            Warned(
                "LAB302",
                spec.shown,
                f"What PackageVariant {spec.shown} changes, the package's own pipeline changes back. Porch would make "
                "draft after draft; no further one is made here.",
            )
        )


def requested_at(obj: Object) -> datetime:
    """When a variant was last told what to want: its creation, or the last write that was not of its status."""
    meta = metadata(obj)
    writes = (entry for entry in meta.get("managedFields") or () if entry.get("subresource") != "status")
    times = (meta.get("creationTimestamp"), *(entry.get("time") for entry in writes))
    known = [datetime.fromisoformat(str(time)) for time in times if time]
    return max(known, default=datetime.fromtimestamp(0, UTC))


def _injectable(content: Content) -> frozenset[tuple[str, str]]:
    return content.injectable
