"""What a Repository object says: where its packages are, and with which other Repository it shares them.

Source: Porch, Repository API and its rule against overlapping registrations.
"""

from __future__ import annotations

from collections.abc import Mapping

from lab.git.urls import normalize, without_credentials
from lab.kube.paths import Object, metadata
from lab.orchestrators.builtin.discovery import Shelf
from lab.orchestrators.builtin.refs import Tracked, directory_of
from lab.orchestrators.builtin.revision import Key

CLUSTER_LABEL = "nephio.org/cluster-name"


def shelf_of(key: Key, obj: Object) -> Shelf:
    """The place in Git that a Repository registers."""
    spec = obj.get("spec") or {}
    git = spec.get("git") or {}
    tracked = Tracked(str(git.get("branch") or "main"), directory_of(str(git.get("directory") or "")))
    return Shelf(
        key[0],
        key[1],
        tracked,
        bool(spec.get("deployment")),
        url=without_credentials(str(git.get("repo") or "")),
        cluster=cluster_of(obj),
        author=str(git.get("author") or ""),
        email=str(git.get("email") or ""),
    )


def cluster_of(obj: Object) -> str:
    """The workload cluster whose deployment repository it is, by its label; may be empty."""
    return str((metadata(obj).get("labels") or {}).get(CLUSTER_LABEL) or "")


def branch_of(shelf: Shelf) -> tuple[str, str, str]:
    """Namespace, URL and branch: only Repositories that agree in them can hold the same packages."""
    return shelf.namespace, normalize(shelf.url), shelf.tracked.branch


def overlapping(key: Key, obj: Object, others: Mapping[Key, Object]) -> Key | None:
    """The oldest Repository among `others` on the same branch that is older and holds the same packages, or None."""
    mine = shelf_of(key, obj).tracked.directory
    older = [other for other in others if other != key and _age(others[other]) < _age(obj)]
    for other in sorted(older, key=lambda known: _age(others[known])):
        if _overlap(shelf_of(other, others[other]).tracked.directory, mine):
            return other
    return None


def _age(obj: Object) -> tuple[str, str]:
    meta = metadata(obj)
    return str(meta.get("creationTimestamp") or ""), str(meta.get("name") or "")


def _overlap(first: str, second: str) -> bool:
    return (
        not first or not second or first == second or first.startswith(second + "/") or second.startswith(first + "/")
    )
