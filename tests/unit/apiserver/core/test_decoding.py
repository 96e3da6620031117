"""Reading request bodies: quantities, Go types and their error texts, protobuf envelopes."""

from typing import Any

import pytest

from lab.apiserver.core import protobuf, quantity
from lab.apiserver.core.cel_optional import rewritten
from lab.apiserver.core.data import builtin_resources
from lab.apiserver.core.defaults import apply_builtin_defaults
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.formats import fits


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("100000k", "100M"),
        ("1e3", "1e3"),
        ("0", "0"),
        ("-2", "-2"),
        ("1Ki", "1Ki"),
        ("0.0000000001", "1n"),
    ],
)
def test_quantities_have_one_spelling(text: str, shown: str) -> None:
    """A quantity comes back without fraction and with the largest suffix that keeps it exact."""
    assert shown == quantity.canonical(text)
    assert quantity.value(shown) >= quantity.value(text)


@pytest.mark.parametrize("text", ["", "x", "1Zi", "1 Gi", "1e"])
def test_what_is_no_quantity_is_refused_with_the_text_of_kubernetes(text: str) -> None:
    """The pattern that quantities follow is part of the message."""
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        quantity.canonical(text)


def deployment(**spec: Any) -> dict[str, Any]:
    """A Deployment with this spec."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}


@pytest.mark.parametrize(
    ("obj", "text"),
    [
        (
            deployment(replicas="x"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            deployment(replicas=1.5),
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            deployment(template={"spec": {"containers": {}}}),
            "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers "
            "of type []v1.Container",
        ),
        (
            deployment(template={"metadata": {"labels": {"a": 1}}}),
            "json: cannot unmarshal number into Go struct field ObjectMeta.spec.template.metadata.labels "
            "of type string",
        ),
        (
            deployment(template={"spec": {"containers": [{"resources": {"limits": {"cpu": "x"}}}]}}),
            quantity.FORMAT_ERROR,
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_in_the_decoders_words(obj: dict[str, Any], text: str) -> None:
    """The 400 names the Go struct, the path and the Go type, as the real server's does."""
    resource = next(r for r in builtin_resources() if (r.api_version, r.kind) == ("apps/v1", "Deployment"))
    with pytest.raises(ApiError) as caught:
        apply_builtin_defaults(resource, obj)
    assert caught.value.code == 400
    assert caught.value.message == f'Deployment in version "v1" cannot be handled as a Deployment: {text}'


@pytest.mark.parametrize("body", [b"", b"{}", b"k8s\x00\x0a", b"k8s\x00\x0a\x7fabc", b"k8s\x00\x0f"])
def test_a_broken_protobuf_body_is_a_400(body: bytes) -> None:
    """Neither a missing envelope nor a cut one gets past the reader."""
    with pytest.raises(ApiError) as caught:
        protobuf.decode(body)
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("self.?a.orValue(1)", "optionalMember(self, 'a').orValue(1)"),
        ("self.?a.?b.hasValue()", "optionalMember(optionalMember(self, 'a'), 'b').hasValue()"),
        ("f(x)[0].m[?'k'] == 1", "optionalMember(f(x)[0].m, 'k') == 1"),
        ("x == '.?' || y", "x == '.?' || y"),
        ("a ? b : c", "a ? b : c"),
    ],
)
def test_optional_access_in_cel_becomes_a_call(expression: str, result: str) -> None:
    """`.?` and `[?` turn into calls, outside of string literals only."""
    assert result == rewritten(expression)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2024-01-02T03:04:05.6Z", "2024-13-02T03:04:05Z"),
        ("ipv6", "::1", "1.2.3.4"),
        ("isbn", "978-0321751041", "978-0321751042"),
        ("creditcard", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("hexcolor", "#fff", "fffff"),
        ("rgbcolor", "rgb(1, 2,255)", "rgb(1,2,256)"),
        ("k8s-short-name", "a-b", "a.b"),
        ("k8s-long-name", "a.b", "A.b"),
    ],
)
def test_string_formats(name: str, good: str, bad: str) -> None:
    """A format takes what it names and nothing else; unknown formats take anything."""
    assert fits(name, good)
    assert not fits(name, bad)
    assert fits("no-such-format", bad)
