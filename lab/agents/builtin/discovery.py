"""Which resource of the cluster serves a kind, and whether it is namespaced."""

from __future__ import annotations

from collections.abc import Iterable

from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind
from lab.reconcile.identity import Identity, group_of

_CORE = "v1"


class Discovery:
    """Answers from the cluster's discovery documents; what was found is kept, what was not is asked for again."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._known: dict[tuple[str, str], Kind] = {}

    async def kind(self, api_version: str, kind: str) -> Kind | None:
        """The resource, or None when the cluster serves no such kind."""
        found = self._known.get((api_version, kind))
        if found is None:
            found = await self._client.kind_for(api_version, kind)
            if found is None:
                found = await self._client.kind_for(api_version, kind, refresh=True)
            if found is not None:
                self._known[api_version, kind] = found
        return found

    async def scopes(self, kinds: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bool]:
        """(apiVersion, kind) to whether it is namespaced, for those that are served."""
        found: dict[tuple[str, str], bool] = {}
        for api_version, kind in sorted(kinds):
            served = await self.kind(api_version, kind)
            if served is not None:
                found[api_version, kind] = served.namespaced
        return found

    async def kind_of(self, identity: Identity) -> Kind | None:
        """The resource of an object whose version is not known: the version that the cluster prefers."""
        for (api_version, kind), found in self._known.items():
            if kind == identity.kind and group_of(api_version) == identity.group:
                return found
        if not identity.group:
            return await self.kind(_CORE, identity.kind)
        for api_version in await self._versions(identity.group):
            served = await self.kind(api_version, identity.kind)
            if served is not None:
                return served
        return None

    def forget(self, kind: Kind) -> None:
        """The kind is no longer served, or served differently."""
        self._known.pop((kind.api_version, kind.kind), None)

    async def _versions(self, group: str) -> list[str]:
        try:
            found = await self._client.raw(f"/apis/{group}")
        except KubeError as error:
            if error.not_found:
                return []
            raise
        preferred = str((found.get("preferredVersion") or {}).get("groupVersion") or "")
        versions = [str(version["groupVersion"]) for version in found.get("versions") or []]
        return sorted(versions, key=lambda version: version != preferred)
