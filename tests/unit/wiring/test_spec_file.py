"""The lab's wish survives its way to the lab server."""

from __future__ import annotations

from pathlib import Path

from lab.model.spec import Approval, Bootstrap, ClusterSpec, Flow, LabSpec, Network
from lab.wiring.spec_file import read_spec, write_spec

SPEC = LabSpec(
    name="demo",
    profile="embedded",
    clusters=(ClusterSpec("my-ran", "s", ("macvlan",), "metal", (Network("n2", "10.0.0.0/24"),), Bootstrap.MANUAL),),
    flows=(Flow("cluster-baseline", "my-ran", {"a": "b"}, Approval.ALWAYS, "v2"),),
    packages="",
    period=5.0,
    strict=True,
    api_port=6500,
    git_port=3001,
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Every field comes back with its type."""
    write_spec(tmp_path / "lab.json", SPEC)

    assert read_spec(tmp_path / "lab.json") == SPEC


def test_a_variant_is_named_as_in_the_document() -> None:
    """cluster-baseline for my-ran is the variant baseline-my-ran."""
    assert SPEC.flows[0].variant == "baseline-my-ran"
    assert Flow("networking", "my-ran").variant == "networking-my-ran"
