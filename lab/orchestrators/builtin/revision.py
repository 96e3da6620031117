"""One package revision as the orchestrator knows it: read from Git, never stored beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lab.orchestrators.builtin.kptfile_facts import EMPTY, KptfileFacts
from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.names import revision_name
from lab.orchestrators.builtin.overrides import NO_VALUES, Values

PLACEHOLDER = -1
Key = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The Kubernetes metadata that people and controllers give a revision; `deleted` is RFC 3339 or empty."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[Mapping[str, Any], ...] = ()
    finalizers: tuple[str, ...] = ()
    deleted: str = ""

    def __bool__(self) -> bool:
        return bool(self.labels or self.annotations or self.owners or self.finalizers or self.deleted)

    def owned_by(self, uid: str) -> bool:
        """Whether an owner reference names this uid."""
        return any(owner.get("uid") == uid for owner in self.owners)

    def with_owner(self, owner: Mapping[str, Any]) -> Metadata:
        """The same with one more owner, unless it is there."""
        return self if self.owned_by(owner["uid"]) else replace(self, owners=(*self.owners, owner))

    def without_owner(self, uid: str) -> Metadata:
        """The same without the owner of that uid."""
        return replace(self, owners=tuple(owner for owner in self.owners if owner.get("uid") != uid))

    def message(self, name: str) -> str:
        """The message of the commit that keeps it."""
        content = {
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "ownerReferences": [dict(owner) for owner in self.owners],
            "finalizers": list(self.finalizers),
            "deletionTimestamp": self.deleted,
        }
        kept = {key: value for key, value in content.items() if value}
        return f"Metadata of package revision {name}\n\n{json.dumps(kept, sort_keys=True, ensure_ascii=False)}\n"


NO_METADATA = Metadata()


def metadata_in(message: str) -> Metadata:
    """What the commit of a metadata ref keeps; empty where it cannot be read."""
    line = next((line for line in message.split("\n") if line.startswith("{")), "")
    try:
        content = json.loads(line) if line else {}
    except ValueError:
        return NO_METADATA
    return Metadata(
        {str(key): str(value) for key, value in content.get("labels", {}).items()},
        {str(key): str(value) for key, value in content.get("annotations", {}).items()},
        tuple(content.get("ownerReferences", [])),
        tuple(content.get("finalizers", [])),
        str(content.get("deletionTimestamp", "")),
    )


@dataclass(frozen=True, slots=True)
class Revision:
    """A package revision.

    `number` is 0 before publication, -1 for the state of the tracked branch. `path` is the package's directory in the
    repository, `ref` the branch or tag it stands on, `commit` and `tree` (of the directory) hold its content. `label`
    is the last segment of the tag, or the tracked branch of a placeholder. `created_at` is when the creating commit
    was made, `committed_at` when its present one. `by_orchestrator` says that its commit carries a trailer of Porch.
    """

    namespace: str
    repository: str
    package: str
    workspace: str
    number: int
    lifecycle: Lifecycle
    path: str
    ref: str
    label: str
    commit: str
    tree: str
    created_at: datetime
    committed_at: datetime
    deployment: bool = False
    task: Mapping[str, Any] | None = None
    proposed_by: str = ""
    published_by: str = ""
    published_at: datetime | None = None
    policy: str = ""
    subject: str = ""
    by_orchestrator: bool = False
    metadata: Metadata = NO_METADATA
    kptfile: KptfileFacts = EMPTY
    setters: Values = NO_VALUES

    @property
    def name(self) -> str:
        """The Kubernetes name."""
        return revision_name(self.repository, self.package, self.workspace)

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return self.namespace, self.name

    @property
    def placeholder(self) -> bool:
        """Whether it shows the state of the tracked branch."""
        return self.number == PLACEHOLDER and self.ref.startswith("refs/heads/")

    @property
    def short_ref(self) -> str:
        """The ref as a lock names it: `cluster-baseline/v1`, `main`, `drafts/…`."""
        return self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")

    @property
    def task_type(self) -> str:
        """init, clone, edit or upgrade; empty for a revision that nobody created through the API."""
        return str((self.task or {}).get("type") or "")


def latest_of(revisions: Iterable[Revision]) -> set[Key]:
    """The revisions with the highest number of their packages, among published ones; placeholders never count."""
    best: dict[tuple[str, str, str], Revision] = {}
    for revision in revisions:
        if revision.lifecycle.published and revision.number > 0:
            package = revision.namespace, revision.repository, revision.package
            if package not in best or best[package].number < revision.number:
                best[package] = revision
    return {revision.key for revision in best.values()}
