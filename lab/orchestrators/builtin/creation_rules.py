"""What a new package revision may be: every check before anything is made, with Porch's texts.

Source: Porch, validation on create. Full paths are compared; Porch compares only their last segments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.names import name_faults, revision_name
from lab.orchestrators.builtin.revision import NO_METADATA, Key, Metadata, Revision


class Refused(Exception):
    """The engine does not do this; the text is Porch's."""


class InvalidName(Exception):
    """The name of the new revision is no name."""


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision that somebody wants: where, under which workspace, by which task and with which metadata."""

    namespace: str
    repository: str
    package: str
    workspace: str
    task: Mapping[str, Any]
    metadata: Metadata = NO_METADATA
    gates: tuple[str, ...] = ()
    package_labels: Mapping[str, str] = field(default_factory=dict)
    package_annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its Kubernetes name."""
        return revision_name(self.repository, self.package, self.workspace)

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return self.namespace, self.name

    @property
    def task_type(self) -> str:
        """init, clone, edit or upgrade."""
        return str(self.task.get("type") or "")


def check_name(new: NewRevision) -> None:
    """Raises InvalidName."""
    if faults := name_faults(new.repository, new.package, new.workspace):
        raise InvalidName("package revision kubernetes resource name invalid:\n" + "\n".join(faults))


def check_new(new: NewRevision, there: Iterable[Revision]) -> None:
    """Compare with what the repository holds. Raises Refused."""
    revisions = list(there)
    same_package = [revision for revision in revisions if revision.package == new.package]
    if any(revision.workspace == new.workspace for revision in same_package):
        raise Refused(
            f"package revision workspaceNames must be unique; package revision with name {new.package} in repo "
            f"{new.repository} with workspaceName {new.workspace} already exists"
        )
    if new.task_type == "init" and same_package:
        raise Refused(f'package "{new.package}" already exists in repository "{new.repository}"')
    if new.task_type == "clone" and same_package:
        raise Refused(
            f'`clone` cannot create a new revision for package "{new.package}" that already exists in repo '
            f'"{new.repository}"; make subsequent revisions using `copy`'
        )
    for revision in revisions:
        inner, outer = sorted((new.package, revision.package), key=len, reverse=True)
        if inner.startswith(outer + "/"):
            raise Refused(
                f'package path "{new.package}" conflicts with existing package "{revision.package}": packages cannot '
                "be nested"
            )


def check_source(new: NewRevision, source: Revision) -> None:
    """The revision that an edit copies. Raises Refused."""
    if (source.repository, source.package) != (new.repository, new.package):
        raise Refused("source revision must be from same package repo/pkg")
    if not source.lifecycle.published:
        raise Refused("source revision must be published")


def check_upgrade(sources: Iterable[Revision]) -> None:
    """The three revisions of an upgrade. Raises Refused."""
    for source in sources:
        if source.lifecycle not in (Lifecycle.PUBLISHED, Lifecycle.DELETION_PROPOSED):
            raise Refused(f'all source PackageRevisions of upgrade task must be published, "{source.name}" is not')


def task_of(tasks: object, package: str) -> dict[str, Any]:
    """The one creating task of a new revision; none means init. Raises Refused."""
    listed = [task for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []
    if len(listed) > 1:
        raise Refused("task list must not contain more than one task")
    if not listed:
        return {"type": "init", "init": {"description": f"{package} description"}}
    task: dict[str, Any] = listed[0]
    if task.get("type") not in ("init", "clone", "edit", "upgrade"):
        raise Refused(f'task of type "{task.get("type") or ""}" not supported')
    return task
