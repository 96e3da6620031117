"""Running a scenario on a bench: step by step, guards beside them, one budget over all, and `finally` in any case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from lab.errors.base import ExitCode, LabError
from lab.errors.people_files import Document
from lab.git.failures import GitFailure
from lab.kube.client import KubeError
from lab.kube.kubeconfig import document as kubeconfig
from lab.model.names import BLUEPRINTS
from lab.scenarios.bench import Bench
from lab.scenarios.check import unmet_need
from lab.scenarios.doors import doors
from lab.scenarios.failing import told
from lab.scenarios.load import below, step_of
from lab.scenarios.outcome import Errored, Failed, Outcome, Passed, Skipped, StepDone, StepFailed
from lab.scenarios.scenario import Item, Scenario
from lab.scenarios.scene import Guard, Scene
from lab.scenarios.step import Step
from lab.scenarios.values import Unset, marks, pick, substitute

Tell = Callable[[Item, float], None]
"""Hears of each step that is done, with the seconds of lab time that it took."""


async def run(scenario: Scenario, bench: Bench, *, tell: Tell = lambda _item, _took: None) -> Outcome:
    """How the scenario ends on this bench; it was checked before."""
    reason = unmet_need(scenario, bench.spec, bench.capabilities)
    if reason:
        return Skipped(reason)
    runner = _Runner(scenario, await _scene(scenario, bench), tell)
    error = await runner.run()
    steps, trails = tuple(runner.done), tuple(bench.board.trails)
    if error is None:
        return Passed(steps, trails)
    broken = error.exit_code in (ExitCode.MACHINE, ExitCode.LAB_BROKE, ExitCode.BUG)
    return Errored(error, steps, trails) if broken else Failed(error, steps, trails)


async def _scene(scenario: Scenario, bench: Bench) -> Scene:
    base = (await bench.blueprints()).pull_url.rpartition(f"/{BLUEPRINTS}")[0]
    names = {name.partition(".")[0] for item in scenario.items() for _at, name in marks(item.raw)}
    asked = await _doors(bench) if names & {"kubeconfig", "server"} else {}
    return Scene(bench, scenario.path.parent, {**asked, "git": base, **scenario.head.with_})


async def _doors(bench: Bench) -> dict[str, Any]:
    """`${kubeconfig.CLUSTER}` and `${server.CLUSTER}`: what a person holds, and nobody else."""
    import yaml

    known = await doors(bench)
    files = {name: kubeconfig({name: door}, current=name) for name, door in known.items()}
    return {
        "kubeconfig": {name: yaml.safe_dump(file, sort_keys=False) for name, file in files.items()},
        "server": {name: server for name, (server, _credentials) in known.items()},
    }


_TROUBLE = (LabError, KubeError, GitFailure, ConnectionError, TimeoutError)
"""What can go wrong in a step; StepFailed has become a LabError by then, anything else is a bug and stays one."""


@dataclass(slots=True)
class _Runner:
    """One run of one scenario."""

    scenario: Scenario
    scene: Scene
    tell: Tell
    done: list[StepDone] = field(default_factory=list)
    _current: Item | None = None
    _began: float = 0.0
    _last_looks: list[tuple[Item, Guard]] = field(default_factory=list)

    async def run(self) -> LabError | None:
        """Everything, in order; the first failure, or None."""
        error = await self._guarded()
        for item in self.scenario.last:
            trouble = await self._caught(self._step(item))
            error = error or trouble
        try:
            await self.scene.close()
        except _TROUBLE as trouble:
            error = error or self._as_error(trouble)
        return error

    async def _guarded(self) -> LabError | None:
        """The steps, with guards as tasks beside them; whoever fails first ends all."""
        return await self._caught(self._within_budget())

    async def _within_budget(self) -> None:
        budget = self.scenario.head.budget
        try:
            async with asyncio.timeout(budget):
                await self._steps()
        except TimeoutError as error:
            title = self._current.title() if self._current else "the first step"
            what = f"The budget of {budget:g}s ran out during step {self._current.number if self._current else 1}."
            raise LabError("LAB027", what, f"At work: {title}.", place=self._place()) from error

    async def _steps(self) -> None:
        async with asyncio.TaskGroup() as group:
            guards: list[asyncio.Task[None]] = []

            def guard(watch: Guard, last: Guard) -> None:
                item = self._current
                if item is not None:
                    guards.append(group.create_task(self._guard(item, watch)))
                    self._last_looks.append((item, last))

            self.scene.guard = guard
            for item in self.scenario.steps:
                await self._step(item)
            for item, last in self._last_looks:
                await self._guard(item, last)
            for task in guards:
                task.cancel()

    async def _guard(self, item: Item, watch: Guard) -> None:
        try:
            await watch()
        except StepFailed as failure:
            raise told(failure, self.scenario, item, self.scene, self._clock() - self._began) from failure

    async def _step(self, item: Item) -> None:
        self._current, self._began = item, self._clock()
        if item.step is not None:
            step = self._filled(item)
            if step.acts:
                self.scene.acted = self.scene.bench.clock.now()
            item = self._current = replace(item, step=step)
            try:
                result = await step.run(self.scene)
            except StepFailed as failure:
                raise told(failure, self.scenario, item, self.scene, self._clock() - self._began) from failure
            for name, path in item.save.items():
                self.scene.values[name] = self._picked(item, name, path, result)
        took = self._clock() - self._began
        self.done.append(StepDone(item.number, item.title(), took, item.say))
        self.tell(item, took)

    def _filled(self, item: Item) -> Step:
        at = (*item.at, item.word)
        try:
            raw = substitute(item.raw, self.scene.values)
        except Unset as unset:
            what = f"`${{{unset.name}}}` has no value."
            raise LabError("LABT02", what, place=self.scenario.document.place(at)) from unset
        document: Document = below(self.scenario.document, at, raw)
        return step_of(item.word, raw, document)

    def _picked(self, item: Item, name: str, path: str, result: Any) -> Any:
        try:
            return pick(result, path)
        except LookupError as error:
            place = self.scenario.document.place((*item.at, "save", name))
            what = f"`save` of `{name}`: what the step found has no `{path}`."
            raise LabError("LABT03", what, f"It has {_keys(result)}.", place=place) from error

    async def _caught(self, doing: Coroutine[Any, Any, None]) -> LabError | None:
        try:
            await doing
        except _TROUBLE as error:
            return self._as_error(error)
        except ExceptionGroup as group:
            first = _first(group)
            if not isinstance(first, _TROUBLE):
                raise first from group
            return self._as_error(first)
        return None

    def _as_error(self, error: BaseException) -> LabError:
        if isinstance(error, LabError):
            if error.place is None and self._current is not None:
                error.place = self._place()
            return error
        if isinstance(error, KubeError):
            return LabError("LAB034", "The API refused a request.", error.message, place=self._place())
        if isinstance(error, GitFailure):
            return LabError("LAB602", "Git did not do it.", error.message, place=self._place())
        if isinstance(error, TimeoutError):
            return LabError("LAB027", "Out of time.", str(error), place=self._place())
        return LabError("LAB022", "Nobody answers.", str(error), place=self._place())

    def _place(self) -> Any:
        return self.scenario.document.place(self._current.at) if self._current is not None else None

    def _clock(self) -> float:
        return self.scene.bench.clock.time()


def _first(group: ExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _keys(result: Any) -> str:
    return ", ".join(sorted(map(str, result))) if isinstance(result, dict) and result else "nothing"
