"""Approves what a policy lets through; everything without a policy waits for a person.

Source: Nephio, approval controller. A draft of a PackageVariant is judged only after the variant has finished with this
very commit, so that nothing half made is published.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from lab.events.bus import EventBus
from lab.events.kinds import Retried
from lab.git.failures import GitFailure
from lab.kit.clock import Clock
from lab.kube.queue import WorkQueue
from lab.orchestrators.builtin.approval_policy import Verdict, awaits_approval, duration, judge
from lab.orchestrators.builtin.creation_rules import Refused
from lab.orchestrators.builtin.engine import Engine, Missing
from lab.orchestrators.builtin.git_steps import Moved, Order
from lab.orchestrators.builtin.lifecycle import Act, Lifecycle
from lab.orchestrators.builtin.recorder import Recorder
from lab.orchestrators.builtin.rendering import RenderRefused
from lab.orchestrators.builtin.revision import Key, Revision
from lab.orchestrators.builtin.telling import shown_name
from lab.orchestrators.builtin.variant_spec import DELAY_ANNOTATION, POLICY_ANNOTATION

REQUEUE = 15.0

VariantReady = Callable[[Revision], bool | None]
"""Whether the variant that owns a revision has finished with its present commit; None for a revision without one."""


class ApprovalController:
    """Looks at every draft and proposal that changes; `user` is the name under which it acts."""

    def __init__(
        self, engine: Engine, variant_ready: VariantReady, recorder: Recorder, bus: EventBus, clock: Clock, user: str
    ) -> None:
        self._engine = engine
        self._variant_ready = variant_ready
        self._recorder = recorder
        self._bus = bus
        self._clock = clock
        self._user = user
        self._unready: set[Key] = set()
        self.queue: WorkQueue[Key] = WorkQueue(self.reconcile, failed=self._failed)
        engine.revisions.listeners.append(self.look_at)

    def look_at(self, revision: Revision) -> None:
        """Have a revision judged."""
        if awaits_approval(revision) and revision.metadata.annotations.get(POLICY_ANNOTATION):
            self.queue.add(revision.key)

    async def reconcile(self, key: Key) -> float | None:
        """Judge one revision, and propose and approve it when its policy lets it through."""
        found = self._engine.revisions.find(*key)
        if found is None:
            self._recorder.forget(key)
            self._unready.discard(key)
            return None
        revision = found[1]
        annotations = revision.metadata.annotations
        policy = annotations.get(POLICY_ANNOTATION)
        if not awaits_approval(revision) or not policy:
            return None
        if self._variant_ready(revision) is False:
            # Every draft is seen a moment before its variant is done with it: only one that stays so is worth a word.
            if key in self._unready:
                message = f"owning PackageVariant for {revision.package} not Ready"
                await self._recorder.say(revision, "NotApproved", message)
            self._unready.add(key)
            return REQUEUE
        self._unready.discard(key)
        delay = annotations.get(DELAY_ANNOTATION, "")
        verdict = judge(revision, policy, delay, self._package(revision), self._clock.now())
        if not verdict.go:
            return await self._wait(revision, verdict)
        await self._approve(revision, policy, delay)
        return None

    async def _wait(self, revision: Revision, verdict: Verdict) -> float | None:
        warning = verdict.reason in ("InvalidPolicy", "Error")
        await self._recorder.say(revision, verdict.reason, verdict.message, warning=warning)
        return None if verdict.final else (verdict.wait or REQUEUE)

    async def _approve(self, revision: Revision, policy: str, delay: str) -> None:
        """Propose, then approve; the dates follow from the revision, so that doing it again gives the same commits."""
        message = f"all approval policies met for {revision.package}: "
        proposed: Revision | None = revision
        if revision.lifecycle is Lifecycle.DRAFT:
            order = Order(self._user, self._moment(revision, delay))
            act = self._engine.act(revision.key, Act.PROPOSE, order, patient=True, expected=revision.commit)
            proposed = await self._tried(revision, "proposing", act)
            await self._recorder.say(revision, "Proposed", message + "Proposed")
        if proposed is None:
            return
        order = Order(self._user, self._moment(proposed, ""))
        approval = self._engine.act(
            proposed.key, Act.APPROVE, order, policy=policy, patient=True, expected=proposed.commit
        )
        await self._tried(proposed, "approving", approval)
        await self._recorder.say(proposed, "Approved", message + "Approved")

    async def _tried(self, revision: Revision, what: str, act: Coroutine[Any, Any, Revision | None]) -> Revision | None:
        try:
            return await act
        except (Refused, RenderRefused, GitFailure, Moved, Missing) as error:
            await self._recorder.say(revision, "Error", f"error {what}: {error}", warning=True)
            raise

    @staticmethod
    def _moment(revision: Revision, delay: str) -> datetime:
        waited = timedelta(seconds=duration(delay) or 0.0) if delay else timedelta()
        return max(revision.committed_at, revision.created_at + waited)

    def _package(self, revision: Revision) -> list[Revision]:
        """The revisions of the same repository and package in every namespace."""
        return [
            other
            for namespace, repository in self._engine.revisions.shelves
            if repository == revision.repository
            for other in self._engine.revisions.of_package(namespace, repository, revision.package)
        ]

    def _failed(self, key: Key, error: Exception, attempt: int, wait: float) -> None:
        self._bus.publish(Retried(f"approve {shown_name(*key)}", attempt, str(error), wait))
