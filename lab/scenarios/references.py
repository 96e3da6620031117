"""Finding the object that a step names as `kind/name`."""

from __future__ import annotations

from lab.kube.paths import Kind, Object, name_of
from lab.scenarios.kinds import in_namespace, label, reference
from lab.scenarios.match import nearest
from lab.scenarios.outcome import StepFailed
from lab.scenarios.scene import Scene


async def existing(scene: Scene, cluster: str, text: str, namespace: str = "") -> tuple[Kind, Object]:
    """The object's kind and the object. Raises StepFailed with what is most like it."""
    kind, obj = await find(scene, cluster, text, namespace)
    if obj is None:
        everything, _version = await scene.kube(cluster).list(kind)
        _word, name = reference(text)
        alike = nearest({}, everything, label=name_of, wanted=name)
        where = f" -n {in_namespace(kind, namespace)}" if kind.namespaced else ""
        raise StepFailed(f"{text}{where} on {cluster}", ["no such object is there"], [label(item) for item in alike])
    return kind, obj


async def find(scene: Scene, cluster: str, text: str, namespace: str = "") -> tuple[Kind, Object | None]:
    """The object's kind and the object, None when it is not there. Raises StepFailed for a kind that is not served."""
    word, name = reference(text)
    client = scene.kube(cluster)
    kind = await scene.kinds.find(client, cluster, word)
    if kind is None or not name:
        trouble = f"{cluster} serves no kind {word}" if kind is None else "write kind/name"
        raise StepFailed(f"{text} on {cluster}", [trouble])
    return kind, await client.get(kind, name, in_namespace(kind, namespace))
