"""Accept headers."""

from __future__ import annotations

import pytest

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.negotiation import Wanted, negotiate


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Wanted()),
        ("*/*", Wanted()),
        ("application/yaml", Wanted("application/yaml")),
        ("application/vnd.kubernetes.protobuf,application/json", Wanted()),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Wanted(view="Table")),
        ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Wanted()),
        ("application/json;q=0.1,application/yaml", Wanted("application/yaml")),
        (
            "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            Wanted(view="PartialObjectMetadata"),
        ),
    ],
)
def test_choice(header, expected):
    """The first media type that the server speaks is taken, by quality and order."""
    assert expected == negotiate(header)


def test_nothing_fits():
    """Where nothing fits the answer is 406."""
    with pytest.raises(ApiError) as refused:
        negotiate("text/html, application/vnd.kubernetes.protobuf")
    assert refused.value.code == 406
