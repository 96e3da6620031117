"""Tables and the event ring against the plainest models of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.apiserver.core.store import Entry, Event, EventRing, Table

KEYS = st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["x", "y", "z"]))
STEPS = st.lists(st.tuples(st.sampled_from(["put", "remove", "list", "fork"]), KEYS), max_size=40)


def entry(rv):
    """An entry with nothing but a revision."""
    return Entry(b"{}", rv, "", {}, ())


@given(STEPS)
def test_table_is_a_sorted_dictionary(steps):
    """Whatever is put, removed, forked and listed in between, a table lists as a sorted dictionary does."""
    table, model = Table(), {}
    for number, (step, key) in enumerate(steps):
        if step == "put":
            model[key] = entry(number)
            table.put(key, model[key])
        elif step == "remove" and key in model:
            del model[key]
            table.remove(key)
        elif step == "fork":
            before, table = table, table.fork()
            before.put(("gone", "astray"), entry(0))
        else:
            assert sorted(model.items(), key=lambda item: item[0]) == table.items()
        for namespace in ("a", "b"):
            expected = [(k, model[k]) for k in sorted(model) if k[0] == namespace]
            assert expected == table.items(namespace)
            assert bool(expected) == table.has_namespace(namespace)
    assert len(model) == len(table)


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 60))
def test_ring_gives_exactly_what_followed(start, most, count):
    """From any revision that the ring still knows it gives every later change, once and in order."""
    ring = EventRing(start, max_events=most)
    for rv in range(start + 1, start + count + 1):
        ring.append(Event(rv, "things", "ADDED", ("", str(rv)), entry(rv), None))
    assert start <= ring.start <= start + count
    for rv in range(ring.start, start + count + 1):
        assert list(range(rv + 1, start + count + 1)) == [event.rv for event in ring.after(rv)]
