"""A search of every object of a cluster and every file of every commit for a key to another cluster."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from lab.git.failures import GitFailure
from lab.kube.client import KubeError
from lab.model.names import BLUEPRINTS, deployment_repository
from lab.model.spec import MANAGEMENT
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.conditions.keys import Keys, keys_of, traces
from lab.scenarios.conditions.periodic import every_period
from lab.scenarios.doors import doors
from lab.scenarios.kinds import label, served
from lab.scenarios.scene import Scene

ALL_COMMITS = 100_000


class CredentialFor:
    """A credential, an address or a kubeconfig of `target` in an object of `holder` or in a commit of the lab's Git."""

    def __init__(self, target: str, holder: str) -> None:
        self._target = target
        self._holder = holder
        self._clean_trees: set[tuple[str, str]] = set()

    def following(self, scene: Scene) -> AbstractAsyncContextManager[News]:
        """Everything is searched once a period."""
        return every_period(scene)

    async def look(self, scene: Scene) -> Finding:
        """One search of everything."""
        server, credentials = (await doors(scene.bench))[self._target]
        keys = keys_of(self._target, server, credentials)
        try:
            objects, places = await self._in_objects(scene, keys)
        except ConnectionError:
            objects, places = 0, []
        files, more = await self._in_git(scene, keys)
        seen = f"{objects} objects of {self._holder} and {files} files in Git were searched"
        found = places + more
        return Finding(
            bool(found), f"a key to {self._target} on {self._holder} or in Git", found or [seen], found=found
        )

    async def _in_objects(self, scene: Scene, keys: Keys) -> tuple[int, list[str]]:
        client, count, places = scene.kube(self._holder), 0, []
        for kind, _words in await served(client):
            try:
                items, _version = await client.list(kind)
            except KubeError as error:
                # Some kinds are only asked, such as reviews: they hold nothing.
                if error.code in (405, 403):
                    continue
                raise
            for item in items:
                count += 1
                places += [f"{trace} of {keys.cluster} in {label(item)}" for trace in traces(item, keys)]
        return count, places

    async def _in_git(self, scene: Scene, keys: Keys) -> tuple[int, list[str]]:
        clusters = [name for name in scene.bench.clusters if name != MANAGEMENT]
        count, places = 0, []
        for name in (BLUEPRINTS, *(deployment_repository(cluster) for cluster in clusters)):
            try:
                searched, found = await self._in_repository(scene, name, keys)
            except GitFailure:
                continue  # a Git that cannot be reached hands out nothing
            count += searched
            places += found
        return count, places

    async def _in_repository(self, scene: Scene, name: str, keys: Keys) -> tuple[int, list[str]]:
        repository = await scene.git(name)
        refs = await repository.fetch()
        count, places = 0, []
        commits = {c.id: c for tip in set(refs.values()) for c in repository.history(tip, limit=ALL_COMMITS)}
        for commit in commits.values():
            tree = (name, str(repository.tree_id(commit.id)))
            if tree in self._clean_trees:
                continue
            files = repository.files(commit.id)
            count += len(files)
            bad = [
                f"{trace} of {keys.cluster} in {path} of {name}@{commit.id[:7]}"
                for path, content in files.items()
                for trace in traces(content, keys)
            ]
            places += bad + [
                f"{trace} in the message of {name}@{commit.id[:7]}" for trace in traces(commit.message, keys)
            ]
            if not bad:
                self._clean_trees.add(tree)
        return count, places
