"""Random objects for the recordings: the same seed gives the same ones."""

from __future__ import annotations

from random import Random
from typing import Any

CUSTOM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer"},
                "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                "plain": {"type": "array", "items": {"type": "string"}},
                "fixed": {
                    "type": "object",
                    "x-kubernetes-map-type": "atomic",
                    "additionalProperties": {"type": "string"},
                },
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "sites": {"type": "object", "additionalProperties": {"type": "integer"}},
                "rules": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "zone"],
                    "items": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "zone": {"type": "string", "default": "east"},
                            "weight": {"type": "integer"},
                        },
                    },
                },
            },
        }
    },
}
"""A structural schema with every kind of list and map."""


class Shapes:
    """Makes random objects of a few kinds."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def some(self, items: Any, least: int = 0) -> list[Any]:
        """A random selection in random order."""
        return self.random.sample(items, self.random.randint(least, len(items)))

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random.random() < share

    def labels(self) -> dict[str, str]:
        """A few labels."""
        return {key: self.random.choice("12") for key in self.some("abc")}

    def metadata(self, *, namespaced: bool = True) -> dict[str, Any]:
        """Random metadata of the object `x`."""
        result: dict[str, Any] = {"name": "x"}
        if namespaced:
            result["namespace"] = "d"
        if self.chance(0.6):
            result["labels"] = self.labels()
        if self.chance(0.4):
            result["annotations"] = self.labels()
        if self.chance(0.3):
            result["finalizers"] = self.some(["f/a", "f/b"])
        if self.chance(0.2):
            owners = self.some("uv")
            result["ownerReferences"] = [{"apiVersion": "v1", "kind": "K", "name": n, "uid": n} for n in owners]
        return result

    def container(self, name: str, *, image: float = 0.7) -> dict[str, Any]:
        """A container; `image` is the chance of having one."""
        result: dict[str, Any] = {"name": name}
        if self.chance(image):
            result["image"] = self.random.choice("xy")
        if self.chance(0.5):
            result["env"] = [{"name": key, "value": self.random.choice("12")} for key in self.some("ABC")]
        if self.chance(0.5):
            result["ports"] = [self._port(number) for number in self.some([1, 2])]
        if self.chance(0.3):
            result["args"] = self.some("pqr")
        if self.chance(0.4):
            result["resources"] = {"limits": dict.fromkeys(self.some(["cpu", "memory"]), "1")}
        if self.chance(0.2):
            probe = self.random.choice([{"httpGet": {"path": "/", "port": 1}}, {"tcpSocket": {"port": 1}}])
            result["livenessProbe"] = probe
        return result

    def _port(self, number: int) -> dict[str, Any]:
        port: dict[str, Any] = {"containerPort": number}
        if self.chance(0.5):
            port["protocol"] = "TCP"
        if self.chance(0.3):
            port["name"] = f"n{number}"
        return port

    def deployment(self) -> dict[str, Any]:
        """A Deployment, often incomplete as applied ones are."""
        spec: dict[str, Any] = {}
        if self.chance(0.5):
            spec["replicas"] = self.random.randint(0, 2)
        if self.chance(0.7):
            spec["selector"] = {"matchLabels": dict.fromkeys(self.some("ab", 1), "1")}
        if self.chance(0.3):
            choices = [{"type": "Recreate"}, {"type": "RollingUpdate"}, {"rollingUpdate": {"maxSurge": 1}}]
            spec["strategy"] = self.random.choice(choices)
        if self.chance(0.9):
            spec["template"] = self._template()
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": self.metadata(), "spec": spec}

    def _template(self) -> dict[str, Any]:
        pod: dict[str, Any] = {"containers": [self.container(name) for name in self.some("abc")]}
        if self.chance(0.3):
            source = self.random.choice([{"emptyDir": {}}, {"configMap": {"name": "q"}}])
            pod["volumes"] = [{"name": name, **source} for name in self.some("vw")]
        if self.chance(0.3):
            pod["tolerations"] = [{"key": self.random.choice("kl")}]
        if self.chance(0.2):
            pod["nodeSelector"] = dict.fromkeys(self.some("ab"), "1")
        return {"spec": pod, **({"metadata": {"labels": self.labels()}} if self.chance(0.5) else {})}

    def config_map(self) -> dict[str, Any]:
        """A ConfigMap."""
        result: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": self.metadata()}
        if self.chance(0.8):
            result["data"] = self.labels()
        return result

    def service(self) -> dict[str, Any]:
        """A Service."""
        spec: dict[str, Any] = {}
        if self.chance(0.8):
            spec["ports"] = [{"port": number, "name": f"n{number}"} for number in self.some([1, 2, 3])]
        if self.chance(0.5):
            spec["selector"] = dict.fromkeys(self.some("ab"), "1")
        if self.chance(0.3):
            spec["externalIPs"] = self.some(["1.1.1.1", "2.2.2.2"])
        return {"apiVersion": "v1", "kind": "Service", "metadata": self.metadata(), "spec": spec}

    def custom(self) -> dict[str, Any]:
        """A custom resource of CUSTOM_SCHEMA."""
        members = (
            ("size", self.random.randint(0, 2)),
            ("tags", self.some("abc")),
            ("plain", self.some("abc")),
            ("fixed", self.labels()),
            ("free", {"deep": {"a": self.random.randint(0, 1)}, "list": self.some("ab")}),
            ("sites", {key: self.random.randint(0, 1) for key in self.some("ab")}),
            ("rules", self._rules()),
        )
        spec = {key: value for key, value in members if self.chance(0.5)}
        return {"apiVersion": "x.y/v1", "kind": "Foo", "metadata": self.metadata(), "spec": spec}

    def _rules(self) -> list[dict[str, Any]]:
        rules = []
        for name in self.some("pq"):
            rule: dict[str, Any] = {"name": name, "weight": self.random.randint(0, 1)}
            if self.chance(0.5):
                rule["zone"] = self.random.choice(["east", "west"])
            rules.append(rule)
        return rules

    def status(self) -> dict[str, Any]:
        """A Deployment that holds only a status."""
        conditions = [{"type": kind, "status": self.random.choice(["True", "False"])} for kind in self.some("XY")]
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "x", "namespace": "d"},
            "status": {"replicas": self.random.randint(0, 2), "conditions": conditions},
        }

    def patch(self) -> dict[str, Any]:
        """A strategic merge patch for a Deployment, with directives."""
        containers: list[dict[str, Any]] = []
        for name in self.some("abcde"):
            draw = self.random.random()
            if draw < 0.2:
                containers.append({"$patch": "delete", "name": name})
            elif draw < 0.25:
                containers.append({"$patch": "replace"})
            else:
                container = self.container(name, image=0.6)
                if self.chance(0.2):
                    container["image"] = None
                containers.append(container)
        pod: dict[str, Any] = {"containers": containers}
        if self.chance(0.5):
            order = [c["name"] for c in containers if "$patch" not in c]
            for extra in "abcd":
                if extra not in order and self.chance(0.5):
                    order.insert(self.random.randint(0, len(order)), extra)
            pod["$setElementOrder/containers"] = [{"name": name} for name in order]
        patch: dict[str, Any] = {"spec": {"template": {"spec": pod}}}
        if self.chance(0.4):
            patch["metadata"] = {"labels": {self.random.choice("abcd"): self.random.choice([None, "9"])}}
            if self.chance(0.5):
                patch["metadata"]["$deleteFromPrimitiveList/finalizers"] = ["f/b"]
        if self.chance(0.3):
            patch["spec"]["strategy"] = {"$retainKeys": ["type"], "type": "Recreate"}
        return patch
