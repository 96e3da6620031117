"""The lab that a test's marker asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.errors.base import LabError
from lab.errors.people_files import Document, nearest
from lab.model.spec import MANAGEMENT, LabSpec
from lab.wiring.lab_file import complete

WISHES = ("clusters", "bootstrap", "flows", "packages", "strict")


def lab_for_test(wishes: Mapping[str, Any]) -> LabSpec:
    """The lab for `clusters` (names, or names and fields as in lab.yaml), `bootstrap` (auto or manual) and `flows`.

    Without a wish: the cluster my-ran, bootstrapped, and no flow. Raises LabError LAB002–LAB004.
    """
    for wish in wishes:
        if wish not in WISHES:
            near = nearest(wish, WISHES)
            why = f"Did you mean `{near}`?" if near else f"There are profile, {', '.join(WISHES)}."
            raise LabError("LAB002", f"The marker `lab` has no argument `{wish}`.", why)
    data = {key: value for key, value in wishes.items() if key in ("packages", "strict")}
    clusters = {MANAGEMENT: None, **_clusters(wishes)}
    document = Document("the marker `lab`", {"clusters": clusters, "flows": list(wishes.get("flows", ())), **data}, {})
    return complete(document, None, profile="embedded", name="test")


def _clusters(wishes: Mapping[str, Any]) -> dict[str, Any]:
    asked = wishes.get("clusters", ["my-ran"])
    fields = {"bootstrap": wishes.get("bootstrap", "auto")}
    given = asked if isinstance(asked, Mapping) else {name: {} for name in asked}
    return {
        name: {"site": f"site-{name}", **fields, **(entry or {})} for name, entry in given.items() if name != MANAGEMENT
    }
