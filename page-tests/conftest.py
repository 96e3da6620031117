"""What the page's tests share: a headless Chromium, and pages whose journal a test writes."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import struct
import threading
import zlib
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import journals
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from lab.events import kinds as k
from lab.events.records import Record
from lab.web.door import PageDoor
from lab.web.tape import Tape

T = TypeVar("T")
PATIENCE = 10.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
DOCS = Path(__file__).resolve().parents[1] / "docs"


class Page:
    """A page in a thread of its own, over a tape that the test writes; stop and start it as a lab server would."""

    def __init__(self, events: list[k.Event], *, live: bool, step: float = 0.05) -> None:
        self._step = step
        self._records = [self._record(number, event) for number, event in enumerate(events, 1)]
        self._live = live
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.asks: dict[str, dict[str, float]] = {}
        self.start()

    def start(self) -> None:
        """Listen, where it listened before."""

        async def starting() -> None:
            self._tape = Tape(self._records)
            self._door = PageDoor(
                self._tape, token="page-test", live=self._live, asks=lambda: self.asks, title="journal.jsonl"
            )
            await self._door.open(self._port)

        self._run(starting())
        self._port = self._door.port

    def stop(self) -> None:
        """Listen no more; the journal stays."""
        self._run(self._door.close())

    def publish(self, *events: k.Event) -> None:
        """Something happens."""

        async def appending() -> None:
            for event in events:
                record = self._record(len(self._records) + 1, event)
                self._records.append(record)
                self._tape.append(record)

        self._run(appending())

    def end(self) -> None:
        """Stop and let go of the thread."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    @property
    def url(self) -> str:
        """The address with its token."""
        return self._door.url

    def _record(self, number: int, event: k.Event) -> Record:
        return Record(number, journals.BEGAN + timedelta(seconds=number * self._step), event)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


class Browser:
    """Chromium with the few gestures that the tests make; every wait is for a state."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def see(self, width: int, height: int, *, dark: bool = False, still: bool = False) -> None:
        """The size of the window and the wishes of the system."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wishes = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wishes})

    def open(self, url: str) -> None:
        """Open the page and wait until the picture stands."""
        self.driver.get("about:blank")
        self.driver.get(url)
        self.until(lambda: self.all(".zone") and self.all("#journal li"))

    def all(self, selector: str) -> list[Any]:
        """Every element."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> Any:
        """The first element."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Bring the element to the middle of the window, away from the time bar, and click it."""
        element = self.one(selector)
        self.do("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def text(self, selector: str) -> str:
        """What a reader of the element's content gets, hidden words for screen readers included."""
        return str(self.do("return document.querySelector(arguments[0])?.textContent ?? ''", selector))

    def do(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def until(self, question: Callable[[], Any]) -> Any:
        """The first answer that is true."""
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(lambda _driver: question())

    def drag(self, seq: int) -> None:
        """Move the time bar, as a hand does."""
        self.do(
            "const bar = document.getElementById('time'); bar.value = arguments[0];"
            "bar.dispatchEvent(new Event('input', {bubbles: true}))",
            seq,
        )

    def complaints(self) -> list[str]:
        """What the browser wrote to its console since the last look."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def picture(self, file: Path) -> None:
        """A screenshot of the window."""
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        file.write_bytes(packed(base64.b64decode(shot["data"])))


def packed(png: bytes) -> bytes:
    """The same picture, its pixels packed as tightly as zlib can."""
    chunks, place = [], 8
    while place < len(png):
        (size,) = struct.unpack(">I", png[place : place + 4])
        chunks.append((png[place + 4 : place + 8], png[place + 8 : place + 8 + size]))
        place += size + 12
    pixels = zlib.compress(zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT")), 9)
    kept = [(kind, data) for kind, data in chunks if kind in (b"IHDR", b"PLTE", b"tRNS")]
    written = [*kept, (b"IDAT", pixels), (b"IEND", b"")]
    body = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in written)
    return png[:8] + b"".join(body)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all tests."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    driver = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.exit("The page's tests need Chromium: apt-get install chromium chromium-driver", returncode=3)
    options = Options()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(started)
    finally:
        started.quit()


@pytest.fixture
def serve() -> Iterator[Callable[..., Page]]:
    """Serves pages and ends them."""
    pages: list[Page] = []

    def make(events: list[k.Event], *, live: bool = True, step: float = 0.05) -> Page:
        pages.append(Page(events, live=live, step=step))
        return pages[-1]

    yield make
    for page in pages:
        page.end()
