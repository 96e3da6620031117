"""What is said or refused when people write variants and contexts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.kube.client import KubeError
from lab.kube.paths import CLUSTER_CONTEXT
from lab.orchestrators.builtin.admission import admission


def context(spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """A ClusterContext."""
    return {
        "apiVersion": "infra.nephio.org/v1alpha1",
        "kind": "ClusterContext",
        "metadata": {"name": "my-ran", **metadata},
        "spec": spec or {},
    }


def variant(**spec: Any) -> dict[str, Any]:
    """A PackageVariant."""
    return {
        "apiVersion": "config.porch.kpt.dev/v1alpha1",
        "kind": "PackageVariant",
        "metadata": {"name": "baseline"},
        "spec": spec,
    }


SEED = {"clusterName": "my-ran", "siteCode": "site-ran-01", "cnis": ["calico", "macvlan"], "provider": "baremetal"}


def test_setters_are_taken_and_shown_as_mutators():
    """spec.setters is warned of with the equivalent mutators."""
    warnings, refusal = admission(variant(setters={"cluster-name": "my-ran"}), None)
    assert refusal is None
    (text,) = warnings
    assert text.startswith("LAB206: ")
    shown = json.loads(text[text.index("[") :])
    assert shown == [{"name": "setters", "image": "apply-setters:v0.2.0", "configMap": {"cluster-name": "my-ran"}}]


def test_a_difference_is_said_once():
    """What was there before is not warned of again."""
    old = variant(setters={"cluster-name": "my-ran"})
    assert admission(old, old) == ((), None)
    assert admission(context(SEED), context(SEED)) == ((), None)


def test_upstream_spellings_pass_in_silence():
    """What upstream takes is neither warned of nor refused, strict or not."""
    mutators = {"mutators": [{"image": "apply-setters:v0.2.0", "configMap": {"a": "b"}}]}
    upstream = {"siteCode": "site-1", "cniConfig": {"cniType": "macvlan", "masterInterface": "eth1"}}
    for strict in (False, True):
        assert admission(variant(pipeline=mutators), None, strict=strict) == ((), None)
        assert admission(context(upstream), None, strict=strict) == ((), None)


def test_the_seeds_context_is_taken_with_a_warning():
    """The short spelling is taken, and the fields that upstream lacks are named."""
    warnings, refusal = admission(context(SEED), None)
    assert refusal is None
    assert warnings[0].startswith("LAB102: spec.clusterName, spec.cnis, spec.provider: taken")


@pytest.mark.parametrize("obj", [variant(setters={"a": "b"}), context(SEED)])
def test_strict_refuses(obj):
    """A strict lab refuses what upstream would not take."""
    warnings, refusal = admission(obj, None, strict=True)
    assert not warnings
    assert (refusal.code, refusal.reason) == (422, "Invalid")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"kubeconfig": "x"}, "spec.kubeconfig"),
        ({"apiServer": "x"}, "spec.apiServer"),
        ({"server": "10.0.0.1"}, "spec.server"),
        ({"token": "x"}, "spec.token"),
        ({"access": {"bearer-token": "x"}}, "spec.access.bearer-token"),
        ({"secretRef": {"name": "x"}}, "spec.secretRef"),
        ({"provider": "https://10.0.0.1:6443"}, "spec.provider"),
        ({"provider": "api.my-ran.lab:6443"}, "spec.provider"),
        ({"provider": "-----BEGIN CERTIFICATE-----"}, "spec.provider"),
        ({"cnis": ["calico", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.abc"]}, "spec.cnis[1]"),
        ({"notes": "apiVersion: v1\nkind: Config\nclusters: []\n"}, "spec.notes"),
    ],
)
def test_a_context_holds_no_connection(spec, field):
    """Every field by whose name or value a cluster could be reached is refused by name."""
    _, refusal = admission(context(spec), None)
    assert [cause.field for cause in refusal.causes] == [field]
    assert "LAB103" in refusal.message


@pytest.mark.parametrize(
    "spec",
    [
        SEED,
        {"clusterName": "my-ran", "networks": [{"name": "n3", "cidr": "172.31.6.0/24"}]},
        {"clusterName": "my-ran", "networks": [{"name": "n6", "cidr": "fd00:1::/64"}]},
        {"siteCode": "site-1", "cniConfig": {"cniType": "macvlan", "masterInterface": "eth1"}},
    ],
)
def test_metadata_is_no_connection(spec):
    """Names, sites, CNIs and address ranges are what a context is for."""
    assert admission(context(spec), None)[1] is None


def test_what_the_definition_drops_is_refused_all_the_same():
    """A field that would be pruned is found in what kubectl remembers of the file, and in annotations and labels."""
    applied = json.dumps({"spec": {"clusterName": "my-ran", "kubeConfigData": "abc"}})
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    _, refusal = admission(context(SEED, annotations=annotations), None)
    assert [cause.field for cause in refusal.causes] == ["spec.kubeConfigData"]
    _, refusal = admission(context(SEED, annotations={"cluster": "https://10.0.0.1"}), None)
    assert [cause.field for cause in refusal.causes] == ["metadata.annotations.cluster"]


def test_other_kinds_pass():
    """Anything else is none of its business."""
    assert admission({"apiVersion": "v1", "kind": "Secret", "data": {"token": "x"}}, None) == ((), None)


def test_through_the_api(bench, run):
    """The API server warns of the seed's context and refuses one with a kubeconfig, naming the field."""

    async def flow() -> None:
        await bench.context(cnis=["calico"])
        assert [text.partition(":")[0] for text in bench.client.warnings] == ["LAB102"]
        await bench.variant(form="setters")
        assert bench.client.warnings[-1].startswith("LAB206")
        bad = context({"clusterName": "edge-7", "kubeconfig": "apiVersion: v1"}) | {"metadata": {"name": "edge-7"}}
        with pytest.raises(KubeError) as caught:
            await bench.client.create(CLUSTER_CONTEXT, bad, namespace="default")
        assert caught.value.code == 422
        assert "spec.kubeconfig: Forbidden" in caught.value.message

    run(flow())
