"""Every fact survives its way through JSON."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from lab.events.kinds import KINDS, Event, Refusal
from lab.events.records import Record, from_dict
from lab.kit.clock import VIRTUAL_EPOCH

TEXT = st.text(max_size=8)


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """A strategy for one field of an event."""
    simple = {str: TEXT, int: st.integers(0, 10**9), bool: st.booleans(), float: st.floats(0, 1e6)}
    if annotation in simple:
        return simple[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is tuple:
        inner = st.builds(Refusal) if arguments[0] is Refusal else values(arguments[0])
        return st.lists(inner, max_size=3).map(tuple)
    return st.dictionaries(TEXT, values(arguments[1]), max_size=3)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event of any kind."""
    kind = draw(st.sampled_from(sorted(KINDS.values(), key=lambda k: k.__name__)))
    hints = typing.get_type_hints(kind)
    return kind(**{f.name: draw(values(hints[f.name])) for f in dataclasses.fields(kind)})


@given(event=events(), seq=st.integers(1, 10**6))
def test_a_record_survives_json(event: Event, seq: int) -> None:
    """Writing and reading a record gives the record."""
    record = Record(seq, VIRTUAL_EPOCH, event)

    assert from_dict(orjson.loads(orjson.dumps(record.as_dict()))) == record


@given(event=events())
def test_a_slot_is_made_of_the_events_own_facts(event: Event) -> None:
    """Equal events have equal slots."""
    assert event.slot() == dataclasses.replace(event).slot()
