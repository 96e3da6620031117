"""Label selectors choose as Kubernetes does and refuse with its texts."""

import pytest

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.label_selectors import parse_labels, selector_of


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
