"""Write what Kubernetes' own code answers into the recordings that the lab's tests compare with.

Usage: python record.py RECORDER_BINARY OUTPUT_FOLDER

Build the binary with `go build -o /tmp/recorder .` in this folder. Objects come from objects.jsonl and
faulty.jsonl.gz and
custom.json.gz and, at random with fixed seeds, from shapes.py.
"""

from __future__ import annotations

import copy
import gzip
import json
import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any

from oracle import Oracle
from shapes import CUSTOM_SCHEMA, Shapes

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "lab" / "apiserver" / "data"
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def definitions(folder: Path) -> tuple[Path, Path]:
    """The component schemas in the form the recorder reads, and the same with the custom kind Foo."""
    text = lzma.decompress((DATA / "schemas.json.xz").read_bytes()).decode()
    components = json.loads(text.replace("#/components/schemas/", "#/definitions/"))
    builtin, custom = folder / "builtin.json", folder / "custom.json"
    builtin.write_text(json.dumps({"definitions": components}))
    foo = copy.deepcopy(CUSTOM_SCHEMA)
    foo["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"$ref": f"#/definitions/{META}"},
    }
    foo["x-kubernetes-group-version-kind"] = [{"group": "x.y", "version": "v1", "kind": "Foo"}]
    custom.write_text(json.dumps({"definitions": {**components, "y.x.v1.Foo": foo}}))
    return builtin, custom


def lines(name: str) -> list[dict[str, Any]]:
    """The objects of one input file."""
    body = (HERE / name).read_bytes()
    text = gzip.decompress(body) if name.endswith(".gz") else body
    return [json.loads(line) for line in text.splitlines()]


def record_objects(oracle: Oracle) -> list[dict[str, Any]]:
    """Per object: how it comes back plain, with defaults, and as protobuf (base64)."""
    recorded = []
    for obj in lines("objects.jsonl"):
        plain, full, binary = (oracle.ask(op, object=obj) for op in ("roundtrip", "default", "protobuf"))
        recorded.append(
            {"object": obj, "plain": plain["object"], "default": full["object"], "protobuf": binary["object"]}
        )
    return recorded


def record_faults(oracle: Oracle) -> list[dict[str, Any]]:
    """Per faulty object: the causes that validation reports."""
    recorded = []
    for case in lines("faulty.jsonl.gz"):
        request = copy.deepcopy(case)
        if "live" in request:
            for part in request.values():
                part["metadata"]["resourceVersion"] = "1"
        recorded.append({**case, "causes": oracle.ask("validate", **request)["object"]})
    return recorded


def record_patches(oracle: Oracle, count: int) -> list[dict[str, Any]]:
    """Strategic merge patches with their results or errors."""
    shapes, recorded = Shapes(1), []
    for _ in range(count):
        obj, patch = shapes.deployment(), shapes.patch()
        recorded.append({"object": obj, "patch": patch, **renamed(oracle.ask("strategic", object=obj, patch=patch))})
    return recorded


def record_customs(oracle: Oracle) -> dict[str, Any]:
    """Custom resources under a schema: pruned, with defaults, with the paths that were unknown and all faults.

    The recorder knows no ratcheting: no given case has a list item that is the same before and after.
    """
    given = json.loads(gzip.decompress((HERE / "custom.json.gz").read_bytes()))
    for case in given["cases"]:
        request = {**copy.deepcopy(case), "schema": given["schemas"][case["schema"]]}
        reply = oracle.ask("custom_validate", **request)["object"]
        case |= {"result": reply["object"], "unknown": reply["unknown"] or [], "errors": reply["errors"]}
    return dict(given)


def renamed(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply with its object under `result`."""
    return {"result" if key == "object" else key: value for key, value in reply.items()}


def record_applies(oracle: Oracle, runs: int) -> list[dict[str, Any]]:
    """Sequences of applies and updates by three managers; every step stands for itself."""
    shapes, recorded = Shapes(2), []
    for _ in range(runs):
        make = shapes.random.choice([shapes.deployment, shapes.config_map, shapes.service, shapes.custom])
        live: dict[str, Any] | None = None
        for _ in range(6):
            step = next_step(oracle, shapes, make(), live)
            recorded.append(step)
            if "result" in step:
                live = next_live(shapes, step["result"])
    return recorded


def next_step(oracle: Oracle, shapes: Shapes, obj: dict[str, Any], live: dict[str, Any] | None) -> dict[str, Any]:
    """One apply or update with its reply."""
    custom = obj["kind"] == "Foo"
    operation = shapes.random.choice(["apply", "apply", "update"])
    subresource = "status" if obj["kind"] == "Deployment" and shapes.chance(0.15) else ""
    if subresource and operation == "apply":
        obj = shapes.status()
    if live is not None and operation == "update":
        obj["metadata"]["uid"] = live["metadata"]["uid"]
    if operation == "update" and not custom:
        obj = oracle.ask("default", object=obj)["object"]
    request = {
        "object": obj,
        "manager": shapes.random.choice(["alice", "bob", "kubectl"]),
        "force": shapes.chance(0.5),
        "subresource": "" if custom else subresource,
        "custom": custom,
    }
    if live is not None:
        request["live"] = live
    return {"operation": operation, **request, **renamed(oracle.ask(operation, **request))}


def next_live(shapes: Shapes, result: dict[str, Any]) -> dict[str, Any]:
    """The stored object before the next step: it has a uid, and its entries are older than now."""
    live = copy.deepcopy(result)
    live["metadata"]["uid"] = "u1"
    for entry in live["metadata"].get("managedFields", []):
        if "time" in entry:
            entry["time"] = f"2000-12-30T00:00:0{shapes.random.randint(0, 9)}Z"
    return live


def main(binary: Path, output: Path) -> None:
    """Record everything anew."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Oracle(binary, *definitions(Path(folder))) as oracle:
        recordings: dict[str, Any] = {
            "objects": record_objects(oracle),
            "faults": record_faults(oracle),
            "customs": record_customs(oracle),
            "patches": record_patches(oracle, 250),
            "applies": record_applies(oracle, 60),
        }
    for name, content in recordings.items():
        body = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        (output / f"{name}.json.gz").write_bytes(gzip.compress(body, 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
