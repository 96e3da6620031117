"""pytest runs scenarios: each scenario.yaml is a test, and Python tests get a `lab`.

This module is loaded at every start of pytest in every project that has the lab installed: it imports nothing but
pytest until a scenario is found or the fixture is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lab.model.spec import LabSpec
    from lab.scenarios.outcome import Outcome
    from lab.scenarios.scenario import Item, Scenario
    from lab.wiring.handles import Lab

FILE_NAME = "scenario.yaml"
PROFILES = ("embedded",)
EXIT_PROPERTY = "lab.exit"
_IS_SCENARIO = re.compile(rb"^scenario:", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The lab's options."""
    group = parser.getgroup("lab", "nephio-lab")
    group.addoption(
        "--lab-profile",
        metavar="PROFILE",
        default="embedded",
        help="what scenarios and the fixture `lab` run on; only `embedded` runs inside pytest",
    )
    group.addoption(
        "--lab-exit-codes",
        action="store_true",
        help="leave with the exit codes of `lab test`, which tell who must act",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker, and the profile checked."""
    line = "lab(profile=, clusters=, bootstrap=, flows=): the lab that a test wants"
    config.addinivalue_line("markers", line)
    profile = config.getoption("--lab-profile")
    if profile not in PROFILES:
        raise pytest.UsageError(f"LAB017: profile {profile} cannot run inside pytest; there is {', '.join(PROFILES)}")
    if config.getoption("--lab-exit-codes"):
        config.pluginmanager.register(ExitCodes(), "lab-exit-codes")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A scenario.yaml with a line `scenario:` is ours; a file of that name without it is somebody else's."""
    if file_path.name != FILE_NAME or not _IS_SCENARIO.search(file_path.read_bytes()):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):
    """One scenario.yaml."""

    def collect(self) -> Iterator[pytest.Item]:
        """The scenario, read and judged. A wrong file is an error of collection, with line and column."""
        from lab.errors.base import LabError
        from lab.wiring.in_test import read_scenario

        try:
            scenario, spec = read_scenario(self.path)
        except LabError as error:
            raise self.CollectError(error.as_text()) from error
        item = ScenarioItem.from_parent(self, name=scenario.slug)
        item.take(scenario, spec)
        yield item


class ScenarioItem(pytest.Item):
    """One scenario, one test case; its steps and stages are properties in the JUnit report."""

    scenario: Scenario
    spec: LabSpec

    def take(self, scenario: Scenario, spec: LabSpec) -> None:
        """Hold the scenario; its tags become keywords, so that `-k` and `-m` select by them."""
        self.scenario, self.spec = scenario, spec
        self.extra_keyword_matches.update(scenario.head.tags)
        self.extra_keyword_matches.add(scenario.head.scenario)

    def runtest(self) -> None:
        """Run on a fresh lab."""
        from lab.wiring.in_test import run_scenario

        lines: list[str] = []
        try:
            outcome = run_scenario(self.scenario, self.spec, _teller(lines))
        finally:
            self.add_report_section("call", "scenario", "\n".join([self.scenario.head.scenario, "", *lines]))
        self._record(outcome)
        self._judge(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The lab's own words for what it found; a traceback only for a bug."""
        from lab.errors.base import LabError

        if isinstance(excinfo.value, LabError):
            self.user_properties.append((EXIT_PROPERTY, int(excinfo.value.exit_code)))
            return f"{self.scenario.head.scenario}\n\n{excinfo.value.as_text()}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, first line, and the scenario's slug."""
        return self.path, 0, self.scenario.slug

    def _judge(self, outcome: Outcome) -> None:
        from lab.scenarios.outcome import Errored, Failed, Skipped

        if isinstance(outcome, Skipped):
            pytest.skip(f"LABT05 a need is not met: {outcome.reason}")
        if isinstance(outcome, Failed | Errored):
            raise outcome.error

    def _record(self, outcome: Outcome) -> None:
        from lab.model.stage import ORDER
        from lab.scenarios.outcome import Skipped

        if isinstance(outcome, Skipped):
            return
        for step in outcome.steps:
            self.user_properties.append((f"step.{step.number}", f"{step.took:.1f}s {step.title}"))
        for trail in outcome.trails:
            for stage in ORDER:
                took = trail.took(stage)
                state = trail.passage(stage).state
                value = f"{state} {took:.3f}s" if took is not None else str(state)
                self.user_properties.append((f"trail.{trail.number}.{trail.package}.{trail.cluster}.{stage}", value))


class ExitCodes:
    """Turns pytest's exit code into the lab's; the processes of pytest-xdist report their failures here too."""

    def __init__(self) -> None:
        self.seen: set[int] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test that failed: whose fault it was, 1 where nothing else is known."""
        if report.failed:
            self.seen.update([int(str(code)) for name, code in report.user_properties if name == EXIT_PROPERTY] or [1])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Decide: the change's fault first, then a bug, the lab's own part, the machine."""
        if exitstatus == pytest.ExitCode.TESTS_FAILED:
            session.exitstatus = next((code for code in (1, 2, 70, 6, 3, 5, 7) if code in self.seen), 1)
        else:
            session.exitstatus = _OTHER_CODES.get(exitstatus, exitstatus)


_OTHER_CODES: dict[int, int] = {
    pytest.ExitCode.INTERRUPTED: 2,
    pytest.ExitCode.INTERNAL_ERROR: 70,
    pytest.ExitCode.NO_TESTS_COLLECTED: 8,
}
"""INTERRUPTED is also what files that cannot be collected bring; Ctrl-C itself ends `lab test` with 130."""


def _teller(lines: list[str]) -> Callable[[Item, float], None]:
    def tell(item: Item, took: float) -> None:
        if item.say:
            lines.append(item.say.strip())
        if item.step is not None:
            lines.append(f"  {item.number:>2}  {took:6.1f}s  {item.title()}")

    return tell


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A fresh lab for this test: the marker `lab` says which; by default my-ran is up, bootstrapped, without flows."""
    from lab.wiring.handles import Lab as Handle
    from lab.wiring.in_test import LabInTest

    spec = _wanted(request)
    under = LabInTest(spec)
    try:
        under.start(flows=True)
        handle = Handle(under, request.path.parent)
        yield handle
        handle.close()
    finally:
        under.stop()


@pytest.fixture
def fault(lab: Lab) -> Callable[..., Any]:
    """`with fault("git-down", seconds=20): ...` on the test's lab."""
    return lab.fault


def _wanted(request: pytest.FixtureRequest) -> LabSpec:
    """The lab of the marker. A profile that is not the chosen one skips the test, with the reason."""
    from lab.wiring.wanted import lab_for_test

    marker = request.node.get_closest_marker("lab")
    wishes = dict(marker.kwargs) if marker is not None else {}
    profile = request.config.getoption("--lab-profile")
    wanted = wishes.pop("profile", profile)
    if wanted != profile:
        pytest.skip(f"LABT05 a need is not met: profile {wanted}, and this is {profile}")
    return lab_for_test(wishes)
