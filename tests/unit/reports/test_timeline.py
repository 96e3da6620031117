"""The timeline: one line for every kind of fact."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from lab.events import kinds as k
from lab.events.records import Record
from lab.kit.clock import VIRTUAL_EPOCH
from lab.reports.timeline import line_of, parts_in

EMPTY = {str: "x", int: 1, bool: True, float: 1.0}


def example(kind: type[k.Event]) -> k.Event:
    """An event of a kind with plain values."""
    hints = typing.get_type_hints(kind)
    values = {}
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        origin = typing.get_origin(hint)
        values[field.name] = EMPTY.get(hint, () if origin is tuple else {})
    return kind(**values)


@pytest.mark.parametrize("kind", k.KINDS.values(), ids=lambda kind: kind.__name__)
def test_every_kind_has_its_sentence(kind: type[k.Event]) -> None:
    """No fact is shown as raw data, and each line begins with the hour and the stage."""
    line = line_of(Record(1, VIRTUAL_EPOCH, example(kind)))

    assert line.startswith(f"00:00:00.000  {kind.stage or '·'}")
    assert kind.__name__ not in line
    assert "{" not in line


def test_a_line_can_be_chosen_by_what_it_is_about() -> None:
    """Clusters, packages, stages and kinds select lines."""
    record = Record(1, VIRTUAL_EPOCH, k.PullFailed("my-ran", "root-sync", "u", "LAB702", "KNV2004", "m"))

    assert {"my-ran", "root-sync", "pull", "PullFailed", "LAB702"} <= parts_in(record)
