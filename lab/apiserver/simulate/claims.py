"""Claims and volumes: a claim gets a volume that exists, or one that its class provides.

Source: Kubernetes, persistentvolume controller (syncUnboundClaim, provisionClaim, reclaimVolume).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.quantity import value
from lab.apiserver.simulate.marks import is_deleting, marked
from lab.apiserver.simulate.pod_objects import CLAIMS, PODS
from lab.apiserver.simulate.world import World

VOLUMES = "persistentvolumes"
CLASSES = "storageclasses.storage.k8s.io"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Bring one claim a step on."""
    claim = await world.client.find(CLAIMS, namespace, name)
    if claim is None or is_deleting(claim):
        return None
    if claim["spec"].get("volumeName"):
        await _tell_bound(world, claim)
        return None
    volume = await _existing_volume(world, claim)
    if volume is None:
        class_ = await _class_of(world, claim)
        if class_ is None or not await _may_provision(world, claim, class_):
            return None
        left = world.wait_for(claim["metadata"]["uid"], "provision", world.timing.provision)
        if left > 0:
            return left
        volume = await _provision(world, claim, class_)
    await _bind(world, claim, volume)
    world.forget(claim["metadata"]["uid"])
    return None


async def reconcile_volume(world: World, _namespace: str, name: str) -> float | None:
    """A volume whose claim is gone is deleted or released, as its policy says."""
    volume = await world.client.find(VOLUMES, "", name)
    if volume is None or is_deleting(volume):
        return None
    reference = volume["spec"].get("claimRef")
    if not reference or not reference.get("uid"):
        if not (volume.get("status") or {}).get("phase") or volume["status"]["phase"] == "Pending":
            await world.client.patch_status(VOLUMES, volume, {"phase": "Available"})
        return None
    claim = await world.client.find(CLAIMS, reference["namespace"], reference["name"])
    if claim is not None and claim["metadata"]["uid"] == reference["uid"]:
        return None
    if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
        await world.client.delete(VOLUMES, volume)
    else:
        await world.client.patch_status(VOLUMES, volume, {"phase": "Released"})
    return None


def _requested(claim: Mapping[str, Any]) -> str:
    size: str = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage", "0")
    return size


async def _existing_volume(world: World, claim: Mapping[str, Any]) -> dict[str, Any] | None:
    """The smallest free volume of the claim's class that is large enough and offers its access modes."""
    class_name = claim["spec"].get("storageClassName") or ""
    modes = set(claim["spec"].get("accessModes") or ())
    fitting = []
    for volume in await world.client.list(VOLUMES):
        spec = volume["spec"]
        reference = spec.get("claimRef") or {}
        meant = (reference.get("namespace"), reference.get("name")) == (
            claim["metadata"]["namespace"],
            claim["metadata"]["name"],
        )
        free = not reference or (meant and reference.get("uid", claim["metadata"]["uid"]) == claim["metadata"]["uid"])
        if free and (spec.get("storageClassName") or "") == class_name and modes <= set(spec.get("accessModes") or ()):
            size = value((spec.get("capacity") or {}).get("storage", "0"))
            if size >= value(_requested(claim)):
                fitting.append((not meant, size, volume["metadata"]["name"], volume))
    return min(fitting, key=lambda found: found[:3])[3] if fitting else None


async def _class_of(world: World, claim: Mapping[str, Any]) -> dict[str, Any] | None:
    name = claim["spec"].get("storageClassName")
    if name:
        return await world.client.find(CLASSES, "", name)
    if name == "":
        return None
    for class_ in await world.client.list(CLASSES):
        if (class_["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true":
            return class_
    return None


async def _may_provision(world: World, claim: Mapping[str, Any], class_: Mapping[str, Any]) -> bool:
    if class_.get("provisioner") == "kubernetes.io/no-provisioner":
        return False
    if class_.get("volumeBindingMode") != "WaitForFirstConsumer":
        return True
    for pod in await world.client.list(PODS, claim["metadata"]["namespace"]):
        volumes = pod["spec"].get("volumes") or ()
        used = {(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes}
        if pod["spec"].get("nodeName") and claim["metadata"]["name"] in used:
            return True
    return False


async def _provision(world: World, claim: Mapping[str, Any], class_: Mapping[str, Any]) -> dict[str, Any]:
    name = f"pvc-{claim['metadata']['uid']}"
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": marked({"name": name, "annotations": {PROVISIONED_BY: class_["provisioner"]}}),
        "spec": {
            "capacity": {"storage": _requested(claim)},
            "accessModes": claim["spec"].get("accessModes") or [],
            "persistentVolumeReclaimPolicy": class_.get("reclaimPolicy") or "Delete",
            "storageClassName": class_["metadata"]["name"],
            "volumeMode": claim["spec"].get("volumeMode") or "Filesystem",
            "hostPath": {"path": f"/simulated/{name}", "type": "DirectoryOrCreate"},
        },
    }
    try:
        return await world.client.create(VOLUMES, "", volume)
    except ApiError as refused:
        made = await world.client.find(VOLUMES, "", name) if refused.reason == "AlreadyExists" else None
        if made is None:
            raise
        return made


async def _bind(world: World, claim: dict[str, Any], volume: dict[str, Any]) -> None:
    metadata = claim["metadata"]
    reference = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        **{key: metadata[key] for key in ("namespace", "name", "uid", "resourceVersion")},
    }
    if (volume["spec"].get("claimRef") or {}).get("uid") != metadata["uid"]:
        volume = await world.client.patch(VOLUMES, volume, {"spec": {"claimRef": reference}})
    volume = await world.client.patch_status(VOLUMES, volume, {"phase": "Bound"})
    notes = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
    annotations = {**marked({})["annotations"], **notes}
    changes = {"metadata": {"annotations": annotations}, "spec": {"volumeName": volume["metadata"]["name"]}}
    claim = await world.client.patch(CLAIMS, claim, changes)
    await _tell_bound(world, claim)
    told = f"Successfully provisioned volume {volume['metadata']['name']}"
    await world.event(claim, "ProvisioningSucceeded", told, "persistentvolume-controller")


async def _tell_bound(world: World, claim: dict[str, Any]) -> None:
    volume = await world.client.find(VOLUMES, "", claim["spec"]["volumeName"])
    if volume is None:
        await world.client.patch_status(CLAIMS, claim, {"phase": "Lost"})
        return
    if (volume["spec"].get("claimRef") or {}).get("uid") != claim["metadata"]["uid"]:
        await _bind(world, claim, volume)
        return
    await world.client.patch_status(VOLUMES, volume, {"phase": "Bound"})
    status = {
        "phase": "Bound",
        "accessModes": volume["spec"].get("accessModes"),
        "capacity": volume["spec"].get("capacity"),
    }
    await world.client.patch_status(CLAIMS, claim, status)
