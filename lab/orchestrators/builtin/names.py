"""Names of package revisions: how they are built, what they may be, and the uid that follows from them.

Source: Porch, package revision names (REPOSITORY.PACKAGE.WORKSPACE) and deterministic uids.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

VARIANT_WORKSPACE = "packagevariant-"
_UID_NAMESPACE = uuid.UUID("aac71d91-5c67-456f-8fd2-902ef6da820e")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def revision_name(repository: str, package: str, workspace: str) -> str:
    """The Kubernetes name; slashes of the package's path become dots."""
    return f"{repository}.{package.replace('/', '.')}.{workspace}"


def revision_uid(namespace: str, name: str) -> str:
    """The uid: version 5, so that every process gives a revision the same one."""
    return str(uuid.uuid5(_UID_NAMESPACE, f"packagerevision:porch.kpt.dev/v1alpha1/{namespace}/{name}".lower()))


def label_fault(text: str) -> str:
    """Why the text is no RFC 1123 label, or an empty string."""
    if len(text) > 63:
        return "must be no more than 63 characters"
    return "" if _LABEL.fullmatch(text) else _LABEL_TEXT


def package_fault(package: str) -> str:
    """Why the text is no path of a package, or an empty string: labels joined by slashes."""
    for segment in package.split("/"):
        if fault := label_fault(segment):
            return fault
    return ""


def name_faults(repository: str, package: str, workspace: str) -> list[str]:
    """What is wrong with the name of a new revision, one line a part."""
    faults = []
    if fault := label_fault(repository):
        faults.append(f'repository name "{repository}": {fault}')
    if fault := package_fault(package):
        faults.append(f'package name "{package}": {fault}')
    if fault := label_fault(workspace):
        faults.append(f'workspace name "{workspace}": {fault}')
    if len(revision_name(repository, package, workspace)) > 253:
        faults.append("complete object name: must be no more than 253 characters")
    return faults


def next_variant_workspace(taken: Iterable[str]) -> str:
    """`packagevariant-N` with the next free number among the workspaces of a package.

    Source: Porch, PackageVariant controller, new workspace name: a suffix that is no number counts as 0.
    """
    numbers = [_number(name) for name in taken if name.startswith(VARIANT_WORKSPACE)]
    return f"{VARIANT_WORKSPACE}{max(numbers, default=0) + 1}"


def _number(workspace: str) -> int:
    suffix = workspace.removeprefix(VARIANT_WORKSPACE)
    return int(suffix) if re.fullmatch(r"[0-9]{1,18}", suffix) else 0
