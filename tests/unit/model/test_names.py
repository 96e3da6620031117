"""Names as the field wants them."""

from __future__ import annotations

import pytest

from lab.model.names import confusable, deployment_repository, is_label, label_fault


@pytest.mark.parametrize("name", ["a", "my-ran", "0", "a" * 63, "edge-0001"])
def test_labels(name: str) -> None:
    """RFC 1123 labels pass."""
    assert is_label(name)
    assert label_fault(name) == ""


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a_b", "a.b", "a b", "ä", "a" * 64, "a\n"])
def test_what_is_no_label_is_told_why(name: str) -> None:
    """Anything else has a reason."""
    assert not is_label(name)
    assert label_fault(name)


def test_names_that_a_cache_folder_cannot_tell_apart() -> None:
    """kubectl turns `-` into `_` in its cache: two such names are one."""
    assert confusable(["a-b", "c", "a_b"]) == ("a-b", "a_b")
    assert confusable(["a-b", "c"]) is None


def test_a_clusters_repository() -> None:
    """The deployment repository is named after its cluster."""
    assert deployment_repository("my-ran") == "nephio-my-ran"
