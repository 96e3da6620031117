"""A lab inside the process of a test: on virtual time, without sockets until somebody needs them, gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lab.errors.base import LabError
from lab.errors.people_files import Document
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop
from lab.model.spec import LabSpec
from lab.scenarios.check import check
from lab.scenarios.load import below, load
from lab.scenarios.outcome import Outcome
from lab.scenarios.run import Tell, run
from lab.scenarios.running import run_flows
from lab.scenarios.scenario import Scenario
from lab.wiring.lab_file import complete
from lab.wiring.tools import kubectl_folder

if TYPE_CHECKING:
    from lab.scenarios.bench import Bench
    from lab.wiring.embedded import EmbeddedLab

T = TypeVar("T")

PROFILE = "embedded"
"""The profile that can run inside a test."""


class LabInTest:
    """A lab with an event loop of its own; time passes only while `wait_for` runs, and then as fast as it can."""

    def __init__(self, spec: LabSpec) -> None:
        self.spec = spec
        self._folder = Path(tempfile.mkdtemp(prefix="lab-"))
        self._loop = VirtualTimeLoop()
        self._lab: EmbeddedLab | None = None

    @property
    def bench(self) -> Bench:
        """The bench of the started lab."""
        if self._lab is None:
            raise LabError("LAB021", "The lab of this test is not up.")
        return self._lab.bench

    @property
    def lab(self) -> EmbeddedLab:
        """The started lab."""
        if self._lab is None:
            raise LabError("LAB021", "The lab of this test is not up.")
        return self._lab

    def start(self, *, flows: bool) -> None:
        """Start every part; with `flows` everything that `lab up` does is done."""
        self.wait_for(self._start(flows))

    def stop(self) -> None:
        """Stop, close the loop and remove every file."""
        try:
            if self._lab is not None:
                self.wait_for(self._stop(self._lab))
                self._lab = None
        finally:
            self._close_loop()
            shutil.rmtree(self._folder, ignore_errors=True)

    def wait_for(self, doing: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns, run on the lab's own loop."""
        return self._loop.run_until_complete(doing)

    async def _start(self, flows: bool) -> None:
        from lab.wiring.embedded import start_embedded

        clock = LoopClock(self._loop)
        lab = await start_embedded(self.spec, self._folder, clock=clock, sockets=False, persistent=False)
        self._lab = lab
        lab.bench.route = lab.git
        lab.bench.controls = lab
        lab.bench.environment = environment
        if flows:
            await run_flows(lab.bench, lambda _name, _text, _took: None)

    async def _stop(self, lab: EmbeddedLab) -> None:
        await lab.bench.close()
        await lab.stop()

    def _close_loop(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


def environment() -> Mapping[str, str]:
    """What programs of other people need: a PATH on which kubectl is new enough."""
    folder = kubectl_folder()
    return {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"} if folder else {}


def spec_of(scenario: Scenario) -> LabSpec:
    """The lab that a scenario starts from. Raises LabError LABT01 with the place in the scenario."""
    section: Document = below(scenario.document, ("lab",), scenario.head.lab)
    try:
        spec = complete(section, scenario.path, profile=PROFILE, name="test")
    except LabError as error:
        raise LabError("LABT01", error.what, error.why, error.next_steps, place=error.place) from error
    return replace(spec, api_port=0, git_port=0)


def read_scenario(path: Path) -> tuple[Scenario, LabSpec]:
    """A scenario and its lab, judged before anything starts. Raises LabError LABT01, LABT02."""
    scenario = load(path)
    spec = spec_of(scenario)
    check(scenario, spec)
    return scenario, spec


def run_scenario(scenario: Scenario, spec: LabSpec, tell: Tell) -> Outcome:
    """How a scenario ends on a fresh lab. Raises LabError when the lab itself cannot start."""
    lab = LabInTest(spec)
    try:
        lab.start(flows=scenario.head.start == "up")
        return lab.wait_for(run(scenario, lab.bench, tell=tell))
    finally:
        lab.stop()
