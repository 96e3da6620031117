"""Clients that ask for metadata get nothing else."""

from lab.apiserver.core.partial import partial_metadata, partial_metadata_list

POD = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}, "spec": {"nodeName": "n"}}


def test_one_object() -> None:
    """An object keeps its metadata and loses spec and status."""
    expected = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "a"}}
    assert expected == partial_metadata(POD)


def test_list() -> None:
    """A list keeps its resourceVersion and holds reduced items."""
    found = partial_metadata_list([POD], {"resourceVersion": "7"})
    assert (found["kind"], found["metadata"]) == ("PartialObjectMetadataList", {"resourceVersion": "7"})
    assert [item["kind"] for item in found["items"]] == ["PartialObjectMetadata"]
