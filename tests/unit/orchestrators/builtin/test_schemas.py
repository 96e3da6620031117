"""The schemas of the kinds that the orchestrator serves."""

from __future__ import annotations

from lab.kube.paths import PACKAGE_REVISION, PACKAGE_REVISION_RESOURCES
from lab.orchestrators.builtin.schemas import package_revision_schema, resources_schema


def test_everything_that_is_shown_has_a_place(bench, run):
    """No field of a shown object is missing in its schema, and every value has the type that it says."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: bench.revision("nephio-my-ran.cluster-baseline.main"))
        kinds = ((PACKAGE_REVISION, package_revision_schema()), (PACKAGE_REVISION_RESOURCES, resources_schema()))
        for kind, schema in kinds:
            found, _ = await bench.client.list(kind, "default")
            assert len(found) >= 4
            assert [(schema.unknown_fields(obj), schema.validate(obj)) for obj in found] == [([], [])] * len(found)

    run(flow())


def test_mistypings_are_told():
    """A field that does not exist, or has the wrong type, is named with its path."""
    spec = {"package": "x", "revision": "v1", "tasks": [{"type": "init", "init": {"descrption": "x"}}]}
    obj = {"apiVersion": "porch.kpt.dev/v1alpha1", "kind": "PackageRevision", "metadata": {}, "spec": spec}
    schema = package_revision_schema()
    assert set(schema.unknown_fields(obj)) == {"spec.package", "spec.tasks[0].init.descrption"}
    assert [fault.field for fault in schema.validate(obj)] == ["spec.revision"]


def test_files_are_texts():
    """The map of files takes any path, and texts only."""
    files = {"a/b.yaml": "x", "c": 1}
    faults = resources_schema().validate({"spec": {"resources": files}})
    assert [fault.field for fault in faults] == ["spec.resources.c"]
