"""PackageVariants by what they are about, so that one change wakes only those that it concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lab.kube.paths import Object, name_of, namespace_of
from lab.orchestrators.builtin.revision import Key, Revision
from lab.orchestrators.builtin.variant_spec import VariantSpec, spec_of


class VariantIndex:
    """The variants that exist, read once each time they change."""

    def __init__(self) -> None:
        self.objects: dict[Key, Object] = {}
        self._specs: dict[Key, VariantSpec] = {}
        self._by_repository: dict[Key, set[Key]] = defaultdict(set)
        self._by_package: dict[tuple[str, str, str], set[Key]] = defaultdict(set)
        self._by_uid: dict[str, Key] = {}
        self._injecting: dict[str, set[Key]] = defaultdict(set)

    def note(self, change: str, obj: Object) -> Key:
        """Take an informer's news in; returns the variant's key."""
        key = namespace_of(obj), name_of(obj)
        self._forget(key)
        if change != "DELETED":
            self._remember(key, obj)
        return key

    def of_repository(self, namespace: str, repository: str) -> Iterable[Key]:
        """Variants with this Repository on either side."""
        return tuple(self._by_repository.get((namespace, repository), ()))

    def of_revision(self, revision: Revision) -> Iterable[Key]:
        """Variants that a revision concerns: its package is on either side, or they own it."""
        found = set(self._by_package.get((revision.namespace, revision.repository, revision.package), ()))
        for owner in revision.metadata.owners:
            key = self._by_uid.get(str(owner.get("uid")))
            if key is not None:
                found.add(key)
        return found

    def injecting(self, namespace: str) -> Iterable[Key]:
        """Variants of a namespace that name injectors."""
        return tuple(self._injecting.get(namespace, ()))

    def _remember(self, key: Key, obj: Object) -> None:
        spec = spec_of(obj)
        self.objects[key], self._specs[key] = obj, spec
        self._by_uid[spec.uid] = key
        for repository, package in _sides(spec):
            self._by_repository[key[0], repository].add(key)
            self._by_package[key[0], repository, package].add(key)
        if spec.injectors:
            self._injecting[key[0]].add(key)

    def _forget(self, key: Key) -> None:
        spec = self._specs.pop(key, None)
        self.objects.pop(key, None)
        if spec is None:
            return
        self._by_uid.pop(spec.uid, None)
        self._injecting[key[0]].discard(key)
        for repository, package in _sides(spec):
            self._by_repository[key[0], repository].discard(key)
            self._by_package[key[0], repository, package].discard(key)


def _sides(spec: VariantSpec) -> tuple[tuple[str, str], ...]:
    return (spec.repository, spec.package), (spec.upstream_repository, spec.upstream_package)
