"""PackageRevisionResources as requests to the API: the files of a package, replaced as a whole.

Source: Porch, registry of PackageRevisionResources.
"""

from __future__ import annotations

from collections.abc import Mapping

from lab.apiserver.core.errors import ApiError, method_not_allowed
from lab.apiserver.core.identity import UserInfo
from lab.kit.clock import Clock
from lab.orchestrators.builtin.api_faults import answered
from lab.orchestrators.builtin.engine import Engine
from lab.orchestrators.builtin.git_steps import Order
from lab.orchestrators.builtin.objects import PACKAGE_REVISION_RESOURCES, Object

_KIND = "PackageRevisionResources"


class ResourcesBackend:
    """Only files of drafts can be written; a key that is left out deletes its file."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def create(self, obj: Object, user: UserInfo, dry_run: bool) -> Object:
        """Refused: they exist with their PackageRevision."""
        raise method_not_allowed()

    async def delete(self, obj: Object, user: UserInfo, dry_run: bool) -> None:
        """Refused: they go with their PackageRevision."""
        raise method_not_allowed()

    async def update(self, obj: Object, old: Object, subresource: str, user: UserInfo, dry_run: bool) -> Object:
        """Render and commit other files. Raises ApiError."""
        key = str(old["metadata"].get("namespace") or "default"), str(old["metadata"]["name"])
        files = _files(obj)
        with answered(PACKAGE_REVISION_RESOURCES.group_resource, _KIND, key[1]):
            order = Order(user.username, self._clock.now())
            revision = await self._engine.write_content(key, lambda _: files, order, dry_run=dry_run)
        shelf = self._engine.revisions.shelves[revision.namespace, revision.repository]
        return self._engine.revisions.resources_of(shelf, revision)


def _files(obj: Object) -> dict[str, str]:
    spec = obj.get("spec")
    files = spec.get("resources") if isinstance(spec, Mapping) else None
    if not isinstance(files, Mapping):
        return {}
    for path, text in files.items():
        parts = str(path).split("/")
        if not isinstance(text, str) or any(part in ("", ".", "..", ".git") for part in parts):
            message = f"spec.resources holds {path!r}, which is no file inside a package"
            raise ApiError(400, "BadRequest", message)
    return {str(path): text for path, text in files.items()}
