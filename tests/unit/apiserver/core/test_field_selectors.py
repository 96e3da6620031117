"""Field selectors choose as Kubernetes does and refuse with its texts."""

from typing import Any

import pytest

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.field_selectors import parse_fields
from lab.apiserver.core.resource import Resource

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
