"""What tests of several folders share: the judge of manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from lab.apiserver.core.registry import builtins
from lab.apiserver.core.schema import builtin_node, structural_node
from lab.manifests import load


class ManifestJudge:
    """Judges objects by the schemas of Kubernetes 1.34, of the lab's definitions, and of definitions given to it."""

    def __init__(self, definitions: Iterable[dict[str, Any]] = ()) -> None:
        self._definitions = {
            (definition["spec"]["group"], version["name"], definition["spec"]["names"]["kind"]): (
                version["schema"]["openAPIV3Schema"],
                definition["spec"]["scope"] == "Namespaced",
            )
            for definition in definitions
            for version in definition["spec"]["versions"]
        }

    def faults(self, obj: dict[str, Any]) -> list[str]:
        """Everything that a server with strict field validation would refuse, CEL rules apart; empty when sound."""
        key = _key(obj)
        known = self._definitions.get(key)
        node = structural_node(known[0]) if known else builtin_node(*key)
        if node is None:
            return [f"no such kind: {key}"]
        return [error.message for error in node.validate(obj)] + [
            f"unknown {path}" for path in node.unknown_fields(obj)
        ]

    def namespaced(self, obj: dict[str, Any]) -> bool:
        """Whether objects of that kind live in namespaces."""
        key = _key(obj)
        if key in self._definitions:
            return self._definitions[key][1]
        return next(r.namespaced for r in builtins() if (r.group, r.version, r.kind) == key)


def _key(obj: dict[str, Any]) -> tuple[str, str, str]:
    group, _, version = obj["apiVersion"].rpartition("/")
    return group, version, obj["kind"]


@pytest.fixture(scope="session")
def make_judge() -> Callable[[Iterable[dict[str, Any]]], ManifestJudge]:
    """Gives a judge that knows the lab's definitions and some more."""
    return lambda more=(): ManifestJudge([*load.crds("management"), *load.crds("workload"), *more])


@pytest.fixture(scope="session")
def judge(make_judge: Callable[..., ManifestJudge]) -> ManifestJudge:
    """A judge that knows Kubernetes and the lab's definitions."""
    return make_judge()
