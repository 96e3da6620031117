"""Which resource is meant by `namespace/x`, `Deployment`, `rootsyncs.configsync.gke.io`: found as kubectl does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind, Object, name_of, namespace_of


class Kinds:
    """Remembers what each cluster serves; a word that is not known is asked for anew."""

    def __init__(self) -> None:
        self._served: dict[str, list[tuple[Kind, frozenset[str]]]] = {}

    async def find(self, client: KubeClient, cluster: str, word: str, api_version: str = "") -> Kind | None:
        """The resource that a word (kind, plural, singular or short name, `.group` allowed) names, or None."""
        known = _chosen(self._served.get(cluster, []), word, api_version)
        if known is not None:
            return known
        self._served[cluster] = await served(client)
        return _chosen(self._served[cluster], word, api_version)


async def served(client: KubeClient) -> list[tuple[Kind, frozenset[str]]]:
    """Every resource of a cluster in its preferred version, with the words for it; the core group first."""
    groups = (await client.raw("/apis")).get("groups", [])
    found = _resources("", "v1", await client.raw("/api/v1"))
    for group in groups:
        preferred = group["preferredVersion"]["groupVersion"]
        try:
            listed = await client.raw(f"/apis/{preferred}")
        except KubeError as error:
            # An API that another server behind this one serves may be away: what is left is still true.
            if error.code not in (404, 503):
                raise
            continue
        found += _resources(group["name"], preferred.rpartition("/")[2], listed)
    return found


def reference(text: str) -> tuple[str, str]:
    """Kind and name of `kind/name`; an empty name when only a kind is named."""
    word, _, name = text.partition("/")
    return word, name


def label(obj: Mapping[str, Any]) -> str:
    """An object as people write it: `kind/name`, with `-n namespace` where it has one."""
    where = f" -n {namespace_of(obj)}" if namespace_of(obj) else ""
    return f"{str(obj.get('kind', 'object')).lower()}/{name_of(obj)}{where}"


def in_namespace(kind: Kind, namespace: str) -> str:
    """The namespace to look in: none for kinds of the whole cluster, `default` where none was named."""
    return (namespace or "default") if kind.namespaced else ""


def _resources(group: str, version: str, listed: Object) -> list[tuple[Kind, frozenset[str]]]:
    return [
        (
            Kind(group, version, entry["kind"], entry["name"], bool(entry["namespaced"])),
            frozenset(
                word.lower()
                for word in (entry["kind"], entry["name"], entry.get("singularName", ""), *entry.get("shortNames", ()))
                if word
            ),
        )
        for entry in listed.get("resources", [])
        if "/" not in entry["name"]
    ]


def _chosen(served_kinds: list[tuple[Kind, frozenset[str]]], word: str, api_version: str) -> Kind | None:
    name, _, group = word.lower().partition(".")
    for kind, words in served_kinds:
        if name in words and group in ("", kind.group) and api_version in ("", kind.api_version):
            return kind
    return None
