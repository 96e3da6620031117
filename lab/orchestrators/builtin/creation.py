"""The first content of a new revision, by the task that creates it.

Source: Porch, tasks init, clone, edit and upgrade.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lab.git.failures import GitFailure, no_ref
from lab.git.remote import RemoteRepository
from lab.git.urls import without_credentials
from lab.orchestrators.builtin.contents import Content, content_of
from lab.orchestrators.builtin.creation_rules import NewRevision, Refused, check_source, check_upgrade
from lab.orchestrators.builtin.package_facts import PackageFacts, merged_facts
from lab.orchestrators.builtin.revision import Revision
from lab.orchestrators.builtin.revisions import Revisions
from lab.orchestrators.builtin.shelf_store import ShelfStore
from lab.render.clone import Upstream, clone_package, init_package
from lab.render.merge import upgrade

OpenRemote = Callable[[str, str, str], Awaitable[RemoteRepository]]
"""`(namespace, url, name of a Secret or empty)` gives a repository that is no registered one."""


class Creation:
    """Makes the content of a new revision from what the shelves hold. Raises Refused, PackageFault or GitFailure."""

    def __init__(self, revisions: Revisions, open_remote: OpenRemote) -> None:
        self._revisions = revisions
        self._open_remote = open_remote

    async def content(self, new: NewRevision, shelf: ShelfStore) -> Content:
        """The package as the task makes it, before any function ran."""
        task = _body(new.task, new.task_type)
        if new.task_type == "init":
            content = Content(
                init_package(
                    new.package,
                    description=str(task.get("description") or ""),
                    keywords=[str(word) for word in task.get("keywords") or ()],
                    site=str(task.get("site") or ""),
                )
            )
        elif new.task_type == "clone":
            content = await self._clone(new, task, shelf)
        elif new.task_type == "edit":
            content = await self._edit(new, task)
        else:
            content = await self._upgrade(new, task)
        facts = PackageFacts(new.package_labels, new.package_annotations, new.gates)
        return content.with_texts(await asyncio.to_thread(merged_facts, content.texts, facts))

    async def _clone(self, new: NewRevision, task: Mapping[str, Any], shelf: ShelfStore) -> Content:
        reference = _body(task, "upstreamRef")
        named = _body(reference, "upstreamRef")
        if reference.get("git"):
            source, upstream = await self._from_git(new.namespace, _body(reference, "git"))
        elif reference.get("oci"):
            raise Refused("clone from OCI is not implemented")
        elif "upstreamRef" in reference:
            if not named.get("name"):
                raise Refused("upstreamRef.name is required")
            source, upstream = await self._from_revision(new.namespace, str(named["name"]))
        else:
            raise Refused("invalid clone source (neither of git, oci, nor upstream were specified)")
        texts = await asyncio.to_thread(
            clone_package,
            source.texts,
            name=new.package,
            upstream=upstream,
            deployment=shelf.shelf.deployment,
            path=new.package,
        )
        return source.with_texts(texts)

    async def _from_revision(self, namespace: str, name: str) -> tuple[Content, Upstream]:
        shelf, revision = self._find(namespace, name)
        return await shelf.content(revision), lock_of(shelf, revision)

    async def _from_git(self, namespace: str, git: Mapping[str, Any]) -> tuple[Content, Upstream]:
        url, ref = str(git.get("repo") or ""), str(git.get("ref") or "main")
        directory = str(git.get("directory") or "").strip("/")
        if not url:
            raise Refused("clone.upstreamRef.git.repo is required")
        remote = await self._open_remote(namespace, url, str(_body(git, "secretRef").get("name") or ""))
        try:
            refs = await remote.fetch()
            candidates = (ref, f"refs/tags/{ref}", f"refs/heads/{ref}")
            commit = next((refs[name] for name in candidates if name in refs), None)
            if commit is None:
                raise no_ref(ref)
            files = await asyncio.to_thread(remote.files, commit, directory)
        except GitFailure as error:
            raise Refused(f"cannot clone Git repository {without_credentials(url)}: {error.message}") from error
        finally:
            remote.close()
        shown = without_credentials(url).rstrip("/").removesuffix(".git") + ".git"
        return content_of(files), Upstream(shown, directory, ref, commit)

    async def _edit(self, new: NewRevision, task: Mapping[str, Any]) -> Content:
        shelf, source = self._find(new.namespace, str(_body(task, "sourceRef").get("name") or ""))
        check_source(new, source)
        return await shelf.content(source)

    async def _upgrade(self, new: NewRevision, task: Mapping[str, Any]) -> Content:
        names = [
            str(_body(task, key).get("name") or "")
            for key in ("oldUpstreamRef", "newUpstreamRef", "localPackageRevisionRef")
        ]
        found = [self._find(new.namespace, name) for name in names]
        check_upgrade(revision for _, revision in found)
        old, upstream, local = [await shelf.content(revision) for shelf, revision in found]
        texts = await asyncio.to_thread(
            upgrade,
            old.texts,
            upstream.texts,
            local.texts,
            upstream=lock_of(*found[1]),
            strategy=str(task.get("strategy") or "resource-merge"),
        )
        binaries = {**local.binaries, **upstream.binaries}
        return Content(texts, {path: data for path, data in binaries.items() if path not in texts})

    def _find(self, namespace: str, name: str) -> tuple[ShelfStore, Revision]:
        found = self._revisions.find(namespace, name)
        if found is None:
            raise Refused(
                f'failed to fetch package revision "{name}": packagerevisions.porch.kpt.dev "{name}" not found'
            )
        return found


def lock_of(shelf: ShelfStore, revision: Revision) -> Upstream:
    """A revision as the upstream of a copy."""
    return Upstream(shelf.shelf.git_url, revision.path, revision.short_ref, revision.commit)


def _body(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}
