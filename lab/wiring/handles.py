"""The lab as a Python test holds it: plain calls, answered when the lab's own loop is done with them.

```python
def test_namespace_arrives(lab):
    lab.apply("packagevariant.yaml")
    flow = lab.flow("cluster-baseline", to="my-ran")
    flow.reach("ready", within=45)
    assert lab["my-ran"].get("namespace/openairinterface").phase == "Active"
```
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from lab.errors.base import LabError
from lab.errors.people_files import nearest
from lab.events.records import Record
from lab.git.remote import CommitInfo
from lab.kube.paths import Object, name_of
from lab.model.spec import MANAGEMENT
from lab.model.stage import ORDER, Stage
from lab.model.trail import Trail
from lab.scenarios import outages
from lab.scenarios.asserting import becomes, never_within, stays
from lab.scenarios.conditions.objects import Objects
from lab.scenarios.conditions.trails import Place, TrailAt
from lab.scenarios.flow import write_bootstrap_files
from lab.scenarios.outcome import StepFailed
from lab.scenarios.references import existing, find
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step, table
from lab.wiring.in_test import LabInTest

T = TypeVar("T")

FAULTS = {"git-down": "git", "management-gone": "management", "agent-stopped": "agent"}
"""Faults by name, and what is paused by each."""


class KubeObject(Mapping[str, Any]):
    """An object as its cluster has it; a mapping, with the words for what is asked most."""

    def __init__(self, content: Object) -> None:
        self._content = content

    def __getitem__(self, key: str) -> Any:
        return self._content[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __repr__(self) -> str:
        return f"<{self._content.get('kind')} {self.name}>"

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return name_of(self._content)

    @property
    def labels(self) -> dict[str, str]:
        """`metadata.labels`, empty when there are none."""
        return dict(self._content["metadata"].get("labels") or {})

    @property
    def annotations(self) -> dict[str, str]:
        """`metadata.annotations`, empty when there are none."""
        return dict(self._content["metadata"].get("annotations") or {})

    @property
    def phase(self) -> str:
        """`status.phase`, empty when there is none."""
        return str((self._content.get("status") or {}).get("phase") or "")


class Cluster:
    """One cluster of the lab, as its admin."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab = lab
        self.name = name

    def get(self, reference: str, *, namespace: str = "") -> KubeObject:
        """The object `kind/name`. Raises AssertionError that names what is most like it."""
        _kind, found = self._lab._wait(existing(self._lab.scene, self.name, reference, namespace))
        return KubeObject(found)

    def has(self, reference: str, *, namespace: str = "") -> bool:
        """Whether the object `kind/name` is there now."""
        _kind, found = self._lab._wait(find(self._lab.scene, self.name, reference, namespace))
        return found is not None

    def see(self, expected: Mapping[str, Any], *, count: Any = None, within: float = 30.0) -> KubeObject | None:
        """The object that matches, within `within` seconds; matching is that of scenarios. Raises AssertionError."""
        condition = Objects(self.name, expected, count)
        found = self._lab._wait(becomes(self._lab.scene, condition, within))
        return KubeObject(found) if found is not None else None

    def holds(self, expected: Mapping[str, Any], *, seconds: float, count: Any = None) -> None:
        """An object matches now and for `seconds` seconds. Raises AssertionError."""
        self._lab._wait(stays(self._lab.scene, Objects(self.name, expected, count), seconds))

    def apply(self, what: str | Path | Mapping[str, Any]) -> KubeObject:
        """Apply a file beside the test, or one object, on this cluster; the last object comes back."""
        return self._lab.apply(what, on=self.name)

    def delete(self, reference: str, *, namespace: str = "") -> None:
        """Delete the object `kind/name` and wait until it is gone."""
        self._lab.do("delete", on=self.name, object=reference, namespace=namespace)

    def patch(self, reference: str, merge: Mapping[str, Any], *, namespace: str = "") -> KubeObject:
        """Change fields of the object `kind/name`; null removes."""
        done = self._lab.do("patch", on=self.name, object=reference, namespace=namespace, merge=dict(merge))
        return KubeObject(done)

    def bootstrap(self) -> None:
        """Apply configsync.yaml and rootsync.yaml on this cluster."""
        self._lab.do("bootstrap", on=self.name)

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig with a context for every cluster; the lab answers while `kubectl` or `meanwhile` runs."""
        self._lab._wait(self._lab.scene.controls().prepare_sockets())
        return self._lab.scene.bench.folder / "kubeconfig"

    def kubectl(self, arguments: str | Sequence[str], *, check: bool = True) -> str:
        """What the real kubectl prints, with this cluster as context; with `check` a refusal is an AssertionError.

        A second of lab time passes behind it, as between two commands that a person types.
        """
        words = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
        line = shlex.join(["kubectl", f"--context={self.name}", *words])
        code: Any = 0 if check else {"$gte": 0}
        found = self._lab.do("run", command=line, exit=code)
        self._lab.wait(1.0)
        return str(found["stdout"])

    def events(self) -> list[Record]:
        """What happened on this cluster so far, oldest first."""
        return [record for record in self._lab.events() if getattr(record.event, "cluster", None) == self.name]


class FlowOfPackage:
    """One package on its way to one cluster; the newest trail answers."""

    def __init__(self, lab: Lab, package: str, cluster: str) -> None:
        self._lab = lab
        self._package = package
        self._cluster = cluster

    @property
    def trail(self) -> Trail:
        """The newest trail. Raises AssertionError when none has begun."""
        found = self._lab.scene.trail(self._package, self._cluster)
        if found is None:
            raise AssertionError(f"no trail of {self._package} to {self._cluster} has begun")
        return found

    @property
    def commit(self) -> CommitInfo:
        """The commit of the trail, as Git has it. Raises AssertionError before there is one."""
        trail = self.trail
        if not trail.commit:
            raise AssertionError(f"{self._package} to {self._cluster} has no commit yet")
        found: CommitInfo = self._lab._wait(self._read_commit(trail))
        return found

    def reach(self, stage: str, *, within: float = 60.0, state: str = "done") -> FlowOfPackage:
        """Return when the stage is behind the trail (or it `failed` or is `waiting` there). Raises AssertionError."""
        self._lab.do("reach", trail=self._package, on=self._cluster, stage=_stage(stage), within=within, state=state)
        return self

    def stays_before(self, stage: str, *, seconds: float = 30.0) -> FlowOfPackage:
        """Return when the trail did not get past the stage for `seconds` seconds. Raises AssertionError."""
        condition = TrailAt(self._package, self._cluster, Place(Stage(_stage(stage))))
        self._lab._wait(never_within(self._lab.scene, condition, seconds))
        return self

    def took(self, stage: str) -> float:
        """Seconds of lab time that the stage took. Raises AssertionError while it is not done."""
        found = self.trail.took(Stage(_stage(stage)))
        if found is None:
            raise AssertionError(f"{self._package} to {self._cluster} is not past {stage}")
        return found

    def approve(self) -> None:
        """Propose and approve the draft that waits, as a person."""
        self._lab.do("approve", package=self._package, on=self._cluster)

    async def _read_commit(self, trail: Trail) -> CommitInfo:
        repository = await self._lab.scene.git(trail.repository)
        await repository.fetch()
        return repository.commit(trail.commit)


class Lab:
    """The lab of one test. `folder` is where files that are named in calls lie."""

    def __init__(self, under: LabInTest, folder: Path) -> None:
        self._under = under
        self.scene = Scene(under.bench, folder)

    def __getitem__(self, cluster: str) -> Cluster:
        self.scene.kube(cluster)
        return Cluster(self, cluster)

    def apply(self, what: str | Path | Mapping[str, Any], *, on: str = MANAGEMENT) -> KubeObject:
        """Apply a file beside the test, or one object, to a cluster; the last object comes back."""
        fields = {"object": dict(what)} if isinstance(what, Mapping) else {"file": str(what)}
        return KubeObject(self.do("apply", on=on, **fields))

    def declare(
        self, package: str, *, to: str, values: Mapping[str, str] | None = None, approve: str = "initial"
    ) -> Any:
        """Apply the PackageVariant of a package for a cluster; returns the flow."""
        self.do("declare", package=package, to=to, set=dict(values or {}), approve=approve)
        return self.flow(package.partition("@")[0], to=to)

    def flow(self, package: str, *, to: str) -> FlowOfPackage:
        """One package on its way to one cluster."""
        self.scene.kube(to)
        return FlowOfPackage(self, package, to)

    def do(self, word: str, **fields: Any) -> Any:
        """Any step of scenarios, with its fields as arguments; what it found comes back. Raises AssertionError."""
        step: Step = table()[word].model_validate(fields)
        if step.acts:
            self.scene.acted = self.scene.bench.clock.now()
        return self._wait(step.run(self.scene))

    def wait(self, seconds: float) -> None:
        """Let lab time pass."""
        self._wait(asyncio.sleep(seconds))

    def meanwhile(self, doing: Callable[..., T], *arguments: Any) -> T:
        """What a function returns that talks to the lab from outside, such as any Kubernetes client or Git library.

        The lab goes on at its real pace while the function runs; between calls its time stands still.
        """
        found: T = self._wait(asyncio.to_thread(doing, *arguments))
        return found

    @property
    def files(self) -> Path:
        """The folder with the files that a person applies, by cluster: `my-ran/configsync.yaml`."""
        for cluster in self.scene.bench.spec.clusters:
            self._wait(write_bootstrap_files(self.scene.bench, cluster.name))
        return self.scene.bench.folder / "manifests"

    def events(self) -> list[Record]:
        """Everything that happened so far, oldest first."""
        return list(self._under.lab.bus.records)

    @contextmanager
    def fault(self, name: str, *, seconds: float = 0.0, on: str = "") -> Iterator[None]:
        """A fault of FAULTS while the block runs, for at least `seconds` of lab time; `on` names an agent's cluster."""
        if name not in FAULTS:
            near = nearest(name, list(FAULTS))
            why = f"Did you mean `{near}`?" if near else f"There are {', '.join(FAULTS)}."
            raise LabError("LAB003", f"There is no fault `{name}`.", why)
        clock = self.scene.bench.clock
        began = clock.time()
        self._wait(outages.begin(self.scene, FAULTS[name], on))
        try:
            yield
            self.wait(max(0.0, began + seconds - clock.time()))
        finally:
            self._wait(outages.end(self.scene, FAULTS[name], on))

    def close(self) -> None:
        """Undo what is still paused."""
        self._wait(self.scene.close())

    def _wait(self, doing: Any) -> Any:
        try:
            return self._under.wait_for(doing)
        except StepFailed as failure:
            lines = [f"expected {failure.expected}", *failure.differs]
            lines += [f"nearest: {one}" for one in failure.nearest]
            raise AssertionError("\n  ".join(lines)) from failure


def _stage(name: str) -> str:
    if name not in ORDER:
        near = nearest(name, [str(stage) for stage in ORDER])
        raise LabError("LAB003", f"There is no stage `{name}`.", f"Did you mean `{near}`?" if near else "")
    return name
