"""Refusing the impossible before anything starts: LABT02 with the line that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.errors.base import LabError
from lab.errors.people_files import nearest
from lab.model.spec import MANAGEMENT, LabSpec
from lab.model.stage import ORDER
from lab.ports.cluster_provider import Capability
from lab.scenarios.fields import Means, Mention, mentions
from lab.scenarios.scenario import Item, Scenario
from lab.scenarios.step import Step
from lab.scenarios.values import known, marks

BUILT_IN = ("git", "kubeconfig", "server")
"""Names that every scenario has: the base URL of Git, and kubeconfig and API address of each cluster."""


def check(scenario: Scenario, spec: LabSpec) -> None:
    """Return when every step could happen on the lab that the scenario asks for. Raises LabError LABT02."""
    clusters = [MANAGEMENT, *(cluster.name for cluster in spec.clusters)]
    values: dict[str, Any] = {name: {} for name in BUILT_IN} | dict(scenario.head.with_)
    for item in scenario.items():
        if item.step is None:
            continue
        _check_values(scenario, item, values)
        _check_mentions(scenario, item, item.step, clusters)
        if item in scenario.last and item.word == "never" and "within" not in item.step.model_fields_set:
            raise _impossible(scenario, item, (), "A `never` in `finally` needs `within`.", "Nothing comes after it.")
        values |= dict.fromkeys(item.save, _Later())


def unmet_need(scenario: Scenario, spec: LabSpec, capabilities: frozenset[Capability]) -> str:
    """Why the scenario cannot run here, in a few words; empty when it can."""
    clusters = [MANAGEMENT, *(cluster.name for cluster in spec.clusters)]
    missing = [name for name in scenario.head.needs.clusters if name not in clusters]
    lacking = [str(c) for c in scenario.head.needs.capabilities if c not in capabilities]
    parts = [f"no cluster {', '.join(missing)}"] if missing else []
    parts += [f"profile {spec.profile} has no {', '.join(lacking)}"] if lacking else []
    return "; ".join(parts)


class _Later(Mapping[str, Any]):
    """A value that a step will save: every path into it may be there."""

    def __getitem__(self, key: str) -> Any:
        return self

    def __contains__(self, key: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def _check_values(scenario: Scenario, item: Item, values: Mapping[str, Any]) -> None:
    for at, name in marks(item.raw):
        head = name.partition(".")[0]
        if head in BUILT_IN and head not in scenario.head.with_:
            continue
        if not known(name, values):
            near = nearest(name, list(values))
            why = f"Did you mean `${{{near}}}`?" if near else "Neither `with` nor an earlier `save` sets it."
            raise _impossible(scenario, item, at, f"`${{{name}}}` has no value.", why)


def _check_mentions(scenario: Scenario, item: Item, step: Step, clusters: list[str]) -> None:
    for mention in mentions(step):
        if not isinstance(mention.value, str) or "${" in mention.value or not mention.value:
            continue
        fault = _fault(mention, clusters, scenario.path.parent)
        if fault:
            raise _impossible(scenario, item, mention.at, *fault)
        if mention.means is Means.NEW_CLUSTER:
            clusters.append(mention.value)


def _fault(mention: Mention, clusters: list[str], folder: Path) -> tuple[str, str] | None:
    value = mention.value
    if mention.means is Means.CLUSTER and value not in clusters:
        return f'The lab of this scenario has no cluster "{value}".', _nearest(value, clusters)
    if mention.means is Means.NEW_CLUSTER and value in clusters:
        return f'A cluster "{value}" is there already.', ""
    if mention.means is Means.STAGE and value not in ORDER:
        return f'There is no stage "{value}".', _nearest(value, [str(stage) for stage in ORDER])
    if mention.means is Means.FILE and not (folder / value).is_file():
        return f'There is no file "{value}".', _nearest(value, _names(folder))
    if mention.means is Means.FOLDER and not (folder / value / "Kptfile").is_file():
        return f'There is no package in "{value}".', "A package is a folder with a Kptfile."
    return None


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _nearest(word: str, names: list[str]) -> str:
    near = nearest(word, names)
    return f"Did you mean `{near}`?" if near else f"There are {', '.join(names)}."


def _impossible(scenario: Scenario, item: Item, at: tuple[str | int, ...], what: str, why: str) -> LabError:
    return LabError("LABT02", what, why, place=scenario.document.place((*item.at, item.word, *at)))
