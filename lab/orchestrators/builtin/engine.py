"""What can be done with package revisions: each act is one push to one repository.

Requests of the API and of controllers come here alike. Every act is keyed by revision and state: done again after a
crash it finds in Git how far it came, and goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from lab.errors.base import LabError
from lab.events.bus import EventBus
from lab.events.kinds import CommitFailed
from lab.git.failures import GitFailure, GitUnreachable
from lab.orchestrators.builtin.contents import Content
from lab.orchestrators.builtin.creation import Creation
from lab.orchestrators.builtin.creation_rules import NewRevision, Refused, check_name, check_new
from lab.orchestrators.builtin.git_steps import DraftCommit, Order, Refs, Updates
from lab.orchestrators.builtin.lifecycle import Act, Lifecycle
from lab.orchestrators.builtin.rendering import Renderer, RenderRefused
from lab.orchestrators.builtin.revision import Key, Metadata, Revision
from lab.orchestrators.builtin.revisions import Revisions
from lab.orchestrators.builtin.shelf_store import ShelfStore
from lab.orchestrators.builtin.telling import Teller, shown
from lab.orchestrators.builtin.trailers import Publication
from lab.orchestrators.builtin.turns import Turns
from lab.render.pipeline import with_rendered

RENDER_TASK = {"type": "render"}
PUSH_ON_FAILURE = "porch.kpt.dev/push-on-render-failure"
SAVE_ON_FAILURE = "kpt.dev/save-on-render-failure"
Texts = Mapping[str, str]
Change = Callable[[Texts], Texts]
"""What somebody makes of a package's files; runs in a worker thread."""


class Missing(Exception):
    """There is no such revision or Repository."""


class Engine:
    """Acts on the revisions of all shelves. Raises Refused, RenderRefused, Busy, Missing, Moved or GitFailure."""

    def __init__(
        self, revisions: Revisions, renderer: Renderer, creation: Creation, teller: Teller, bus: EventBus
    ) -> None:
        self.revisions = revisions
        self.renderer = renderer
        self._creation = creation
        self._teller = teller
        self._bus = bus
        self._turns = Turns()

    # -- creating ---------------------------------------------------------------------------------------------

    async def create(
        self,
        new: NewRevision,
        order: Order,
        *,
        change: Change | None = None,
        patient: bool = False,
        dry_run: bool = False,
    ) -> Revision:
        """Make a draft by its task; with `change`, a second commit holds what that makes of the package.

        Both commits are one push, so nobody sees a draft half made. When only the second fails to render, the first
        is pushed and RenderRefused names the draft.
        """
        shelf = self._shelf(new.namespace, new.repository)
        check_name(new)
        async with self._turns.of(new.key, patient=patient):
            check_new(new, shelf.revisions.values())
            first = await self._creation.content(new, shelf)
            made = [await self._commit(new.key, first, new.task_type, new.task)]
            problem: RenderRefused | None = None
            if change is not None:
                try:
                    made += await self._changed(new.key, made[0].content, change)
                except RenderRefused as error:
                    problem = error
            path = shelf.shelf.tracked.path(new.package)
            news = await shelf.write(
                f"create {new.name}",
                lambda refs: shelf.steps.create(refs, path, new.workspace, made, new.metadata, order),
                dry_run=dry_run,
            )
            if problem is not None:
                self._note(new.key, problem.rendering.render_status)
                problem.revision = new.name
                raise problem
            return news.now[new.name]

    # -- content of drafts ------------------------------------------------------------------------------------

    async def write_content(
        self, key: Key, change: Change, order: Order, *, patient: bool = False, dry_run: bool = False
    ) -> Revision:
        """Give a draft other files: they are rendered and committed, or refused."""
        async with self._turns.of(key, patient=patient):
            shelf, revision = self._find(key)
            if revision.lifecycle is not Lifecycle.DRAFT:
                raise Refused(
                    f'cannot update a package revision with lifecycle value "{revision.lifecycle.value}"; package must '
                    "be Draft"
                )
            before = await shelf.content(revision)
            texts = await asyncio.to_thread(change, before.texts)
            if "Kptfile" not in texts:
                raise Refused("package must contain Kptfile at root")
            changed = before.with_texts(texts)
            try:
                commit = await self._commit(key, changed, "render", RENDER_TASK)
            except RenderRefused as error:
                error.revision = revision.name
                await self._push_despite(shelf, revision, changed, error, order, dry_run)
                raise
            if commit.content.texts == before.texts:
                return revision
            news = await shelf.write(
                f"write {revision.name}",
                lambda refs: shelf.steps.add(refs, revision, [commit], revision.metadata, order),
                dry_run=dry_run,
            )
            return news.now[revision.name]

    async def _push_despite(
        self,
        shelf: ShelfStore,
        revision: Revision,
        changed: Content,
        error: RenderRefused,
        order: Order,
        dry_run: bool,
    ) -> None:
        """Store content that does not render, where its owner asked for that."""
        self._note(revision.key, error.rendering.render_status)
        if revision.metadata.annotations.get(PUSH_ON_FAILURE) != "true":
            return
        partial = changed.kptfile.annotations.get(SAVE_ON_FAILURE) == "true"
        texts = error.rendering.package if partial else with_rendered(changed.texts, error.failure)
        commit = DraftCommit("render", RENDER_TASK, changed.with_texts(texts))
        await shelf.write(
            f"write {revision.name}",
            lambda refs: shelf.steps.add(refs, revision, [commit], revision.metadata, order),
            dry_run=dry_run,
        )
        error.stored = True

    # -- the life of a revision -------------------------------------------------------------------------------

    async def act(
        self,
        key: Key,
        act: Act,
        order: Order,
        *,
        metadata: Metadata | Callable[[Metadata], Metadata] | None = None,
        change: Change | None = None,
        policy: str = "",
        patient: bool = False,
        dry_run: bool = False,
        expected: str = "",
    ) -> Revision | None:
        """Do what the table of the life says; returns the revision as it then is, None when it is gone.

        `metadata` replaces the present one, or is made of it when the turn has come; `change` edits the package where
        the act renders; `policy` names what approved; `expected` is the commit that the caller judged, where that
        matters.
        """
        async with self._turns.of(key, patient=patient):
            shelf, revision = self._find(key)
            if expected and revision.commit != expected:
                raise Refused(f"package revision {revision.name} changed meanwhile")
            kept = revision.metadata if metadata is None else metadata
            if not isinstance(kept, Metadata):
                kept = kept(revision.metadata)
            build = await self._step(shelf, revision, act, order, kept, change, policy)
            if act is Act.REJECT:
                self._teller.rejecting(revision, order.user)
            try:
                news = await shelf.write(f"{act.value} {revision.name}", build, dry_run=dry_run)
            except (GitFailure, LabError) as error:
                if act is Act.APPROVE:
                    self._tell_failed_commit(revision, error)
                raise
            return news.now.get(revision.name)

    async def _step(
        self,
        shelf: ShelfStore,
        revision: Revision,
        act: Act,
        order: Order,
        metadata: Metadata,
        change: Change | None,
        policy: str,
    ) -> Callable[[Refs], Updates]:
        steps = shelf.steps
        if act in (Act.RENDER, Act.PROPOSE):
            return await self._rendering_step(shelf, revision, act, order, metadata, change)
        if act is Act.APPROVE:
            publication = self._publication(shelf, revision, order, policy)
            content = await shelf.content(revision)
            return lambda refs: steps.approve(refs, revision, content, publication, order)
        if act is Act.DELETE:
            return lambda refs: steps.delete(refs, revision, order)
        simple = {
            Act.KEEP: steps.keep,
            Act.REJECT: steps.reject,
            Act.PROPOSE_DELETION: steps.propose_deletion,
            Act.KEEP_AFTER_ALL: steps.keep_after_all,
        }[act]
        return lambda refs: simple(refs, revision, metadata, order)

    async def _rendering_step(
        self,
        shelf: ShelfStore,
        revision: Revision,
        act: Act,
        order: Order,
        metadata: Metadata,
        change: Change | None,
    ) -> Callable[[Refs], Updates]:
        before = await shelf.content(revision)
        changed = before.with_texts(await asyncio.to_thread(change, before.texts)) if change else before
        commit = await self._commit(revision.key, changed, "render", RENDER_TASK)
        if act is Act.PROPOSE:
            return lambda refs: shelf.steps.propose(refs, revision, commit, metadata, order)
        commits = [commit] if commit.content.texts != before.texts else []
        return lambda refs: shelf.steps.add(refs, revision, commits, metadata, order)

    def _publication(self, shelf: ShelfStore, revision: Revision, order: Order, policy: str) -> Publication:
        about = shelf.shelf
        git = revision.kptfile.upstream_lock.get("git")
        lock: Mapping[str, Any] = git if isinstance(git, Mapping) else {}
        upstream = f"{lock.get('repo')} {lock.get('ref')} {lock.get('commit')}" if lock else ""
        return Publication(
            package=revision.package,
            path=revision.path,
            number=0,
            workspace=revision.workspace,
            author=order.author,
            cluster=(about.cluster or about.name) if about.deployment else "",
            upstream=upstream,
            functions=tuple(image for _, image in revision.kptfile.functions),
            policy=policy,
        )

    # -- shared -----------------------------------------------------------------------------------------------

    async def _changed(self, key: Key, content: Content, change: Change) -> list[DraftCommit]:
        texts = await asyncio.to_thread(change, content.texts)
        if texts == content.texts:
            return []
        commit = await self._commit(key, content.with_texts(texts), "render", RENDER_TASK)
        return [commit] if commit.content.texts != content.texts else []

    async def _commit(self, key: Key, content: Content, kind: str, task: Mapping[str, Any]) -> DraftCommit:
        """The commit of a rendered content. Raises RenderRefused."""
        rendering = await self.renderer.rendered(content.texts)
        if rendering.runs:
            self._note(key, rendering.render_status)
        return DraftCommit(kind, task, content.with_texts(rendering.package))

    def _note(self, key: Key, render_status: Mapping[str, Any]) -> None:
        self.revisions.render_status[key] = render_status

    def _shelf(self, namespace: str, repository: str) -> ShelfStore:
        shelf = self.revisions.shelves.get((namespace, repository))
        if shelf is None:
            raise Missing(f'repositories.config.porch.kpt.dev "{repository}" not found')
        return shelf

    def _find(self, key: Key) -> tuple[ShelfStore, Revision]:
        found = self.revisions.find(*key)
        if found is None:
            raise Missing(f'packagerevisions.porch.kpt.dev "{key[1]}" not found')
        return found

    def _tell_failed_commit(self, revision: Revision, error: Exception) -> None:
        code = "LAB602" if isinstance(error, GitUnreachable) else "LAB601"
        message = error.message if isinstance(error, GitFailure) else str(error)
        self._bus.publish(CommitFailed(shown(revision), code, message))
