"""Label and field selectors choose as Kubernetes does and refuse with its texts."""

from typing import Any

import pytest

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.selectors import parse_fields, parse_labels, selector_of

PODS = Resource(
    "", "v1", "pods", "pod", "Pod", True, selectable_fields=("spec.nodeName", "spec.hostNetwork", "status.phase")
)
CONFIG_MAPS = Resource("", "v1", "configmaps", "configmap", "ConfigMap", True)
CUSTOM = Resource(
    "example.org",
    "v1",
    "gadgets",
    "gadget",
    "Gadget",
    True,
    custom=True,
    selectable_fields=(".spec.size",),
)


@pytest.mark.parametrize(
    ("text", "labels", "selected"),
    [
        ("", {}, True),
        ("app=web", {"app": "web"}, True),
        ("app==web", {"app": "db"}, False),
        ("app!=web", {}, True),
        ("app", {"app": ""}, True),
        ("!app", {"app": ""}, False),
        ("!app", {}, True),
        ("tier in (a, b)", {"tier": "b"}, True),
        ("tier in (a,b)", {}, False),
        ("tier notin (a)", {}, True),
        ("tier notin (a)", {"tier": "a"}, False),
        ("app=", {"app": ""}, True),
        ("n>3", {"n": "4"}, True),
        ("n<3", {"n": "4"}, False),
        ("n>3", {"n": "many"}, False),
        ("nephio.org/site=a,app in (in)", {"nephio.org/site": "a", "app": "in"}, True),
        ("x in (,a)", {"x": ""}, True),
    ],
)
def test_label_selectors_choose(text: str, labels: dict[str, str], selected: bool) -> None:
    """A label selector holds exactly when each of its requirements does."""
    assert parse_labels(text).matches(labels) is selected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a b",
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        ),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
    ],
)
def test_malformed_label_selectors(text: str, message: str) -> None:
    """A selector that cannot be read is a 400 that says what was found and expected."""
    with pytest.raises(ApiError) as refused:
        parse_labels(text)
    assert (400, message) == (refused.value.code, refused.value.message)


def test_invalid_label_value_is_refused() -> None:
    """A value that no label can have is refused, and the text names the key and the rule."""
    with pytest.raises(ApiError, match=r'values\[0\]\[a\]: Invalid value: "-x": a valid label must be'):
        parse_labels("a=-x")


def test_selector_text_is_normal() -> None:
    """The text of a selector is sorted by key and spelled as Kubernetes prints it."""
    assert str(parse_labels("z in (y,x),a=b,!c")) == "a=b,!c,z in (x,y)"


def test_selector_objects() -> None:
    """matchLabels and matchExpressions become one selector."""
    selector = selector_of(
        {
            "matchLabels": {"a": "b"},
            "matchExpressions": [{"key": "c", "operator": "DoesNotExist"}],
        }
    )
    assert selector.matches({"a": "b"})
    assert not selector.matches({"a": "b", "c": "d"})
    assert str(selector) == "a=b,!c"


@pytest.mark.parametrize(
    ("text", "resource", "obj", "selected"),
    [
        ("metadata.name=a", CONFIG_MAPS, {"metadata": {"name": "a"}}, True),
        ("metadata.name!=a", CONFIG_MAPS, {"metadata": {"name": "a"}}, False),
        (
            "status.phase=Running,spec.nodeName=",
            PODS,
            {"status": {"phase": "Running"}},
            True,
        ),
        ("spec.hostNetwork=false", PODS, {}, True),
        ("spec.size=3", CUSTOM, {"spec": {"size": 3}}, True),
    ],
)
def test_field_selectors_choose(text: str, resource: Resource, obj: dict[str, Any], selected: bool) -> None:
    """A field selector compares the text of fields that the kind offers."""
    assert parse_fields(text, resource).matches(obj) is selected


def test_exact_name_is_known() -> None:
    """A selector on the name tells the name, so that a list need not be scanned."""
    selector = parse_fields("metadata.name=a,metadata.namespace!=b", PODS)
    assert (
        selector.name,
        selector.namespace,
        selector.only_metadata,
    ) == ("a", None, True)


@pytest.mark.parametrize(
    ("text", "resource", "message"),
    [
        ("spec.x=1", PODS, "field label not supported: spec.x"),
        (
            "spec.x=1",
            CONFIG_MAPS,
            '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("spec.x=1", CUSTOM, "field label not supported: spec.x"),
        ("what", PODS, "invalid selector: 'what'; can't understand 'what'"),
        (
            "status.phase=a\\b",
            PODS,
            "invalid field selector: invalid escape sequence: \\b",
        ),
    ],
)
def test_field_selector_refusals(text: str, resource: Resource, message: str) -> None:
    """An unknown field or malformed term is a 400 with Kubernetes' text."""
    with pytest.raises(ApiError) as refused:
        parse_fields(text, resource)
    assert (400, message) == (refused.value.code, refused.value.message)
