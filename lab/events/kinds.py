"""Every fact that can be recorded, as small frozen classes that survive JSON.

Left of the line (`lab.model.stage`) a fact is joined to its trail by the name of a package revision, right of it
by commit. `slot()` names what a fact is about: publishing the same fact twice in a row for one slot records it
once, so that a process which restarts and looks again does not write its journal twice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lab.model.stage import Stage

Slot = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What all facts share; `stage` is None for facts beside the stages."""

    stage: ClassVar[Stage | None] = None

    def slot(self) -> Slot | None:
        """What the fact is about, or None where every occurrence counts."""
        return None

    def clears(self) -> tuple[Slot, ...]:
        """Slots whose facts are over with this one: the same fact may be told of a successor."""
        return ()

    def data(self) -> dict[str, Any]:
        """The fields as plain JSON data."""
        return dataclasses.asdict(self)


# -- the lab and its parts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabStarted(Event):
    """The lab's parts are being started; `clusters` are the workload clusters."""

    lab: str
    profile: str
    management: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabStopped(Event):
    """The lab's parts were stopped; its state is kept."""

    lab: str


@dataclass(frozen=True, slots=True)
class PartChanged(Event):
    """A part is `starting`, `up`, `down` or `failed`; `fidelity` is `real`, `stand-in` or `yours`."""

    part: str
    state: str
    fidelity: str
    detail: str = ""

    def slot(self) -> Slot | None:
        """One slot a part."""
        return ("part", self.part)


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """Something was accepted that upstream would not accept so, or that will surprise; `code` explains it."""

    code: str
    subject: str
    message: str

    def slot(self) -> Slot | None:
        """One slot a code and subject."""
        return ("warned", self.code, self.subject)


@dataclass(frozen=True, slots=True)
class Retried(Event):
    """An attempt failed and another follows after `wait` seconds."""

    what: str
    attempt: int
    error: str
    wait: float


# -- management side -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RepositoryChanged(Event):
    """A Repository was registered or changed; `cluster` is its label `nephio.org/cluster-name`, may be empty."""

    repository: str
    url: str
    branch: str
    deployment: bool
    cluster: str
    ready: bool
    message: str = ""

    def slot(self) -> Slot | None:
        """One slot a Repository."""
        return ("repository", self.repository)


@dataclass(frozen=True, slots=True)
class RepositoryRemoved(Event):
    """A Repository was unregistered; its Git content is untouched."""

    repository: str

    def slot(self) -> Slot | None:
        """One slot a Repository."""
        return ("repository", self.repository)


@dataclass(frozen=True, slots=True)
class ContextAccepted(Event):
    """A valid ClusterContext stands on the management cluster; `facts` are its metadata, never a credential."""

    stage: ClassVar[Stage | None] = Stage.CONTEXT
    cluster: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def slot(self) -> Slot | None:
        """One slot a cluster."""
        return ("context", self.cluster)


@dataclass(frozen=True, slots=True)
class ContextRemoved(Event):
    """The ClusterContext of a cluster is gone."""

    stage: ClassVar[Stage | None] = Stage.CONTEXT
    cluster: str
    name: str

    def slot(self) -> Slot | None:
        """One slot a cluster."""
        return ("context", self.cluster)


@dataclass(frozen=True, slots=True)
class VariantAccepted(Event):
    """A PackageVariant is not Stalled; `upstream` is `repo/package@workspace`, `package` the downstream's name."""

    stage: ClassVar[Stage | None] = Stage.VARIANT
    variant: str
    repository: str
    package: str
    upstream: str

    def slot(self) -> Slot | None:
        """One slot a variant."""
        return ("variant", self.variant)


@dataclass(frozen=True, slots=True)
class VariantStalled(Event):
    """A PackageVariant cannot be served; `message` is its condition's."""

    stage: ClassVar[Stage | None] = Stage.VARIANT
    variant: str
    repository: str
    package: str
    code: str
    message: str

    def slot(self) -> Slot | None:
        """One slot a variant."""
        return ("variant", self.variant)


@dataclass(frozen=True, slots=True)
class VariantRemoved(Event):
    """A PackageVariant was deleted."""

    stage: ClassVar[Stage | None] = Stage.VARIANT
    variant: str

    def slot(self) -> Slot | None:
        """One slot a variant."""
        return ("variant", self.variant)


@dataclass(frozen=True, slots=True)
class DraftCreated(Event):
    """A draft PackageRevision exists; `task` is init, clone, edit or upgrade; `variant` may be empty."""

    stage: ClassVar[Stage | None] = Stage.DRAFT
    revision: str
    repository: str
    package: str
    workspace: str
    task: str
    variant: str = ""
    upstream: str = ""

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("draft", self.revision)


@dataclass(frozen=True, slots=True)
class DraftFailed(Event):
    """No draft could be made for a variant."""

    stage: ClassVar[Stage | None] = Stage.DRAFT
    variant: str
    repository: str
    package: str
    code: str
    message: str

    def slot(self) -> Slot | None:
        """One slot a variant."""
        return ("draft-of", self.variant)


@dataclass(frozen=True, slots=True)
class Rendered(Event):
    """Every function of the pipeline ran; `values` are the setters' last values."""

    stage: ClassVar[Stage | None] = Stage.RENDER
    revision: str
    functions: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("render", self.revision)


@dataclass(frozen=True, slots=True)
class RenderFailed(Event):
    """The first function that failed, in its own words; `file` and `line` where known (0: unknown).

    `revision` is empty when the failure left no draft behind; `variant` then names the trail.
    """

    stage: ClassVar[Stage | None] = Stage.RENDER
    revision: str
    variant: str
    repository: str
    package: str
    code: str
    function: str
    message: str
    file: str = ""
    line: int = 0

    def slot(self) -> Slot | None:
        """One slot a revision or variant."""
        return ("render", self.revision or self.variant)


@dataclass(frozen=True, slots=True)
class SetterOverridden(Event):
    """The blueprint's own pipeline gave a setter another value than the variant did (LAB404)."""

    stage: ClassVar[Stage | None] = Stage.RENDER
    revision: str
    setter: str
    variant_value: str
    package_value: str
    where: str

    def slot(self) -> Slot | None:
        """One slot a revision and setter."""
        return ("override", self.revision, self.setter)


@dataclass(frozen=True, slots=True)
class Proposed(Event):
    """A draft was proposed for approval by `by`, a Kubernetes user name."""

    stage: ClassVar[Stage | None] = Stage.APPROVE
    revision: str
    by: str

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("lifecycle", self.revision)


@dataclass(frozen=True, slots=True)
class Approved(Event):
    """A proposed revision was approved by `by`; `policy` names the approval policy, empty when a person did it."""

    stage: ClassVar[Stage | None] = Stage.APPROVE
    revision: str
    by: str
    policy: str = ""

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("lifecycle", self.revision)


@dataclass(frozen=True, slots=True)
class Rejected(Event):
    """A proposed revision was sent back to Draft."""

    stage: ClassVar[Stage | None] = Stage.APPROVE
    revision: str
    by: str

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("lifecycle", self.revision)


@dataclass(frozen=True, slots=True)
class RevisionDeleted(Event):
    """A package revision is gone from its repository."""

    revision: str

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("lifecycle", self.revision)

    def clears(self) -> tuple[Slot, ...]:
        """A revision that takes the name of this one is another."""
        return tuple((what, self.revision) for what in ("draft", "render", "commit"))


@dataclass(frozen=True, slots=True)
class Committed(Event):
    """A published revision is on its repository's branch.

    `number` is the revision (1 for v1), `directory` the package's folder in the repository, `commit` 40 hex digits.
    """

    stage: ClassVar[Stage | None] = Stage.COMMIT
    revision: str
    repository: str
    package: str
    directory: str
    number: int
    branch: str
    commit: str
    subject: str

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("commit", self.revision)


@dataclass(frozen=True, slots=True)
class CommitFailed(Event):
    """Git refused the commit or could not be reached; the orchestrator tries again."""

    stage: ClassVar[Stage | None] = Stage.COMMIT
    revision: str
    code: str
    message: str

    def slot(self) -> Slot | None:
        """One slot a revision."""
        return ("commit", self.revision)


# -- workload side -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentStarted(Event):
    """The agent of a cluster runs."""

    cluster: str

    def slot(self) -> Slot | None:
        """One slot a cluster."""
        return ("agent", self.cluster)


@dataclass(frozen=True, slots=True)
class AgentStopped(Event):
    """The agent of a cluster no longer runs."""

    cluster: str
    reason: str = ""

    def slot(self) -> Slot | None:
        """One slot a cluster."""
        return ("agent", self.cluster)


@dataclass(frozen=True, slots=True)
class SyncDeclared(Event):
    """A RootSync tells the agent where to pull from."""

    cluster: str
    root_sync: str
    url: str
    branch: str
    directory: str
    period: float

    def slot(self) -> Slot | None:
        """One slot a RootSync."""
        return ("rootsync", self.cluster, self.root_sync)


@dataclass(frozen=True, slots=True)
class SyncRemoved(Event):
    """A RootSync is gone; nothing of its repository is pulled any more."""

    cluster: str
    root_sync: str

    def slot(self) -> Slot | None:
        """One slot a RootSync."""
        return ("rootsync", self.cluster, self.root_sync)


@dataclass(frozen=True, slots=True)
class Pulled(Event):
    """The agent fetched `commit`; `commits` are it and its ancestors that are new, newest first."""

    stage: ClassVar[Stage | None] = Stage.PULL
    cluster: str
    root_sync: str
    url: str
    branch: str
    commit: str
    commits: tuple[str, ...]

    def slot(self) -> Slot | None:
        """One slot a RootSync."""
        return ("pull", self.cluster, self.root_sync)


@dataclass(frozen=True, slots=True)
class PullFailed(Event):
    """The agent could not fetch; `knv` is Config Sync's code, such as KNV2004."""

    stage: ClassVar[Stage | None] = Stage.PULL
    cluster: str
    root_sync: str
    url: str
    code: str
    knv: str
    message: str

    def slot(self) -> Slot | None:
        """One slot a RootSync."""
        return ("pull", self.cluster, self.root_sync)


@dataclass(frozen=True, slots=True)
class Applied(Event):
    """Every object of `commit` is applied; `packages` maps a directory to its counts.

    Counts are `created`, `configured`, `unchanged`, `pruned`. The directory of files outside packages is "".
    """

    stage: ClassVar[Stage | None] = Stage.APPLY
    cluster: str
    root_sync: str
    commit: str
    packages: Mapping[str, Mapping[str, int]]

    def slot(self) -> Slot | None:
        """One slot a RootSync."""
        return ("apply", self.cluster, self.root_sync)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One object or file that stopped a commit: `subject` is `kind/namespace/name` or empty for a file's fault."""

    knv: str
    code: str
    subject: str
    directory: str
    file: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class ApplyFailed(Event):
    """A commit could not be applied whole; what is not among the refusals was applied when `partial` is true."""

    stage: ClassVar[Stage | None] = Stage.APPLY
    cluster: str
    root_sync: str
    commit: str
    refusals: tuple[Refusal, ...]
    partial: bool

    def slot(self) -> Slot | None:
        """One slot a RootSync."""
        return ("apply", self.cluster, self.root_sync)


@dataclass(frozen=True, slots=True)
class PackageReady(Event):
    """Every object under `directory` is Current at `commit`; `notable` names a few for people, such as namespaces."""

    stage: ClassVar[Stage | None] = Stage.READY
    cluster: str
    root_sync: str
    commit: str
    directory: str
    objects: int
    notable: tuple[str, ...] = ()

    def slot(self) -> Slot | None:
        """One slot a package on a cluster."""
        return ("ready", self.cluster, self.root_sync, self.directory)


@dataclass(frozen=True, slots=True)
class PackageNotReady(Event):
    """An object of the package is not Current and will not become so by itself; `reason` is the cluster's."""

    stage: ClassVar[Stage | None] = Stage.READY
    cluster: str
    root_sync: str
    commit: str
    directory: str
    subject: str
    reason: str

    def slot(self) -> Slot | None:
        """One slot a package on a cluster."""
        return ("ready", self.cluster, self.root_sync, self.directory)


@dataclass(frozen=True, slots=True)
class DriftCorrected(Event):
    """Somebody changed a managed object on the cluster and the agent put it back; `action` is what was undone."""

    cluster: str
    subject: str
    action: str
    by: str
    source: str
    took: float


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        LabStarted,
        LabStopped,
        PartChanged,
        Warned,
        Retried,
        RepositoryChanged,
        RepositoryRemoved,
        ContextAccepted,
        ContextRemoved,
        VariantAccepted,
        VariantStalled,
        VariantRemoved,
        DraftCreated,
        DraftFailed,
        Rendered,
        RenderFailed,
        SetterOverridden,
        Proposed,
        Approved,
        Rejected,
        RevisionDeleted,
        Committed,
        CommitFailed,
        AgentStarted,
        AgentStopped,
        SyncDeclared,
        SyncRemoved,
        Pulled,
        PullFailed,
        Applied,
        ApplyFailed,
        PackageReady,
        PackageNotReady,
        DriftCorrected,
    )
}
"""Every kind by its name in the journal."""
