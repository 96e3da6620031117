"""Running scenarios: what a failure tells, guards, budget, saved values, `finally`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.errors.base import ExitCode
from lab.scenarios.outcome import Errored, Failed, Outcome, Passed, Skipped
from lab.wiring.in_test import read_scenario, run_scenario

Play = Callable[[str], Outcome]

BARE = "scenario: A title\nstart: bare\n"
MAP = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: default}, data: {a: '%s'}}"


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Runs the steps of a scenario on a fresh lab on which nothing was applied."""

    def run(body: str) -> Outcome:
        path = tmp_path / "scenario.yaml"
        path.write_text(BARE + body)
        scenario, spec = read_scenario(path)
        return run_scenario(scenario, spec, lambda _item, _took: None)

    return run


def test_saved_values_travel(play: Play) -> None:
    """What a step found is a value for every later step."""
    outcome = play(
        f"""steps:
  - apply: {{on: my-ran, object: {MAP % ("one", "x")}}}
    save: {{name: metadata.name, value: data.a}}
  - see: {{on: my-ran, object: {{kind: ConfigMap, metadata: {{name: "${{name}}"}}, data: {{a: "${{value}}"}}}}}}
  - patch: {{on: my-ran, object: "configmap/${{name}}", merge: {{data: {{a: y}}}}}}
  - delete: {{on: my-ran, object: "configmap/${{name}}"}}
  - see: {{on: my-ran, object: {{kind: ConfigMap, metadata: {{name: one}}}}, count: 0}}
"""
    )
    assert isinstance(outcome, Passed)
    assert [step.title for step in outcome.steps][2] == "patch my-ran configmap/one"


def test_failure_tells_difference_and_nearest(play: Play) -> None:
    """LABT03 has the line, what was expected, the smallest difference and the nearest objects."""
    outcome = play(
        f"""steps:
  - apply: {{on: my-ran, object: {MAP % ("site-facts", "x")}}}
  - see:
      on: my-ran
      within: 30s
      object: {{kind: ConfigMap, metadata: {{name: site-fact}}}}
"""
    )
    assert isinstance(outcome, Failed)
    error = outcome.error
    assert (error.code, error.exit_code) == ("LABT03", ExitCode.YOURS)
    assert error.place is not None
    assert error.place.line == 5
    assert "Step 2 failed after 30.0s: see ConfigMap/site-fact on my-ran" in error.what
    assert "no such object is there" in error.why
    assert "configmap/site-facts -n default" in error.why
    assert [step.number for step in outcome.steps] == [1]


def test_smallest_difference_of_the_named_object(play: Play) -> None:
    """Where the object is there, the fields that differ are told, and only those."""
    outcome = play(
        f"""steps:
  - apply: {{on: my-ran, object: {MAP % ("one", "x")}}}
  - see: {{on: my-ran, within: 0s, object: {{kind: ConfigMap, metadata: {{name: one}}, data: {{a: z, $$b: w}}}}}}
""".replace(", $$b: w", "")
    )
    assert isinstance(outcome, Failed)
    assert "data.a: expected z, found x" in outcome.error.why
    assert "metadata.name" not in outcome.error.why


def test_never_for_the_whole_scenario_stops_it_at_once(play: Play) -> None:
    """A guard fails the scenario at the step that set it, however many steps are still to come."""
    outcome = play(
        f"""steps:
  - never: {{on: my-ran, object: {{kind: ConfigMap, metadata: {{name: forbidden}}}}}}
  - apply: {{on: my-ran, object: {MAP % ("forbidden", "x")}}}
  - holds: {{on: my-ran, for: 10m, object: {{kind: ConfigMap, metadata: {{name: forbidden}}}}}}
"""
    )
    assert isinstance(outcome, Failed)
    assert "Step 1" in outcome.error.what
    assert "never: ConfigMap/forbidden" in outcome.error.why
    assert len(outcome.steps) == 2


def test_never_sees_a_commit(play: Play) -> None:
    """A push is seen within a second, and a commit from before does not count."""
    push = "{repo: nephio-my-ran, files: {a.txt: hello}, message: First}"
    again = push.replace("First", "Second").replace("hello", "again")
    good = play(f"steps:\n  - push: {push}\n  - never: {{within: 5s, commit: {{repo: nephio-my-ran}}}}\n")
    bad = play(f"steps:\n  - push: {push}\n  - never: {{commit: {{repo: nephio-my-ran}}}}\n  - push: {again}\n")
    assert isinstance(good, Passed)
    assert isinstance(bad, Failed)
    assert "Second" in bad.error.why


def test_holds_ends_with_the_moment(play: Play) -> None:
    """What does not stay true fails then, not at the end."""
    outcome = play(
        """steps:
  - holds: {on: my-ran, for: 5m, count: 0, object: {kind: ConfigMap, metadata: {name: late}}}
"""
    )
    assert isinstance(outcome, Passed)
    assert outcome.steps[0].took == pytest.approx(300.0)


def test_budget_is_the_one_clock(play: Play) -> None:
    """A budget that runs out is LAB027, exit 5, and names the step that was at work."""
    outcome = play("budget: 20s\nsteps:\n  - see: {on: my-ran, within: 5m, object: {kind: Pod, metadata: {name: x}}}\n")
    assert isinstance(outcome, Failed)
    assert (outcome.error.code, outcome.error.exit_code) == ("LAB027", ExitCode.OUT_OF_TIME)
    assert "step 1" in outcome.error.what


def test_finally_runs_in_any_case(play: Play, tmp_path: Path) -> None:
    """Steps of `finally` run after a failure too, and the first failure is the one that is told."""
    outcome = play(
        """steps:
  - see: {on: my-ran, within: 0s, object: {kind: Pod, metadata: {name: x}}}
finally:
  - run: touch tidied
  - run: "false"
"""
    )
    assert isinstance(outcome, Failed)
    assert "Step 1" in outcome.error.what
    assert (tmp_path / "tidied").exists()


@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        (
            "apply: {on: my-ran, object: {apiVersion: v1, kind: Namespace, metadata: {name: Upper_Case}}}",
            "LAB034",
            "Upper",
        ),
        ("apply: {on: my-ran, object: {apiVersion: no/v1, kind: Thing, metadata: {name: x}}}", "LAB034", "no matches"),
        ("delete: {on: my-ran, object: configmap/nobody}", "LABT03", "no such object"),
        ("delete: {on: my-ran, object: thing/nobody}", "LABT03", "serves no kind thing"),
        ("tamper: {on: my-ran, object: namespace/default, delete: true}", "LABT03", "nobody would put it back"),
        ("approve: cluster-baseline", "LAB502", ""),
        ("run: 'echo sorry >&2; exit 3'", "LABT03", "exit: expected 0, found 3"),
        ("run: {command: echo hello, stdout: {$match: '^bye'}}", "LABT03", "stdout"),
        ("git: {repo: nephio-my-ran, file: a, within: 1s}", "LABT03", "no branch main"),
        ("push: {repo: nephio-my-ran, replace: {a: {b: c}}}", "LABT03", "a file a to edit"),
        ("apply: {on: my-ran, object: %s, refused: because}" % (MAP % ("x", "y")), "LABT03", "because"),
        ("reach: {trail: cluster-baseline, stage: ready, within: 1s}", "LABT03", "no such trail has begun"),
    ],
)
def test_what_goes_wrong_has_a_code_and_a_place(play: Play, step: str, code: str, words: str) -> None:
    """Every step fails with a code, the line, and the words of whoever refused."""
    outcome = play(f"steps:\n  - {step}\n")
    assert isinstance(outcome, Failed)
    assert outcome.error.code == code
    assert words in outcome.error.what + outcome.error.why
    assert outcome.error.place is not None
    assert outcome.error.place.line == 4


def test_pauses_are_undone_at_the_end(play: Play) -> None:
    """Git that was paused and not resumed does not hold up the end of a scenario."""
    assert isinstance(play("steps:\n  - pause: git\n  - pause: management\n"), Passed)


def test_an_unmet_need_is_skipped(play: Play) -> None:
    """What the profile cannot do is no failure, and no pass."""
    outcome = play("needs: {capabilities: [webhooks]}\nsteps: [{say: x}]\n")
    assert isinstance(outcome, Skipped)
    assert "webhooks" in outcome.reason
    assert not isinstance(outcome, Errored)
