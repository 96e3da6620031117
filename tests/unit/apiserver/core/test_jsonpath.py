"""JSONPath finds what printer columns of real CRDs ask for."""

from typing import Any

import pytest

from lab.apiserver.core.jsonpath import JSONPathError, compile_path, text_of

OBJECT: dict[str, Any] = {
    "metadata": {"labels": {"nephio.org/site": "edge"}, "annotations": {"a.b": "dotted"}},
    "spec": {"sizes": [1, 2, 3], "deep": {"size": 4}},
    "status": {
        "conditions": [
            {"type": "Ready", "status": "True", "n": 2},
            {"type": "Synced", "status": "False", "n": 5, "note": "x"},
        ]
    },
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.deep.size", [4]),
        ("{.spec.deep.size}", [4]),
        ("$.spec.deep.size", [4]),
        (".spec.sizes[0]", [1]),
        (".spec.sizes[-1]", [3]),
        (".spec.sizes[-1:]", [3]),
        (".spec.sizes[0:2]", [1, 2]),
        (".spec.sizes[*]", [1, 2, 3]),
        (".spec.sizes[0,2]", [1, 3]),
        (".metadata.labels['nephio.org/site']", ["edge"]),
        (".metadata.labels.nephio\\.org/site", ["edge"]),
        (".metadata.annotations.a\\.b", ["dotted"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type=='Synced')].status", ["False"]),
        (".status.conditions[?(@.n>2)].type", ["Synced"]),
        (".status.conditions[?(@.note)].type", ["Synced"]),
        ('.status.conditions[?(@.type!="Ready")].type', ["Synced"]),
        ("..size", [4]),
        (".status.conditions[*].type", ["Ready", "Synced"]),
        (".status.missing.deeper", []),
        (".spec.sizes[9]", []),
        (".spec.sizes.name", []),
    ],
)
def test_paths_find(path: str, found: list[Any]) -> None:
    """A path gives every value it leads to, and nothing where a key is missing."""
    assert found == compile_path(path).find(OBJECT)


@pytest.mark.parametrize("path", [".a[", ".a[x]", ".a b", ".a[?(@.x==y)]", ".."[:1] + ".a{"])
def test_malformed_paths(path: str) -> None:
    """A path that Kubernetes would not read is an error."""
    with pytest.raises(JSONPathError):
        compile_path(path)


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (True, "true"), (3, "3"), ({"a": [1]}, '{"a":[1]}'), (None, "<nil>")]
)
def test_text_of_values(value: Any, text: str) -> None:
    """Scalars print plainly, containers as JSON."""
    assert text == text_of(value)
