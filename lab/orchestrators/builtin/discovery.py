"""What package revisions a repository holds, read from its refs and trees alone.

Source: Porch, discovery of packages: the tracked branch gives placeholders, tags give published revisions, branches
give drafts, proposals and deletions that were proposed. One broken package never hides another.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from lab.git.commits import CommitInfo, TreeItem
from lab.git.failures import GitFailure
from lab.orchestrators.builtin.contents import Contents
from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.refs import Found, Tracked, deletion_ref, metadata_ref, number_of, revisions_in
from lab.orchestrators.builtin.revision import NO_METADATA, PLACEHOLDER, Metadata, Revision, metadata_in
from lab.orchestrators.builtin.trailers import origin_of, policy_in, trailers_in

log = logging.getLogger(__name__)

COMMITS_KEPT = 1_000
"""So many commits of one repository are remembered between two looks."""


class GitReader(Protocol):
    """What discovery asks of a repository whose objects are at hand."""

    def commit(self, id: str) -> CommitInfo:
        """The commit."""
        ...

    def directories(self, commit: str, directory: str = "") -> list[TreeItem]:
        """Everything below a directory."""
        ...

    def tree_id(self, commit: str, directory: str = "") -> str | None:
        """The directory's tree."""
        ...

    def files(self, commit: str, directory: str = "") -> dict[str, bytes]:
        """The directory's files."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """One registered repository.

    Its Kubernetes namespace and name, its URL without credentials, what it tracks, whether a cluster pulls it and
    which (may be empty), and the author of commits that nobody asked for by name.
    """

    namespace: str
    name: str
    tracked: Tracked
    deployment: bool
    url: str = ""
    cluster: str = ""
    author: str = ""
    email: str = ""

    @property
    def git_url(self) -> str:
        """The URL in the form in which Kptfiles name it."""
        return self.url.rstrip("/").removesuffix(".git") + ".git"


class Discovery:
    """Reads one shelf again and again; what did not move is not read twice."""

    def __init__(self, shelf: Shelf, git: GitReader, contents: Contents) -> None:
        self.shelf = shelf
        self._git = git
        self._contents = contents
        self._known: dict[tuple[object, ...], Revision | None] = {}
        self._commits: dict[str, CommitInfo] = {}

    def look(self, refs: Mapping[str, str]) -> dict[str, Revision]:
        """Every revision by its Kubernetes name; blocking, for a worker thread."""
        seen: dict[tuple[object, ...], Revision | None] = {}
        revisions: dict[str, Revision] = {}
        for found in revisions_in(refs):
            self._add(revisions, self._read(found, refs, seen))
        for placeholder in self._placeholders(refs, seen):
            self._add(revisions, placeholder)
        self._known = seen
        return revisions

    @staticmethod
    def _add(revisions: dict[str, Revision], revision: Revision | None) -> None:
        # Two tags can carry one workspace when somebody copied a tag by hand: the higher number is the revision.
        if revision is not None:
            other = revisions.get(revision.name)
            if other is None or other.number < revision.number:
                revisions[revision.name] = revision

    def _read(
        self, found: Found, refs: Mapping[str, str], seen: dict[tuple[object, ...], Revision | None]
    ) -> Revision | None:
        package = self.shelf.tracked.package(found.path)
        if package is None:
            return None
        key = (found.ref, found.commit)
        revision = self._known[key] if key in self._known else self._readable(found, package)
        seen[key] = revision
        if revision is None:
            return None
        metadata = self._metadata(refs, revision.path, revision.workspace)
        return replace(revision, lifecycle=found.lifecycle, metadata=metadata)

    def _readable(self, found: Found, package: str) -> Revision | None:
        try:
            return self._revision(found, package)
        except (GitFailure, ValueError) as error:
            log.warning("%s of repository %s cannot be read: %s", found.ref, self.shelf.name, error)
            return None

    def _revision(self, found: Found, package: str) -> Revision | None:
        tree = self._git.tree_id(found.commit, found.path)
        if tree is None:
            return None
        content = self._contents.of(tree, lambda: self._git.files(found.commit, found.path))
        published = found.lifecycle.published
        if published and not content.is_package:
            return None
        info = self._commit(found.commit)
        own = [trailer for trailer in trailers_in(info.message) if trailer.package == found.path]
        number = number_of(found.label) if published else 0
        named = published and number is not None and bool(own) and bool(own[0].workspace)
        workspace = own[0].workspace if named else found.label
        origin = origin_of(found.commit, found.path, workspace, read=self._message)
        created = self._commit(origin.commit) if origin else info
        return Revision(
            namespace=self.shelf.namespace,
            repository=self.shelf.name,
            package=package,
            workspace=workspace,
            number=PLACEHOLDER if number is None else number,
            lifecycle=found.lifecycle,
            path=found.path,
            ref=found.ref,
            label=found.label,
            commit=found.commit,
            tree=tree,
            created_at=created.authored,
            committed_at=info.at,
            deployment=self.shelf.deployment,
            task=origin.task if origin else None,
            proposed_by=self._proposer(found, info),
            published_by=_name(info) if published else "",
            published_at=info.at if published else None,
            policy=policy_in(info.message) if published else "",
            subject=info.message.partition("\n")[0],
            by_orchestrator=bool(own),
            kptfile=content.kptfile,
            setters=content.setters,
        )

    def _proposer(self, found: Found, info: CommitInfo) -> str:
        """The author of the last commit before approval."""
        if found.lifecycle is Lifecycle.DRAFT:
            return ""
        if found.lifecycle is Lifecycle.PROPOSED:
            return _name(info)
        return _name(self._commit(info.parents[-1])) if info.parents and trailers_in(info.message) else ""

    def _placeholders(
        self, refs: Mapping[str, str], seen: dict[tuple[object, ...], Revision | None]
    ) -> Iterable[Revision]:
        tracked = self.shelf.tracked
        head = refs.get(tracked.main)
        if head is None:
            return
        for path, tree in packages_below(self._git.directories(head, tracked.directory), tracked.directory):
            key = ("placeholder", path, tree)
            revision = self._known[key] if key in self._known else self._placeholder(head, path, tree)
            seen[key] = revision
            if revision is None:
                continue
            dying = deletion_ref(path, tracked.branch) in refs
            lifecycle = Lifecycle.DELETION_PROPOSED if dying else Lifecycle.PUBLISHED
            yield replace(revision, lifecycle=lifecycle, metadata=self._metadata(refs, path, tracked.branch))

    def _placeholder(self, head: str, path: str, tree: str) -> Revision | None:
        package = self.shelf.tracked.package(path)
        if package is None:
            return None
        content = self._contents.of(tree, lambda: self._git.files(head, path))
        info = self._commit(head)
        return Revision(
            namespace=self.shelf.namespace,
            repository=self.shelf.name,
            package=package,
            workspace=self.shelf.tracked.branch,
            number=PLACEHOLDER,
            lifecycle=Lifecycle.PUBLISHED,
            path=path,
            ref=self.shelf.tracked.main,
            label=self.shelf.tracked.branch,
            commit=head,
            tree=tree,
            created_at=info.at,
            committed_at=info.at,
            deployment=self.shelf.deployment,
            subject=info.message.partition("\n")[0],
            kptfile=content.kptfile,
            setters=content.setters,
        )

    def _metadata(self, refs: Mapping[str, str], path: str, workspace: str) -> Metadata:
        commit = refs.get(metadata_ref(self.shelf.namespace, path, workspace))
        return metadata_in(self._commit(commit).message) if commit else NO_METADATA

    def _commit(self, id: str) -> CommitInfo:
        found = self._commits.get(id)
        if found is None:
            if len(self._commits) >= COMMITS_KEPT:
                self._commits.clear()
            found = self._commits[id] = self._git.commit(id)
        return found

    def _message(self, commit: str) -> tuple[str, tuple[str, ...]]:
        info = self._commit(commit)
        return info.message, info.parents


def _name(info: CommitInfo) -> str:
    return info.author.partition(" <")[0]


def packages_below(items: Iterable[TreeItem], directory: str) -> list[tuple[str, str]]:
    """Path in the tree and tree id of each package: a folder with a Kptfile; folders inside it are its own."""
    trees: dict[str, str] = {}
    holders: set[str] = set()
    for item in items:
        if item.is_directory:
            trees[item.path] = item.id
        elif item.path == "Kptfile" or item.path.endswith("/Kptfile"):
            holders.add(item.path.rpartition("/")[0])
    prefix = f"{directory}/" if directory else ""
    packages: list[tuple[str, str]] = []
    last = ""
    for path in sorted(holders, key=lambda path: path.split("/")):
        if path and not (last and path.startswith(last + "/")):
            packages.append((prefix + path, trees[path]))
            last = path
    return packages
