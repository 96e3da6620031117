"""Outages: Git, the management cluster or an agent stops, and each knows its way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lab.errors.base import LabError
from lab.kube.paths import DEPLOYMENT
from lab.scenarios.flow import AGENT_DEPLOYMENT, AGENT_NAMESPACE
from lab.scenarios.scene import Scene


async def begin(scene: Scene, what: str, cluster: str = "") -> None:
    """Stop `git`, `management` or the `agent` of a cluster; the way back is noted in the scene."""
    again = _way_back(scene, what, cluster)
    if what == "git":
        await scene.controls().pause_git()
    elif what == "management":
        await scene.controls().stop_management()
    else:
        await _scale(scene, cluster, 0)
    scene.undo[_name(what, cluster)] = again


async def end(scene: Scene, what: str, cluster: str = "") -> None:
    """Let it go on."""
    await _way_back(scene, what, cluster)()
    scene.undo.pop(_name(what, cluster), None)


def _way_back(scene: Scene, what: str, cluster: str) -> Callable[[], Awaitable[None]]:
    if what == "git":
        return scene.controls().resume_git
    if what == "management":
        return scene.controls().start_management
    if not cluster:
        raise LabError("LABT02", "Which agent? `on` names its cluster.")
    return lambda: _scale(scene, cluster, 1)


async def _scale(scene: Scene, cluster: str, replicas: int) -> None:
    patch = {"spec": {"replicas": replicas}}
    await scene.kube(cluster).patch(DEPLOYMENT, AGENT_DEPLOYMENT, patch, namespace=AGENT_NAMESPACE)


def _name(what: str, cluster: str) -> str:
    return f"{what} {cluster}".strip()
