"""The lab as it was asked for, kept in its folder: what `up` compares with and what the lab server starts from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import orjson

from lab.kit.files import write_atomic
from lab.model.spec import Approval, Bootstrap, ClusterSpec, Flow, LabSpec, Network


def write_spec(path: Path, spec: LabSpec) -> None:
    """Keep the lab's wish as JSON."""
    write_atomic(path, orjson.dumps(dataclasses.asdict(spec), option=orjson.OPT_INDENT_2))


def read_spec(path: Path) -> LabSpec:
    """What `write_spec` wrote. Raises OSError and ValueError."""
    data: dict[str, Any] = orjson.loads(path.read_bytes())
    data["clusters"] = tuple(_cluster(c) for c in data["clusters"])
    data["flows"] = tuple(Flow(**{**f, "approve": Approval(f["approve"])}) for f in data["flows"])
    return LabSpec(**data)


def _cluster(data: dict[str, Any]) -> ClusterSpec:
    networks = tuple(Network(**n) for n in data["networks"])
    return ClusterSpec(
        **{**data, "networks": networks, "cnis": tuple(data["cnis"]), "bootstrap": Bootstrap(data["bootstrap"])}
    )
