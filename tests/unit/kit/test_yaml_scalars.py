"""Scalars as the Kubernetes tools read them."""

from __future__ import annotations

import pytest

from lab.kit.yaml_nodes import compose, data_of
from lab.kit.yaml_scalars import format_scalar, keep_quoting, resolve_plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True),
        ("No", False),
        ("on", True),
        ("OFF", False),
        ("oN", "oN"),
        ("~", None),
        ("", None),
        ("017", 15),
        ("0o17", 15),
        ("08", 8.0),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("1e3", 1000.0),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("1.2.3", "1.2.3"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        (".5", 0.5),
        ("-", "-"),
        ("18446744073709551616", 18446744073709551616.0),
    ],
)
def test_plain_text_has_the_value_that_kubernetes_tools_see(text: str, value: object) -> None:
    """Unquoted text becomes a boolean, number, null or text by the rules of YAML 1.1 without times."""
    assert (type(value), value) == (type(resolve_plain(text)), resolve_plain(text))


def test_a_boolean_as_key_becomes_text() -> None:
    """JSON knows only text as keys: `on:` is the key `true`."""
    assert data_of(compose("on: 1\nn: 2\n80: 3\n")) == {"true": 1, "false": 2, "80": 3}


@pytest.mark.parametrize("text", ["y", "1:30", "a: b", "# x", "", " a", "a\nb", "0x1", "- a", "@x", "a:", "\x85"])
def test_text_that_would_be_misread_is_quoted(text: str) -> None:
    """A string is written so that both old and new readers see the same string."""
    assert format_scalar(text).startswith('"')


def test_quoting_is_kept_when_only_the_text_changes() -> None:
    """Setting the text of a node keeps its quotes; unquoted text may change its type."""
    assert [
        keep_quoting("3", "'", flow=False),
        keep_quoting("3", '"', flow=False),
        keep_quoting("3", "", flow=False),
        keep_quoting("yes", "", flow=False),
        keep_quoting("a: b", "", flow=False),
        keep_quoting("", "", flow=False),
    ] == ["'3'", '"3"', "3", "yes", "'a: b'", '""']
