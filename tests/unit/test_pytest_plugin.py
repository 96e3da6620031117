"""pytest and scenarios: what is collected, how it is told, and that nobody else is disturbed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lab.wiring.embedded
import lab.wiring.handles
from lab.scenarios.step import table

pytest_plugins = ["pytester"]

ALONE = ("-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider")
"""Other plugins have no part in this."""

HEAVY = (lab.wiring.embedded, lab.wiring.handles, table())
"""Loaded before the first inner pytest, which forgets what it loads: libraries with native parts load only once."""

GOOD = """\
scenario: A namespace can be made
tags: [smoke]
start: bare
steps:
  - say: Make it.
    apply: {on: my-ran, object: {apiVersion: v1, kind: Namespace, metadata: {name: x}}}
  - see: {on: my-ran, object: {kind: Namespace, metadata: {name: x}, status: {phase: Active}}}
"""
BAD = GOOD.replace("phase: Active", "phase: Gone").replace(
    "{on: my-ran, object: {kind", "{within: 1s, on: my-ran, object: {kind"
)
UNMET = GOOD.replace("tags:", "needs: {capabilities: [webhooks]}\ntags:")


@pytest.fixture
def write(pytester: pytest.Pytester) -> object:
    """Writes a scenario below ./scenarios."""

    def make(slug: str, text: str) -> None:
        folder = pytester.path / "scenarios" / slug
        folder.mkdir(parents=True)
        (folder / "scenario.yaml").write_text(text)

    return make


def test_a_scenario_is_one_test_case(pytester: pytest.Pytester, write: object) -> None:
    """Passed, failed and skipped are one case each; the skip shows its reason, the failure LABT03, not a traceback."""
    for slug, text in (("good", GOOD), ("bad", BAD), ("unmet", UNMET)):
        write(slug, text)  # type: ignore[operator]
    result = pytester.runpytest_inprocess(*ALONE, "-ra", "--junitxml=report.xml")

    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*LABT03  Step 2 failed after 1.0s: see Namespace/x on my-ran*"])
    result.stdout.fnmatch_lines(["*status.phase: expected Gone, found Active*"])
    result.stdout.fnmatch_lines(["*SKIPPED*LABT05*webhooks*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    report = (pytester.path / "report.xml").read_text()
    assert report.count("<testcase ") == 3
    assert '<property name="step.2"' in report


def test_selection_by_slug_tag_and_title(pytester: pytest.Pytester, write: object) -> None:
    """-k knows the folder's name, the tags and the words of the title."""
    write("good", GOOD)  # type: ignore[operator]
    write("other", GOOD.replace("smoke", "slow").replace("A namespace can be made", "Storage"))  # type: ignore[operator]
    for words in ("good", "smoke", "namespace"):
        chosen = pytester.runpytest_inprocess(*ALONE, "--collect-only", "-q", "-k", words)
        chosen.stdout.fnmatch_lines(["scenarios/good/scenario.yaml::good", "*1/2 tests collected*"])


def test_a_wrong_file_is_an_error_with_its_line(pytester: pytest.Pytester, write: object) -> None:
    """LABT01 and LABT02 come before anything runs, and tell file, line and column."""
    write("wrong", GOOD.replace("see:", "seee:"))  # type: ignore[operator]
    write("impossible", GOOD.replace("my-ran", "my-run"))  # type: ignore[operator]
    result = pytester.runpytest_inprocess(*ALONE)

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*LABT01  There is no step `seee`.*", "*scenario.yaml:7:5*", "*Did you mean `see`?*"])
    result.stdout.fnmatch_lines(['*LABT02*no cluster "my-run"*'])


def test_processes_of_xdist(pytester: pytest.Pytester, write: object) -> None:
    """Several processes run scenarios side by side."""
    for slug in ("one", "two"):
        write(slug, GOOD)  # type: ignore[operator]
    pytester.runpytest_subprocess(*ALONE, "-n", "2").assert_outcomes(passed=2)


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (BAD, 1), (GOOD.replace("see:", "seee:"), 2)])
def test_exit_codes_of_the_lab(pytester: pytest.Pytester, write: object, text: str, code: int) -> None:
    """With --lab-exit-codes pytest leaves with the codes of `lab test`."""
    write("it", text)  # type: ignore[operator]
    assert pytester.runpytest_inprocess(*ALONE, "--lab-exit-codes").ret == code


def test_nothing_matched(pytester: pytest.Pytester, write: object) -> None:
    """A selection that finds nothing is exit code 8."""
    write("it", GOOD)  # type: ignore[operator]
    assert pytester.runpytest_inprocess(*ALONE, "--lab-exit-codes", "-k", "nobody").ret == 8


def test_fixture_and_marker(pytester: pytest.Pytester) -> None:
    """Each test has a lab of its own; a failed expectation reads like that of a scenario."""
    pytester.makepyfile(
        """
        import pytest

        THING = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}}

        def test_one(lab):
            assert lab["my-ran"].apply(THING).name == "x"
            assert lab["my-ran"].has("configmap/x")
            lab["my-ran"].delete("configmap/x")
            assert not lab["my-ran"].has("configmap/x")

        @pytest.mark.lab(clusters=["my-core"], bootstrap="manual")
        def test_two(lab):
            lab["my-core"].see({"kind": "Namespace", "metadata": {"name": "nobody"}}, within=1)

        @pytest.mark.lab(profile="kind")
        def test_three(lab):
            raise AssertionError("not run")

        @pytest.mark.lab(cluster=["my-core"])
        def test_four(lab):
            raise AssertionError("not run")

        def test_five(lab):
            lab["my-run"]
        """
    )
    result = pytester.runpytest_inprocess(*ALONE, "-ra")
    result.assert_outcomes(passed=1, failed=2, skipped=1, errors=1)
    result.stdout.fnmatch_lines(["*expected Namespace/nobody on my-core, within 1s*"])
    result.stdout.fnmatch_lines(["*The marker `lab` has no argument `cluster`*"])
    result.stdout.fnmatch_lines(["*SKIPPED*LABT05*kind*"])


def test_other_projects_are_left_alone(pytester: pytest.Pytester) -> None:
    """A scenario.yaml of another program is not ours, and another fixture `lab` wins over ours."""
    (pytester.path / "scenario.yaml").write_text("driver: docker\nscenario_name: default\n")
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef lab():\n    return 'theirs'\n")
    pytester.makepyfile("def test_it(lab):\n    assert lab == 'theirs'\n")
    pytester.runpytest_inprocess(*ALONE).assert_outcomes(passed=1)


def test_an_unknown_profile_is_a_usage_error(pytester: pytest.Pytester) -> None:
    """What cannot run inside pytest is said at the start."""
    result = pytester.runpytest_inprocess(*ALONE, "--lab-profile=kind")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*LAB017*kind*"])


def test_the_plugin_imports_nothing_heavy(tmp_path: Path) -> None:
    """Starting pytest elsewhere costs no module of the lab's but the plugin, and no third-party one."""
    asking = "import sys, lab.pytest_plugin; print(*sorted(m for m in sys.modules if m.startswith('lab')))"
    asking += "; print(*[m for m in ('pydantic', 'ruamel', 'aiohttp', 'dulwich', 'cryptography') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", asking], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == ["lab lab.pytest_plugin", ""]
