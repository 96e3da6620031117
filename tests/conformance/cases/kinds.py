"""J. Kind by kind: what a small object becomes, how it is printed, changed and deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from cases.catalog import Case, add
from cases.session import APPLY, MERGE, TABLE, Session

CLUSTER_WIDE = frozenset(
    {
        "persistentvolumes",
        "namespaces",
        "nodes",
        "clusterroles",
        "clusterrolebindings",
        "ingressclasses",
        "storageclasses",
        "priorityclasses",
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "apiservices",
        "runtimeclasses",
        "certificatesigningrequests",
    }
)
_NOT_NAMED = "metadata.name={}"


def _kind_case(name: str, entry: dict[str, Any]) -> Case:
    group_version, resource = entry["path"].split()

    async def run(api: Session) -> None:
        path = api.path(resource, group_version)
        if resource in CLUSTER_WIDE:
            path = path.replace(f"/namespaces/{api.namespace}", "")
        text = json.dumps(entry["object"]).replace("CASE", api.namespace)
        named = entry.get("name", f"{name}-object")
        obj = {"metadata": {"name": named}, **json.loads(text)}
        await api("POST", path, {**obj, "metadata": {"name": "", "generateName": ""}}, dryRun="All")
        made = await api("POST", path, obj)
        if made["kind"] == "Status":
            return
        await api("GET", path, accept=TABLE, fieldSelector=_NOT_NAMED.format(named))
        await api("PUT", f"{path}/{named}", made, fieldManager="again")
        labels = {"metadata": {"labels": {"a": "b"}}}
        await api("PATCH", f"{path}/{named}", labels, type=MERGE)
        apply = {"apiVersion": made["apiVersion"], "kind": made["kind"], **obj, "metadata": {"name": named}}
        await api("PATCH", f"{path}/{named}", apply, type=APPLY, fieldManager="applier", force="true")
        await api("DELETE", f"{path}/{named}", {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})

    title = f"{resource} of {group_version}: create, print, change, apply, delete."
    return Case(name, "J", title, run)


for _name, _entry in yaml.safe_load((Path(__file__).parent / "kinds.yaml").read_text()).items():
    add(_kind_case(_name, _entry))
