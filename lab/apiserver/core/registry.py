"""What a cluster serves: the built-in resources, shared by all, under an overlay of custom and virtual ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from lab.apiserver.core.data import builtin_resources
from lab.apiserver.core.resource import Resource

_NOT_SERVED = frozenset({("autoscaling", "v1", "horizontalpodautoscalers"), ("", "v1", "componentstatuses")})
"""Versions that would need a true conversion to the stored one, and views on processes that do not exist here."""


@cache
def builtins() -> tuple[Resource, ...]:
    """The built-in resources that every cluster serves."""
    return tuple(r for r in builtin_resources() if (r.group, r.version, r.plural) not in _NOT_SERVED)


@cache
def _by_path() -> dict[tuple[str, str, str], Resource]:
    return {(r.group, r.version, r.plural): r for r in builtins()}


@cache
def _by_kind() -> dict[tuple[str, str], Resource]:
    return {(r.group, r.kind): r for r in reversed(builtins())}


@cache
def _builtin_versions() -> frozenset[tuple[str, str]]:
    return frozenset((r.group, r.version) for r in builtins())


class Registry:
    """The resources of one cluster. `generation` rises with each change, for caches of documents made from it."""

    __slots__ = ("_all", "_custom", "_virtual", "ending", "generation")

    def __init__(self) -> None:
        self._custom: dict[str, tuple[Resource, ...]] = {}
        self._virtual: dict[tuple[str, str, str], Resource] = {}
        self._all: tuple[Resource, ...] | None = None
        self.generation = 0
        self.ending: set[str] = set()
        """Definitions that are being deleted: nothing of theirs can be created any more."""

    def _changed(self) -> None:
        self._all = None
        self.generation += 1

    def set_custom(self, name: str, resources: Iterable[Resource]) -> None:
        """Serve these versions of the CustomResourceDefinition `name` instead of earlier ones."""
        served = tuple(resources)
        if self._custom.get(name, ()) == served and all(
            a.schema is b.schema for a, b in zip(self._custom.get(name, ()), served, strict=True)
        ):
            return
        self._custom[name] = served
        self._changed()

    def remove_custom(self, name: str) -> None:
        """Stop serving a CustomResourceDefinition."""
        if self._custom.pop(name, None) is not None:
            self._changed()

    def add_virtual(self, resource: Resource) -> None:
        """Serve a virtual resource."""
        self._virtual[resource.group, resource.version, resource.plural] = resource
        self._changed()

    def resources(self) -> tuple[Resource, ...]:
        """Everything served: built-in, virtual, custom."""
        if self._all is None:
            custom = tuple(r for name in sorted(self._custom) for r in self._custom[name])
            self._all = (*builtins(), *self._virtual.values(), *custom) if custom or self._virtual else builtins()
        return self._all

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """One resource in one version, or None."""
        found = _by_path().get((group, version, plural))
        if found is not None:
            return found
        found = self._virtual.get((group, version, plural))
        if found is not None:
            return found
        for resource in self._custom.get(f"{plural}.{group}", ()):
            if resource.version == version:
                return resource
        return None

    def of_kind(self, group: str, kind: str) -> Resource | None:
        """A version of the resource with this kind, or None."""
        found = _by_kind().get((group, kind))
        if found is not None:
            return found
        return next((r for r in self.resources() if r.group == group and r.kind == kind), None)

    def of_group_resource(self, group_resource: str) -> Resource | None:
        """A version of the resource with this storage name, or None."""
        custom = self._custom.get(group_resource)
        if custom:
            return custom[0]
        plural, _, group = group_resource.partition(".")
        return next((r for r in self.resources() if r.plural == plural and r.group == group), None)

    def has_version(self, group: str, version: str) -> bool:
        """True if the group is served in this version."""
        return (group, version) in _builtin_versions() or any(
            (r.group, r.version) == (group, version) for r in self.resources()
        )

    @staticmethod
    def is_builtin_group(group: str) -> bool:
        """True if Kubernetes itself has the group."""
        return any(known == group for known, _ in _builtin_versions())

    def has_group(self, group: str) -> bool:
        """True if the group is served at all."""
        return any(r.group == group for r in self.resources())
