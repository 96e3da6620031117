"""What `kubectl apply -f` does with a file of several objects: in order, each kind as soon as it is served."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import CRD, Kind, Object, name_of, namespace_of

MANAGER = "lab"
KIND_LIMIT = 10.0
"""Seconds until a kind must be served whose definition was just applied."""


@dataclass(frozen=True, slots=True)
class AppliedObject:
    """One object and what happened: `created`, `configured` or `unchanged`; `warnings` are the server's."""

    kind: str
    name: str
    namespace: str
    action: str
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name} {self.action}"


async def apply_objects(
    client: KubeClient, objects: Sequence[Object], *, manager: str = MANAGER, namespace: str = "default"
) -> list[AppliedObject]:
    """Server-side apply of each object in order; objects of a namespaced kind without one go to `namespace`.

    Kinds whose CustomResourceDefinition is among the objects are waited for. Raises KubeError of the first refusal.
    """
    results = []
    defined = {(_group(o), o["spec"]["names"]["kind"]): name_of(o) for o in objects if o.get("kind") == CRD.kind}
    for obj in objects:
        group = str(obj.get("apiVersion", "")).rpartition("/")[0]
        definition = defined.get((group, str(obj.get("kind"))))
        if definition:
            await served(client, definition)
        results.append(await _apply_one(client, obj, manager, namespace))
    for definition in defined.values():
        await served(client, definition)
    return results


async def _apply_one(client: KubeClient, obj: Object, manager: str, namespace: str) -> AppliedObject:
    kind = await client.kind_for(str(obj.get("apiVersion")), str(obj.get("kind")))
    if kind is None:
        what = f'no matches for kind "{obj.get("kind")}" in version "{obj.get("apiVersion")}"'
        raise KubeError(404, "NotFound", f"{what}; install its CustomResourceDefinition first")
    if kind.namespaced and not namespace_of(obj):
        obj = {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}
    before = await client.get(kind, name_of(obj), namespace_of(obj))
    said = len(client.warnings)
    after = await client.apply(kind, obj, manager=manager, force=True)
    action = _action(before, after)
    return AppliedObject(kind.kind, name_of(obj), namespace_of(obj), action, tuple(client.warnings[said:]))


def _action(before: Object | None, after: Object) -> str:
    if before is None:
        return "created"
    same = before["metadata"].get("resourceVersion") == after["metadata"].get("resourceVersion")
    return "unchanged" if same else "configured"


async def served(client: KubeClient, name: str) -> None:
    """Wait until the kind of a CustomResourceDefinition is served. Raises TimeoutError after KIND_LIMIT seconds."""
    async with asyncio.timeout(KIND_LIMIT):
        found, version = await client.list(CRD, fields=f"metadata.name={name}")
        if any(_is_established(item) for item in found):
            return
        async with client.watch(CRD, version=version, fields=f"metadata.name={name}") as events:
            async for _change, item in events:
                if _is_established(item):
                    return


def _is_established(definition: Object) -> bool:
    # A definition that was made a moment ago says `conditions: null`, as Kubernetes does.
    conditions = (definition.get("status") or {}).get("conditions") or []
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions)


def _group(definition: Object) -> str:
    return str(definition["spec"]["group"])


async def delete_objects(client: KubeClient, objects: Sequence[Object], *, namespace: str = "default") -> list[str]:
    """Delete each object in reverse order; returns `kind/name` of what was there."""
    gone = []
    for obj in reversed(objects):
        kind: Kind | None = await client.kind_for(str(obj.get("apiVersion")), str(obj.get("kind")))
        if kind is None:
            continue
        place = namespace_of(obj) or (namespace if kind.namespaced else "")
        if await client.delete(kind, name_of(obj), namespace=place) is not None:
            gone.append(f"{kind.kind.lower()}/{name_of(obj)}")
    return gone
