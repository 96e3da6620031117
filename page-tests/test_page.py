"""The page in a real browser: seen, clicked, dragged, cut off and found again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import journals
import pytest
from selenium.webdriver.common.keys import Keys

from lab.events import kinds as k

Serve = Callable[..., Any]
SIZES = [(1280, 800), (1130, 760), (800, 1000), (390, 844)]


def letters(browser: Any, row: int = 1) -> str:
    """The nine marks of a trail, as letters of their shapes."""
    return str(
        browser.do(
            "return [...document.querySelectorAll(`#trail-rows tbody tr:nth-child(${arguments[0]}) td .mark`)]"
            ".map(m => m.getAttribute('class').slice(-1)).join('')",
            row,
        )
    )


def test_it_paints_at_once_and_complains_of_nothing(browser: Any, serve: Serve) -> None:
    """First paint under half a second, no error, nothing refused by the policy, no token left in the address."""
    browser.complaints()
    browser.see(1280, 800)
    browser.open(serve(journals.one_that_failed()).url)
    paint = browser.do("return performance.getEntriesByName('first-contentful-paint')[0].startTime")

    assert paint < 500
    assert browser.complaints() == []
    assert "token" not in browser.driver.current_url
    assert browser.do("return document.cookie") == ""


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("size", [1, 1000])
def test_nothing_lies_outside_the_window(browser: Any, serve: Serve, width: int, height: int, size: int) -> None:
    """No sideways scrolling, no word cut off by its card, zones beside or below one another."""
    browser.see(width, height)
    browser.open(serve(journals.fleet(size) if size > 1 else journals.one_that_failed(), step=0.001).url)

    assert browser.do("return document.documentElement.scrollWidth") <= width
    assert (
        browser.do(
            "return [...document.querySelectorAll('.card > *, .stage, .entry')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className)"
        )
        == []
    )
    boxes = browser.do("return [...document.querySelectorAll('.zone')].map(z => z.getBoundingClientRect().toJSON())")
    for before, after in itertools.pairwise(boxes):
        assert before["right"] <= after["left"] + 1 or before["bottom"] <= after["top"] + 1


def test_the_failed_stage_is_what_one_sees(browser: Any, serve: Serve) -> None:
    """A cross with its code; later stages are dots; clicking it explains, and Escape gives the focus back."""
    browser.see(1280, 800)
    browser.open(serve(journals.one_that_failed()).url)

    assert browser.text("#headline") == "networking stopped at render."
    assert letters(browser, 3) == "dddfppppp"
    stage = browser.one("[data-stage=render]")
    assert "LAB401" in stage.text
    stage.send_keys(Keys.ENTER)
    browser.until(lambda: "A function failed" in browser.text("#inspector"))
    inspector = browser.text("#inspector")
    assert "lab why networking --on my-ran" in inspector
    assert "n3.yaml:7" in inspector
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.until(lambda: browser.one("#inspector").get_attribute("hidden") is not None)
    assert browser.do("return document.activeElement.dataset.stage") == "render"


def test_a_trail_is_clicked_into_the_picture(browser: Any, serve: Serve) -> None:
    """The picture tells of the trail that was chosen, and the address remembers it."""
    browser.see(1280, 800)
    browser.open(serve(journals.one_that_failed()).url)
    browser.click("#trail-rows tr[data-trail='1'] button")

    browser.until(lambda: browser.do("return document.querySelector('[data-stage=ready]').dataset.state") == "done")
    assert "trail=1" in browser.driver.current_url
    assert "cluster-baseline" in browser.text(".card.variant")


def test_dragging_shows_everything_as_it_was(browser: Any, serve: Serve) -> None:
    """Picture, trails and journal of a moment; a reload of its address shows it again; the end is now."""
    browser.see(1280, 800)
    page = serve(journals.one_that_failed())
    browser.open(page.url)
    last = int(browser.one("#time").get_attribute("max"))

    browser.drag(7)
    browser.until(lambda: "entry 7 of" in browser.text("#subline"))
    assert letters(browser) == "ddwpppppp"
    browser.until(lambda: len(browser.all("#journal li")) == 7)
    assert "nobody asks: no agent" in browser.text(".way.line")
    assert browser.one("#time").get_attribute("aria-valuetext").startswith(browser.text("#hour")[:8])
    browser.open(page.url + browser.driver.current_url.partition("/")[2].partition("/")[2].partition("/")[2])
    browser.until(lambda: "entry 7 of" in browser.text("#subline"))
    page.publish(k.DriftCorrected("my-ran", "Namespace/a", "deleted", "me", "git", 0.1))
    browser.until(lambda: browser.one("#time").get_attribute("max") == str(last + 1))
    assert len(browser.all("#journal li")) == 7
    browser.click("#now")
    browser.until(lambda: "Git won" in browser.text("#journal li"))


def test_the_time_bar_is_worked_by_keys(browser: Any, serve: Serve) -> None:
    """Arrow keys on the bar, comma and period anywhere, the space key plays to the end."""
    browser.see(1280, 800, still=True)
    browser.open(serve(journals.one_that_failed(), live=False, step=0.01).url)
    last = int(browser.one("#time").get_attribute("max"))

    browser.one("#time").send_keys(Keys.ARROW_LEFT)
    browser.until(lambda: f"entry {last - 1} of" in browser.text("#subline"))
    browser.one("body").send_keys(",")
    browser.until(lambda: f"entry {last - 2} of" in browser.text("#subline"))
    browser.one("body").send_keys(" ")
    browser.until(lambda: "As it was" not in browser.text("#subline"))
    assert browser.one("#time").get_attribute("value") == str(last)


def test_news_appears_by_itself(browser: Any, serve: Serve) -> None:
    """A commit that is pulled while one watches passes its stages before one's eyes; the headline is announced."""
    browser.see(1280, 800)
    events = journals.one_that_failed()
    cut = next(i for i, event in enumerate(events) if isinstance(event, k.AgentStarted))
    page = serve(events[:cut])
    browser.open(page.url)
    browser.click("#trail-rows tr[data-trail='1'] button")
    browser.until(lambda: "LAB701" in browser.text("[data-stage=pull]"))

    page.publish(*events[cut:])
    browser.until(lambda: letters(browser) == "d" * 9)
    assert "9 objects Current" in browser.text("#journal")
    assert browser.one(".lede").get_attribute("aria-live") == "polite"


def test_the_clock_tells_when_the_cluster_asks_again(browser: Any, serve: Serve) -> None:
    """The arrow is the cluster's; its clock counts down to the next question and starts anew with it."""
    browser.see(1280, 800)
    page = serve(journals.one_that_failed())
    page.asks = {"my-ran": {"period": 15.0, "next_in": 9.0, "count": 2.0}}
    browser.open(page.url)
    browser.until(lambda: browser.text(".clock b") in ("9", "8"))
    assert "asks again in" in browser.text(".way.line .when")

    page.asks = {"my-ran": {"period": 15.0, "next_in": 15.0, "count": 3.0}}
    browser.until(lambda: browser.text(".clock b") in ("15", "14"))


def test_a_lost_line_is_found_again(browser: Any, serve: Serve) -> None:
    """While the server is away the page says so and keeps the picture; back, it catches up without a reload."""
    browser.see(1280, 800)
    page = serve(journals.one_that_failed())
    browser.open(page.url)
    browser.until(lambda: browser.text("#link-word") == "Live")
    browser.do("window.still = 'the same page'")

    page.stop()
    browser.until(lambda: browser.text("#link-word") == "Reconnecting")
    assert len(browser.all(".zone")) == 3
    page.start()
    page.publish(k.DriftCorrected("my-ran", "Namespace/late", "deleted", "me", "git", 0.1))
    browser.until(lambda: browser.text("#link-word") == "Live")
    browser.until(lambda: "Namespace/late" in browser.text("#journal"))
    assert browser.do("return window.still") == "the same page"
    browser.complaints()


def test_a_thousand_clusters_can_be_read(browser: Any, serve: Serve) -> None:
    """Every cluster is a mark with its words; filter, search, arrow keys; the one that is chosen is in the picture."""
    browser.see(1280, 800)
    browser.open(serve(journals.fleet(1000), step=0.001).url)

    assert len(browser.all(".tile")) == 1000
    assert browser.text("#headline") == "16 of 1,000 clusters stopped."
    label = browser.one(".tile[data-cluster=edge-0097]").get_attribute("aria-label")
    assert label == "edge-0097 · waiting for a person · at pull · LAB701"
    browser.click("[data-filter=silent]")
    browser.until(lambda: len(browser.all(".tile")) == 10)
    browser.click("[data-filter='']")
    browser.one("#fleet-search").send_keys("edge-000")
    browser.until(lambda: len(browser.all(".tile")) == 9)
    browser.one(".tile[tabindex='0']").send_keys(Keys.ARROW_RIGHT)
    chosen = browser.do("return document.activeElement.dataset.cluster")
    assert chosen == "edge-0002"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.until(lambda: browser.text(".zone.workload h2") == "edge-0002")


def test_every_picture_has_a_twin_in_words(browser: Any, serve: Serve) -> None:
    """The picture and the grid are tables, too, and every mark has its word."""
    browser.see(1280, 800)
    browser.open(serve(journals.fleet(20), step=0.001).url)
    browser.click("#words summary")
    rows = browser.do("return [...document.querySelectorAll('#words tbody tr')].map(r => r.textContent)")
    assert len(rows) == 10
    assert rows[6] == "nobody pushes across this line: the cluster comes and asks"
    browser.click("#fleet-words summary")
    browser.until(lambda: len(browser.all("#fleet-words tbody tr")) == 20)
    bare = browser.do(
        "return [...document.querySelectorAll('button')].filter(b => !b.textContent.trim() && !b.ariaLabel).length"
    )
    assert bare == 0
    assert browser.do("return [...document.querySelectorAll('svg')].every(s => s.ariaHidden === 'true')")


def test_motion_stops_where_the_system_asks(browser: Any, serve: Serve) -> None:
    """With reduced motion nothing moves but numbers."""
    browser.see(1280, 800, still=True)
    browser.open(serve(journals.one_that_failed()).url)

    assert browser.do("return getComputedStyle(document.querySelector('.hand')).transitionDuration") in ("0s", "")
    assert browser.do("return document.getAnimations().length") == 0


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground(browser: Any, serve: Serve, dark: bool) -> None:
    """Contrast of at least 4.5 to 1 for every word, in light and dark."""
    browser.see(1280, 800, dark=dark)
    browser.open(serve(journals.one_that_failed()).url)

    assert browser.do(CONTRAST) == []


CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = (color, under) => {
  canvas.fillStyle = `rgb(${under})`; canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (c) => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b; };
const ground = (e) => {
  const chain = []; for (let p = e; p; p = p.parentElement) chain.unshift(getComputedStyle(p).backgroundColor);
  return chain.reduce((under, color) => rgb(color, under), [255, 255, 255]);
};
const found = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const e = node.parentElement;
  if (!node.data.trim() || !e.checkVisibility() || e.closest('.sr, :disabled, .skip, noscript')) continue;
  const back = ground(e), front = rgb(getComputedStyle(e).color, back);
  const [a, b] = [light(back), light(front)].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < 4.5) found.add(`${node.data.trim()} ${((a + .05) / (b + .05)).toFixed(2)}`);
}
return [...found];
"""
