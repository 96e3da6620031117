"""The spine: nine stages that every change travels, and who acts at each."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """One of nine; the order of definition is the order of travel."""

    CONTEXT = "context"
    VARIANT = "variant"
    DRAFT = "draft"
    RENDER = "render"
    APPROVE = "approve"
    COMMIT = "commit"
    PULL = "pull"
    APPLY = "apply"
    READY = "ready"

    @property
    def number(self) -> int:
        """1 to 9; also the first digit of the stage's error codes."""
        return ORDER.index(self) + 1

    @property
    def actor(self) -> str:
        """Who acts, as the lab says it."""
        return ACTORS[self]

    @property
    def done_when(self) -> str:
        """The condition that ends the stage, in one sentence."""
        return DONE_WHEN[self]

    def comes_before(self, other: Stage) -> bool:
        """True when a change passes this stage earlier than `other`."""
        return ORDER.index(self) < ORDER.index(other)


ORDER: tuple[Stage, ...] = tuple(Stage)

LAST_OF_MANAGEMENT = Stage.COMMIT
"""Nobody pushes across the line behind this stage: Git is the bridge."""

THE_LINE = "nobody pushes across this line: the cluster comes and asks"

ACTORS: dict[Stage, str] = {
    Stage.CONTEXT: "you",
    Stage.VARIANT: "you",
    Stage.DRAFT: "orchestrator",
    Stage.RENDER: "orchestrator",
    Stage.APPROVE: "you or a policy",
    Stage.COMMIT: "orchestrator",
    Stage.PULL: "agent",
    Stage.APPLY: "agent",
    Stage.READY: "workload cluster",
}

DONE_WHEN: dict[Stage, str] = {
    Stage.CONTEXT: "a valid ClusterContext is on the management cluster: metadata only, no address, no credential",
    Stage.VARIANT: "the PackageVariant is accepted and not Stalled",
    Stage.DRAFT: "a draft PackageRevision of the downstream package exists",
    Stage.RENDER: "every function of the pipeline ran, or the first failure is recorded",
    Stage.APPROVE: "the revision was proposed, then published",
    Stage.COMMIT: "the commit is on the deployment repository's main branch",
    Stage.PULL: "that commit, or a descendant of it, has been fetched by the cluster's agent",
    Stage.APPLY: "every object of the package is applied at that commit or later, or the refused ones are named",
    Stage.READY: "every object of the package is Current, namespaces Active; what cannot become so is named",
}
