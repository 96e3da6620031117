"""What the checks of the document share: its files, as examples/my-ran has them, with this lab's addresses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from lab.wiring.handles import Lab

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "my-ran"


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder with the document's files."""
    return EXAMPLES


@pytest.fixture(scope="session")
def example(examples: Path) -> Callable[[str], dict[str, Any]]:
    """The last object of one of the document's files."""
    return lambda name: list(yaml.safe_load_all((examples / name).read_text()))[-1]


@pytest.fixture
def things_on() -> Callable[[Lab, str], dict[str, str]]:
    """Everything that a person can see change on a cluster: objects of the kinds that packages bring, by version."""
    kinds = ("namespaces", "configmaps", "deployments", "daemonsets", "resourcequotas", "storageclasses")
    kinds += ("networkpolicies", "roles", "rolebindings", "clusterroles", "customresourcedefinitions")

    def look(lab: Lab, cluster: str) -> dict[str, str]:
        seen = {}
        for kind in kinds:
            for item in _all(lab, cluster, kind):
                meta = item["metadata"]
                seen[f"{kind}/{meta.get('namespace', '')}/{meta['name']}"] = meta["resourceVersion"]
        return seen

    return look


@pytest.fixture
def files_in() -> Callable[[Lab, str], dict[str, str]]:
    """Every file on main of a deployment repository, by its path."""

    async def read(lab: Lab, name: str) -> dict[str, str]:
        repository = await lab.scene.git(name)
        tip = (await repository.fetch("refs/heads/main"))["refs/heads/main"]
        return {path: content.decode() for path, content in repository.files(tip).items()}

    return lambda lab, name: dict(lab._wait(read(lab, name)))


@pytest.fixture
def why() -> Callable[[Lab, str, str], dict[str, Any]]:
    """What `lab why` answers, as data."""

    async def ask(lab: Lab, subject: str, cluster: str) -> dict[str, Any]:
        from lab.scenarios.evidence import gather, resolve
        from lab.scenarios.why import decide

        found, _kind = await resolve(lab.scene.bench, subject, cluster)
        return decide(await gather(lab.scene.bench, found, cluster)).as_dict()

    return lambda lab, subject, cluster: dict(lab._wait(ask(lab, subject, cluster)))


@pytest.fixture
def all_of() -> Callable[[Lab, str, str], list[dict[str, Any]]]:
    """Every object of a kind on a cluster, as its admin sees them."""
    return _all


def _all(lab: Lab, cluster: str, word: str) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        client = lab.scene.kube(cluster)
        kind = await lab.scene.kinds.find(client, cluster, word)
        assert kind is not None, f"{cluster} serves no {word}"
        found, _version = await client.list(kind)
        return list(found)

    return list(lab._wait(read()))
