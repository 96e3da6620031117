"""A lab inside the test, and a person who acts on it and asks why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from lab.kube.paths import DEPLOYMENT
from lab.model.spec import Approval, Flow, LabSpec
from lab.model.stage import Stage
from lab.scenarios import flow, revisions
from lab.scenarios.bench import Bench
from lab.scenarios.evidence import gather, resolve
from lab.scenarios.reasons.verdict import Verdict
from lab.scenarios.why import decide
from lab.wiring.in_test import LabInTest
from lab.wiring.wanted import lab_for_test

CLUSTER = "my-ran"
PACKAGES = Path(__file__).parents[3] / "packages"


@dataclass
class Person:
    """Acts on a lab as people do, and waits on its state; every call runs on the lab's own virtual time."""

    lab: LabInTest

    @property
    def bench(self) -> Bench:
        """The lab's bench."""
        return self.lab.bench

    def register(self, *clusters: str) -> None:
        """Registers the Repositories."""
        self._do(flow.register(self.bench, clusters or (CLUSTER,)))

    def describe(self, cluster: str = CLUSTER) -> None:
        """Applies the ClusterContext."""
        self._do(flow.describe(self.bench, cluster))

    def declare(
        self, package: str, *, approve: Approval = Approval.INITIAL, workspace: str = "v1", **values: str
    ) -> None:
        """Applies a PackageVariant."""
        values = {key.replace("_", "-"): value for key, value in values.items()}
        self._do(flow.declare(self.bench, Flow(package, CLUSTER, values, approve, workspace)))

    def bootstrap(self, cluster: str = CLUSTER) -> None:
        """The two applies."""
        self._do(flow.bootstrap(self.bench, cluster))

    def reach(self, package: str, stage: Stage, *, after: int = 0) -> None:
        """Waits until the package's trail is past the stage."""
        self._do(flow.reach(self.bench, package, CLUSTER, stage, after=after))

    def approve(self, package: str) -> None:
        """Approves what waits."""
        self._do(revisions.approve(self.bench, package, CLUSTER))

    def publish(self, package: str, change: Callable[[dict[str, bytes]], None] = lambda _files: None) -> str:
        """Publishes the next revision of a blueprint; returns its workspace."""
        folder = PACKAGES / package
        _name, files = revisions.package_in(folder, package) if folder.is_dir() else (package, {})
        files = dict(files)
        change(files)
        return self._do(revisions.publish(self.bench, package, files)).workspace

    def upgrade(self, package: str, workspace: str) -> None:
        """Moves the variant."""
        self._do(revisions.upgrade(self.bench, package, workspace, CLUSTER))

    def scale_agent(self, replicas: int) -> None:
        """Scales the agent's Deployment."""
        patch = {"spec": {"replicas": replicas}}
        kube = self.bench.kube(CLUSTER)
        self._do(kube.patch(DEPLOYMENT, flow.AGENT_DEPLOYMENT, patch, namespace=flow.AGENT_NAMESPACE))

    def wait(self, seconds: float) -> None:
        """Lets lab time pass."""
        self._do(self.bench.clock.sleep(seconds))

    def why(self, subject: str, cluster: str = CLUSTER) -> Verdict:
        """What `lab why` answers."""

        async def asking() -> Verdict:
            found, _kind = await resolve(self.bench, subject, cluster)
            return decide(await gather(self.bench, found, cluster))

        return self._do(asking())

    def do(self, doing: Any) -> Any:
        """Runs any coroutine on the lab's loop."""
        return self._do(doing)

    def _do(self, doing: Any) -> Any:
        return self.lab.wait_for(doing)


@pytest.fixture
def person() -> Iterator[Callable[..., Person]]:
    """Makes a lab and its person: `up` brings cluster-baseline to my-ran first, other words are those of lab.yaml."""
    started: list[LabInTest] = []

    def make(*, up: bool = False, flows: list[dict[str, Any]] | None = None, **wishes: Any) -> Person:
        wanted = flows if flows is not None else [{"package": "cluster-baseline", "to": CLUSTER}] if up else []
        spec: LabSpec = replace(lab_for_test({"flows": wanted, **wishes}), api_port=0, git_port=0)
        lab = LabInTest(spec)
        started.append(lab)
        lab.start(flows=up)
        return Person(lab)

    yield make
    for lab in started:
        lab.stop()
