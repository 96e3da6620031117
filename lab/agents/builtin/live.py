"""Reading what is on the cluster: the objects that a plan is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lab.agents.builtin.discovery import Discovery
from lab.agents.builtin.refusals import refused
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind, Object
from lab.reconcile.declared import Declared
from lab.reconcile.faults import Fault
from lab.reconcile.identity import Identity, identity_of
from lab.reconcile.metadata import PART_OF

LIST_FROM = 3
"""From so many objects of a kind on, one list of our own objects is cheaper than a question for each."""


@dataclass(slots=True)
class Snapshot:
    """Live objects by identity, the resource of each kind, and what could not be read."""

    objects: dict[Identity, Object] = field(default_factory=dict)
    kinds: dict[Identity, Kind] = field(default_factory=dict)
    faults: dict[Identity, Fault] = field(default_factory=dict)


async def snapshot(
    client: KubeClient,
    discovery: Discovery,
    declared: Iterable[Declared],
    inventory: Iterable[Identity],
    part_of: str,
) -> Snapshot:
    """The live state of everything declared or remembered. Raises KubeError for what concerns more than one object."""
    found = Snapshot()
    by_kind: dict[Kind, list[Identity]] = defaultdict(list)
    items = {item.identity: item for item in declared}
    remembered = set(inventory)
    for who in {**items, **dict.fromkeys(remembered)}:
        item = items.get(who)
        kind = await (discovery.kind(item.api_version, who.kind) if item else discovery.kind_of(who))
        if kind is not None:
            found.kinds[who] = kind
            by_kind[kind].append(who)
    for kind, wanted in by_kind.items():
        known: Mapping[Identity, Object] = {}
        if len([who for who in wanted if who in remembered]) >= LIST_FROM:
            known = await _ours(client, kind, part_of)
        for who in wanted:
            await _take(client, kind, who, known, items, found)
    return found


async def _ours(client: KubeClient, kind: Kind, part_of: str) -> Mapping[Identity, Object]:
    try:
        listed, _version = await client.list(kind, labels=f"{PART_OF}={part_of}")
    except KubeError as error:
        if error.code == 403:
            return {}
        raise
    return {identity_of(obj): obj for obj in listed}


async def _take(
    client: KubeClient,
    kind: Kind,
    who: Identity,
    known: Mapping[Identity, Object],
    items: Mapping[Identity, Declared],
    found: Snapshot,
) -> None:
    try:
        obj = known.get(who) or await client.get(kind, who.name, who.namespace)
    except KubeError as error:
        if error.code != 403:
            raise
        found.faults[who] = refused("get", who, error, items.get(who))
        return
    if obj is not None:
        found.objects[who] = obj
