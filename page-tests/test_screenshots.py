"""The pictures of docs/page.md, taken anew at every run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import journals

DOCS = Path(__file__).resolve().parents[1] / "docs"
LARGEST = 150_000


def test_the_picture_of_one_cluster(browser: Any, serve: Callable[..., Any]) -> None:
    """A package that stopped, by day."""
    browser.see(1240, 760, still=True)
    browser.open(serve(journals.one_that_failed(), live=False).url)
    file = DOCS / "page.png"
    browser.picture(file)

    assert 20_000 < file.stat().st_size < LARGEST


def test_the_picture_of_a_fleet(browser: Any, serve: Callable[..., Any]) -> None:
    """A thousand clusters, by night."""
    browser.see(1240, 760, dark=True, still=True)
    browser.open(serve(journals.fleet(1000), live=False, step=0.001).url)
    browser.do("document.getElementById('fleet').scrollIntoView(); scrollBy(0, -60)")
    file = DOCS / "page-fleet.png"
    browser.picture(file)

    assert 20_000 < file.stat().st_size < LARGEST
