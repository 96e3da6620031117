"""scenario.yaml: every complaint is LABT01 with line, column and the nearest good name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.scenarios.load import load
from lab.scenarios.scenario import Scenario

Write = Callable[[str], Path]

HEAD = "scenario: A title\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a scenario into a folder of its own."""

    def make(text: str) -> Path:
        path = tmp_path / "some-slug" / "scenario.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return make


def test_a_whole_file(write: Write) -> None:
    """Head, steps with say and save, shorthand, values of `with`, and `finally`."""
    scenario: Scenario = load(
        write(
            "scenario: A title\ntags: [smoke]\nneeds: {clusters: [mgmt]}\nbudget: 90s\nwith: {cluster: my-ran}\n"
            "steps:\n"
            "  - say: Words.\n"
            "  - bootstrap: ${cluster}\n"
            "    save: {text: files.configsync.yaml}\n"
            "  - reach: {trail: x, stage: ready, within: 2m}\n"
            "finally:\n"
            "  - run: ls\n"
        )
    )
    assert (scenario.slug, scenario.head.budget, scenario.head.tags) == ("some-slug", 90.0, ["smoke"])
    assert [item.title() for item in scenario.items()] == ["say", "bootstrap my-ran", "reach x ready", "run ls"]
    assert [item.number for item in scenario.items()] == [1, 2, 3, 4]
    assert scenario.steps[1].save == {"text": "files.configsync.yaml"}


@pytest.mark.parametrize(
    ("body", "place", "what", "why"),
    [
        ("steps: [{say: x}]\nneed: {}\n", (3, 1), "Unknown field `need`", "Did you mean `needs`?"),
        ("steps:\n  - reech: {trail: x}\n", (3, 5), "no step `reech`", "Did you mean `reach`?"),
        (
            "steps:\n  - see: {object: {kind: X}, withn: 3s}\n",
            (3, 30),
            "Unknown field `withn`",
            "Did you mean `within`?",
        ),
        ("steps:\n  - reach:\n      trail: x\n      stage: ready\n      within: soon\n", (6, 7), "no duration", ""),
        ("steps:\n  - see: {object: {status: {x: {$gt: 3}}}}\n", (3, 5), "names a `kind`", ""),
        (
            "steps:\n  - see:\n      object: {kind: X, a: {$gt: 3}}\n",
            (4, 29),
            "no operator `$gt`",
            "Did you mean `$gte`?",
        ),
        ("steps:\n  - see:\n      object: {kind: X, a: {$len: 3, b: 1}}\n", (4, 29), "beside plain keys", ""),
        (
            "steps:\n  - say: x\n    delete: {object: a/b}\n    patch: {object: a/b}\n",
            (5, 5),
            "does one thing",
            "two entries",
        ),
        ("steps:\n  - save: {a: b}\n", (3, 5), "does or says something", ""),
        ("steps:\n  - reach: {trail: x, stage: ready}\n    save: [a]\n", (4, 5), "`save` maps", ""),
        ("steps: []\n", (2, 1), "`steps`", ""),
        ("steps:\n  - apply: {on: mgmt}\n", (3, 5), "either `file` or `object`", ""),
        ("steps: [\n", None, "not valid YAML", ""),
        ("needs: {capabilities: [magic]}\nsteps: [{say: x}]\n", (2, 24), "capabilities", ""),
    ],
)
def test_complaints_name_place_and_nearest(
    write: Write, body: str, place: tuple[int, int] | None, what: str, why: str
) -> None:
    """A wrong file is LABT01, at the line and column of what is wrong, with the nearest good name if there is one."""
    with pytest.raises(LabError) as caught:
        load(write(HEAD + body))

    assert caught.value.code == "LABT01"
    assert what in caught.value.what
    assert why in caught.value.why
    if place is not None:
        assert caught.value.place is not None
        assert place == (caught.value.place.line, caught.value.place.column)


def test_absent_file(tmp_path: Path) -> None:
    """A path that cannot be read is LABT01 too."""
    with pytest.raises(LabError, match="LABT01"):
        load(tmp_path / "scenario.yaml")
