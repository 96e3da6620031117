"""LABT02: what could never happen is refused before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.model.spec import ClusterSpec, LabSpec
from lab.ports.cluster_provider import Capability
from lab.scenarios.check import check, unmet_need
from lab.scenarios.load import load
from lab.scenarios.scenario import Scenario

SPEC = LabSpec("test", "embedded", (ClusterSpec("my-ran"),), (), "")
Make = Callable[[str], Scenario]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A scenario from the text behind its title, with a manifest and a package beside it."""

    def scenario(body: str) -> Scenario:
        path = tmp_path / "scenario.yaml"
        path.write_text("scenario: A title\n" + body)
        (tmp_path / "context.yaml").write_text("kind: X\n")
        (tmp_path / "good").mkdir(exist_ok=True)
        (tmp_path / "good" / "Kptfile").write_text("")
        return load(path)

    return scenario


@pytest.mark.parametrize(
    "body",
    [
        "steps: [{apply: {on: mgmt, file: context.yaml}}]\n",
        "steps: [{apply: {on: mgmt, file: [context.yaml]}}]\n",
        "steps: [{publish: {folder: good}}]\n",
        "steps: [{add-cluster: my-core}, {bootstrap: my-core}]\n",
        "with: {c: my-ran}\nsteps: [{bootstrap: '${c}'}]\n",
        "steps: [{reach: {trail: x, stage: commit}, save: {sha: commit}}, {git: {repo: x, has: '${sha}', file: a}}]\n",
        "steps: [{apply: {object: {a: '${git}/x', b: '${kubeconfig.my-ran}', c: '$${free}'}}}]\n",
        "steps: [{never: {credential: {for: my-ran}}}]\n",
    ],
)
def test_possible(make: Make, body: str) -> None:
    """Files, clusters (added ones too), stages and values that are there, or will be by then, are fine."""
    check(make(body), SPEC)


@pytest.mark.parametrize(
    ("body", "line", "what", "why"),
    [
        ("steps:\n  - bootstrap: my-run\n", 3, 'no cluster "my-run"', "my-ran"),
        (
            "steps:\n  - see: {on: my-core, object: {kind: X}}\n  - add-cluster: my-core\n",
            3,
            'no cluster "my-core"',
            "",
        ),
        ("steps:\n  - never: {credential: {for: them}}\n", 3, 'no cluster "them"', ""),
        ("steps:\n  - add-cluster: my-ran\n", 3, "there already", ""),
        ("steps:\n  - reach:\n      trail: x\n      stage: comit\n", 5, 'no stage "comit"', "commit"),
        ("steps:\n  - apply: {file: contxt.yaml}\n", 3, 'no file "contxt.yaml"', "context.yaml"),
        ("steps:\n  - publish: {folder: bad}\n", 3, 'no package in "bad"', ""),
        ("steps:\n  - git: {repo: x, file: a, has: '${sha}'}\n", 3, "`${sha}` has no value", "with"),
        ("with: {sha: x}\nsteps:\n  - git: {repo: x, file: a, has: '${sah}'}\n", 4, "`${sah}`", "${sha}"),
        ("steps: [{say: x}]\nfinally:\n  - never: {object: {kind: X}}\n", 4, "needs `within`", ""),
    ],
)
def test_impossible(make: Make, body: str, line: int, what: str, why: str) -> None:
    """An undeclared cluster, a missing file, an unknown stage, an unset value: LABT02 at the line that asks for it."""
    with pytest.raises(LabError) as caught:
        check(make(body), SPEC)

    assert caught.value.code == "LABT02"
    assert what in caught.value.what
    assert why in caught.value.why
    assert caught.value.place is not None
    assert line == caught.value.place.line


def test_needs_are_told_in_words(make: Make) -> None:
    """What a profile lacks is a reason to skip, not a failure."""
    scenario = make("needs: {clusters: [mgmt, far], capabilities: [pods]}\nsteps: [{say: x}]\n")
    assert unmet_need(scenario, SPEC, frozenset()) == "no cluster far; profile embedded has no pods"
    assert unmet_need(scenario, SPEC, frozenset({Capability.PODS})) == "no cluster far"
