"""Applying files: in order, each kind as soon as it is served, and honest about what happened."""

from __future__ import annotations

import pytest

from lab.kube.applying import apply_objects, delete_objects
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import NAMESPACE
from lab.manifests.load import configsync_yaml, parse, rootsync_yaml


def test_the_two_bootstrap_files_apply_one_after_the_other(run) -> None:
    """configsync.yaml brings the definition that rootsync.yaml needs; the second apply changes nothing."""
    files = [configsync_yaml(cluster="my-ran", image="i:1"), rootsync_yaml(repo_url="http://git/x.git")]

    async def work(kube: KubeClient) -> tuple[set[str], set[str]]:
        first = [a for text in files for a in await apply_objects(kube, parse(text))]
        again = [a for text in files for a in await apply_objects(kube, parse(text))]
        return {a.action for a in first}, {a.action for a in again}

    assert run(work) == ({"created"}, {"unchanged"})


def test_an_unknown_kind_is_named(run) -> None:
    """An object of a kind that nobody serves is refused with kubectl's sentence."""
    obj = {"apiVersion": "no.such/v1", "kind": "Nothing", "metadata": {"name": "x"}}

    async def work(kube: KubeClient) -> None:
        with pytest.raises(KubeError, match=r'no matches for kind "Nothing" in version "no\.such/v1"'):
            await apply_objects(kube, [obj])

    run(work)


def test_a_changed_object_is_configured(run) -> None:
    """A second apply with another value says `configured`."""
    first = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}

    async def work(kube: KubeClient) -> list[str]:
        done = await apply_objects(kube, [first])
        done += await apply_objects(kube, [{**first, "data": {"a": "2"}}])
        return [str(a) for a in done]

    assert run(work) == ["configmap/c created", "configmap/c configured"]


def test_objects_are_deleted_from_the_last(run) -> None:
    """Deleting takes the reverse order and tells what was there."""
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}},
    ]

    async def work(kube: KubeClient) -> list[str]:
        await apply_objects(kube, objects)
        gone = await delete_objects(kube, objects)
        assert await delete_objects(kube, [objects[1]]) == []
        assert (await kube.get(NAMESPACE, "n") or {}).get("status", {}).get("phase") in (None, "Terminating")
        return gone

    assert run(work) == ["configmap/c", "namespace/n"]
