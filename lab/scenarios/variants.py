"""A changed variant begins a new trail: what was on its way before no longer answers for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lab.kube.paths import PACKAGE_VARIANT, Object, name_of
from lab.scenarios.scene import Scene

_BEGIN_A_DRAFT = ("upstream", "downstream", "pipeline", "packageContext", "injectors", "setters")
"""The fields of a PackageVariant whose change makes a new draft. Source: Porch, PackageVariant, ensure algorithm."""


@asynccontextmanager
async def new_trails(scene: Scene) -> AsyncIterator[None]:
    """Whatever happens to variants in the block, only trails that begin from here on count for those that changed."""
    before = await _variants(scene)
    newest = {name: _newest(scene, item) for name, item in before.items()}
    yield
    for name, item in (await _variants(scene)).items():
        if name in before and _wishes(item) != _wishes(before[name]):
            package, repository, number = newest[name]
            scene.expect_new_trail(package, repository, number)


async def _variants(scene: Scene) -> dict[str, Object]:
    items, _version = await scene.bench.management.list(PACKAGE_VARIANT)
    return {name_of(item): item for item in items}


def _newest(scene: Scene, variant: Object) -> tuple[str, str, int]:
    downstream = variant["spec"].get("downstream", {})
    package, repository = str(downstream.get("package")), str(downstream.get("repo"))
    numbers = [t.number for t in scene.bench.board.trails if (t.package, t.repository) == (package, repository)]
    return package, repository, max(numbers, default=0)


def _wishes(variant: Object) -> dict[str, Any]:
    return {field: variant["spec"].get(field) for field in _BEGIN_A_DRAFT}
