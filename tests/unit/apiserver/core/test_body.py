"""Bodies."""

from __future__ import annotations

import pytest

from lab.apiserver.core.body import duplicate_fields, read
from lab.apiserver.core.errors import ApiError


def test_yaml_body():
    """YAML is read, dates and numeric keys become text."""
    body = b"kind: ConfigMap\ndata:\n  1: one\n  when: 2020-01-02\n"
    assert read(body, "application/yaml", "X") == {"kind": "ConfigMap", "data": {"1": "one", "when": "2020-01-02"}}


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [(b"[]", "application/json", 400), (b"{", "application/json", 400), (b"a: [", "text/yaml", 400), (b"", "x/y", 415)],
)
def test_refusals(body, kind, code):
    """What is no object is 400, an unknown media type 415."""
    with pytest.raises(ApiError) as refused:
        read(body, kind, "ConfigMap")
    assert code == refused.value.code


def test_duplicates():
    """Repeated keys are named once each, by path."""
    body = b'{"a":{"x":1,"x":2,"x":3},"b":[{"y":1},{"y":1,"y":2}],"c":1}'
    assert duplicate_fields(body, "application/json") == ['duplicate field "a.x"', 'duplicate field "b[1].y"']
    assert duplicate_fields(b'{"a":{"x":1},"b":{"x":1}}', "application/json") == []
