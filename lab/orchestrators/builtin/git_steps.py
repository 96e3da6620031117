"""Each step of a revision's life as commits and one push: refs with what they must be and what they become.

Source: Porch, Git layer: drafts on branches, publication as a merge commit that moves branch and tag together. Every
function builds objects only; nothing is visible to anybody before the push, and the same request builds the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from lab.orchestrators.builtin.contents import Content
from lab.orchestrators.builtin.discovery import Shelf
from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.refs import (
    TAGS,
    deletion_ref,
    draft_ref,
    metadata_ref,
    number_of,
    proposed_ref,
    tag_ref,
)
from lab.orchestrators.builtin.revision import Metadata, Revision
from lab.orchestrators.builtin.trailers import (
    COMMITTER,
    Publication,
    approval_message,
    author_of,
    deletion_message,
    draft_message,
)

Refs = Mapping[str, str]
Updates = dict[str, tuple[str | None, str | None]]


class GitWriter(Protocol):
    """What building a step asks of a repository."""

    def write_commit(
        self,
        *,
        base_tree_of: str | None,
        replace: Mapping[str, Mapping[str, bytes] | None],
        parents: Sequence[str],
        author: str,
        committer: str,
        authored: datetime,
        committed: datetime,
        message: str,
    ) -> str:
        """A commit's id."""
        ...


class Moved(Exception):
    """A ref is no longer where the step needs it: somebody was faster."""


@dataclass(frozen=True, slots=True)
class Order:
    """Who asked for a step and when; the date of every commit of the step. `name` and `email` are the Repository's."""

    user: str
    at: datetime
    name: str = ""
    email: str = ""

    @property
    def author(self) -> str:
        """The author of its commits."""
        return author_of(self.user, self.name, self.email)


@dataclass(frozen=True, slots=True)
class DraftCommit:
    """One commit of a draft: the type of its task, the task, and the package as it then is."""

    kind: str
    task: Mapping[str, Any]
    content: Content


class GitSteps:
    """The steps on one shelf."""

    def __init__(self, shelf: Shelf, git: GitWriter) -> None:
        self._shelf = shelf
        self._git = git

    def create(
        self, refs: Refs, path: str, workspace: str, commits: Sequence[DraftCommit], metadata: Metadata, order: Order
    ) -> Updates:
        """A new draft that starts from the branch's present head."""
        base = refs.get(self._shelf.tracked.main)
        branch = draft_ref(path, workspace)
        _must_be(refs, branch, None)
        _must_be(refs, proposed_ref(path, workspace), None)
        head = base
        for commit in commits:
            head = self._draft_commit(head, path, workspace, commit, order)
        return {branch: (None, head)} | self._metadata(refs, path, workspace, metadata, order)

    def add(
        self, refs: Refs, revision: Revision, commits: Sequence[DraftCommit], metadata: Metadata, order: Order
    ) -> Updates:
        """More commits on a draft, and its metadata as it shall be."""
        _must_be(refs, revision.ref, revision.commit)
        head: str | None = revision.commit
        for commit in commits:
            head = self._draft_commit(head, revision.path, revision.workspace, commit, order)
        moved: Updates = {revision.ref: (revision.commit, head)} if commits else {}
        return moved | self._metadata(refs, revision.path, revision.workspace, metadata, order)

    def propose(
        self, refs: Refs, revision: Revision, rendered: DraftCommit, metadata: Metadata, order: Order
    ) -> Updates:
        """The draft moves to its proposal, with one more commit for what rendering it once more gave."""
        _must_be(refs, revision.ref, revision.commit)
        head = self._draft_commit(revision.commit, revision.path, revision.workspace, rendered, order)
        target = proposed_ref(revision.path, revision.workspace)
        moved: Updates = {revision.ref: (revision.commit, None), target: (None, head)}
        return moved | self._metadata(refs, revision.path, revision.workspace, metadata, order)

    def reject(self, refs: Refs, revision: Revision, metadata: Metadata, order: Order) -> Updates:
        """The proposal moves back to its draft."""
        _must_be(refs, revision.ref, revision.commit)
        target = draft_ref(revision.path, revision.workspace)
        # A push that was not atomic may have left the draft behind: it is overwritten.
        moved: Updates = {revision.ref: (revision.commit, None), target: (refs.get(target), revision.commit)}
        return moved | self._metadata(refs, revision.path, revision.workspace, metadata, order)

    def approve(
        self, refs: Refs, revision: Revision, content: Content, publication: Publication, order: Order
    ) -> Updates:
        """A merge commit with the proposal's `content` on the branch, and its tag, in one push; the proposal is gone.

        `publication.number` is ignored: the number is the next one of the package at this very moment.
        """
        _must_be(refs, revision.ref, revision.commit)
        number = next_number(refs, revision.path)
        main = self._shelf.tracked.main
        head = refs.get(main)
        commit = self._git.write_commit(
            base_tree_of=head,
            replace={revision.path: content.as_bytes()},
            parents=[parent for parent in (head, revision.commit) if parent],
            author=order.author,
            committer=COMMITTER,
            authored=order.at,
            committed=order.at,
            message=approval_message(replace(publication, number=number)),
        )
        return {
            main: (head, commit),
            tag_ref(revision.path, f"v{number}"): (None, commit),
            revision.ref: (revision.commit, None),
        }

    def propose_deletion(self, refs: Refs, revision: Revision, metadata: Metadata, order: Order) -> Updates:
        """A branch that says that the published revision shall go."""
        target = deletion_ref(revision.path, revision.label)
        moved: Updates = {} if target in refs else {target: (None, refs.get(revision.ref, revision.commit))}
        return moved | self._metadata(refs, revision.path, revision.workspace, metadata, order)

    def keep_after_all(self, refs: Refs, revision: Revision, metadata: Metadata, order: Order) -> Updates:
        """The proposal to delete is taken back."""
        target = deletion_ref(revision.path, revision.label)
        moved: Updates = {target: (refs[target], None)} if target in refs else {}
        return moved | self._metadata(refs, revision.path, revision.workspace, metadata, order)

    def keep(self, refs: Refs, revision: Revision, metadata: Metadata, order: Order) -> Updates:
        """Only metadata changes."""
        return self._metadata(refs, revision.path, revision.workspace, metadata, order)

    def delete(self, refs: Refs, revision: Revision, order: Order) -> Updates:
        """The revision is gone: its branch or tag, or, for the placeholder, the package's directory on the branch."""
        kept = metadata_ref(self._shelf.namespace, revision.path, revision.workspace)
        gone: Updates = {kept: (refs[kept], None)} if kept in refs else {}
        if revision.lifecycle in (Lifecycle.DRAFT, Lifecycle.PROPOSED):
            _must_be(refs, revision.ref, revision.commit)
            left_behind = draft_ref(revision.path, revision.workspace)
            return gone | {ref: (refs[ref], None) for ref in {revision.ref, left_behind} if ref in refs}
        mark = deletion_ref(revision.path, revision.label)
        if mark in refs:
            gone[mark] = (refs[mark], None)
        if not revision.placeholder:
            return gone | {revision.ref: (refs.get(revision.ref), None)}
        head = refs[self._shelf.tracked.main]
        commit = self._git.write_commit(
            base_tree_of=head,
            replace={revision.path: None},
            parents=[head],
            author=order.author,
            committer=COMMITTER,
            authored=order.at,
            committed=order.at,
            message=deletion_message(revision.path, revision.workspace),
        )
        return gone | {self._shelf.tracked.main: (head, commit)}

    def first_commit(self, refs: Refs, order: Order) -> Updates:
        """The tracked branch of a repository that lacks it."""
        branch = self._shelf.tracked.branch
        commit = self._git.write_commit(
            base_tree_of=None,
            replace={"": {"README.md": b"Created by porch\n"}},
            parents=[],
            author=order.author,
            committer=COMMITTER,
            authored=order.at,
            committed=order.at,
            message=f"Initial commit: Creating {branch} branch\n",
        )
        return {self._shelf.tracked.main: (refs.get(self._shelf.tracked.main), commit)}

    def _draft_commit(self, head: str | None, path: str, workspace: str, commit: DraftCommit, order: Order) -> str:
        return self._git.write_commit(
            base_tree_of=head,
            replace={path: commit.content.as_bytes()},
            parents=[head] if head else [],
            author=order.author,
            committer=COMMITTER,
            authored=order.at,
            committed=order.at,
            message=draft_message(commit.kind, path, workspace, dict(commit.task)),
        )

    def _metadata(self, refs: Refs, path: str, workspace: str, metadata: Metadata, order: Order) -> Updates:
        ref = metadata_ref(self._shelf.namespace, path, workspace)
        known = refs.get(ref)
        if not metadata:
            return {ref: (known, None)} if known else {}
        commit = self._git.write_commit(
            base_tree_of=None,
            replace={},
            parents=[],
            author=COMMITTER,
            committer=COMMITTER,
            authored=order.at,
            committed=order.at,
            message=metadata.message(f"{path}/{workspace}"),
        )
        return {ref: (known, commit)} if commit != known else {}


def next_number(refs: Refs, path: str) -> int:
    """The number that the next publication of a package gets: one more than the highest tag."""
    prefix = f"{TAGS}{path}/"
    numbers = (number_of(ref.removeprefix(prefix)) for ref in refs if ref.startswith(prefix))
    return max((number for number in numbers if number is not None), default=0) + 1


def _must_be(refs: Refs, ref: str, commit: str | None) -> None:
    if refs.get(ref) != commit:
        raise Moved(f"{ref} is not where it was: somebody else moved it")
