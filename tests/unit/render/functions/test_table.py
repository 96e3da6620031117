"""Which image names which function."""

from __future__ import annotations

import pytest

from lab.render.functions._table import FUNCTIONS, function_for, function_name


@pytest.mark.parametrize(
    "image",
    [
        "apply-setters",
        "apply-setters:v0.2",
        "gcr.io/kpt-fn/apply-setters:v0.2.0",
        "ghcr.io/kptdev/krm-functions-catalog/apply-setters:v0.2",
        "ghcr.io/kptdev/krm-functions-catalog/apply-setters@sha256:abc",
        "ghcr.io/kptdev/krm-functions-catalog/apply-setters:v0.2@sha256:abc",
    ],
)
def test_registry_tag_and_digest_do_not_choose_the_function(image: str) -> None:
    """The catalog's images are known with and without registry, tag and digest."""
    assert function_for(image) is FUNCTIONS["apply-setters"]


@pytest.mark.parametrize("image", ["example.org/team/apply-setters:v1", "localhost:5000/apply-setters", "starlark", ""])
def test_other_images_are_not_taken_for_the_catalogs(image: str) -> None:
    """An image of another registry is somebody else's program, whatever its name."""
    assert function_for(image) is None


def test_an_unknown_image_keeps_its_path() -> None:
    """Messages show which image was meant."""
    assert function_name("localhost:5000/a/b:v1") == "localhost:5000/a/b"
