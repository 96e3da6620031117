"""Coded errors as the status shows them."""

from __future__ import annotations

import pytest

from lab.errors.catalog import CATALOG
from lab.reconcile.faults import Fault, Site, lab_code, ordered, summary
from lab.reconcile.identity import Identity

UPF = Site(Identity("apps", "Deployment", "ran", "upf"), "v1", "ran/upf.yaml", 3)


def test_error_about_an_object() -> None:
    """Number, sentence, the object in a block, the link; and the same as data."""
    error = Fault("2009", "failed to apply Deployment.apps, ran/upf: no", (UPF,)).as_error()
    block = "source: ran/upf.yaml\nnamespace: ran\nmetadata.name: upf\ngroup: apps\nversion: v1\nkind: Deployment"
    link = "For more information, see https://g.co/cloud/acm-errors#knv2009"
    assert f"KNV2009: failed to apply Deployment.apps, ran/upf: no\n\n{block}\n\n{link}" == error["errorMessage"]
    assert error["code"] == "2009"
    gvk = {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert [{"sourcePath": "ran/upf.yaml", "name": "upf", "namespace": "ran", "gvk": gvk}] == error["errorResources"]


def test_error_about_a_directory() -> None:
    """A path without an ending is a directory and gets a slash."""
    fault = Fault("1017", "The system/ directory must declare a Repo Resource.", path="system")
    assert "\n\npath: system/\n\n" in fault.message
    assert fault.as_error()["errorResources"][0]["sourcePath"] == "system"


def test_each_fault_is_listed_once_in_order_of_files() -> None:
    """Errors are sorted by where they stand, and none is told twice."""
    late, early = Fault("2001", "x", path="b.yaml"), Fault("2009", "y", (Site(UPF.identity, "v1", "a.yaml"),))
    assert [early, late] == ordered([late, early, late])


def test_healthy_summary_is_empty() -> None:
    """Zero is left out, so that count columns are blank."""
    assert summary(0) == {}
    assert summary(2) == {"totalCount": 2, "errorCountAfterTruncation": 2}


@pytest.mark.parametrize(
    ("knv", "code"),
    [
        ("1021", "LAB806"),
        ("1029", "LAB801"),
        ("1060", "LAB805"),
        ("2001", "LAB801"),
        ("2004", "LAB702"),
        ("2009", "LAB803"),
        ("2013", "LAB804"),
    ],
)
def test_every_code_has_one_of_the_lab(knv: str, code: str) -> None:
    """Each of Config Sync's codes leads to a page of the lab."""
    assert code == lab_code(knv)
    assert code in CATALOG


def test_only_unknown_kinds_let_the_rest_pass() -> None:
    """KNV1021 alone does not block a commit."""
    assert [Fault("1021", "x").blocking, Fault("1029", "x").blocking] == [False, True]
