"""What is known of a workload cluster on the management cluster, and how that reaches a PackageVariant's pipeline.

Source: Nephio, ClusterContext and WorkloadCluster; the values travel as an apply-setters function named `context`. What
the variant itself sets wins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.orchestrators.builtin.variant_spec import mutators_of, set_values, setters_function

FUNCTION = "context"
VALIDATOR = "cluster-facts"
CLUSTER_FACTS = "cluster-facts:v0.1.0"
PLACEHOLDER = "example"


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """Metadata of one cluster: `cnis` is None where nothing is said, `networks` are ranges in CIDR form by name."""

    cluster: str
    namespace: str
    name: str
    kind: str
    site_code: str = ""
    cnis: tuple[str, ...] | None = None
    provider: str = ""
    networks: Mapping[str, str] = field(default_factory=dict)

    @property
    def setters(self) -> dict[str, str]:
        """The values that packages take from it."""
        values = {"cluster-name": self.cluster}
        if self.site_code:
            values["site-code"] = self.site_code
        if self.cnis is not None:
            values["cnis"] = f"[{', '.join(self.cnis)}]"
        return values

    @property
    def shown(self) -> dict[str, str]:
        """The facts for people."""
        shown = dict(self.setters)
        if self.provider:
            shown["provider"] = self.provider
        if self.networks:
            shown["networks"] = ", ".join(f"{name} {cidr}" for name, cidr in sorted(self.networks.items()))
        return shown


@dataclass(frozen=True, slots=True)
class Difference:
    """A setter to which the variant gives another value than the context has."""

    setter: str
    variant_value: str
    context_value: str


def facts_of(obj: Mapping[str, Any]) -> ClusterFacts | None:
    """The facts of a ClusterContext in either spelling, or of a WorkloadCluster; None while it names no cluster."""
    meta, spec = _map(obj.get("metadata")), _map(obj.get("spec"))
    kind = str(obj.get("kind") or "")
    cluster = str(spec.get("clusterName") or (meta.get("name") if kind == "ClusterContext" else "") or "")
    if not cluster or cluster == PLACEHOLDER:
        return None
    listed = spec.get("cnis")
    cnis = tuple(str(cni) for cni in listed) if isinstance(listed, list) else None
    upstream_cni = str(_map(spec.get("cniConfig")).get("cniType") or "")
    if upstream_cni:
        cnis = tuple(dict.fromkeys((*(cnis or ()), upstream_cni)))
    networks = (item for item in spec.get("networks") or () if isinstance(item, Mapping))
    return ClusterFacts(
        cluster,
        str(meta.get("namespace") or "default"),
        str(meta.get("name") or ""),
        kind,
        site_code=str(spec.get("siteCode") or ""),
        cnis=cnis,
        provider=str(spec.get("provider") or ""),
        networks={str(item.get("name") or ""): str(item.get("cidr") or "") for item in networks},
    )


def facts_for(cluster: str, namespace: str, known: Iterable[ClusterFacts]) -> ClusterFacts | None:
    """What a namespace knows of a cluster: a ClusterContext before a WorkloadCluster, by name where there are two."""
    fitting = [facts for facts in known if facts.cluster == cluster and facts.namespace == namespace]
    return min(fitting, key=lambda facts: (facts.kind != "ClusterContext", facts.name), default=None)


def differences(variant: Mapping[str, Any], facts: ClusterFacts) -> list[Difference]:
    """Setters that the variant itself gives another value than its cluster's context has."""
    own = own_values(variant)
    return [
        Difference(setter, own[setter], value)
        for setter, value in facts.setters.items()
        if setter in own and not _same_value(own[setter], value)
    ]


def own_values(variant: Mapping[str, Any]) -> dict[str, str]:
    """The setters that a PackageVariant itself gives a value."""
    return set_values([f for f in mutators_of(_map(variant.get("spec"))) if f.get("name") != FUNCTION])


def wanted_pipeline(
    variant: Mapping[str, Any], facts: ClusterFacts | None, others: Sequence[ClusterFacts] = ()
) -> dict[str, list[dict[str, Any]]]:
    """`mutators` and `validators` of the variant as they shall be: its own, and at the end what the context adds.

    `others` are the facts of other clusters, whose addresses must not appear in this one's packages.
    """
    pipeline = _map(_map(variant.get("spec")).get("pipeline"))
    mutators = _without(pipeline.get("mutators"), FUNCTION)
    validators = _without(pipeline.get("validators"), VALIDATOR)
    if facts is not None:
        own = own_values(variant)
        values = {setter: value for setter, value in facts.setters.items() if setter not in own}
        if values:
            mutators.append(setters_function(values, FUNCTION))
        if facts.cnis is not None or facts.networks:
            validators.append({"name": VALIDATOR, "image": CLUSTER_FACTS, "configMap": facts_config(facts, others)})
    return {"mutators": mutators, "validators": validators}


def present_pipeline(variant: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """`mutators` and `validators` of the variant as they stand."""
    pipeline = _map(_map(variant.get("spec")).get("pipeline"))
    return {key: [dict(f) for f in pipeline.get(key) or ()] for key in ("mutators", "validators")}


def facts_config(facts: ClusterFacts, others: Sequence[ClusterFacts]) -> dict[str, str]:
    """The configuration of the function that judges a package by its cluster's facts."""
    config = {"cluster-name": facts.cluster}
    if facts.cnis is not None:
        config["cnis"] = ", ".join(facts.cnis)
    if not facts.networks:
        return config
    config["ranges"] = ", ".join(facts.networks[name] for name in sorted(facts.networks))
    taken = {
        cidr: other.cluster for other in others if other.cluster != facts.cluster for cidr in other.networks.values()
    }
    if taken:
        config["taken"] = "".join(f"{json.dumps(cidr)}: {json.dumps(taken[cidr])}\n" for cidr in sorted(taken))
    return config


def _without(functions: object, name: str) -> list[dict[str, Any]]:
    listed = functions if isinstance(functions, list) else []
    return [dict(function) for function in listed if isinstance(function, Mapping) and function.get("name") != name]


def _same_value(left: str, right: str) -> bool:
    return _items(left) == _items(right)


def _items(text: str) -> list[str]:
    return [part.strip().strip("\"'") for part in text.strip().strip("[]").split(",")]


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
