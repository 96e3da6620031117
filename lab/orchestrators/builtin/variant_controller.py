"""PackageVariants: what they ask for is made to be there, as drafts; approving them is somebody else's act.

Source: Porch, PackageVariant controller, reconcile steps and conditions. Everything is decided anew from Git and the
object, so a process that died anywhere goes on where it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lab.errors.base import LabError
from lab.events.bus import EventBus
from lab.events.kinds import (
    DraftFailed,
    RenderFailed,
    Retried,
    VariantAccepted,
    VariantRemoved,
    VariantStalled,
)
from lab.git.failures import GitFailure, GitUnreachable
from lab.kit.clock import Clock, timestamp
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import PACKAGE_VARIANT, Object, metadata, name_of, namespace_of
from lab.kube.queue import WorkQueue
from lab.orchestrators.builtin.api_faults import render_text
from lab.orchestrators.builtin.conditions import Condition, condition_of, with_conditions
from lab.orchestrators.builtin.creation_rules import InvalidName, Refused
from lab.orchestrators.builtin.engine import Missing
from lab.orchestrators.builtin.ensuring import Ensured, Ensuring, NotPublished
from lab.orchestrators.builtin.finalizers import has_finalizer, set_finalizer
from lab.orchestrators.builtin.git_steps import Moved
from lab.orchestrators.builtin.overrides import CODE, CONDITION
from lab.orchestrators.builtin.rendering import RenderRefused
from lab.orchestrators.builtin.repository_controller import ready
from lab.orchestrators.builtin.revision import Key, Revision
from lab.orchestrators.builtin.telling import shown_name
from lab.orchestrators.builtin.variant_index import VariantIndex
from lab.orchestrators.builtin.variant_plan import find_upstream
from lab.orchestrators.builtin.variant_spec import VariantSpec, faults_of, spec_of, unknown_upstream
from lab.render.resources import PackageFault

FINALIZER = "config.porch.kpt.dev/packagevariants"
_TO_PEOPLE = (Refused, InvalidName, Missing, PackageFault, NotPublished)
"""What trying again does not help."""


class VariantController:
    """Reconciles variants; `settled` says whether one holds what its cluster's context gives it.

    `look_again` has a Repository read at once.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        variants: VariantIndex,
        repositories: Mapping[Key, Object],
        ensuring: Ensuring,
        settled: Callable[[Object], bool],
        look_again: Callable[[Key], Awaitable[None]],
        bus: EventBus,
        clock: Clock,
        strict: bool = False,
    ) -> None:
        self._client = client
        self._strict = strict
        self._variants = variants
        self._repositories = repositories
        self._ensuring = ensuring
        self._settled = settled
        self._look_again = look_again
        self._bus = bus
        self._clock = clock
        self._done: dict[str, tuple[int, Mapping[str, str]]] = {}
        self._known: set[Key] = set()
        self.queue: WorkQueue[Key] = WorkQueue(self.reconcile, failed=self._failed, workers=8)
        self.on_ensured: list[Callable[[Revision], None]] = []
        ensuring.revisions.listeners.append(self._revision_changed)

    # -- what wakes it ----------------------------------------------------------------------------------------

    def repository_changed(self, namespace: str, name: str) -> None:
        """A Repository became ready, was lost or has another cluster."""
        for key in self._variants.of_repository(namespace, name):
            self.queue.add(key)

    def facts_changed(self, namespace: str) -> None:
        """Objects that may be injected changed."""
        for key in self._variants.injecting(namespace):
            self.queue.add(key)

    def _revision_changed(self, revision: Revision) -> None:
        for key in self._variants.of_revision(revision):
            self.queue.add(key)

    def variant_ready(self, revision: Revision) -> bool | None:
        """Whether the owning variant has finished with this commit of a revision; None without an owning variant."""
        for owner in revision.metadata.owners:
            if owner.get("kind") == "PackageVariant" and owner.get("controller"):
                obj = self._variants.objects.get((revision.namespace, str(owner.get("name"))))
                generation, commits = self._done.get(str(owner.get("uid")), (0, {}))
                current = obj is not None and int(metadata(obj).get("generation") or 1) == generation
                return current and commits.get(revision.name) == revision.commit
        return None

    # -- one variant ------------------------------------------------------------------------------------------

    async def reconcile(self, key: Key) -> float | None:
        """Bring one variant's downstream up to date. Raises what is worth another try."""
        obj = self._variants.objects.get(key)
        if obj is None:
            self._gone(key)
            return None
        self._known.add(key)
        if metadata(obj).get("deletionTimestamp"):
            return await self._delete(obj)
        if not has_finalizer(obj, FINALIZER):
            return await self._finalizer(obj, present=True)
        spec = spec_of(obj)
        if faults := faults_of(obj, strict=self._strict):
            await self._stall(obj, spec, "LAB205", "; ".join(faults))
            return None
        if self._not_looked_at_yet(spec):
            return None
        upstream = await self._upstream(spec)
        if isinstance(upstream, tuple):
            await self._stall(obj, spec, *upstream)
            return None
        self._bus.publish(VariantAccepted(spec.shown, spec.repository, spec.package, spec.upstream))
        if not self._settled(obj):
            return None
        await self._ensure(obj, spec, upstream)
        return None

    def _not_looked_at_yet(self, spec: VariantSpec) -> bool:
        """Whether a Repository was registered a moment ago: its first look will wake the variant."""
        sides = ((spec.namespace, name) for name in (spec.upstream_repository, spec.repository))
        found = (self._repositories.get(key) for key in sides)
        return any(repository is not None and not condition_of(repository, "Ready") for repository in found)

    async def _upstream(self, spec: VariantSpec) -> Revision | tuple[str, str]:
        """The upstream revision, or code and message why there is none; one that is missing is looked for in Git."""
        found = self._find_upstream(spec)
        if found is None:
            await self._look_again((spec.namespace, spec.upstream_repository))
            found = self._find_upstream(spec)
        if found is not None:
            return found
        repository = self._repositories.get((spec.namespace, spec.upstream_repository))
        code = "LAB202" if repository is None else "LAB204" if ready(repository) else "LAB203"
        return code, unknown_upstream(spec)

    def _find_upstream(self, spec: VariantSpec) -> Revision | None:
        revisions = self._ensuring.revisions.of_package(spec.namespace, spec.upstream_repository, spec.upstream_package)
        return find_upstream(spec, revisions)

    async def _ensure(self, obj: Object, spec: VariantSpec, upstream: Revision) -> None:
        valid = Condition("Stalled", False, "Valid", "all validation checks passed")
        try:
            ensured = await self._ensuring.ensure(obj, spec, upstream)
        except RenderRefused as error:
            self._tell_render(spec, error)
            failed = Condition("Ready", False, "Error", render_text(error, capital=not error.revision))
            await self._status(obj, [valid, failed], ())
        except _TO_PEOPLE as error:
            self._tell_draft(spec, self._code(spec), str(error))
            await self._status(obj, [valid, Condition("Ready", False, "Error", str(error))], ())
        except (GitFailure, Moved, LabError, KubeError) as error:
            self._tell_draft(spec, "LAB602" if isinstance(error, GitUnreachable) else "LAB301", _text(error))
            await self._status(obj, [valid, Condition("Ready", False, "Error", _text(error))], ())
            raise
        else:
            await self._finished(obj, spec, valid, ensured)

    async def _finished(self, obj: Object, spec: VariantSpec, valid: Condition, ensured: Ensured) -> None:
        generation = int(metadata(obj).get("generation") or 1)
        self._done[spec.uid] = generation, {revision.name: revision.commit for revision in ensured.revisions}
        done = Condition("Ready", True, "NoErrors", "successfully ensured downstream package variant")
        lost = [lost.sentence for revision in ensured.revisions for lost in revision.setters.overridden]
        conditions = [valid, done]
        if lost:
            conditions.append(Condition(CONDITION, True, CODE, "; ".join(lost)))
        await self._status(obj, conditions, ensured.revisions, dropped="" if lost else CONDITION)
        for revision in ensured.revisions:
            for hear in self.on_ensured:
                hear(revision)

    async def _delete(self, obj: Object) -> float | None:
        if has_finalizer(obj, FINALIZER):
            await self._ensuring.let_go(obj, spec_of(obj))
            return await self._finalizer(obj, present=False)
        return None

    async def _finalizer(self, obj: Object, *, present: bool) -> float | None:
        """Write the finalizer; where somebody else wrote first, the informer's news brings the variant here again."""
        try:
            await set_finalizer(self._client, PACKAGE_VARIANT, obj, FINALIZER, present=present)
        except KubeError as error:
            if not error.conflict:
                raise
            return 1.0
        return None

    def _gone(self, key: Key) -> None:
        if key in self._known:
            self._known.discard(key)
            self._bus.publish(VariantRemoved(shown_name(*key)))

    async def _stall(self, obj: Object, spec: VariantSpec, code: str, message: str) -> None:
        self._bus.publish(VariantStalled(spec.shown, spec.repository, spec.package, code, message))
        conditions = [
            Condition("Stalled", True, "ValidationError", message),
            Condition("Ready", False, "Error", "invalid packagevariant object"),
        ]
        await self._status(obj, conditions, None)

    # -- saying so --------------------------------------------------------------------------------------------

    async def _status(
        self, obj: Object, wanted: list[Condition], targets: tuple[Revision, ...] | None, dropped: str = ""
    ) -> None:
        """Write the status where it differs; `targets` None or empty leaves the present ones."""
        known: dict[str, Any] = dict(obj.get("status") or {})
        generation = int(metadata(obj).get("generation") or 1)
        now = timestamp(self._clock.now())
        conditions = with_conditions(
            known.get("conditions") or (), wanted, generation=generation, now=now, dropped=dropped
        )
        status = {**known, "conditions": conditions}
        if targets:
            before = {target.get("name"): target for target in known.get("downstreamTargets") or ()}
            status["downstreamTargets"] = [self._target(revision, before.get(revision.name)) for revision in targets]
        if status == known:
            return
        try:
            patch = {"status": status}
            await self._client.patch(
                PACKAGE_VARIANT, name_of(obj), patch, namespace=namespace_of(obj), subresource="status"
            )
        except KubeError as error:
            if not error.not_found:
                raise

    def _target(self, revision: Revision, before: Mapping[str, Any] | None) -> dict[str, Any]:
        found = self._ensuring.revisions.render_status.get(revision.key) or (before or {}).get("renderStatus")
        return {"name": revision.name} | ({"renderStatus": dict(found)} if found else {})

    def _tell_render(self, spec: VariantSpec, error: RenderRefused) -> None:
        failure = error.failure
        self._bus.publish(
            RenderFailed(
                shown_name(spec.namespace, error.revision) if error.revision else "",
                spec.shown,
                spec.repository,
                spec.package,
                failure.code,
                failure.image or failure.function,
                failure.message,
                failure.file,
                failure.line,
            )
        )

    def _tell_draft(self, spec: VariantSpec, code: str, message: str) -> None:
        self._bus.publish(DraftFailed(spec.shown, spec.repository, spec.package, code, message))

    def _code(self, spec: VariantSpec) -> str:
        repository = self._repositories.get((spec.namespace, spec.repository))
        return "LAB202" if repository is None else "LAB301" if ready(repository) else "LAB203"

    def _failed(self, key: Key, error: Exception, attempt: int, wait: float) -> None:
        self._bus.publish(Retried(f"reconcile PackageVariant {shown_name(*key)}", attempt, _text(error), wait))


def _text(error: Exception) -> str:
    if isinstance(error, GitFailure):
        return error.message
    return f"{error.what} {error.why}".strip() if isinstance(error, LabError) else str(error)
