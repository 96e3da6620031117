"""Selectors, paths and ages hold for any input, not only for examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.field_selectors import parse_fields
from lab.apiserver.core.jsonpath import compile_path
from lab.apiserver.core.label_selectors import LabelSelector, Requirement, parse_labels
from lab.apiserver.core.printers.durations import human_duration, parse_time
from lab.apiserver.core.resource import Column, Resource
from lab.apiserver.core.tables import table
from lab.kit.clock import timestamp_micros

WORDS = st.from_regex(r"[a-z][a-z0-9.-]{0,6}[a-z0-9]", fullmatch=True).filter(lambda w: w not in ("in", "notin"))
LABELS = st.dictionaries(WORDS, WORDS, max_size=4)
REQUIREMENTS = st.one_of(
    st.builds(Requirement, WORDS, st.sampled_from(["=", "!="]), st.tuples(WORDS)),
    st.builds(Requirement, WORDS, st.sampled_from(["in", "notin"]), st.sets(WORDS, min_size=1, max_size=3).map(tuple)),
    st.builds(Requirement, WORDS, st.sampled_from(["exists", "!"])),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
PODS = Resource("", "v1", "pods", "pod", "Pod", True)


@given(st.lists(REQUIREMENTS, max_size=4), LABELS)
def test_a_printed_selector_means_the_same(requirements: list[Requirement], labels: dict[str, str]) -> None:
    """What a selector prints can be read again and chooses the same objects."""
    selector = LabelSelector(tuple(requirements))
    assert parse_labels(str(selector)).matches(labels) is selector.matches(labels)


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_a_400(text: str) -> None:
    """Nothing that a client sends as a selector is an internal error."""
    refused = []
    for parse in (parse_labels, lambda t: parse_fields(t, PODS)):
        try:
            parse(text)
        except ApiError as error:
            refused.append(error.code)
    assert set(refused) <= {400}


@given(WORDS, st.text(max_size=8))
def test_field_values_survive_escaping(name: str, value: str) -> None:
    """A value with commas, equals signs and backslashes is found by its escaped form."""
    escaped = value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")
    selector = parse_fields(f"metadata.name={escaped}", PODS)
    assert selector.name == value
    assert selector.matches({"metadata": {"name": value}})
    assert parse_fields(str(selector), PODS).name == value
    assert name == parse_fields(f"metadata.namespace={name}", PODS).namespace


@given(JSON, st.sampled_from([".a", ".a[0]", ".a[*].b", "..b", '.a[?(@.b=="c")].d', ".a[-1:]"]))
def test_paths_never_fail(document: Any, path: str) -> None:
    """A path finds something or nothing in any document."""
    assert isinstance(compile_path(path).find(document), list)


@given(st.sampled_from(["string", "integer", "number", "boolean", "date"]), JSON)
def test_custom_cells_fit_their_columns(type_: str, value: Any) -> None:
    """Whatever an object holds, its cell is of the column's type or empty."""
    resource = Resource(
        "example.org", "v1", "gadgets", "gadget", "Gadget", True, columns=(Column("X", type_, ".x"),), custom=True
    )
    made = table(resource, [{"metadata": {"name": "a"}, "x": value}], now=datetime(2030, 1, 1, tzinfo=UTC))
    cell = made["rows"][0]["cells"][1]
    allowed = {"string": str, "integer": int, "number": float, "boolean": bool, "date": str}[type_]
    assert cell is None or isinstance(cell, allowed)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_written_times_are_read_back(moment: datetime) -> None:
    """A time that the lab writes is the time that it reads."""
    aware = moment.replace(tzinfo=UTC)
    assert parse_time(timestamp_micros(aware)) == aware


@given(st.integers(0, 10**9))
def test_durations_say_nearly_what_they_mean(seconds: int) -> None:
    """A shown duration is never longer than the true one, and never shorter by more than its smallest unit."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 31536000}
    shown, number, smallest = timedelta(), "", 1
    for character in human_duration(seconds):
        if character.isdigit():
            number += character
        else:
            shown += timedelta(seconds=int(number) * units[character])
            smallest, number = units[character], ""
    whole = {"d": 86400, "y": 31536000}.get(human_duration(seconds)[-1], smallest)
    assert timedelta() <= timedelta(seconds=seconds) - shown < timedelta(seconds=max(whole, smallest))
