"""All package revisions of all registered repositories: the one place where they are looked up and shown.

What the API shows is a projection of what Git holds; nothing is kept here that could not be read again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from lab.orchestrators.builtin.objects import Object, package_revision, resources_object
from lab.orchestrators.builtin.revision import Key, Revision, latest_of
from lab.orchestrators.builtin.shelf_store import News, ShelfStore
from lab.orchestrators.builtin.telling import Teller

Listener = Callable[[Revision], None]


class Projection(Protocol):
    """Where the API server answers from."""

    def put(self, obj: dict[str, Any]) -> object:
        """Show an object."""
        ...

    def remove(self, namespace: str, name: str) -> object:
        """Show it no more."""
        ...

    def replace(self, objs: Iterable[dict[str, Any]]) -> None:
        """Show exactly these."""
        ...


class Revisions:
    """Shelves by (namespace, Repository); listeners hear of every revision that changed or is gone."""

    def __init__(self, teller: Teller) -> None:
        self.shelves: dict[Key, ShelfStore] = {}
        self.listeners: list[Listener] = []
        self.render_status: dict[Key, Mapping[str, Any]] = {}
        self._owned: dict[str, set[Key]] = defaultdict(set)
        self._teller = teller
        self._revisions: Projection | None = None
        self._resources: Projection | None = None

    def show_in(self, revisions: Projection, resources: Projection) -> None:
        """Use these projections from now on."""
        self._revisions, self._resources = revisions, resources

    def show_all(self) -> None:
        """Show everything that is known, and nothing that an earlier process may have left on show."""
        if self._revisions is None or self._resources is None:
            return
        known = [(shelf, revision) for shelf in self.shelves.values() for revision in shelf.revisions.values()]
        self._revisions.replace([self.object_of(shelf, revision) for shelf, revision in known])
        self._resources.replace([self.resources_of(shelf, revision) for shelf, revision in known])

    def find(self, namespace: str, name: str) -> tuple[ShelfStore, Revision] | None:
        """A revision and where it stands, or None."""
        shelf = self.shelves.get((namespace, name.partition(".")[0]))
        if shelf is None:
            return None
        revision = shelf.revisions.get(name)
        return (shelf, revision) if revision is not None else None

    def of_package(self, namespace: str, repository: str, package: str) -> list[Revision]:
        """Every revision of a package, placeholder included."""
        shelf = self.shelves.get((namespace, repository))
        return [r for r in shelf.revisions.values() if r.package == package] if shelf else []

    def owned_by(self, namespace: str, uid: str) -> list[tuple[ShelfStore, Revision]]:
        """Every revision of a namespace whose owner references name this uid."""
        found = (self.find(*key) for key in sorted(self._owned.get(uid, ())) if key[0] == namespace)
        return [item for item in found if item is not None and item[1].metadata.owned_by(uid)]

    def forget(self, namespace: str, repository: str) -> ShelfStore | None:
        """A Repository is no longer registered: its revisions are shown no more, its Git content stays."""
        shelf = self.shelves.pop((namespace, repository), None)
        if shelf is not None:
            for revision in shelf.revisions.values():
                self._hide(revision)
                self._hear(revision)
        return shelf

    def publish(self, shelf: ShelfStore, news: News) -> None:
        """Show and tell what changed on a shelf."""
        for revision in news.gone:
            self._hide(revision)
        latest = latest_of(news.now.values())
        touched = {revision.package for revision in (*news.changed, *news.gone)}
        for revision in news.now.values():
            if revision.package in touched:
                self._show(shelf, revision, latest=revision.key in latest)
        self._teller.news(news.changed, news.gone, branch=shelf.shelf.tracked.branch)
        for revision in news.changed:
            for owner in revision.metadata.owners:
                self._owned[str(owner.get("uid"))].add(revision.key)
        for revision in (*news.changed, *news.gone):
            self._hear(revision)

    def object_of(self, shelf: ShelfStore, revision: Revision, now: Mapping[str, Revision] | None = None) -> Object:
        """The PackageRevision as the API shows it, among the revisions `now` (those of the shelf when None)."""
        latest = latest_of((now or shelf.revisions).values())
        return package_revision(revision, latest=revision.key in latest, repository_url=shelf.shelf.url)

    def resources_of(self, shelf: ShelfStore, revision: Revision) -> Object:
        """The PackageRevisionResources as the API shows it."""
        texts = shelf.content_now(revision).texts
        return resources_object(revision, texts, render_status=self.render_status.get(revision.key))

    def _show(self, shelf: ShelfStore, revision: Revision, *, latest: bool) -> None:
        if self._revisions is not None and self._resources is not None:
            obj = package_revision(revision, latest=latest, repository_url=shelf.shelf.url)
            self._revisions.put(obj)
            self._resources.put(self.resources_of(shelf, revision))

    def _hide(self, revision: Revision) -> None:
        self.render_status.pop(revision.key, None)
        for owner in revision.metadata.owners:
            self._owned[str(owner.get("uid"))].discard(revision.key)
        if self._revisions is not None and self._resources is not None:
            self._revisions.remove(*revision.key)
            self._resources.remove(*revision.key)

    def _hear(self, revision: Revision) -> None:
        for listener in self.listeners:
            listener(revision)
